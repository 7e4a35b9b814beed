"""The one clock: samples of the output stream, 48,000 a second, counted from the start.

Every time inside the program is an `int` number of such samples. A tick is 20 ms: 960 samples
out, 320 samples in at 16,000 Hz. Seconds appear only where a person or a file writes them.
"""

from __future__ import annotations

from typing import Final

RATE_HZ: Final = 48_000
"""Samples a second of the clock and of everything audible."""

INPUT_RATE_HZ: Final = 16_000
"""Samples a second of what the recognisers hear."""

TICK: Final = 960
"""Clock samples in one tick (20 ms)."""

INPUT_TICK: Final = TICK * INPUT_RATE_HZ // RATE_HZ
"""Input samples in one tick (320)."""

CLOCK_PER_INPUT: Final = RATE_HZ // INPUT_RATE_HZ
"""Clock samples that one input sample lasts (3)."""


def samples(seconds: float) -> int:
    """Seconds as the nearest whole number of clock samples."""
    return round(seconds * RATE_HZ)


def seconds(at: int) -> float:
    """Clock samples as seconds, to three decimals, as logs and people read them."""
    return round(at / RATE_HZ, 3)
