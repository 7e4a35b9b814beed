"""Loading a Vosk model: from a folder only, and quietly."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from voice.audio.quiet import c_stderr_silenced
from voice.clock import INPUT_RATE_HZ
from voice.errors import ModelMissing

if TYPE_CHECKING:
    from pathlib import Path


def _library() -> Any:  # noqa: ANN401 - vosk ships no types
    """The module. Its import brings an HTTP client that tries an IPv6 socket unless told."""
    here = socket.has_ipv6
    socket.has_ipv6 = False
    try:
        import vosk  # noqa: PLC0415 - loads a 25 MB library: only who hears pays for it
    finally:
        socket.has_ipv6 = here
    return vosk


def load(folder: Path) -> Any:  # noqa: ANN401 - vosk ships no types
    """A `vosk.Model`; share it between recognisers.

    Args:
        folder: one that `shelf.in_use` has looked into.

    Raises:
        ModelMissing: Vosk refuses it.
    """
    vosk = _library()
    vosk.SetLogLevel(-1)
    with c_stderr_silenced():
        try:
            model = vosk.Model(model_path=str(folder))
            vosk.KaldiRecognizer(model, INPUT_RATE_HZ)  # a cut graph shows only here
        except Exception as problem:  # vosk raises a bare Exception for every failure
            raise ModelMissing(
                f"{folder}: Vosk cannot load this model; run: interlude models check"
            ) from problem
    return model
