"""What a RIFF/WAV header says about its own length, and whether the file keeps that promise.

libsndfile plays what is there without a word about what is missing, so this looks for itself.
Layout: RFC 2361 and the "Multimedia Programming Interface and Data Specifications 1.0" (1991).
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

STREAMED: Final = 0x7FFF_0000
"""A claim from here up says only "written to a pipe": espeak-ng writes 0x7FFFF000, sox 0x7FFFFFFF
less its header, ffmpeg 0xFFFFFFFF."""


@dataclass(frozen=True)
class DataChunk:
    """The chunk that holds the samples."""

    size_at: int
    """Offset in the file of the four bytes that hold `claimed`."""

    claimed: int
    """Bytes of sound the header promises."""

    present: int
    """Bytes from the chunk's begin to the end of the file."""

    bytes_per_s: int
    """Bytes one second takes, from the `fmt ` chunk; 0 where that is missing."""

    @property
    def cut_short_s(self) -> tuple[float, float] | None:
        """Seconds (claimed, present) where the file ends before its sound does, else None."""
        if not self.present < self.claimed < STREAMED or not self.bytes_per_s:
            return None
        return self.claimed / self.bytes_per_s, self.present / self.bytes_per_s


def data_chunk(file: BinaryIO) -> DataChunk | None:
    """The data chunk of a seekable file, or None where it is no RIFF/WAV or has none."""
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    if not _is_wave(file.read(12)):
        return None
    bytes_per_s = 0
    while len(head := file.read(8)) == struct.calcsize("<4sI"):
        name, size = struct.unpack("<4sI", head)
        begin = file.tell()
        if name == b"data":
            return DataChunk(begin - 4, size, length - begin, bytes_per_s)
        if name == b"fmt ":
            bytes_per_s = int.from_bytes(file.read(12)[8:12], "little")
        file.seek(begin + size + size % 2)
    return None


def _is_wave(head: bytes) -> bool:
    return head[:4] == b"RIFF" and head[8:12] == b"WAVE"


def claims_nothing(file: BinaryIO, chunk: DataChunk) -> bool:
    """Whether sound follows a chunk that claims 0 bytes: its writer was ended before it could tell.

    A truly empty chunk is followed by nothing or by another chunk that fits into the file.
    """
    if chunk.claimed or not chunk.present:
        return False
    file.seek(chunk.size_at + 4)
    name, size = struct.unpack("<4sI", file.read(8).ljust(8, b"\0"))
    return not (name.isascii() and name.decode().isprintable() and size <= chunk.present - 8)


class Mended(io.FileIO):
    """A WAV file whose data chunk reads as "to the end of the file", whatever it claims."""

    size_at = -1
    """Offset of the claim; -1 leaves the file as it is."""

    def readinto(self, buffer: WriteableBuffer, /) -> int | None:
        """Read as `FileIO` does, with the four bytes of the claim replaced by 0xFFFFFFFF."""
        begin = self.tell()
        count = super().readinto(buffer) or 0
        first = max(begin, self.size_at)
        last = min(begin + count, self.size_at + 4)
        if self.size_at >= 0 and first < last:
            memoryview(buffer).cast("B")[first - begin : last - begin] = b"\xff" * (last - first)
        return count
