"""Everything audible goes through here, on the one clock, exact to the sample."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from voice.clock import RATE_HZ, TICK

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["speech", "cue", "chime"]
"""Speech and cues count as speaking and are hushed together; a chime is neither."""

_FULL: Final = np.float32(32_768)
"""Full scale of int16, so that samples made from int16 come out as they were."""

_KNEE: Final = np.float32(0.9 * 32_768)
_CEILING: Final = np.float32(32_767)


@dataclass(slots=True)
class _Sound:
    """Samples that begin at clock sample `at`."""

    samples: NDArray[np.float32]
    at: int
    key: int
    kind: Kind
    gain: float

    @property
    def end(self) -> int:
        return self.at + len(self.samples)


class Mixer:
    """The sum of all sounds, as int16 blocks.

    Up to 0.9 of full scale the sum is passed as it is; above, it is bent softly and never reaches
    the rails: `0.9 + 0.1 * tanh((x - 0.9) / 0.1)`. That depends on the sample alone, so the result
    is the same whatever the block length.

    It belongs to one thread.
    """

    def __init__(self) -> None:
        self.now = 0
        """The clock sample that the next `render` begins with."""
        self.late_samples = 0
        """By how much sounds were added after the moment they should have begun, all together."""
        self._waiting: list[tuple[int, int, _Sound]] = []
        self._sounding: list[_Sound] = []
        self._ended: list[tuple[int, int]] = []
        self._order = count()
        self._last_end = 0
        self._sum = np.zeros(TICK, np.float32)

    def add(
        self, samples: NDArray[np.float32], at: int, *, key: int, kind: Kind, gain: float = 1.0
    ) -> None:
        """Let a sound begin at clock sample `at`, or now where that is past.

        Args:
            samples: float32 mono at 48 kHz, full scale 1.0; not copied, so leave it as it is.
            at: the clock sample of its first sample.
            key: what `ended` and `hush` call it; several sounds may share one.
            kind: what it is to the ear.
            gain: a factor on every sample.
        """
        self.late_samples += max(0, self.now - at)
        begin = max(at, self.now)
        sound = _Sound(samples, begin, key, kind, gain)
        if begin == self.now:
            self._sounding.append(sound)
        else:
            heapq.heappush(self._waiting, (begin, next(self._order), sound))

    def hush(self, key: int | None = None, fade_s: float = 0.005) -> None:
        """Fade out what sounds and drop what waits: all speech and cues, or one key of any kind.

        A sound that never began is told by `ended` as well, with the clock sample of the hush, so
        that nobody waits for it for ever.
        """
        for sound in self._sounding:
            if _meant(sound, key):
                left = sound.samples[self.now - sound.at :][: round(fade_s * RATE_HZ)]
                fade = np.linspace(1, 0, len(left), endpoint=False, dtype=np.float32)
                sound.samples, sound.at = left * fade, self.now
        dropped = [sound for _, _, sound in self._waiting if _meant(sound, key)]
        self._ended += [(sound.key, self.now) for sound in dropped]
        self._waiting = [item for item in self._waiting if not _meant(item[2], key)]
        heapq.heapify(self._waiting)

    def render(self, n: int) -> NDArray[np.int16]:
        """Mix the next `n` samples and let the clock go on by as many."""
        begin, self.now = self.now, self.now + n
        while self._waiting and self._waiting[0][0] < self.now:
            self._sounding.append(heapq.heappop(self._waiting)[2])
        if not self._sounding:
            return np.zeros(n, np.int16)
        if len(self._sum) < n:
            self._sum = np.zeros(n, np.float32)
        total = self._sum[:n]
        total.fill(0)
        for sound in self._sounding:
            first, last = max(begin, sound.at), min(self.now, sound.end)
            part = sound.samples[first - sound.at : last - sound.at]
            total[first - begin : last - begin] += part if sound.gain == 1 else part * sound.gain
        self._let_go()
        return _int16(total)

    def _let_go(self) -> None:
        over = sorted((s for s in self._sounding if s.end <= self.now), key=lambda s: s.end)
        if over:
            self._ended += [(sound.key, sound.end) for sound in over]
            self._last_end = over[-1].end
            self._sounding = [sound for sound in self._sounding if sound.end > self.now]

    def ended(self) -> list[tuple[int, int]]:
        """(key, clock sample of its end) of every sound that ended since this was asked last."""
        ended, self._ended = self._ended, []
        return ended

    @property
    def speaking(self) -> bool:
        """Whether speech or a cue sounds now."""
        return any(sound.kind != "chime" for sound in self._sounding)

    @property
    def busy(self) -> bool:
        """Whether anything sounds now or waits for its moment."""
        return bool(self._sounding or self._waiting)

    @property
    def quiet_since(self) -> int:
        """Clock sample of the end of the last sound of any kind; `now` while one sounds."""
        return self.now if self._sounding else self._last_end


def _meant(sound: _Sound, key: int | None) -> bool:
    return sound.kind != "chime" if key is None else sound.key == key


def _int16(total: NDArray[np.float32]) -> NDArray[np.int16]:
    """Scale in place, bend what is above the knee, round."""
    total *= _FULL
    size = np.abs(total)
    if size.max(initial=0) > _KNEE:
        room = _CEILING - _KNEE
        bent = np.sign(total) * (_KNEE + room * np.tanh((size - _KNEE) / room))
        np.copyto(total, bent, where=size > _KNEE)
    return np.rint(total, out=total).astype(np.int16)
