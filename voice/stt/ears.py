"""The ears of one listener: the mode's small grammar and the open vocabulary, side by side.

The stop words have an ear of their own (`StopEar`), which never waits for a turn to end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from voice.events import (
    UNKNOWN,
    CloseEars,
    Effect,
    Event,
    Heard,
    HeardUpTo,
    Mode,
    ResetEars,
    SetMode,
)
from voice.stt.ear import LONGEST_S, Ear

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

BLOCKS: Final = 5
"""Ticks that are decoded together (100 ms): Vosk's decoder steps by 0.2 s."""

_LONGEST_DRAFT_S: Final = 5.0
"""While words are being kept, at most this much speech is not yet durable."""

_DRAFTING: Final[frozenset[Mode]] = frozenset({"dictation", "reflection"})


class Ears:
    """Both ears of the moment; the small one is exchanged with the mode."""

    def __init__(self, model: Any, grammars: Mapping[Mode, list[str]], mode: Mode = "idle") -> None:  # noqa: ANN401 - vosk ships no types
        self._model = model
        self._grammars = grammars
        self._small: dict[Mode, Ear] = {}
        self._open = Ear(model, "open", None, LONGEST_S)
        self._mode: Mode = mode
        self._blocks: list[npt.NDArray[np.int16]] = []
        self._at = 0

    def hear(self, block: npt.NDArray[np.int16], at: int) -> list[Event]:
        """Take one tick of sound that ends at clock sample `at`; decode when enough has come."""
        self._blocks.append(block)
        self._at = at
        return self._decode() if len(self._blocks) >= BLOCKS else []

    def perform(self, effect: Effect) -> list[Event]:
        """Close, forget, or listen for something else, as the core asks."""
        match effect:
            case CloseEars():
                return self.close()
            case ResetEars():
                self.reset()
            case SetMode():
                self.set_mode(effect.mode)
        return []

    def close(self) -> list[Event]:
        """Finish the segment under way on both lanes, everything heard so far decoded."""
        events = self._decode() if self._blocks else []
        for ear in self._ears():
            events += ear.close(self._at)
        return [*events, HeardUpTo(at=self._at, up_to=self._at, closed=True)]

    def reset(self) -> None:
        """Forget the segment under way."""
        self._blocks.clear()
        for ear in self._ears():
            ear.reset()

    def set_mode(self, mode: Mode) -> None:
        """Listen for what can be said in another mode."""
        self._ears()[0].reset()
        self._mode = mode
        self._open.longest_s = _LONGEST_DRAFT_S if mode in _DRAFTING else LONGEST_S

    def _ears(self) -> list[Ear]:
        if self._mode not in self._small:
            self._small[self._mode] = Ear(
                self._model, "command", self._grammars[self._mode], LONGEST_S
            )
        return [self._small[self._mode], self._open]

    def _decode(self) -> list[Event]:
        joined = np.concatenate(self._blocks)
        self._blocks.clear()
        events: list[Event] = []
        for ear in self._ears():
            events += ear.feed(joined, self._at)
        return [*events, HeardUpTo(at=self._at, up_to=self._at)]


@dataclass(frozen=True, slots=True)
class StopWords:
    """What the ear that never waits listens for."""

    phrases: frozenset[str]
    decoys: frozenset[str]
    """Words that sound near, so that it is free to hear them instead."""


class StopEar:
    """Hears a stop word at the first pause after it, or at once while we are speaking."""

    def __init__(self, model: Any, words: StopWords) -> None:  # noqa: ANN401 - vosk ships no types
        self._phrases = words.phrases
        grammar = [*sorted(words.phrases | words.decoys), UNKNOWN]
        self._ear = Ear(model, "stop", grammar, LONGEST_S)
        self._blocks: list[npt.NDArray[np.int16]] = []
        self._last_partial = ""

    def hear(
        self, block: npt.NDArray[np.int16], at: int, *, paused: bool, speaking: bool
    ) -> Heard | None:
        """Take one tick of sound.

        Args:
            block: 320 samples at 16 kHz.
            at: the clock sample at its end.
            paused: the person has just stopped speaking.
            speaking: we are: then two equal partials suffice, without waiting for the pause.
        """
        self._blocks.append(block)
        if len(self._blocks) < BLOCKS and not paused:
            return None
        joined = np.concatenate(self._blocks)
        self._blocks.clear()
        found = self._ear.feed(joined, at)
        text = self._ear.partial
        steady = speaking and text in self._phrases and text == self._last_partial
        self._last_partial = text
        if paused or steady:
            found += self._ear.close(at)
        segments = (event for event in found if isinstance(event, Heard))
        return next((heard for heard in segments if heard.text in self._phrases), None)
