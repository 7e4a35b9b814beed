"""Drivers: each supplies the ticks and the ears, and performs what the core asks for."""

from __future__ import annotations

from typing import Final

from voice.clock import TICK, samples
from voice.stt.ears import BLOCKS

AFTER_INPUT: Final = samples(120)
"""When the input has ended, time goes on for at most this long past the last sound."""

WATERMARK_EVERY: Final = BLOCKS * TICK
"""How often a driver without ears says that everything is decoded: as often as ears would."""
