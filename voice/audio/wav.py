"""Sound files as streams: what is heard comes in as 20 ms blocks, what is said goes out as WAV."""

from __future__ import annotations

import contextlib
import io
import struct
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import soundfile
import soxr

from voice.audio.riff import Mended, claims_nothing, data_chunk
from voice.clock import INPUT_RATE_HZ, INPUT_TICK, RATE_HZ
from voice.errors import AudioUnusable, Failed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_CHUNK: Final = 4_096
"""Frames decoded at a time: memory stays flat, and a broken file loses no more than this."""

_LOWEST_HZ: Final = 1_000
"""Nothing below is sound; libsndfile would give anything that a damaged header says."""

_OPEN_END: Final = 0xFFFF_FFFF
"""The size a WAV header bears while its end is not known."""


class WavIn:
    """A sound file, heard as int16 blocks of 320 samples at 16 kHz mono.

    Reads whatever libsndfile reads, at any rate, width and number of channels (channels are
    averaged, anything beyond full scale is held at full scale). 16 kHz mono 16-bit passes
    unchanged. It can be iterated once, and holds about a second at a time.

    Args:
        path: the file, or `-` for standard input.

    Raises:
        AudioUnusable: it is not there, not audio, or empty; while iterating: it cannot be read on.
    """

    def __init__(self, path: Path | str) -> None:
        self._name = "standard input" if str(path) == "-" else str(path)
        self.cut_short_s: tuple[float, float] | None = None
        """Seconds (claimed, present) of a file that ends before its sound does, else None.

        Known at once for WAV; for compressed files only after the last block.
        """
        try:
            self._file = Mended(0, closefd=False) if str(path) == "-" else Mended(path)
        except FileNotFoundError:
            raise AudioUnusable(f"there is no file {self._name}; check the name") from None
        except OSError as error:
            raise AudioUnusable(
                f"{self._name} cannot be opened ({error.strerror}); give a sound file"
            ) from error
        try:
            self._sound = self._open()
        except BaseException:
            self._file.close()
            raise

    def _open(self) -> soundfile.SoundFile:
        seekable = self._file.seekable()
        if seekable and (chunk := data_chunk(self._file)):
            self.cut_short_s = chunk.cut_short_s
            if claims_nothing(self._file, chunk):
                self._file.size_at = chunk.size_at
        try:
            if seekable:
                self._file.seek(0)
                sound = soundfile.SoundFile(self._file)
            else:
                sound = soundfile.SoundFile(self._file.fileno(), closefd=False)
        except soundfile.LibsndfileError as error:
            raise AudioUnusable(
                f"{self._name} is not sound that can be read; give a WAV, FLAC, OGG or MP3 file"
            ) from error
        if sound.samplerate < _LOWEST_HZ:
            raise AudioUnusable(
                f"{self._name} says it has {sound.samplerate} samples a second, which is no sound; "
                f"give one with {_LOWEST_HZ} or more"
            )
        if sound.frames == 0:
            raise AudioUnusable(f"{self._name} holds no sound; give a file that someone speaks in")
        self.seconds: float | None = sound.frames / sound.samplerate if seekable else None
        """How long it lasts; None for a pipe, which nobody can know."""
        return sound

    def __iter__(self) -> Iterator[NDArray[np.int16]]:
        """Every block in turn; the last one is filled up with silence."""
        rest = np.zeros(0, np.int16)
        for heard in self._heard():
            rest = np.concatenate((rest, heard))
            whole = len(rest) // INPUT_TICK * INPUT_TICK
            yield from rest[:whole].reshape(-1, INPUT_TICK)
            rest = rest[whole:]
        if len(rest):
            yield np.pad(rest, (0, INPUT_TICK - len(rest)))

    def _heard(self) -> Iterator[NDArray[np.int16]]:
        """Mono at 16 kHz, in pieces of any length."""
        if self._sound.samplerate == INPUT_RATE_HZ:
            yield from map(_int16, self._mono())
            return
        stream = soxr.ResampleStream(self._sound.samplerate, INPUT_RATE_HZ, 1, dtype="float32")
        for piece in self._mono():
            yield _int16(stream.resample_chunk(piece))
        yield _int16(stream.resample_chunk(np.zeros(0, np.float32), last=True))

    def _mono(self) -> Iterator[NDArray[np.float32]]:
        """Mono at the file's own rate, as far as it can be read."""
        done = 0
        try:
            while len(piece := self._sound.read(_CHUNK, dtype="float32", always_2d=True)):
                done += len(piece)
                yield piece[:, 0] if self._sound.channels == 1 else piece.mean(axis=1)
        except soundfile.LibsndfileError as error:
            if not done:
                raise AudioUnusable(
                    f"{self._name} breaks off where it starts; give a file that is whole"
                ) from error
            rate_hz = self._sound.samplerate
            self.cut_short_s = (self._sound.frames / rate_hz, done / rate_hz)

    def shortfall(self) -> str | None:
        """In words, how much of a file that is cut short is there; None for a whole one."""
        if self.cut_short_s is None:
            return None
        claimed_s, present_s = self.cut_short_s
        return f"{self._name} is cut short: {present_s:.1f} of {claimed_s:.1f} s are there"

    def close(self) -> None:
        """Let go of the file."""
        self._sound.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _int16(sound: NDArray[np.float32]) -> NDArray[np.int16]:
    """-1..1 as int16; what is beyond is held at the rails, what is no number is silence."""
    scaled = np.nan_to_num(sound * np.float32(32_768))
    held: NDArray[np.int16] = np.clip(np.rint(scaled), -32_768, 32_767).astype(np.int16)
    return held


class WavOut:
    """A WAV file that grows: 48 kHz, mono, 16 bit.

    Until `close` its header says "to the end of the file", so that what a killed process leaves
    behind can be played; use it as a context manager, and Ctrl-C leaves a header that is right.

    Raises:
        Failed: the file cannot be made or written (also from `write`); what was written is kept.
    """

    def __init__(self, path: Path | str) -> None:
        self._path = path
        self._size = 0
        try:
            with contextlib.ExitStack() as undo:
                self._file = undo.enter_context(io.FileIO(path, "w"))
                self._put(_header(_OPEN_END))
                undo.pop_all()
        except OSError as error:
            raise self._failed(error) from error

    def write(self, block: NDArray[np.int16]) -> None:
        """Append int16 samples."""
        data = block.astype("<i2", copy=False).tobytes()
        try:
            self._put(data)
        except OSError as error:
            raise self._failed(error) from error

    def _put(self, data: bytes) -> None:
        """Write all of it: an unbuffered file may take a part, and then says why no more."""
        view = memoryview(data)
        while view:
            count = self._file.write(view)
            self._size += count
            view = view[count:]

    def close(self) -> None:
        """Put the true length into the header and close; a pipe keeps its open end."""
        if self._file.closed:
            return
        try:
            if self._file.seekable():
                sound = min((self._size - len(_header(0))) // 2 * 2, _OPEN_END)
                self._file.seek(0)
                self._file.write(_header(sound))
        except OSError as error:
            raise self._failed(error) from error
        finally:
            self._file.close()

    def _failed(self, error: OSError) -> Failed:
        return Failed(
            f"{self._path} cannot be written ({error.strerror}); "
            "choose another place, or make room there"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _header(sound_bytes: int) -> bytes:
    """44 bytes: RIFF, `fmt ` (PCM, mono, 48 kHz, 16 bit) and the head of the data chunk."""
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE_HZ, RATE_HZ * 2, 2, 16)
    riff = struct.pack("<4sI4s", b"RIFF", min(36 + sound_bytes, _OPEN_END), b"WAVE")
    return riff + fmt + struct.pack("<4sI", b"data", sound_bytes)
