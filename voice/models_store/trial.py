"""Loading a model once, in a process of its own: libvosk can abort, loop for ever, or write noise.

Measured with Vosk 0.3.45: a cut-short graph passes `Model` and fails only in the recogniser; an
empty model.conf aborts the process while it decodes; a cut-short disambig_tid.int makes decoding
never end. So the trial builds a recogniser and decodes a moment of silence, against a limit.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from voice.clock import INPUT_RATE_HZ
from voice.errors import Missing

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_S: Final = 120.0
"""A trial that takes longer is taken to be endless; the shipped model needs about 1 s."""

_NO_VOSK: Final = 75
_LONGEST_QUOTE: Final = 120


def fault(folder: Path, *, limit_s: float = LIMIT_S) -> str | None:
    """Why Vosk cannot use the model in `folder`, in some words; None when it can.

    Raises:
        Missing: Vosk itself cannot be loaded, which says nothing about the model.
    """
    # -P: a folder named `voice` where the person happens to stand is not ours.
    command = [sys.executable, "-P", "-m", __name__, str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own module, by absolute path, no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        return f"Vosk does not finish with it in {limit_s:.0f} seconds"
    if done.returncode == _NO_VOSK:
        raise Missing("Vosk cannot be loaded on this machine; install Interlude again")
    if done.returncode == 0:
        return None
    quote = _quote(done.stderr.decode(errors="replace"), folder)
    return f"Vosk cannot load it, it may be cut short{quote}"


def _quote(noise: str, folder: Path) -> str:
    """Vosk's own first complaint, without the source line it comes from and without our paths."""
    said = re.search(r"^(?:ERROR|ASSERTION_FAILED)(?: \(.*?:\d+\))?:? (.+)$", noise, re.MULTILINE)
    if said is None:
        return ""
    words = re.sub(r"[^ -~]|  .*", "", said[1]).replace(f"{folder}/", "").strip(" .")
    return f" ({words[:_LONGEST_QUOTE]})"


def _load(folder: str) -> None:
    if sys.platform != "win32":
        import resource  # noqa: PLC0415 - POSIX only

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # an abort leaves no core file behind
    try:
        import vosk  # noqa: PLC0415 - loads a 25 MB library, in the child only
    except (ImportError, OSError):
        sys.exit(_NO_VOSK)
    vosk.SetLogLevel(-1)
    recogniser = vosk.KaldiRecognizer(vosk.Model(model_path=folder), INPUT_RATE_HZ)
    recogniser.AcceptWaveform(bytes(2 * INPUT_RATE_HZ))  # a second of silence, 16-bit
    recogniser.FinalResult()


if __name__ == "__main__":
    _load(sys.argv[1])
