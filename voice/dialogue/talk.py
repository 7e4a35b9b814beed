"""What a skill holds in its hand: `Talk`, and the things it can wait for.

A skill is an ordinary `async def` conversation. Awaiting one of these suspends it until the event
that answers it arrives; there is no event loop, only the stack that resumes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from voice import events
from voice.dialogue.dictation import Dictation
from voice.practices.player import Player  # noqa: TC001 - a field of a dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

    from voice.dialogue.floor import Floor
    from voice.events import Mode, Slot
    from voice.lines import Lines
    from voice.practices.practice import Practice

Answered = TypeVar("Answered")


@dataclass(slots=True)
class Wait(Generic[Answered]):
    """Something a conversation waits for; awaiting it gives the answer."""

    def __await__(self) -> Generator[Wait[Answered], Answered, Answered]:
        """Suspend until the stack sends the answer."""
        return (yield self)


@dataclass(slots=True)
class Spoken(Wait[None]):
    """Until a line, and the pause after it, are over."""

    say: events.Say
    after: int
    ends_at: int | None = None


@dataclass(slots=True)
class Playing(Wait[events.Understood | None]):
    """Until the practice is over (None) or the person wants something of it."""

    player: Player
    said_key: int | None = None
    said_after: int = 0
    said_end: int | None = None

    def forget_line(self) -> None:
        """The line under way was cut, or is over before its pause is."""
        self.said_key = self.said_end = None


@dataclass(slots=True)
class Asking(Wait[bool | None]):
    """Until yes, no, or a long silence (None)."""

    say: events.Say
    dictation: Dictation | None = None
    """A draft the question is about: what else is said meanwhile still goes into it."""
    asked_again: bool = False
    since: int = 0


@dataclass(slots=True)
class Listening(Wait[events.Understood | None]):
    """Until the person closes a dictation (the intent that closed it) or falls silent for long."""

    prompt: events.Say | None
    dictation: Dictation
    since: int = 0
    """Silence counts from here at the earliest: our own sounds are not the person's silence."""


@dataclass(slots=True)
class Reply(Wait[Answered]):
    """Until an edge answers an effect with an event of this kind."""

    kind: type[events.Event]
    effect: events.Effect


@dataclass(slots=True)
class Talk:
    """A conversation's handle on the floor."""

    floor: Floor
    lines: Lines
    practices: Mapping[str, Practice]
    slots: Mapping[str, Slot]
    safety: bool = False

    @property
    def at(self) -> int:
        """Now, in clock samples."""
        return self.floor.at

    def mode(self, mode: Mode) -> None:
        """What can be said from now on."""
        self.floor.mode_for(self, mode)

    def chime(self, name: str) -> None:
        """A soft sound."""
        self.floor.emit(events.Chime(at=self.at, name=name, safety=self.safety))

    def hush(self) -> None:
        """Fall silent."""
        self.floor.hush()

    def emit(self, make: Callable[[int], events.Effect]) -> None:
        """An effect that nobody answers, made at the present sample."""
        self.floor.emit(make(self.at))

    def say(
        self, line: str, values: Mapping[str, str] | None = None, *, private: bool = False
    ) -> Spoken:
        """Speak a line; private when a value holds words of the person."""
        say = self.floor.say(line, values or {}, private=private)
        return Spoken(say, self.lines.pause_after(line))

    def ask(self, line: str, about: Dictation | None = None) -> Asking:
        """Speak a question and wait for yes or no; words that are neither go on into a draft."""
        return Asking(self.floor.say(line, {}, private=False), about)

    def play(self, player: Player) -> Playing:
        """Let a practice run until it ends or something is wanted of it."""
        return Playing(player)

    def listen(self, prompt: str) -> Listening:
        """Hold the floor for the person; each segment is durable before anything answers it."""
        return Listening(self.floor.say(prompt, {}, private=False), Dictation(self.floor))

    async def store_ready(self) -> bool:
        """Get the journal ready; False when it cannot keep words."""
        event: events.StoreReady = await Reply(
            events.StoreReady, events.OpenStore(at=self.at, safety=self.safety)
        )
        return event.ok

    async def keep(self, kind: str) -> events.Kept:
        """Close the draft."""
        kept: events.Kept = await Reply(events.Kept, events.Keep(at=self.at, type=kind))
        return kept

    async def recall(self) -> tuple[str, ...] | None:
        """The newest entry, passage by passage."""
        event: events.Recalled = await Reply(events.Recalled, events.Recall(at=self.at))
        return event.passages
