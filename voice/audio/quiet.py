"""Keeping C libraries off the terminal: PortAudio and ALSA write to stderr whatever they like."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

_lock = threading.Lock()
_inside = 0
_terminal: TextIO | None = None


@contextlib.contextmanager
def c_stderr_silenced() -> Iterator[None]:
    """Send file descriptor 2 to nowhere; Python's own `sys.stderr` is still seen.

    May be nested and used from several threads: the last one out puts things back. Child
    processes started meanwhile inherit the silence, unless they are given a stderr.
    """
    _enter()
    try:
        yield
    finally:
        _leave()


def _enter() -> None:
    global _inside, _terminal  # noqa: PLW0603 - descriptor 2 is one for the whole process as well
    with _lock:
        _inside += 1
        if _inside > 1:
            return
        sys.stderr.flush()
        _terminal = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8", errors="replace")
        if sys.stderr is sys.__stderr__:
            sys.stderr = _terminal
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)


def _leave() -> None:
    global _inside, _terminal  # noqa: PLW0603 - see _enter
    with _lock:
        _inside -= 1
        if _inside or _terminal is None:
            return
        _terminal.flush()
        os.dup2(_terminal.fileno(), 2)
        if sys.stderr is _terminal:
            sys.stderr = sys.__stderr__
        _terminal.close()
        _terminal = None
