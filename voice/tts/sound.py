"""What is done to speech between the synthesiser and the mixer: cut, levelled, made 16 bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from voice.clock import RATE_HZ, TICK, samples

if TYPE_CHECKING:
    import numpy.typing as npt

BEFORE_S: Final = 0.020
"""Quiet kept before the first sound."""

AFTER_S: Final = 0.040
"""Quiet kept after the last sound."""

SOUNDING: Final = 10 ** (-50 / 20)
"""Share of the peak (-50 dB) from which a sample counts as sound."""

LEVEL: Final = 10 ** (-22 / 20)
"""How loud the speaking parts of a line are (-22 dBFS RMS): a single word is then no louder than a
sentence, which by peaks it was, by 4 to 7 dB."""

PEAK: Final = 10 ** (-3 / 20)
"""What no sample of a line exceeds (-3 dBFS)."""

_SPEAKING: Final = 0.1
"""Share of the loudest 20 ms (-20 dB) from which 20 ms count as speaking."""

MOST_GAIN: Final = 4.0
"""Most that a quiet line is raised (+12 dB), so that noise is never blown up into speech."""

_FULL_SCALE: Final = 32_768
_PAD: Final = samples(0.1)


def trimmed(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Exactly 20 ms before the first sound and 40 ms after the last; nothing if there is none."""
    loud = np.abs(sound)
    peak = loud.max(initial=0.0)
    sounding = np.flatnonzero(loud >= peak * SOUNDING) if peak > 0 else np.zeros(0, np.intp)
    if not sounding.size:
        return np.zeros(0, np.float32)
    first, last = int(sounding[0]), int(sounding[-1]) + 1
    before, after = samples(BEFORE_S), samples(AFTER_S)
    kept = sound[max(0, first - before) : last + after]
    return np.pad(kept, (max(0, before - first), max(0, last + after - sound.size)))


def levelled(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The line with its speaking parts at -22 dBFS; no peak above -3 dBFS, no gain above 12 dB."""
    peak = np.abs(sound).max(initial=0.0)
    if peak == 0:
        return sound
    frames = np.pad(sound, (0, -sound.size % TICK)).reshape(-1, TICK)
    loudness = np.sqrt(np.mean(frames**2, axis=1))
    speaking = loudness[loudness >= loudness.max() * _SPEAKING]
    level = float(np.sqrt(np.mean(speaking**2)))
    return sound * np.float32(min(LEVEL / level, PEAK / peak, MOST_GAIN))


def sixteen_bit(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """Samples as whole numbers of 16 bits; what lies beyond full scale is cut to it."""
    whole = np.rint(sound * _FULL_SCALE)
    return np.clip(whole, -_FULL_SCALE, _FULL_SCALE - 1).astype(np.int16)


def floating(whole: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
    """Samples of 16 bits as a sound file reader gives them: full scale at 1."""
    return whole.astype(np.float32) / np.float32(_FULL_SCALE)


def padded(sound: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Silence added up to the next whole 100 ms: the same text varies by some milliseconds."""
    return np.pad(sound, (0, -sound.size % _PAD))


def seconds_of(sound: npt.NDArray[np.float32]) -> float:
    """How long samples at 48,000 Hz last."""
    return sound.size / RATE_HZ
