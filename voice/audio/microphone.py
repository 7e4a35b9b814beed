"""The microphone: whatever the device gives, as int16 mono at 16 kHz."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import soxr

from voice.audio.edge import Edge
from voice.clock import INPUT_RATE_HZ, RATE_HZ, TICK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voice.audio.devices import Way

_RING_BLOCKS: Final = 250
"""5 s of 20 ms blocks: what may wait while the program is held up."""


class _Source:
    """What one opened stream delivers: its format, its ring and its resampler."""

    def __init__(self, rate_hz: int, channels: int) -> None:
        self.rate_hz, self.channels = rate_hz, channels
        self.ring: deque[bytes] = deque(maxlen=_RING_BLOCKS)
        self._stream = (
            None
            if rate_hz == INPUT_RATE_HZ
            else soxr.ResampleStream(rate_hz, INPUT_RATE_HZ, 1, dtype="int16")
        )

    def take(self) -> NDArray[np.int16]:
        """Everything that has come in since, resampled."""
        blocks = [self.ring.popleft() for _ in range(len(self.ring))]
        pcm = np.frombuffer(b"".join(blocks), np.int16)
        if self.channels > 1:
            pcm = pcm.reshape(-1, self.channels).mean(axis=1).astype(np.int16)
        return pcm if self._stream is None else self._stream.resample_chunk(pcm)


class Microphone(Edge):
    """An input stream whose callback only puts blocks into a bounded ring."""

    kind: ClassVar[Way] = "input"
    called: ClassVar[str] = "microphone"

    _source: _Source | None = None

    def take(self) -> NDArray[np.int16]:
        """Every sample that has come in since this was called last: int16 mono at 16 kHz."""
        source = self._source
        return np.zeros(0, np.int16) if source is None else source.take()

    def _make(self, sounddevice: Any) -> Any:  # noqa: ANN401 - sounddevice has no types
        source = _Source(*self._format(sounddevice))

        def callback(data: Any, _frames: int, _time: object, _flags: object) -> None:  # noqa: ANN401 - a cffi buffer
            self._beat()
            source.ring.append(bytes(data))

        stream = sounddevice.RawInputStream(
            samplerate=source.rate_hz,
            blocksize=source.rate_hz * TICK // RATE_HZ,
            device=self.device.index,
            channels=source.channels,
            dtype="int16",
            latency="low",
            callback=callback,
            finished_callback=self._finish,
        )
        self._source = source
        return stream

    def _format(self, sounddevice: Any) -> tuple[int, int]:  # noqa: ANN401 - sounddevice has no types
        """Rate and channels: what we need where the device gives it, else what it has."""
        own = self.device.rate_hz
        for rate_hz, channels in ((INPUT_RATE_HZ, 1), (own, 1)):
            try:
                sounddevice.check_input_settings(
                    device=self.device.index, channels=channels, dtype="int16", samplerate=rate_hz
                )
            except sounddevice.PortAudioError:
                continue
            return rate_hz, channels
        return own, self.device.channels
