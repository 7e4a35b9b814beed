"""Ctrl-C: an interruption that no library swallows, and that ends at a moment of our choosing.

Python raises `KeyboardInterrupt` wherever it happens to be, also inside a callback of libsndfile
or the `__del__` of a Vosk object, where it is printed and lost. Here it is remembered as well, and
work that must not be torn apart holds it back and asks.
"""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

STATUS: Final = 130
"""Exit status of an interrupted program: 128 and the signal's number."""

_came = False
_held_back = 0


def listen() -> None:
    """Take over Ctrl-C; only the main thread may."""
    signal.signal(signal.SIGINT, _take)
    sys.unraisablehook = _unraisable


def came() -> bool:
    """Whether Ctrl-C was pressed."""
    return _came


def check() -> None:
    """Be interrupted here, if Ctrl-C was pressed while it was held back.

    Raises:
        KeyboardInterrupt: it was.
    """
    if _came:
        raise KeyboardInterrupt


@contextmanager
def held_back() -> Iterator[None]:
    """Within, Ctrl-C does nothing until `check` is called; also at the end."""
    global _held_back  # noqa: PLW0603 - there is one keyboard
    _held_back += 1
    try:
        yield
    finally:
        _held_back -= 1
    check()


def _take(*_: object) -> None:
    global _came
    again, _came = _came, True
    if not _held_back or again:
        raise KeyboardInterrupt


def _unraisable(told: Any) -> None:  # noqa: ANN401 - sys.UnraisableHookArgs exists for checkers only
    """What an interruption leaves half made complains when it is thrown away: not to a person."""
    if not _came:
        sys.__unraisablehook__(told)
