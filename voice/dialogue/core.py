"""The core: one pure state machine from events to effects.

It holds the turn and the stack, asks the matcher what an utterance means, and gives the answer to
the conversation that waits for it. Safety comes first and asks nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from voice import events
from voice.clock import TICK, samples
from voice.dialogue.dictation import UTTERANCE_AFTER
from voice.dialogue.stack import Frame, Stopped, reply_to
from voice.dialogue.talk import Asking, Listening, Playing, Reply, Spoken, Talk
from voice.dialogue.turn import Turn
from voice.practices.player import DueChime, DueCue, DueLine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from voice.dialogue.stack import Conversation
    from voice.events import Effect, Event, Mode, Say
    from voice.lines import Lines
    from voice.nlu.matcher import Understanding
    from voice.practices.practice import Practice
    from voice.safety.standing import Standing

CLOSE_AFTER: Final = samples(0.9)
"""Silence that ends a command or a yes (voice design, F.3)."""

ASK_AGAIN_AFTER: Final = samples(6)
ASK_UNTIL: Final = samples(12)
"""Silence after a question: asked once more, then left alone (voice design, F.3)."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the core is made of; all of it pure."""

    understand: Callable[[str, Mode], Understanding]
    standing: Standing
    lines: Lines
    practices: Mapping[str, Practice]
    skills: Mapping[str, Callable[[Talk], Conversation]]
    """Intent id to the conversation it starts; `help` and `crisis_help` are two of them."""


class Dialogue:
    """Events in, effects out."""

    def __init__(self, parts: Parts) -> None:
        self.at = 0
        self.turn = Turn()
        self._parts = parts
        self._stack: list[Frame] = []
        self._effects: list[Effect] = []
        self._keys = 0
        self._sounding: dict[int, Say] = {}
        self._mode: Mode = "idle"
        self._deaf_until = -1
        """Words that began before this have been answered by the stop or the safety lane."""
        self._by_safety = False

    @property
    def mode(self) -> Mode:
        """What the dialogue is doing."""
        if not self._stack:
            return "idle"
        top = self._stack[-1]
        return "question" if isinstance(top.wait, Asking) else top.mode

    @property
    def busy(self) -> bool:
        """Whether anything speaks, plays or waits."""
        return bool(self._stack or self._sounding or self.turn.open)

    def receive(self, event: Event) -> list[Effect]:
        """Take one event; return what it makes the edges do, in order."""
        self.at = max(self.at, event.at)
        match event:
            case events.Begin():
                self._push("greet", {})
            case events.End():
                self._stop()
                self._push("part", {})
            case events.Tick():
                self._tick()
            case events.Speech():
                self.turn.speech(event)
            case events.Partial():
                self.turn.partial(event)
            case events.Heard():
                self._heard(event)
            case events.HeardUpTo():
                self._heard_up_to(event)
            case events.Typed():
                self._typed(event)
            case events.Sounded():
                self._sounded(event.key)
            case events.Fault():
                self._trouble(event)
            case events.StoreReady() | events.Kept() | events.Recalled():
                frame = next((f for f in reversed(self._stack) if reply_to(f, event)), None)
                if frame:
                    self._answer(frame, event)
        self._tell_mode()
        effects, self._effects = self._effects, []
        self._by_safety = False
        return effects

    # What a conversation may ask of the floor (voice.dialogue.talk.Floor)

    def emit(self, effect: Effect) -> None:
        """Ask an edge for something."""
        self._effects.append(replace(effect, safety=True) if self._by_safety else effect)

    def say(self, line: str, values: Mapping[str, str], *, private: bool) -> Say:
        """A line, ready to be emitted."""
        lines = self._parts.lines
        text, wpm = lines.text(line, values), lines.wpm(line)
        return events.Say(at=self.at, key=0, line=line, text=text, wpm=wpm, private=private)

    def mode_for(self, talk: Talk, mode: Mode) -> None:
        """The conversation that holds `talk` is now in this mode."""
        for frame in self._stack:
            if frame.talk is talk:
                frame.mode = mode
        self._tell_mode()

    # Hearing

    def _heard(self, event: events.Heard) -> None:
        if event.from_at < self._deaf_until:
            return
        if self._parts.standing.asks_for_help(event):
            self._help_now(event.to_at)
        elif event.lane == "stop":
            if self._sounding or self.mode in ("practice", "practice_paused", "question"):
                self._deaf_until = event.to_at
                self.turn.end()
                self.emit(events.ResetEars(at=self.at))
                self.emit(
                    events.Understood(at=self.at, intent="stop", score=1.0, decision="accept")
                )
                self._stop()
        else:
            self.turn.heard(event)
            if event.lane == "open" and (listening := self._listening()):
                listening.dictation.segment(event.text)

    def _heard_up_to(self, event: events.HeardUpTo) -> None:
        self.turn.heard_up_to(event)
        listening = self._listening()
        close_after = UTTERANCE_AFTER if listening else CLOSE_AFTER
        if event.closed:
            self._end_turn()
        elif self.turn.open and not self.turn.closing and self.turn.silence() >= close_after:
            if self.turn.unfinished:
                self.turn.closing = True
                self.emit(events.CloseEars(at=self.at))
            else:
                self._end_turn()
        if (listening := self._listening()) and not self.turn.open:
            self._silence_in(listening)

    def _end_turn(self) -> None:
        command, free = self.turn.text("command"), self.turn.text("open")
        self.turn.end()
        if command:
            self._utterance(command, free)
        elif listening := self._listening():
            listening.dictation.utterance()

    def _typed(self, event: events.Typed) -> None:
        heard = events.Heard(
            at=event.at, lane="typed", text=event.text, from_at=event.at, to_at=event.at
        )
        if self._parts.standing.asks_for_help(heard):
            self._help_now(event.at)
            return
        if listening := self._listening():
            listening.dictation.segment(event.text)
        self._utterance(event.text, event.text)
        if listening and listening.dictation.closer:  # a typed line needs no silence to end it
            listening.dictation.close()
            self._answer(self._stack[-1], listening.dictation.closer)

    def _utterance(self, text: str, free: str) -> None:
        """A whole utterance is complete: understand it and act, or keep quiet."""
        meant = self._parts.understand(text, self.mode)
        fact = events.Understood(
            at=self.at,
            intent=meant.intent,
            slots=meant.slots,
            score=round(meant.score, 3),
            decision=meant.decision,
        )
        self.emit(fact)
        listening = self._listening()
        if meant.decision != "accept" or not meant.intent:
            if listening:
                listening.dictation.utterance()
        elif listening and (meant.intent == "stop" or meant.intent.startswith("dictation_")):
            closed = listening.dictation.command(fact, text, free)
            if closed:
                self._answer(self._stack[-1], closed)
        else:
            self._route(fact)

    def _route(self, fact: events.Understood) -> None:
        intent = fact.intent or ""
        if intent == "stop":
            self._stop()
            return
        if intent == "help":
            self._push(intent, {"mode": self.mode})
            return
        asked = next((f for f in reversed(self._stack) if f.accepts(intent)), None)
        if asked:
            self._unwind_to(asked)
            self._hush()
            asked.held = False
            if (
                isinstance(asked.wait, Playing)
                and asked.wait.player.paused
                and asked.mode == "practice"
            ):
                asked.wait.player.resume(self.at)
            self._answer(asked, fact)
        elif intent in self._parts.skills and self.mode == "idle":
            self._stop()
            self._push(intent, fact.slots)

    def _trouble(self, event: events.Fault) -> None:
        """Say it once, if it is something a person must know who does not look at the screen."""
        line = events.SPOKEN_FAULTS.get(event.what)
        if line and not self._sounding and self.mode != "practice":
            self._begin_say(self.say(line, {}, private=False))

    # Speaking and waiting

    def _tick(self) -> None:
        while self._stack:
            frame = self._stack[-1]
            match frame.wait:
                case Spoken(ends_at=int(ends_at)) if ends_at <= self.at:
                    self._answer(frame, None)
                case Playing() as playing:
                    self._play(playing)
                    if not playing.player.done:
                        return
                    self._answer(frame, None)
                case Asking(since=since) as asking if since:
                    silent = self.at - max(since, self.turn.last_word_end)
                    if not asking.asked_again and silent >= ASK_AGAIN_AFTER:
                        asking.asked_again = True
                        asking.say = self._begin_say(replace(asking.say, at=self.at))
                    elif silent >= ASK_UNTIL:
                        self._answer(frame, None)
                    return
                case _:
                    return

    def _play(self, playing: Playing) -> None:
        player = playing.player
        if playing.said_end is not None and playing.said_end <= self.at:
            playing.said_key = playing.said_end = None
            player.said(self.at)
        for due in player.due(self.at, self.at + TICK):
            match due:
                case DueCue():
                    self.emit(
                        events.Cue(
                            at=due.at,
                            practice=player.name,
                            phase=due.phase,
                            cue=due.word,
                            cycle=due.cycle,
                            wpm=self._parts.lines.guidance_wpm,
                        )
                    )
                case DueChime(name=name):
                    self.emit(events.Chime(at=self.at, name=name))
                case DueLine(line=line, values=values):
                    playing.said_key = self._begin_say(self.say(line, values, private=False)).key
                    playing.said_after = self._parts.lines.pause_after(line)

    def _sounded(self, key: int) -> None:
        if self._sounding.pop(key, None) is None or not self._stack:
            return
        match self._stack[-1].wait:
            case Spoken(say=say) as spoken if say.key == key:
                spoken.ends_at = self.at + spoken.after
            case Asking(say=say) as asking if say.key == key:
                asking.since = self.at
            case Listening(prompt=say) as listening if say and say.key == key:
                listening.prompt, listening.since = None, self.at
            case Playing(said_key=said_key) as playing if said_key == key:
                playing.said_end = self.at + playing.said_after

    def _begin_say(self, say: Say) -> Say:
        self._keys += 1
        say = replace(say, key=self._keys)
        self._sounding[say.key] = say
        self.emit(say)
        return say

    def _hush(self) -> None:
        if self._sounding:
            self._sounding.clear()
            self.emit(events.Hush(at=self.at))

    def _silence_in(self, listening: Listening) -> None:
        silent = self.turn.watermark - max(self.turn.last_word_end, listening.since)
        if listening.prompt is None and silent >= 0:
            done, line = listening.dictation.silence(silent)
            if line:
                self._begin_say(self.say(line, {}, private=False))
            if done:
                self._answer(self._stack[-1], listening.dictation.closer)

    def _listening(self) -> Listening | None:
        wait = self._stack[-1].wait if self._stack else None
        return wait if isinstance(wait, Listening) else None

    # The stack

    def _help_now(self, heard_to: int) -> None:
        self._by_safety = True
        self._deaf_until = max(self._deaf_until, heard_to)
        self.turn.end()
        self.emit(events.ResetEars(at=self.at))
        if any(frame.talk.safety for frame in self._stack):
            return
        paused = any(isinstance(frame.wait, Playing) for frame in self._stack)
        self._push("crisis_help", {"paused": int(paused)}, safety=True)

    def _push(self, name: str, slots: Mapping[str, Any], *, safety: bool = False) -> None:
        mode = self.mode
        if self._stack:
            self._hush()
            self._stack[-1].hold(self.at)
        talk = Talk(self, self._parts.lines, self._parts.practices, slots, safety)
        frame = Frame(name, self._parts.skills[name](talk), talk, mode)
        self._stack.append(frame)
        self._answer(frame, None)

    def _answer(self, frame: Frame, value: Any) -> None:  # noqa: ANN401 - whatever the wait is for
        """Resume a conversation with what it waited for, up to its next wait or its end."""
        self._by_safety = self._by_safety or frame.talk.safety
        try:
            frame.wait = frame.conversation.send(value)
        except StopIteration:
            self._pop(frame)
        else:
            self._begin(frame)

    def _begin(self, frame: Frame) -> None:
        self._tell_mode()
        match frame.wait:
            case Spoken() | Asking() as wait:
                wait.say = self._begin_say(replace(wait.say, at=self.at))
            case Listening(prompt=say) as wait if say:
                wait.prompt = self._begin_say(replace(say, at=self.at))
            case Reply(effect=effect):
                self.emit(effect)

    def _pop(self, frame: Frame) -> None:
        self._stack.remove(frame)
        if not self._stack:
            return
        below = self._stack[-1]
        if frame.talk.safety and isinstance(below.wait, Playing) and below.mode == "practice":
            below.held = False
            self._answer(below, events.Understood(at=self.at, intent="practice_pause"))
        else:
            below.go_on(self.at, self._begin_say)

    def _stop(self) -> None:
        """Fall silent and unwind: a practice and a dictation end in their own way."""
        self._hush()
        for frame in reversed(self._stack.copy()):
            if frame not in self._stack:
                continue
            if isinstance(frame.wait, Playing | Listening):
                frame.held = False
                self._answer(frame, events.Understood(at=self.at, intent="stop"))
                return
            self._throw(frame)

    def _unwind_to(self, kept: Frame) -> None:
        while self._stack[-1] is not kept:
            self._stack.pop().conversation.close()

    def _throw(self, frame: Frame) -> None:
        try:
            frame.wait = frame.conversation.throw(Stopped())
        except (Stopped, StopIteration):
            self._stack.remove(frame)
        else:
            self._begin(frame)

    def _tell_mode(self) -> None:
        if self.mode != self._mode:
            before, self._mode = self._mode, self.mode
            self.emit(events.SetMode(at=self.at, before=before, mode=self._mode))
