"""Holding the floor while a person dictates: what is kept, what closes it, what silence does.

Each segment is durable when it is heard. A closer counts only as a whole utterance between pauses,
and only if nothing follows it; its own words are then taken back, unless the open ear heard
something else in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz

from voice import events
from voice.clock import samples

if TYPE_CHECKING:
    from voice.dialogue.floor import Floor
    from voice.events import Understood

UTTERANCE_AFTER: Final = samples(0.6)
"""Silence that separates utterances, so that a command can stand alone."""
CLOSER_HOLDS_AFTER: Final = samples(1.5)
"""A closer that stood alone and is followed by this much silence ends the dictation."""
TONE_AFTER: Final = samples(12)
LINE_AFTER: Final = samples(30)
END_AFTER: Final = samples(90)
"""A soft tone, one line, and the end, after this much silence (voice design, F.3)."""

TAKE_YOUR_TIME: Final = "journal.take_your_time"

_SAME_WORDS_FROM: Final = 60.0
"""How alike (0 to 100) both ears' texts are when they heard the same words."""


class Dictation:
    """The draft under way, as far as the dialogue needs to know it."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._utterances: list[int] = []
        """How many segments each utterance in the draft has."""
        self._under_way = 0
        """Segments of the utterance that is not over yet."""
        self._paragraph = False
        self._closer: Understood | None = None
        self._closer_segments = 0
        self._toned = self._reminded = False

    @property
    def empty(self) -> bool:
        """Whether nothing is in the draft."""
        return not self._utterances and not self._under_way

    @property
    def closer(self) -> Understood | None:
        """The intent that ends it, if nothing follows."""
        return self._closer

    def segment(self, text: str) -> None:
        """Keep a finished segment at once; what was about to end the dictation no longer does."""
        if self._closer:
            self._closer = None
            self.utterance()
        self._toned = self._reminded = False
        self._floor.emit(events.Segment(at=self._floor.at, text=text, paragraph=self._paragraph))
        self._paragraph = False
        self._under_way += 1

    def utterance(self) -> None:
        """An utterance that was no command is complete."""
        if self._under_way:
            self._utterances.append(self._under_way)
            self._under_way = 0

    def command(self, fact: Understood, text: str, free: str) -> None:
        """Act on a command that stood alone; one that ends the dictation acts after a silence.

        Args:
            fact: what the matcher made of the utterance.
            text: its words as the small ear, or the keyboard, has them.
            free: what the open ear heard for the same moment.
        """
        if fact.intent in ("dictation_save", "dictation_cancel", "stop"):
            self._closer, self._closer_segments = fact, self._own(text, free)
            return
        if fact.intent == "dictation_paragraph":
            self.withdraw(text, free)
            self._paragraph = True
        else:  # the command's own words, however the open ear spelt them, and what was before
            before = self._utterances.pop() if self._utterances else 0
            self._take_back(self._under_way + before)
            self._under_way = 0
        self._chime("heard")

    def withdraw(self, text: str, free: str) -> None:
        """A command's own words are not part of the entry."""
        own = self._own(text, free)
        self._take_back(own)
        self._under_way -= own
        self.utterance()

    def _own(self, text: str, free: str) -> int:
        """How many of the segments under way are the command's own words and nothing else."""
        same = fuzz.ratio(text.lower(), free.lower()) >= _SAME_WORDS_FROM
        return self._under_way if same else 0

    def silence(self, silent: int) -> tuple[bool, str | None]:
        """What a silence of so many samples does: whether it ends here, and a line to say."""
        if self._closer:
            if silent < CLOSER_HOLDS_AFTER:
                return False, None
            self.close()
            return True, None
        if silent >= END_AFTER:
            return True, None
        if silent >= LINE_AFTER and not self._reminded:
            self._reminded = True
            return False, TAKE_YOUR_TIME
        if silent >= TONE_AFTER and not self._toned:
            self._toned = True
            self._chime("still_here")
        return False, None

    def reopen(self) -> None:
        """It was not to end after all."""
        self._closer = None
        self._toned = self._reminded = False

    def close(self) -> None:
        """The closer holds: its own words are not part of the entry."""
        self._take_back(self._closer_segments)
        self._under_way -= self._closer_segments
        self._closer_segments = 0
        self.utterance()

    def _take_back(self, segments: int) -> None:
        for _ in range(segments):
            self._floor.emit(events.Scratch(at=self._floor.at))

    def _chime(self, name: str) -> None:
        self._floor.emit(events.Chime(at=self._floor.at, name=name))
