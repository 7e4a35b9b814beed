"""The live edge: a sound card that drives the clock, whatever happens to its plugs."""

from __future__ import annotations

import atexit
import contextlib
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from voice.audio.devices import inputs, outputs, portaudio
from voice.audio.loudspeaker import Loudspeaker
from voice.audio.microphone import Microphone
from voice.audio.quiet import c_stderr_silenced
from voice.clock import INPUT_RATE_HZ, INPUT_TICK, RATE_HZ, TICK
from voice.errors import DeviceMissing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from voice.audio.edge import Edge

_TICK_S: Final = TICK / RATE_HZ

_PATIENCE_S: Final = 0.1
"""A loudspeaker that takes nothing for so long hands the clock to the wall."""

_BACKLOG: Final = INPUT_RATE_HZ // 5
"""Input samples (200 ms) that may wait before the oldest are dropped, down to half of it."""

_DEAF_S: Final = 5.0
"""So much exact silence is no quiet room: a microphone that is muted or forbidden."""

_TEND_EVERY_S: Final = 0.1

_HANG_S: Final = 3.0
"""A sound server that hangs may hold the keeper: nobody waits longer than this to leave."""


class Card:
    """A microphone and a loudspeaker, ticking every 20 ms; either may be missing or get lost.

    The loudspeaker is the clock. Where it is missing, lost or stalled the wall clock takes over; a
    microphone never stops a tick. A thread of its own re-opens what was lost. PortAudio reads its
    list of devices anew only when no stream is open, so a device that is plugged in later is found
    once both are down. While a card is open, C libraries do not reach the terminal.

    Args:
        input_device: the microphone's full name, or None for the default.
        output_device: the loudspeaker's full name, or None for the default.
        ring_blocks: blocks of 20 ms kept ahead of the loudspeaker.

    Raises:
        DeviceMissing: there is neither, none can be opened, or a named one is not there.
    """

    def __init__(
        self, input_device: str | None, output_device: str | None, *, ring_blocks: int = 3
    ) -> None:
        self.input_dropped = 0
        """Input samples let go of because they came faster than ticks."""
        self.input_padded = 0
        """Input samples of silence given because nothing had come."""
        self.microphone: Microphone | None = None
        self.loudspeaker: Loudspeaker | None = None
        self._faults: deque[tuple[str, str]] = deque()
        self._backlog = np.zeros(0, np.int16)
        self._deaf_s = 0.0
        self._told_deaf = False
        self._due_s = time.monotonic()
        self._closing = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="card", daemon=True)
        with contextlib.ExitStack() as undo:
            undo.enter_context(c_stderr_silenced())
            if input_device is not None or inputs():
                self.microphone = Microphone(input_device, self._faults)
            if output_device is not None or outputs():
                self.loudspeaker = Loudspeaker(output_device, self._faults, ring_blocks)
            self._open()
            self._silence = undo.pop_all()
        self._keeper.start()

    @property
    def _edges(self) -> list[Edge]:
        return [edge for edge in (self.microphone, self.loudspeaker) if edge is not None]

    def _open(self) -> None:
        why = DeviceMissing("there is neither microphone nor loudspeaker; plug one in, or type")
        for edge in self._edges:
            try:
                edge.open()
            except DeviceMissing as error:
                why = error
                edge.lose()
        if not self._any_open():
            raise why

    def _any_open(self) -> bool:
        return any(edge.is_open for edge in self._edges)

    def tick(self) -> NDArray[np.int16] | None:
        """Wait until it is time for the next 20 ms, at most about 100 ms.

        Returns:
            320 int16 samples at 16 kHz: what was heard, or silence where nothing came in time;
            None where there is no microphone.
        """
        self._pace()
        if self.microphone is None:
            return None
        self._listen(self.microphone.take())
        if len(self._backlog) < INPUT_TICK:
            self.input_padded += INPUT_TICK
            return np.zeros(INPUT_TICK, np.int16)
        block, self._backlog = np.split(self._backlog, [INPUT_TICK])
        return block

    def push(self, block: NDArray[np.int16]) -> None:
        """Hand over the 960 samples at 48 kHz that belong to the tick just returned."""
        if self.loudspeaker is not None:
            self.loudspeaker.push(block)

    def faults(self) -> list[tuple[str, str]]:
        """(what happened, what is done about it) since this was asked last."""
        return [self._faults.popleft() for _ in range(len(self._faults))]

    @property
    def output_underflows(self) -> int:
        """Blocks of silence the loudspeaker played because `push` came too late."""
        return 0 if self.loudspeaker is None else self.loudspeaker.underflows

    @property
    def reopened(self) -> int:
        """How often a lost device came back."""
        return sum(edge.reopened for edge in self._edges)

    @property
    def speaker_delay_s(self) -> float:
        """Seconds from `push` to the air, for whoever must not hear himself."""
        return 0.0 if self.loudspeaker is None else self.loudspeaker.delay_s

    def close(self) -> None:
        """Let go of both devices at once; tick on for `speaker_delay_s` first to hear the end."""
        self._closing.set()
        self._keeper.join(_HANG_S)
        if self._keeper.is_alive():
            # It waits inside PortAudio for a sound server that hangs, and so would the exit.
            atexit.unregister(portaudio()._exit_handler)  # noqa: SLF001 - there is no public way
        else:
            for edge in self._edges:
                edge.close()
        self._silence.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pace(self) -> None:
        """Return when the loudspeaker has room or, without one, when 20 ms have gone by."""
        speaker = self.loudspeaker
        if speaker is not None and speaker.silent_s() < _PATIENCE_S:
            speaker.wait_for_room(_PATIENCE_S)
            self._due_s = time.monotonic()
            return
        now_s = time.monotonic()
        self._due_s = max(self._due_s + _TICK_S, now_s - _PATIENCE_S)
        self._closing.wait(max(0.0, self._due_s - now_s))

    def _listen(self, heard: NDArray[np.int16]) -> None:
        """Put what came in behind what waits, and keep that short."""
        self._backlog = np.concatenate((self._backlog, heard))
        if len(self._backlog) > _BACKLOG:
            self.input_dropped += len(self._backlog) - _BACKLOG // 2
            self._backlog = self._backlog[-_BACKLOG // 2 :]
        self._deaf_s = 0.0 if heard.any() else self._deaf_s + len(heard) / INPUT_RATE_HZ
        if self._deaf_s > _DEAF_S and not self._told_deaf:
            self._told_deaf = True
            self._faults.append(
                ("the microphone gives only silence", "is it muted, or not permitted?")
            )

    def _keep(self) -> None:
        """The thread that notices losses and mends them."""
        while not self._closing.wait(_TEND_EVERY_S):
            if any(edge.is_due for edge in self._edges) and not self._any_open():
                _read_devices_anew()
            for edge in self._edges:
                edge.tend()


def _read_devices_anew() -> None:
    """PortAudio lists devices only when it starts (python-sounddevice#125); stops every stream."""
    sounddevice = portaudio()
    for step in (sounddevice._terminate, sounddevice._initialize):  # noqa: SLF001 - there is no public way
        with contextlib.suppress(sounddevice.PortAudioError):
            step()
