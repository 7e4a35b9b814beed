"""The loudspeaker: 20 ms blocks at 48 kHz out of a short ring, whose emptying is the clock."""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from voice.audio.edge import Edge
from voice.clock import RATE_HZ, TICK

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voice.audio.devices import Way


class Loudspeaker(Edge):
    """An output stream whose callback only takes blocks out of a ring.

    Args:
        wanted: as in `Edge`.
        faults: as in `Edge`.
        ring_blocks: how many blocks are kept ahead of the sound card.
    """

    kind: ClassVar[Way] = "output"
    called: ClassVar[str] = "loudspeaker"

    def __init__(
        self, wanted: str | None, faults: deque[tuple[str, str]], ring_blocks: int
    ) -> None:
        super().__init__(wanted, faults)
        self.underflows = 0
        """Blocks of silence played because nothing was there to play."""
        self._ring_blocks = ring_blocks
        self._ring: deque[bytes] = deque(maxlen=ring_blocks)
        self._channels = 1
        self._fed = False
        self._taken = threading.Event()

    @property
    def delay_s(self) -> float:
        """From `push` to the air: the ring and what the device buffers."""
        return self.latency_s + self._ring_blocks * TICK / RATE_HZ

    def wait_for_room(self, timeout_s: float) -> bool:
        """Wait until the ring takes one more block; False where that did not happen."""
        self._taken.clear()
        if len(self._ring) < self._ring_blocks:
            return True
        return self._taken.wait(timeout_s) and not self._finished

    def push(self, block: NDArray[np.int16]) -> None:
        """Hand over one block; a full ring, as of a lost loudspeaker, lets go of its oldest."""
        self._ring.append(np.repeat(block, self._channels).tobytes())
        self._fed = True

    def _make(self, sounddevice: Any) -> Any:  # noqa: ANN401 - sounddevice has no types
        self._channels = self._fewest_channels(sounddevice)
        self._ring.clear()
        self._fed = False
        return sounddevice.RawOutputStream(
            samplerate=RATE_HZ,
            blocksize=TICK,
            device=self.device.index,
            channels=self._channels,
            dtype="int16",
            latency="low",
            callback=self._play,
            finished_callback=self._finish,
        )

    def _play(self, data: Any, _frames: int, _time: object, _flags: object) -> None:  # noqa: ANN401 - a cffi buffer
        self._beat()
        block = self._ring.popleft() if self._ring else b""
        if len(block) != len(data):
            self.underflows += self._fed
            block = bytes(len(data))
        data[:] = block
        self._taken.set()

    def _finish(self) -> None:
        super()._finish()
        self._taken.set()

    def _fewest_channels(self, sounddevice: Any) -> int:  # noqa: ANN401 - sounddevice has no types
        """1, or 2 where the device has no mono: both then sound the same."""
        try:
            sounddevice.check_output_settings(
                device=self.device.index, channels=1, dtype="int16", samplerate=RATE_HZ
            )
        except sounddevice.PortAudioError:
            return 2
        return 1
