"""Samples into sound files: the whole file, or none."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import soundfile

from voice.clock import RATE_HZ

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def write(path: Path, sound: npt.NDArray[np.int16], kind: Literal["WAV", "FLAC"]) -> None:
    """Write 16-bit mono at 48,000 Hz; a file that was there stays until the new one is complete.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    encoded = io.BytesIO()
    soundfile.write(encoded, sound, RATE_HZ, format=kind, subtype="PCM_16")
    target = path.resolve()
    if target.exists() and not target.is_file():
        target.write_bytes(encoded.getvalue())  # a pipe or a device: it must not be replaced
        return
    part, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    try:
        with os.fdopen(part, "wb") as file:
            file.write(encoded.getvalue())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
