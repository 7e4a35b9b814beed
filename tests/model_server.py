"""A real HTTP server on the loopback that serves one file, and can misbehave in every way we know.

with serving(payload) as server:
    server.stop_after = 1000
"""

from __future__ import annotations

import contextlib
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


class ModelServer(ThreadingHTTPServer):
    """Serves `payload` at every path; each field below is one way to go wrong."""

    daemon_threads = True

    def __init__(self, payload: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.payload = payload
        self.status: int | None = None
        self.heeds_range = True
        self.says_length = True
        self.stop_after: int | None = None
        """Bytes of one answer after which nothing more is sent."""
        self.holds = False
        """The connection stays open then, until `let_go` is set."""
        self.let_go = threading.Event()
        self.asked: list[tuple[str, str | None]] = []
        """Path and Range header of every request."""

    @property
    def address(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: ModelServer

    def do_GET(self) -> None:
        faults, asked = self.server, self.headers.get("Range")
        faults.asked.append((self.path, asked))
        if faults.status is not None:
            self.send_error(faults.status)
            return
        body, status = faults.payload, 200
        if asked and faults.heeds_range and (start := re.fullmatch(r"bytes=(\d+)-", asked)):
            body, status = body[int(start[1]) :], 206
        self.send_response(status)
        if faults.says_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self._send(body)

    def _send(self, body: bytes) -> None:
        with contextlib.suppress(ConnectionError):  # whoever asked may have gone
            self.wfile.write(body[: self.server.stop_after])
            if self.server.stop_after is not None and self.server.holds:
                self.server.let_go.wait()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@contextlib.contextmanager
def serving(payload: bytes) -> Iterator[ModelServer]:
    """A running server; afterwards its port is free."""
    with ModelServer(payload) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.let_go.set()
            server.shutdown()
            thread.join()


def alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of the test's own below a folder, no other models, no proxy before the loopback."""
    for name in ("VOSK_MODEL_PATH", "INTERLUDE_MODELS_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("INTERLUDE_HOME", str(folder / "home"))
    monkeypatch.setenv("HOME", str(folder / "user"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
