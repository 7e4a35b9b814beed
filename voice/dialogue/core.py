"""The core: one pure state machine from events to effects.

It holds the turn and the stack, asks the matcher what an utterance means, and gives the answer to
the conversation that waits for it. Safety comes first and asks nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from voice import events
from voice.clock import samples
from voice.dialogue.dictation import UTTERANCE_AFTER
from voice.dialogue.floor import Floor
from voice.dialogue.talk import Asking, Listening, Playing, Talk
from voice.dialogue.turn import Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from voice.dialogue.stack import Conversation
    from voice.events import Effect, Event, Mode
    from voice.lines import Lines
    from voice.nlu.matcher import Understanding
    from voice.practices.practice import Practice
    from voice.safety.standing import Standing

SPOKEN_FROM: Final = 0.9
"""A small ear hears only words we know, so a spoken command must fit better than a typed one,
unless the open ear understood the same. Measured over four synthetic voices: of 240 everyday
sentences none is acted on instead of 4, of 228 commands 218 are instead of 219."""

LEAST_CONF: Final = 0.4
"""Below this the small ear's least certain word vetoes (a grammar's confidence proves nothing)."""

_FOR_EVER: Final = 1 << 62

CLOSE_AFTER: Final = samples(0.9)
"""Silence that ends a command or a yes (voice design, F.3)."""


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
        self.turn = Turn()
        self._parts = parts
        self._floor = Floor(parts.lines, parts.practices, parts.skills)
        self._deaf_until = -1
        """Words that began before this have been answered by the stop or the safety lane."""
        self._parting: Literal["not yet", "hearing out", "ending", "done"] = "not yet"
        """The person has gone: dictated words are heard out, what is under way ends, goodbye."""

    @property
    def mode(self) -> Mode:
        """What the dialogue is doing."""
        return self._floor.mode

    @property
    def busy(self) -> bool:
        """Whether anything speaks, plays or waits."""
        return not self._floor.empty or self._floor.sounding or self.turn.open

    def has_answered(self, event: Event) -> bool:
        """Whether what was heard has been answered already, by the stop or the safety lane."""
        return isinstance(event, events.Heard) and event.from_at < self._deaf_until

    def receive(self, event: Event) -> list[Effect]:
        """Take one event; return what it makes the edges do, in order."""
        floor = self._floor
        floor.at = max(floor.at, event.at)
        match event:
            case events.Begin():
                floor.push("greet", {})
            case events.End():
                self._leave()
            case events.Tick():
                floor.tick(self.turn.last_word_end)
            case events.Speech():
                self.turn.speech(event)
            case events.Partial() if self._parting in ("not yet", "hearing out"):
                self.turn.partial(event)
            case events.Heard():
                self._heard(event)
            case events.HeardUpTo():
                self._heard_up_to(event)
            case events.Typed():
                self._typed(event)
            case events.Sounded():
                floor.sounded(event.key)
            case events.Fault():
                self._trouble(event)
            case events.StoreReady() | events.Kept() | events.Recalled():
                floor.reply(event)
        if self._parting == "ending" and floor.empty:  # each in its own way
            self._parting = "done"
            floor.push("part", {})
        return floor.effects()

    def _heard(self, event: events.Heard) -> None:
        if self.has_answered(event):
            return
        if self._parts.standing.asks_for_help(event):
            self._help_now(event.to_at)
        elif event.lane == "stop":
            if self._floor.sounding or self._floor.mode in (
                "practice",
                "practice_paused",
                "question",
            ):
                self._deaf_until = event.to_at
                self.turn.end()
                self._floor.emit(events.ResetEars(at=self._floor.at))
                self._floor.emit(
                    events.Understood(
                        at=self._floor.at, intent="stop", score=1.0, decision="accept"
                    )
                )
                self._floor.stop()
        else:
            self.turn.heard(event)
            if event.lane == "open" and (dictation := self._floor.dictation):
                dictation.segment(event.text)

    def _heard_up_to(self, event: events.HeardUpTo) -> None:
        self.turn.heard_up_to(event)
        listening = self._floor.listening
        close_after = UTTERANCE_AFTER if listening else CLOSE_AFTER
        if event.closed:
            self._end_turn()
            if self._parting == "hearing out":
                self._leave()
        elif self.turn.open and not self.turn.closing and self.turn.silence() >= close_after:
            if self.turn.unfinished:
                self._close_ears()
            else:
                self._end_turn()
        if (listening := self._floor.listening) and not self.turn.open:
            self._silence_in(listening)

    def _close_ears(self) -> None:
        self.turn.closing = True
        self._floor.emit(events.CloseEars(at=self._floor.at))

    def _end_turn(self) -> None:
        command, free = self.turn.text("command"), self.turn.text("open")
        heard = self.turn.end()
        if command:
            self._utterance(command, free, heard)
        elif listening := self._floor.listening:
            listening.dictation.utterance()

    @staticmethod
    def _sure(heard: list[events.Heard]) -> bool:
        """Whether the small ear was: its least certain word can only speak against it."""
        known = [part.conf for part in heard if part.lane == "command" and part.conf is not None]
        return min(known, default=1.0) >= LEAST_CONF

    def _typed(self, event: events.Typed) -> None:
        heard = events.Heard(
            at=event.at, lane="typed", text=event.text, from_at=event.at, to_at=event.at
        )
        if self._parts.standing.asks_for_help(heard):
            self._help_now(event.at)
            return
        listening = self._floor.listening
        self._utterance(event.text, "", [])
        if listening and listening.dictation.closer:  # a typed line needs no silence to end it
            listening.dictation.close()
            self._floor.answer(self._floor.frames[0], listening.dictation.closer)

    def _utterance(self, text: str, free: str, heard: list[events.Heard]) -> None:
        """A whole utterance is complete: understand it and act, or keep quiet.

        Args:
            text: what the small ear heard, or what was typed.
            free: what the open ear heard for the same moment.
            heard: the segments of both; none of a typed one.
        """
        meant = self._parts.understand(text, self._floor.mode)
        doubtful = bool(heard) and (not self._sure(heard) or meant.score < SPOKEN_FROM)
        if doubtful and meant.decision == "accept":
            again = self._parts.understand(free, self._floor.mode)
            doubtful = again.intent != meant.intent or again.decision != "accept"
        decision = "ask" if doubtful and meant.decision == "accept" else meant.decision
        fact = events.Understood(
            at=self._floor.at,
            intent=meant.intent,
            slots=meant.slots,
            score=round(meant.score, 3),
            decision=decision,
        )
        self._floor.emit(fact)
        listening = self._floor.listening
        if decision != "accept" or not meant.intent:
            if not heard and self._floor.dictation:  # spoken words are in it already
                self._floor.dictation.segment(text)
            if listening:
                listening.dictation.utterance()
        elif listening and (meant.intent == "stop" or meant.intent.startswith("dictation_")):
            listening.dictation.command(fact, text, free)
        else:
            if listening:
                listening.dictation.withdraw(text, free)
            self._route(fact, text, free)

    def _route(self, fact: events.Understood, text: str, free: str) -> None:
        intent = fact.intent or ""
        if intent == "stop":
            self._floor.stop()
            return
        if intent == "help":
            self._floor.push(intent, {"mode": self._floor.mode})
            return
        asked = next((f for f in self._floor.frames if f.accepts(intent)), None)
        if asked:
            self._floor.unwind_to(asked)
            if isinstance(asked.wait, Asking):
                if asked.wait.dictation:
                    asked.wait.dictation.withdraw(text, free)
                self._floor.hush()
                self._floor.answer(asked, intent == "yes")
                return
            asked.breathe_in(self._floor.at)
            self._floor.answer(asked, fact)
        elif intent in self._parts.skills and self._floor.mode == "idle":
            self._floor.stop()
            self._floor.push(intent, fact.slots)

    def _leave(self) -> None:
        """The person has gone: dictated words are heard out, others start nothing."""
        if self._floor.listening and self.turn.unfinished:
            self._parting = "hearing out"
            self._close_ears()
            return
        self._parting = "ending"
        self.turn.end()
        self._deaf_until = _FOR_EVER
        self._floor.stop()

    def _trouble(self, event: events.Fault) -> None:
        """Say it, if it is something a person must know who does not look at the screen."""
        if line := events.SPOKEN_FAULTS.get(event.what):
            self._floor.say_when_free(line)

    def _silence_in(self, listening: Listening) -> None:
        silent = self.turn.watermark - max(self.turn.last_word_end, listening.since)
        if listening.prompt is None and silent >= 0:
            done, line = listening.dictation.silence(silent)
            if line:
                self._floor.begin_say(self._floor.say(line, {}, private=False))
            if done:
                self._floor.answer(self._floor.frames[0], listening.dictation.closer)

    def _help_now(self, heard_to: int) -> None:
        self._floor.by_safety = True
        self._deaf_until = max(self._deaf_until, heard_to)
        self.turn.end()
        self._floor.emit(events.ResetEars(at=self._floor.at))
        if not self._floor.ready_for_help():
            return
        paused = any(isinstance(frame.wait, Playing) for frame in self._floor.frames)
        self._floor.push("crisis_help", {"paused": int(paused)}, safety=True)
