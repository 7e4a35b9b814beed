"""Fixed lines that were spoken before, kept on disk without loss.

Only lines that ship with the program come here; what a person said or wrote never does.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import importlib.metadata
import json
import platform
import sys
from typing import TYPE_CHECKING, Final

import soundfile

from voice.clock import RATE_HZ
from voice.tts import files

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

_FORMAT: Final = 2
"""Goes up when the same synthesiser's speech is cut, levelled or stored in another way."""


class Lines:
    """A folder of spoken lines.

    FLAC, because every frame of it carries a checksum: a damaged file does not read.

    Args:
        folder: where they lie; made when the first is kept. None keeps nothing.
        voice: the id of the voice that speaks, or None for the engine's own.
    """

    def __init__(self, folder: Path | None, voice: str | None) -> None:
        self._folder = folder
        self._voice = voice

    def get(self, text: str, wpm: int) -> npt.NDArray[np.float32] | None:
        """The line as it was kept, full scale at 1; None if it is not there whole."""
        if self._folder is None:
            return None
        try:
            sound, rate_hz = soundfile.read(self._file(self._folder, text, wpm), dtype="float32")
        except (OSError, soundfile.SoundFileError):
            return None
        kept: npt.NDArray[np.float32] = sound
        return kept if rate_hz == RATE_HZ and kept.ndim == 1 and kept.size else None

    def put(self, text: str, wpm: int, sound: npt.NDArray[np.int16]) -> None:
        """Keep a line if the disk takes it; a cache that cannot be written is no cache."""
        if self._folder is None or not sound.size:
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            files.write(self._file(self._folder, text, wpm), sound, "FLAC")

    def _file(self, folder: Path, text: str, wpm: int) -> Path:
        told = json.dumps([_FORMAT, synthesiser(), self._voice, wpm, text])
        return folder / f"{hashlib.sha256(told.encode()).hexdigest()}.flac"


@functools.cache
def synthesiser() -> str:
    """Which program speaks: pyttsx3's version, and espeak-ng's or that of the system's voices."""
    return f"pyttsx3 {importlib.metadata.version('pyttsx3')}, {_engine()}"


def _engine() -> str:
    if sys.platform in {"darwin", "win32"}:
        return platform.platform()
    try:
        version = ctypes.CDLL("libespeak-ng.so.1").espeak_Info
    except (OSError, AttributeError):
        return "unknown"
    version.restype = ctypes.c_char_p
    return f"espeak-ng {version(None).decode(errors='replace')}"
