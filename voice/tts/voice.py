"""The voice: text in, samples out, ready for the mixer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

import numpy as np

from voice.clock import samples
from voice.errors import VoiceMissing
from voice.tts.lines import Lines
from voice.tts.pieces import pieces
from voice.tts.sound import floating, levelled, padded, seconds_of, sixteen_bit, trimmed

if TYPE_CHECKING:
    from pathlib import Path

    import numpy.typing as npt

    from voice.tts.synth import Synth

__all__ = ["FASTEST_WPM", "SLOWEST_WPM", "Voice", "seconds_of"]

SLOWEST_WPM: Final = 80
"""espeak-ng speaks no slower (1.51, measured: 10 sounds as 80 does)."""

FASTEST_WPM: Final = 450
"""espeak-ng's own limit; beyond it 1.51 shortens the finished sound instead."""

_BETWEEN: Final = samples(0.2)


class Voice:
    """Renders lines. Any thread may ask; a kept line never waits for the synthesiser.

    Args:
        synth: the synthesiser, which starts with the first line that is not kept.
        cache_folder: where fixed lines are kept (`places.cache() / "lines"`); None keeps none.
    """

    def __init__(self, synth: Synth, cache_folder: Path | None) -> None:
        self._synth = synth
        self._lines = Lines(cache_folder, synth.voice)
        self._lock = threading.Lock()

    def render(self, text: str, *, wpm: int, private: bool) -> npt.NDArray[np.float32]:
        """Speak a text.

        A long text is spoken sentence by sentence, 0.2 s apart. One sentence that the synthesiser
        cannot speak is left out; a second one says that the synthesiser itself is gone.

        Args:
            text: plain words; control characters are dropped.
            wpm: words a minute, 80 to 450.
            private: True for whatever a person said or wrote: it touches memory only, is not
                kept, and is filled up with silence to the next 100 ms.

        Returns:
            Mono samples at 48,000 Hz, speaking parts at -22 dBFS, with 20 ms of quiet before the
            sound and 40 ms after it; no samples for a blank text. A fixed line is the same, to the
            sample, each time it is rendered, once the cache could keep it.

        Raises:
            VoiceMissing: there is no synthesiser, or no memory to speak a private line from.
        """
        spoken: list[npt.NDArray[np.float32]] = []
        lost: VoiceMissing | None = None
        to_speak = pieces(text)
        for piece in to_speak:
            try:
                sound = self._fresh(piece, wpm) if private else self._fixed(piece, wpm)
            except VoiceMissing as missing:
                if lost or len(to_speak) == 1:
                    raise
                lost = missing
                continue
            spoken += [np.zeros(_BETWEEN, np.float32), sound] if spoken else [sound]
        whole = np.concatenate(spoken) if spoken else np.zeros(0, np.float32)
        return padded(whole) if private else whole

    def close(self) -> None:
        """End the synthesiser, at once, even in the middle of a line."""
        self._synth.close()

    def _fixed(self, piece: str, wpm: int) -> npt.NDArray[np.float32]:
        kept = self._lines.get(piece, wpm)
        if kept is not None:
            return kept
        with self._lock:
            kept = self._lines.get(piece, wpm)  # another thread may have been first
            if kept is not None:
                return kept
            sound = self._shaped(piece, wpm)
            self._lines.put(piece, wpm, sound)
        return floating(sound)

    def _fresh(self, piece: str, wpm: int) -> npt.NDArray[np.float32]:
        if not self._synth.in_memory:
            raise VoiceMissing(
                "this machine has no memory file system (/dev/shm), so private lines are shown, "
                "not spoken; read them on the screen"
            )
        with self._lock:
            return floating(self._shaped(piece, wpm))

    def _shaped(self, piece: str, wpm: int) -> npt.NDArray[np.int16]:
        return sixteen_bit(levelled(trimmed(self._synth.speak(piece, wpm=wpm))))
