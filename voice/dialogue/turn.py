"""The turn: when has a person finished speaking? Ours to say, never the recogniser's.

Silence is what the recogniser has decoded (its watermark) past the end of the last word it
accepted, so that no turn closes on sound nobody has looked at. While a word is still unfinished,
its end is taken from the voice-activity detector; noise that keeps the detector awake delays a
close by at most one second.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from voice.clock import samples

if TYPE_CHECKING:
    from voice.events import Heard, HeardUpTo, Lane, Partial, Speech

MOST_DELAY: Final = samples(1.0)
"""How long voice activity alone may hold a turn open."""


@dataclass(slots=True)
class Turn:
    """One turn of the person: the segments of each lane since the last one ended."""

    segments: list[Heard] = field(default_factory=list)
    watermark: int = 0
    closing: bool = False
    """The ears have been asked to finish the segment under way."""
    _pending: dict[Lane, int] = field(default_factory=dict)
    """Lanes with unfinished words, and when their text last grew."""
    _word_end: int = 0
    _speaking: bool = False
    _speech_changed: int = 0

    @property
    def open(self) -> bool:
        """Whether there are words that nobody has answered."""
        return bool(self.segments or self._pending)

    @property
    def unfinished(self) -> bool:
        """Whether a lane has words under way."""
        return bool(self._pending)

    @property
    def last_word_end(self) -> int:
        """Clock sample at which the last accepted word ended, as far as is known."""
        if not self._pending:
            return self._word_end
        newest = max(self._pending.values())
        ended = newest if self._speaking else min(newest, self._speech_changed)
        return max(ended, self._word_end)

    def text(self, lane: Lane) -> str:
        """What a lane heard in this turn."""
        return " ".join(part.text for part in self.segments if part.lane == lane)

    def speech(self, event: Speech) -> None:
        """The voice-activity detector changed its mind."""
        self._speaking, self._speech_changed = event.on, event.since

    def partial(self, event: Partial) -> None:
        """A lane's unfinished text changed."""
        if event.text:
            self._pending[event.lane] = event.at
        else:
            self._pending.pop(event.lane, None)

    def heard(self, event: Heard) -> None:
        """A segment is finished."""
        self._pending.pop(event.lane, None)
        self._word_end = max(self._word_end, event.to_at)
        self.segments.append(event)

    def silence(self) -> int:
        """Clock samples of decoded silence since the last word; 0 while voice holds it open."""
        silent = max(0, self.watermark - self.last_word_end)
        held = self._speaking and self.watermark - self._speech_changed < MOST_DELAY
        return 0 if held and self._speech_changed >= self.last_word_end else silent

    def heard_up_to(self, event: HeardUpTo) -> None:
        """Sound is decoded up to here."""
        self.watermark = max(self.watermark, event.up_to)

    def end(self) -> list[Heard]:
        """Hand over the segments; the next turn begins."""
        segments, self.segments = self.segments, []
        self._pending.clear()
        self.closing = False
        return segments
