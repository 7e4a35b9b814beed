"""A small family of soft sounds: struck glass, mellow, below the voice.

All are sums of the same few partials that die away, between 200 and 900 Hz, so that they are
recognised as one voice; rising means "go on", falling means "it is done".
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from voice.clock import RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PARTIALS: Final = ((1.0, 1.0, 1.0), (2.0, 0.18, 0.6), (2.76, 0.06, 0.35))
"""(ratio of frequency, share of level, share of decay) of one stroke; 2.76 is a bar's second mode
(Fletcher and Rossing, "The Physics of Musical Instruments", ch. 2)."""

_STROKES: Final[dict[str, tuple[float, float, tuple[tuple[float, float], ...]]]] = {
    # name: (peak in dBFS, decay_s, strokes as (begin_s, frequency_hz))
    "begin": (-16.0, 0.22, ((0.0, 262.0), (0.16, 330.0))),
    "end": (-16.0, 0.26, ((0.0, 330.0), (0.18, 262.0))),
    "heard": (-20.0, 0.05, ((0.0, 294.0),)),
    "still_here": (-26.0, 0.24, ((0.0, 220.0),)),
    "kept": (-16.0, 0.20, ((0.0, 262.0), (0.12, 294.0), (0.24, 262.0))),
    "paused": (-18.0, 0.24, ((0.0, 247.0), (0.15, 220.0))),
}

_ATTACK_S: Final = 0.012
_RELEASE_S: Final = 0.040
_DECAYS: Final = 2.5
"""A stroke is cut (softly) after this many decay times: 22 dB down."""

NAMES: Final = tuple(_STROKES)


@cache
def earcon(name: str) -> NDArray[np.float32]:
    """One of `NAMES` as float32 mono at 48 kHz, at most 0.9 s, read-only.

    Raises:
        KeyError: no earcon has that name.
    """
    peak_db, decay_s, strokes = _STROKES[name]
    length_s = strokes[-1][0] + _DECAYS * decay_s
    sound = np.zeros(round(length_s * RATE_HZ))
    for begin_s, frequency_hz in strokes:
        begin = round(begin_s * RATE_HZ)
        sound[begin:] += _stroke(len(sound) - begin, frequency_hz, decay_s)
    release = round(_RELEASE_S * RATE_HZ)
    sound[-release:] *= _swell(release)[::-1]
    sound *= 10 ** (peak_db / 20) / np.abs(sound).max()
    finished = sound.astype(np.float32)
    finished.flags.writeable = False
    return finished


def _stroke(length: int, frequency_hz: float, decay_s: float) -> NDArray[np.float64]:
    time_s = np.arange(length) / RATE_HZ
    stroke = np.zeros(length)
    for ratio, level, decay in _PARTIALS:
        tone = np.sin(2 * np.pi * frequency_hz * ratio * time_s)
        stroke += level * tone * np.exp(-time_s / (decay_s * decay))
    attack = min(length, round(_ATTACK_S * RATE_HZ))
    stroke[:attack] *= _swell(attack)
    return stroke


def _swell(length: int) -> NDArray[np.float64]:
    """From 0 to nearly 1 without a corner: half a raised cosine."""
    swell: NDArray[np.float64] = 0.5 - 0.5 * np.cos(np.pi * np.arange(length) / length)
    return swell
