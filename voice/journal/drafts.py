"""Words on their way into the journal: one append-only file a draft, durable segment by segment.

A draft is `drafts/<id>.draft`, a row of sealed records (records.py). It is written with the public
key alone, so the journal itself may be locked. Its file is held (flock) as long as it is written:
nobody recovers a living draft.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from voice.errors import Failed
from voice.journal import files, records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

_FOLDER = "drafts"


class Segment(BaseModel):
    """A stretch of words as they were heard in one piece."""

    model_config = ConfigDict(frozen=True)

    at_local: str
    """When they were said: civil time, ISO 8601."""
    text: str = Field(repr=False)
    """The words; never in a `repr`, so never in a log by accident."""
    paragraph: bool = False
    """They begin a new paragraph."""


def prose(segments: Iterable[Segment]) -> str:
    """The segments as one text: a blank between them, an empty line before a paragraph."""
    words = ""
    for segment in segments:
        gap = "\n\n" if segment.paragraph else " "
        words += gap + segment.text if words else segment.text
    return words


class Draft:
    """An entry under way; made by `Draft.open`. What a call has acknowledged survives a kill."""

    def __init__(self, path: Path, handle: int, public_key: bytes) -> None:
        self._path, self._handle, self._public_key = path, handle, public_key
        self._length, self._next = 0, 0
        self._kept: dict[int, Segment] = {}
        self._paragraph = False

    @classmethod
    def open(cls, folder: Path, public_key: bytes) -> Self:
        """Begin a draft.

        Args:
            folder: the journal's folder (its `drafts` is made when missing).
            public_key: 32 bytes, of `seal.read_public`; the journal itself may be locked.

        Raises:
            Failed: the file cannot be made.
        """
        drafts = folder / _FOLDER
        try:
            files.private_folder(drafts)
            handle = None
            while handle is None:  # None: a recovery just then took it for a left-over
                path = drafts / f"{secrets.token_hex(16)}.draft"
                handle = files.claim(path, os.O_CREAT | os.O_EXCL)
            files.sync_folder(drafts)
        except OSError as fault:
            raise Failed(f"No words can be kept: {files.reason(fault, drafts)}") from fault
        return cls(path, handle, public_key)

    @property
    def id(self) -> str:
        """32 random hex digits."""
        return self._path.stem

    @property
    def segments(self) -> tuple[Segment, ...]:
        """What is kept so far, without what was scratched."""
        return tuple(self._kept.values())

    def append(self, text: str, at_local: str) -> None:
        """Keep words; they are on the disk when this returns.

        Args:
            text: the words.
            at_local: when they were said: civil time, ISO 8601.

        Raises:
            Failed: they are not kept (a full disk, say); everything before them is.
        """
        # A keyboard can hand over halves of characters, which neither JSON nor the store take.
        whole = text.encode("utf-8", "backslashreplace").decode()
        kind: Literal["segment", "paragraph"] = "paragraph" if self._paragraph else "segment"
        number = self._write(records.Record(kind=kind, at_local=at_local, text=whole))
        self._kept[number] = Segment(at_local=at_local, text=whole, paragraph=self._paragraph)
        self._paragraph = False

    def paragraph(self) -> None:
        """Let the next segment begin a new paragraph."""
        self._paragraph = True

    def scratch_last(self) -> None:
        """Take back the newest segment that is still kept; with none, nothing happens.

        Raises:
            Failed: this could not be made durable; the segment stays.
        """
        if not self._kept:
            return
        number = next(reversed(self._kept))
        at_local = self._kept[number].at_local
        self._write(records.Record(kind="scratch", at_local=at_local, text=str(number)))
        self._paragraph = self._kept.pop(number).paragraph

    def discard(self) -> None:
        """Throw the draft away, file and all.

        Raises:
            Failed: the file cannot be removed; it would come back as an entry.
        """
        try:
            _remove(self._path)
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the file; it stays, and becomes an entry when the journal is next opened."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _write(self, record: records.Record) -> int:
        """Append a record durably and return its sequence."""
        number = self._next
        packed = records.pack(record, self.id, number, self._public_key)
        try:
            os.ftruncate(self._handle, self._length)  # whatever a failed call left behind
            written = 0
            while written < len(packed):
                written += os.pwrite(self._handle, packed[written:], self._length + written)
            os.fsync(self._handle)
        except OSError as fault:
            raise Failed(
                f"The last words are not kept: {files.reason(fault, self._path.parent)}"
            ) from fault
        self._length += len(packed)
        self._next += 1
        return number


@dataclass(frozen=True)
class Leftover:
    """A draft that nobody writes any more; made by `recover`, which holds its file meanwhile."""

    path: Path
    """Its file."""
    segments: tuple[Segment, ...]
    """What could be read of it, without what was scratched."""
    whole: bool
    """Nothing is damaged or missing (a last record cut short was never acknowledged: no damage)."""

    def clear(self) -> None:
        """Remove the file, or if it is not whole set it aside as `<id>.damaged`, still sealed.

        Raises:
            Failed: the file can be neither removed nor renamed.
        """
        if self.whole:
            _remove(self.path)
            return
        try:
            self.path.rename(self.path.with_suffix(".damaged"))
        except OSError as fault:
            raise Failed(
                f"A draft cannot be set aside: {files.reason(fault, self.path.parent)}"
            ) from fault


def recover(folder: Path, private_key: X25519PrivateKey) -> Iterator[Leftover]:
    """Read the drafts in the journal's folder that no living program writes, oldest first.

    Raises:
        OSError: a file cannot be read.
    """
    for path in sorted((folder / _FOLDER).glob("*.draft"), key=_changed_s):
        handle = None
        with contextlib.suppress(FileNotFoundError):
            handle = files.claim(path)
        if handle is None:
            continue
        try:
            yield _read(path, private_key)
        finally:
            os.close(handle)


def erase(folder: Path, draft_id: str) -> None:
    """Remove what is left of this draft in the journal's folder, damaged or whole.

    Raises:
        Failed: something cannot be removed.
    """
    for path in (folder / _FOLDER).glob(f"{draft_id}.*"):
        _remove(path)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
        files.sync_folder(path.parent)
    except OSError as fault:
        raise Failed(f"A draft cannot be removed: {files.reason(fault, path.parent)}") from fault


def _changed_s(path: Path) -> float:
    with contextlib.suppress(FileNotFoundError):  # its writer may throw it away at this moment
        return path.stat().st_mtime
    return 0.0


def _read(path: Path, private_key: X25519PrivateKey) -> Leftover:
    found, whole = records.unpack(path.read_bytes(), path.stem, private_key)
    scratched = {record.text for record in found.values() if record.kind == "scratch"}
    kept = tuple(
        Segment(at_local=record.at_local, text=record.text, paragraph=record.kind == "paragraph")
        for number, record in found.items()
        if record.kind != "scratch" and str(number) not in scratched
    )
    return Leftover(path, kept, whole)
