"""The keyboard: a stream of lines that nobody waits for, and the place that asks for a secret."""

from __future__ import annotations

import contextlib
import os
import queue
import select
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

try:
    import termios
except ImportError:  # Windows: a secret is then shown while it is typed
    termios = None  # type: ignore[assignment] # a module or nothing


class Keyboard:
    """Reads standard input in a thread of its own."""

    def __init__(self) -> None:
        self.gone = False
        """Whether the input has ended."""
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[str] | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._read, name="keyboard", daemon=True)
        self._thread.start()

    def lines(self) -> list[str]:
        """What has been typed since this was asked last, without blank lines."""
        found = []
        while not self._lines.empty():
            found.append(self._lines.get())
        return found

    def ask(self, prompt: str) -> str:
        """Ask for a secret at the terminal: the next line typed, not shown, not a thing said."""
        self._answers = queue.SimpleQueue()
        try:
            with _unseen():
                print(prompt, end="", file=sys.stderr, flush=True)  # noqa: T201 - the prompt itself
                answer = self._answers.get()
            print(file=sys.stderr)  # noqa: T201 - ends the prompt's line
        finally:
            self._answers = None
        return answer

    def close(self) -> None:
        """Stop reading; what is half typed is left to whoever reads next."""
        self._closing = True
        self._thread.join()

    def _read(self) -> None:
        text = b""
        while not self._closing:
            if not select.select([sys.stdin], [], [], 0.1)[0]:
                continue
            piece = os.read(sys.stdin.fileno(), 4096)
            if not piece:
                break
            *whole, text = (text + piece).split(b"\n")
            for line in whole:
                self._take(line.decode(errors="replace").strip())
        self._take(text.decode(errors="replace").strip())
        self.gone = True
        answers = self._answers
        if answers is not None:
            answers.put("")

    def _take(self, line: str) -> None:
        answers = self._answers  # `ask` may let go of it at any moment
        if answers is not None:
            answers.put(line)
        elif line:
            self._lines.put(line)


@contextlib.contextmanager
def _unseen() -> Iterator[None]:
    """Echo off while a secret is typed, at a terminal that can do so."""
    if termios is None or not sys.stdin.isatty():
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    quiet = [*before]
    quiet[3] &= ~termios.ECHO
    termios.tcsetattr(descriptor, termios.TCSADRAIN, quiet)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
