"""The floor: the stack of conversations, what sounds, and what each conversation waits for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from voice import events
from voice.clock import TICK, samples
from voice.dialogue.stack import Frame, Stopped, reply_to
from voice.dialogue.talk import Asking, Listening, Playing, Reply, Spoken, Talk, Wait
from voice.practices.player import Aside, DueChime, DueCue, DueLine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from voice.dialogue.dictation import Dictation
    from voice.dialogue.stack import Conversation
    from voice.events import Effect, Event, Mode, Say
    from voice.lines import Lines
    from voice.practices.practice import Practice

ASK_AGAIN_AFTER: Final = samples(6)
ASK_UNTIL: Final = samples(12)
"""Silence after a question: asked once more, then left alone (voice design, F.3)."""


class Floor:
    """Who holds the floor, and what has been asked of the edges."""

    def __init__(
        self,
        lines: Lines,
        practices: Mapping[str, Practice],
        skills: Mapping[str, Callable[[Talk], Conversation]],
    ) -> None:
        self.at = 0
        self.by_safety = False
        """What is asked for now is asked for by the safety lane."""
        self._lines, self._practices, self._skills = lines, practices, skills
        self._stack: list[Frame] = []
        self._effects: list[Effect] = []
        self._keys = 0
        self._sounding: dict[int, Say] = {}
        self._unsaid: list[str] = []
        """Lines that wait until nothing sounds."""
        self._mode: Mode = "idle"

    @property
    def mode(self) -> Mode:
        """What the dialogue is doing."""
        if not self._stack:
            return "idle"
        top = self._stack[-1]
        return "question" if isinstance(top.wait, Asking) else top.mode

    @property
    def empty(self) -> bool:
        """Whether nobody holds it."""
        return not self._stack

    @property
    def sounding(self) -> bool:
        """Whether a line sounds."""
        return bool(self._sounding)

    @property
    def frames(self) -> list[Frame]:
        """The conversations, the one that holds the floor first."""
        return self._stack[::-1]

    @property
    def _wait(self) -> Wait[Any] | None:
        """What the conversation that holds it waits for."""
        return self._stack[-1].wait if self._stack else None

    @property
    def listening(self) -> Listening | None:
        """The dictation that holds the floor."""
        wait = self._wait
        return wait if isinstance(wait, Listening) else None

    @property
    def dictation(self) -> Dictation | None:
        """The draft that takes down what is said now; also while it is asked about."""
        wait = self._wait
        return wait.dictation if isinstance(wait, Listening | Asking) else None

    def say_when_free(self, line: str) -> None:
        """Say something that nobody asked for: in a rest of a practice, or when nothing sounds."""
        wait = self._wait
        if isinstance(wait, Playing) and not wait.player.paused:
            about_s = self._lines.about_s(line, {})
            wait.player.aside(Aside(line, lambda _: {}, lambda _: about_s))
        elif not self._sounding:
            self.begin_say(self.say(line, {}, private=False))
        elif line not in self._unsaid:
            self._unsaid.append(line)

    def effects(self) -> list[Effect]:
        """What has been asked of the edges since this was asked last."""
        self._tell_mode()
        effects, self._effects = self._effects, []
        self.by_safety = False
        return effects

    def reply(self, event: Event) -> None:
        """An edge has answered: whoever asked goes on."""
        if frame := next((f for f in self.frames if reply_to(f, event)), None):
            if frame is self._stack[-1]:
                self.answer(frame, event)
            else:
                frame.answered = event

    def emit(self, effect: Effect) -> None:
        """Ask an edge for something."""
        self._effects.append(replace(effect, safety=True) if self.by_safety else effect)

    def say(self, line: str, values: Mapping[str, str], *, private: bool) -> Say:
        """A line, ready to be emitted."""
        lines = self._lines
        text, wpm = lines.text(line, values), lines.wpm(line)
        return events.Say(at=self.at, key=0, line=line, text=text, wpm=wpm, private=private)

    def mode_for(self, talk: Talk, mode: Mode) -> None:
        """The conversation that holds `talk` is now in this mode."""
        for frame in self._stack:
            if frame.talk is talk:
                frame.mode = mode
        self._tell_mode()

    def tick(self, last_word_end: int) -> None:
        """Let what is due happen; silence after a question counts from the person's last word."""
        if self._unsaid and not self._sounding:
            self.begin_say(self.say(self._unsaid.pop(0), {}, private=False))
        while self._stack:
            frame = self._stack[-1]
            match frame.wait:
                case Spoken(ends_at=int(ends_at)) if ends_at <= self.at:
                    self.answer(frame, None)
                case Playing() as playing:
                    self._play(playing)
                    if not playing.player.done:
                        return
                    self.answer(frame, None)
                case Asking(since=since) as asking if since:
                    silent = self.at - max(since, last_word_end)
                    if not asking.asked_again and silent >= ASK_AGAIN_AFTER:
                        asking.asked_again = True
                        asking.say = self.begin_say(replace(asking.say, at=self.at))
                    elif silent >= ASK_UNTIL:
                        self.answer(frame, None)
                    return
                case _:
                    return

    def _play(self, playing: Playing) -> None:
        player = playing.player
        if playing.said_end is not None and playing.said_end <= self.at:
            playing.forget_line()
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
                            wpm=self._lines.guidance_wpm,
                        )
                    )
                case DueChime(name=name):
                    self.emit(events.Chime(at=self.at, name=name))
                case DueLine(line=line, values=values):
                    playing.said_key = self.begin_say(self.say(line, values, private=False)).key
                    playing.said_after = self._lines.pause_after(line)

    def sounded(self, key: int) -> None:
        """A line has ended."""
        if self._sounding.pop(key, None) is None:
            return
        match self._wait:
            case Spoken(say=say) as spoken if say.key == key:
                spoken.ends_at = self.at + spoken.after
            case Asking(say=say) as asking if say.key == key:
                asking.since = self.at
            case Listening(prompt=say) as listening if say and say.key == key:
                listening.prompt, listening.since = None, self.at
            case Playing(said_key=said_key) as playing if said_key == key:
                playing.said_end = self.at + playing.said_after

    def begin_say(self, say: Say) -> Say:
        """Let a line sound, under a key of its own."""
        self._keys += 1
        say = replace(say, key=self._keys)
        self._sounding[say.key] = say
        self.emit(say)
        return say

    def ready_for_help(self) -> bool:
        """False while the numbers are being said; what follows them makes room for them again."""
        for frame in self.frames:
            if frame.talk.safety:
                said = frame.saying()
                if said and said.line == "safety.help":
                    return False
                self.hush()
                self._stack.remove(frame)
                frame.conversation.close()
        return True

    def hush(self) -> None:
        """Fall silent."""
        if self._sounding:
            self._sounding.clear()
            self.emit(events.Hush(at=self.at))

    def push(self, name: str, slots: Mapping[str, Any], *, safety: bool = False) -> None:
        """Give a new conversation the floor; what had it is held."""
        mode = self.mode
        if self._stack:
            self.hush()
            self._stack[-1].hold(self.at)
        talk = Talk(self, self._lines, self._practices, slots, safety)
        frame = Frame(name, self._skills[name](talk), talk, mode)
        self._stack.append(frame)
        self.answer(frame, None)

    def answer(self, frame: Frame, value: Any) -> None:  # noqa: ANN401 - whatever the wait is for
        """Resume a conversation with what it waited for, up to its next wait or its end."""
        self.by_safety = self.by_safety or frame.talk.safety
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
                wait.say = self.begin_say(replace(wait.say, at=self.at))
            case Listening(prompt=say) as wait if say:
                wait.prompt = self.begin_say(replace(say, at=self.at))
            case Reply(effect=effect):
                self.emit(effect)

    def _pop(self, frame: Frame) -> None:
        self._stack.remove(frame)
        if not self._stack:
            return
        below = self._stack[-1]
        if frame.talk.safety and isinstance(below.wait, Playing) and below.mode == "practice":
            self.answer(below, events.Understood(at=self.at, intent="practice_pause"))
        else:
            answered, below.answered = below.answered, None
            below.go_on(self.at, self.begin_say)
            if answered:
                self.answer(below, answered)

    def stop(self) -> None:
        """Fall silent and unwind: a practice and a dictation end in their own way."""
        self.hush()
        for frame in reversed(self._stack.copy()):
            if frame not in self._stack:
                continue
            if isinstance(frame.wait, Playing | Listening):
                self.answer(frame, events.Understood(at=self.at, intent="stop"))
                return
            self._throw(frame)

    def unwind_to(self, kept: Frame) -> None:
        """End every conversation above one, and what they are saying."""
        if self._stack[-1] is not kept:
            self.hush()
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
