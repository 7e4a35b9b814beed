"""When someone speaks: on and off, with the clock sample where it truly began and ended."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import numpy as np
import webrtcvad

from voice.clock import INPUT_RATE_HZ, RATE_HZ, TICK

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ON_OF: Final = (3, 5)
"""Speech begins when 3 of the last 5 blocks hold it: a click fills one or two."""

_OFF_AFTER: Final = RATE_HZ // 5
"""Speech ends after 200 ms without it: longer than the closure of a stop consonant."""

_FAINTEST_RMS: Final = 33.0
"""-60 dBFS: nothing below is taken for speech."""

_OVER_FLOOR: Final = 2.0
"""Speech is at least 6 dB above what the room gives all the time."""

_FLOOR_BLOCKS: Final = 200
"""The room's noise is what one block in ten of the last 4 s stays below."""

_GAP: Final = 5 * TICK
"""Loud blocks less than 100 ms apart are one sound: the s, the closure and the rest of "stop"."""

_EDGE: Final = RATE_HZ // 4
"""By how much such a sound may widen speech: webrtcvad passes over an s at either end."""


class SpeechClock:
    """Says when speech begins and ends, from blocks of 20 ms.

    webrtcvad in its strictest mode decides, corrected by loudness: a block has to stand out of the
    room's steady noise, and what stands out right before and after speech belongs to it.
    """

    def __init__(self) -> None:
        self._vad = webrtcvad.Vad(3)
        self._levels: deque[float] = deque(maxlen=_FLOOR_BLOCKS)
        self._speech: deque[bool] = deque(maxlen=_ON_OF[1])
        self._loud = (0, 0)  # begin and end of the last loud sound
        self._end = 0  # of the last block of speech
        self._off = 0  # where speech last ended, as told
        self.on = False
        """Whether someone speaks, as far as has been told."""

    def feed(self, block: NDArray[np.int16], at: int) -> list[tuple[bool, int]]:
        """Hear 320 samples at 16 kHz that end at clock sample `at`.

        Returns:
            What changed, as (on, the clock sample where speech began or ended). It is told later
            than it happened, by 60 ms and more for a begin and by 200 ms and more for an end.
        """
        loud = self._is_loud(block)
        self._speech.append(loud and self._vad.is_speech(block.tobytes(), INPUT_RATE_HZ))
        if loud:
            begin, end = self._loud
            self._loud = (begin if at - end <= _GAP else at - TICK, at)
        if self._speech[-1]:
            self._end = at
        if not self.on and sum(self._speech) >= _ON_OF[0]:
            self.on = True
            first = at - (len(self._speech) - self._speech.index(True)) * TICK
            return [(True, max(min(first, self._loud[0]), first - _EDGE, self._off))]
        if self.on and at - max(self._end, self._loud_end()) >= _OFF_AFTER:
            self.on, self._off = False, self._loud_end()
            return [(False, self._off)]
        return []

    def _loud_end(self) -> int:
        begin, end = self._loud
        return min(end, self._end + _EDGE) if begin < self._end else self._end

    def _is_loud(self, block: NDArray[np.int16]) -> bool:
        rms = float(np.sqrt(np.mean(np.square(block, dtype=np.float32))))
        self._levels.append(rms)
        floor = sorted(self._levels)[len(self._levels) // 10]
        return rms > max(_FAINTEST_RMS, _OVER_FLOOR * floor)
