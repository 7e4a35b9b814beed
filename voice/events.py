"""The whole vocabulary between the core and its edges: events go in, effects come out.

`VERSION` grows when a field changes its meaning; it stands in the header of every log, and a
replay refuses a log of another version. Every `at` is in clock samples (voice/clock.py) and is the
moment of arrival; how late a recogniser was shows in `from_at` and `to_at`, never in the clock.

Events (an edge tells the core)
    Begin Tick Now End Speech Partial Heard HeardUpTo Typed Sounded StoreReady Kept Recalled Fault
Effects (the core asks an edge)
    Say Cue Chime Hush CloseEars ResetEars SetMode OpenStore Segment Scratch Keep Discard Recall
Facts (the core states; only the log listens)
    Understood
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

VERSION: Final = 1

UNKNOWN: Final = "[unk]"
"""Vosk's word for speech outside a grammar."""

Lane = Literal["command", "open", "stop", "typed"]
"""Which ear heard it: the mode's small grammar, the open vocabulary, the stop words, a keyboard."""

Mode = Literal["idle", "practice", "practice_paused", "reflection", "dictation", "question"]

Slot = str | int | float | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word; times in clock samples, `conf` 0 to 1, relative to the grammar."""

    text: str
    from_at: int
    to_at: int
    conf: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, at clock sample `at`."""

    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin(Event):
    """A person is there, and is greeted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End(Event):
    """The person has gone: what is under way is ended in its own way, then goodbye."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick(Event):
    """The block `[at, at + TICK)` is about to be rendered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Now(Event):
    """Civil time, told at the start, and live each minute."""

    local: str
    """ISO 8601 with offset, to the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech(Event):
    """The voice-activity detector changed its mind."""

    on: bool
    since: int
    """When speech really began or ended, without the detector's hang-over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partial(Event):
    """The unfinished text of a lane changed."""

    lane: Lane
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard(Event):
    """A finished segment. It carries words with confidences, or alternatives, never both."""

    lane: Lane
    text: str
    from_at: int
    to_at: int
    words: tuple[Word, ...] = ()
    alternatives: tuple[str, ...] = ()

    @property
    def conf(self) -> float | None:
        """The least certain word's confidence; None where the lane gives none."""
        return min((word.conf for word in self.words), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardUpTo(Event):
    """Everything before sample `up_to` is decoded. `closed` answers a `CloseEars`."""

    up_to: int
    closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed(Event):
    """A line from the keyboard: a whole utterance."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sounded(Event):
    """What was said under `key` has ended."""

    key: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreReady(Event):
    """The journal can keep words now, or cannot (`ok`)."""

    ok: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Event):
    """The draft has become an entry (`ok`), or could not be filed and stays."""

    ok: bool
    type: str
    safe: bool = True
    """Whether every word of it is durable, filed or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalled(Event):
    """The newest entry, passage by passage as it was said; None when there is none."""

    passages: tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault(Event):
    """A part failed: what, and what is being done about it."""

    what: str
    action: str


WORDS_WAIT: Final = "words wait in memory"
"""What is told when a segment could not be made durable."""

KEY_WANTED: Final = "a passphrase is wanted"
"""What is told when the journal asks for one: it is typed, never spoken."""

SPOKEN_FAULTS: Final = {
    "microphone lost": "hearing.lost",
    "microphone back": "hearing.back",
    WORDS_WAIT: "journal.waiting",
    KEY_WANTED: "journal.passphrase",
}
"""Faults that are said aloud, and the line that says them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Something an edge is asked to do, at clock sample `at`."""

    at: int
    safety: bool = False
    """Caused by the safety lane: never written to a log without words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say(Effect):
    """Speak a line; answered by `Sounded(key)` when it has ended."""

    key: int
    line: str
    text: str
    wpm: int
    private: bool = False
    """The text holds words of the person: never cached, never logged without words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue(Effect):
    """A practice cue, to sound at exactly `at`."""

    practice: str
    phase: str
    cue: str
    """The word to speak, or empty for a tone."""
    cycle: int
    wpm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chime(Effect):
    """A soft sound without words."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hush(Effect):
    """Fade out what sounds, and drop what is waiting to sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseEars(Effect):
    """Finish the segment under way: each lane gives its `Heard`, then `HeardUpTo(closed=True)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetEars(Effect):
    """Forget the segment under way, without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMode(Effect):
    """From now on the small ear listens for what can be said in this mode."""

    before: Mode
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStore(Effect):
    """Get the journal ready to keep words; answered by `StoreReady`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment(Effect):
    """Words of the person, to be durable at once, in the draft under way or a new one."""

    text: str
    paragraph: bool = False
    """Begins a new paragraph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch(Effect):
    """Take back the newest segment of the draft."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep(Effect):
    """Close the draft; answered by `Kept`."""

    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Discard(Effect):
    """Throw the draft away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall(Effect):
    """Fetch the newest entry; answered by `Recalled`."""


Decision = Literal["accept", "ask", "ignore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood(Effect):
    """What the matcher made of an utterance (a fact for the log)."""

    intent: str | None
    slots: dict[str, Slot] = field(default_factory=dict)
    score: float = 0.0
    decision: Decision = "ignore"
