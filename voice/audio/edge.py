"""One stream of a sound card, which may vanish and come back."""

from __future__ import annotations

import contextlib
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Final

from voice.audio.devices import Device, choose, portaudio
from voice.errors import DeviceMissing

if TYPE_CHECKING:
    from collections import deque

    from voice.audio.devices import Way

_STALLED_S: Final = 1.0
"""A stream that brings no block for so long is lost. A suspended source says nothing at all: no
error, no finished callback (measured with PulseAudio 16.1)."""

_PROVEN_S: Final = 0.5
"""Blocks that flow for so long after opening prove it is back; a stalled output takes two or three
to fill its buffer, and then no more."""

_FIRST_WAIT_S: Final = 0.25
_LONGEST_WAIT_S: Final = 5.0


class Edge(ABC):
    """Opens a stream, notices when it is lost, and opens it again with growing pauses.

    `open`, `close` and `tend` belong to one thread at a time; PortAudio's callback only notes that
    it was called.

    Args:
        wanted: the device's full name, or None for the default, which is asked for at each opening.
        faults: where (what happened, what is done about it) is put for `Card.faults`.
    """

    kind: ClassVar[Way]
    called: ClassVar[str]

    def __init__(self, wanted: str | None, faults: deque[tuple[str, str]]) -> None:
        self.device: Device = choose(self.kind, wanted)
        self.reopened = 0
        self.latency_s = 0.0
        self._wanted = wanted
        self._faults = faults
        self._stream: Any = None
        self._finished = False
        self._lost = False
        self._opened_s = self._block_s = 0.0
        self._wait_s = _FIRST_WAIT_S
        self._try_at_s = 0.0

    @abstractmethod
    def _make(self, sounddevice: Any) -> Any:  # noqa: ANN401 - sounddevice has no types
        """An unstarted stream on `self.device`, whose callback calls `_beat`."""

    @property
    def is_open(self) -> bool:
        """Whether there is a stream, good or bad."""
        return self._stream is not None

    @property
    def is_due(self) -> bool:
        """Whether it is closed, and the pause before the next try is over."""
        return self._stream is None and time.monotonic() >= self._try_at_s

    def silent_s(self) -> float:
        """Seconds since the last block; endless where there is no stream."""
        if self._stream is None or self._finished:
            return float("inf")
        return time.monotonic() - self._block_s

    def open(self) -> None:
        """Find the device and start a stream on it.

        Raises:
            DeviceMissing: it is not there or was refused.
        """
        sounddevice = portaudio()
        self.device = choose(self.kind, self._wanted)
        self._finished = False
        self._opened_s = self._block_s = time.monotonic()
        try:
            with contextlib.ExitStack() as undo:
                stream = self._make(sounddevice)
                undo.callback(stream.close)
                stream.start()
                undo.pop_all()
        except sounddevice.PortAudioError as error:
            reason = str(error).partition("\n")[0]
            raise DeviceMissing(
                f"the {self.called} {self.device.name} cannot be opened ({reason}); "
                "see whether another program holds it"
            ) from error
        self.latency_s = float(stream.latency)
        self._stream = stream

    def close(self) -> None:
        """End the stream at once; what it still held is not played."""
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.abort()
            stream.close()

    def lose(self) -> None:
        """Tell it once, close what is left, and set the time of the next try."""
        if not self._lost:
            self._faults.append((f"{self.called} lost", "trying again"))
        self._lost = True
        self.close()
        self._try_at_s = time.monotonic() + self._wait_s
        self._wait_s = min(self._wait_s * 2, _LONGEST_WAIT_S)

    def tend(self) -> None:
        """Look after the stream; to be called about ten times a second."""
        if self.is_open and self.silent_s() > _STALLED_S:
            self.lose()
        elif self.is_open and self._lost and self._block_s - self._opened_s > _PROVEN_S:
            self._lost = False
            self._wait_s = _FIRST_WAIT_S
            self.reopened += 1
            self._faults.append((f"{self.called} back", "going on"))
        elif self.is_due:
            try:
                self.open()
            except DeviceMissing:
                self.lose()

    def _beat(self) -> None:
        self._block_s = time.monotonic()

    def _finish(self) -> None:
        """PortAudio's finished callback: the stream has ended, for whatever reason."""
        self._finished = True
