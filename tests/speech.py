"""Speech for tests: a script of words and silences, spoken by flite, joined by sox's rate and trim.

    spoken = write(folder / "user.wav", [("start box breathing", 4), ("stop", 2)])
    spoken[1].to_s  # when the sound of "stop" ends

Everything is 16 kHz, mono, 16 bits. What flite renders is the same each time.
"""

from __future__ import annotations

import functools
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import soundfile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RATE_HZ: Final = 16_000
VOICE: Final = "rms"
"""Of the four (slt, rms, awb, kal) the one whose single words the shipped model hears best."""

_TRIM: Final = ["silence", "1", "0.01", "0.2%", "reverse"]
"""Drop what is quieter than 0.2% of full scale before the first sound; then turn it all round."""

Part = tuple[str, float] | tuple[str, float, str]
"""What is said, the seconds of silence after it, and the voice where it is another one."""


class Span(NamedTuple):
    """When a phrase sounds, in seconds from the beginning of its file."""

    text: str
    from_s: float
    to_s: float


@functools.cache
def phrase(text: str, voice: str = VOICE) -> NDArray[np.int16]:
    """A phrase without silence at its ends, 16 kHz mono."""
    with tempfile.TemporaryDirectory() as name:
        raw, clean = Path(name) / "raw.wav", Path(name) / "clean.wav"
        subprocess.run(["flite", "-voice", voice, "-t", text, "-o", raw], check=True)
        shape = ["-r", str(RATE_HZ), "-b", "16", "-c", "1"]
        subprocess.run(["sox", "-D", raw, *shape, clean, *_TRIM, *_TRIM], check=True)
        pcm, rate_hz = soundfile.read(clean, dtype="int16")
    assert rate_hz == RATE_HZ
    assert len(pcm), f"flite said nothing for {text!r}"
    spoken: NDArray[np.int16] = pcm
    return spoken


def join(
    script: Sequence[Part], voice: str = VOICE, lead_s: float = 0.5
) -> tuple[NDArray[np.int16], list[Span]]:
    """The sound of a script, and when each text sounds in it."""
    sound = [np.zeros(round(lead_s * RATE_HZ), np.int16)]
    spans: list[Span] = []
    at = len(sound[0])
    for part in script:
        text, after_s = part[0], part[1]
        words = phrase(text, part[2] if len(part) == 3 else voice)
        spans.append(Span(text, at / RATE_HZ, (at + len(words)) / RATE_HZ))
        sound += [words, np.zeros(round(after_s * RATE_HZ), np.int16)]
        at += len(sound[-2]) + len(sound[-1])
    return np.concatenate(sound), spans


def write(
    path: Path, script: Sequence[Part], voice: str = VOICE, lead_s: float = 0.5
) -> list[Span]:
    """Write a script's sound to a WAV file; returns when each text sounds in it."""
    pcm, spans = join(script, voice, lead_s)
    soundfile.write(path, pcm, RATE_HZ, subtype="PCM_16")
    return spans
