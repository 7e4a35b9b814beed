"""One ear: a Vosk recogniser on one lane, its segments placed on the one clock.

A Vosk result is a segment, never a turn. A segment ends when Vosk says so, when we close it, or
when it has grown long: then it is cut before its last word, and that word's sound is heard again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from voice.clock import CLOCK_PER_INPUT, INPUT_RATE_HZ, RATE_HZ
from voice.events import Heard, Lane, Partial, Word

if TYPE_CHECKING:
    import numpy.typing as npt

LONGEST_S: Final = 20.0
"""Seconds of sound after which a segment is cut anyway, so that memory stays flat."""

ALTERNATIVES: Final = 5
"""How many readings the open lane keeps for the safety lane."""

_LEAD_S: Final = 1.0
"""Sound kept from before the first words show: unfinished text lags its sound by less."""

_SETTLED_S: Final = 0.4
"""A word that ends this close before a cut may be half a word: it is heard again."""


class Ear:
    """Feeds one recogniser and reports what it made of it."""

    def __init__(self, model: Any, lane: Lane, grammar: list[str] | None, longest_s: float) -> None:  # noqa: ANN401 - vosk ships no types
        """Make an ear.

        Args:
            model: a `vosk.Model`.
            lane: `open` keeps alternatives, the others word confidences.
            grammar: phrases, `[unk]` among them; None for the open vocabulary.
            longest_s: seconds of sound after which a segment with words in it is cut.
        """
        import vosk  # noqa: PLC0415 - see model.py

        extra = () if grammar is None else (json.dumps(_known(model, grammar)),)
        self._recogniser = vosk.KaldiRecognizer(model, INPUT_RATE_HZ, *extra)
        self._recogniser.SetWords(True)
        if lane == "open":
            self._recogniser.SetMaxAlternatives(ALTERNATIVES)
        self.lane: Lane = lane
        self.longest_s = longest_s
        self.partial = ""
        self._fed = 0
        """Input samples the recogniser has had, heard-again ones included."""
        self._base = 0
        """Clock sample of the recogniser's time zero."""
        self._sound: list[npt.NDArray[np.int16]] = []
        """The segment under way, so that it can be cut and heard again; in memory only."""

    def feed(self, block: npt.NDArray[np.int16], at: int) -> list[Heard | Partial]:
        """Hear one block of 16 kHz samples that ends at clock sample `at`."""
        self._base = at - (self._fed + len(block)) * CLOCK_PER_INPUT
        self._sound.append(block)
        heard: list[Heard | Partial] = []
        if self._accept(block):
            heard += self._segment(self._recogniser.Result(), at)
        elif (text := json.loads(self._recogniser.PartialResult())["partial"]) != self.partial:
            self.partial = text
            heard.append(Partial(at=at, lane=self.lane, text=text))
        longest_s = self.longest_s if self.partial else _LEAD_S
        while self._length_s() > longest_s:
            if self.partial:
                heard += self._cut(at)
                break
            del self._sound[0]
        return heard

    def _length_s(self) -> float:
        return sum(map(len, self._sound)) / INPUT_RATE_HZ

    def close(self, at: int) -> list[Heard]:
        """Finish the segment under way without waiting for Vosk's endpoint."""
        return self._segment(self._recogniser.FinalResult(), at)

    def reset(self) -> None:
        """Forget the segment under way."""
        self._recogniser.FinalResult()  # unlike Reset(), it also frees the decoder
        self._sound.clear()
        self.partial = ""

    def _accept(self, block: npt.NDArray[np.int16]) -> bool:
        self._fed += len(block)
        return bool(self._recogniser.AcceptWaveform(block.tobytes()))

    def _segment(self, result: str, at: int) -> list[Heard]:
        self._sound.clear()
        self.partial = ""
        readings = self._readings(result)
        return [] if not readings[0] else [self._heard(readings, at)]

    def _readings(self, result: str) -> list[list[Word]]:
        """Word lists, best first; one of them where the lane keeps no alternatives."""
        answer = json.loads(result)
        return [
            [
                Word(
                    word["word"],
                    self._base + round(word["start"] * RATE_HZ),
                    self._base + round(word["end"] * RATE_HZ),
                    word.get("conf", 0.0),
                )
                for word in reading.get("result", [])
            ]
            for reading in answer.get("alternatives", [answer])
        ]

    def _heard(self, readings: list[list[Word]], at: int) -> Heard:
        best = readings[0]
        texts = [" ".join(word.text for word in reading) for reading in readings]
        kept = {"alternatives": tuple(texts)} if self.lane == "open" else {"words": tuple(best)}
        return Heard(
            at=at,
            lane=self.lane,
            text=texts[0],
            from_at=best[0].from_at,
            to_at=best[-1].to_at,
            **kept,
        )

    def _cut(self, at: int) -> list[Heard | Partial]:
        """End a long segment before a word that may be half heard, and hear that word again."""
        sound = np.concatenate(self._sound)
        readings = self._readings(self._recogniser.FinalResult())
        self._sound.clear()
        self.partial = ""
        if not readings[0]:
            return []
        last = readings[0][-1]
        unsettled = at - last.to_at < _SETTLED_S * RATE_HZ and len(readings[0]) > 1
        boundary = last.from_at if unsettled else at
        again = (
            sound[len(sound) - max(0, (at - boundary) // CLOCK_PER_INPUT) :]
            if unsettled
            else sound[:0]
        )
        settled = [[word for word in reading if word.from_at < boundary] for reading in readings]
        heard: list[Heard | Partial] = [self._heard([r for r in settled if r], at)]
        if len(again):
            self._base -= len(again) * CLOCK_PER_INPUT
            self._sound.append(again)
            self._accept(again)
        return heard


def _known(model: Any, grammar: list[str]) -> list[str]:  # noqa: ANN401 - vosk ships no types
    """Phrases wholly of words the model has: Vosk would drop the others word by word."""
    return [
        phrase
        for phrase in grammar
        if all(model.vosk_model_find_word(word) >= 0 for word in phrase.split())
    ]
