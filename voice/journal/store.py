"""The journal itself: one SQLCipher database, its entries whole, and the way drafts become entries.

Everything here is synchronous and waits for the disk. A `Store` belongs to the thread that opened
it (SQLite checks this): open, use and close it in one worker thread.
"""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from voice import places
from voice.errors import Failed, StoreClosed
from voice.journal import database, drafts, files, key, seal
from voice.journal.drafts import Draft, Segment

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from sqlcipher3 import dbapi2 as sqlcipher

_LOCK = "lock"
_SEGMENTS = TypeAdapter(tuple[Segment, ...])
_COLUMNS = "id, kind, said_at, saved_at, recovered, text, segments"


class Entry(BaseModel):
    """One entry, as it was said."""

    model_config = ConfigDict(frozen=True)

    id: int
    """Its number; grows with every entry, never given twice."""
    kind: str
    """What sort of entry it is; `free` for plain dictation."""
    said_at: str
    """When its first words were said: civil time, ISO 8601."""
    saved_at: str
    """When it was stored: this machine's civil time, ISO 8601."""
    recovered: bool
    """It was left behind by a program that ended before it could store it."""
    text: str = Field(repr=False)
    """All of its words."""
    segments: tuple[Segment, ...] = Field(repr=False)
    """Its words piece by piece, as they were heard."""


def home() -> Path:
    """The journal's folder on this machine."""
    return places.data() / "journal"


def state(folder: Path) -> str:
    """In a few words, whether there is a journal and where its key is; opens and asks nothing."""
    return key.held(folder) if _begun(folder) else "no journal yet"


class Store:
    """The open journal; made by `Store.open`, for one thread."""

    def __init__(self, folder: Path, connection: sqlcipher.Connection, public_key: bytes) -> None:
        self.public_key = public_key
        """What drafts are sealed to (32 bytes)."""
        self.faults: tuple[str, ...] = ()
        """What opening found amiss without being hindered by it, one line each."""
        self._folder, self._connection = folder, connection
        self._held = contextlib.ExitStack()

    @classmethod
    def open(cls, folder: Path, ask: key.Ask | None = None) -> Self:
        """Open the journal in this folder, or begin one; left-over drafts become entries.

        Args:
            folder: see `home`; made when missing.
            ask: shows a prompt and returns what was typed; None when there is nobody to ask.

        Raises:
            StoreClosed: it cannot be opened now; the text says why and what to do.
        """
        with contextlib.ExitStack() as held:
            try:
                files.private_folder(folder)
                held.callback(os.close, _hold(folder))
                if seal.has_public(folder) and not database.exists(folder):
                    raise StoreClosed(
                        f"The database in {folder} is gone; put it back from a copy, "
                        "or move the folder away to begin a new journal"
                    )
                master = key.obtain(folder, ask, fresh=not _begun(folder))
                private = seal.private_key(master)
                connection = database.connect(
                    folder,
                    key.subkey(master, "database"),
                    held,
                    proven=seal.knows(folder, private),
                )
                store = cls(folder, connection, seal.settle_public(folder, private))
                store._look_over(private)
            except OSError as fault:
                raise StoreClosed(
                    f"The journal cannot be opened: {files.reason(fault, folder)}"
                ) from fault
            store._held = held.pop_all()
        return store

    def keep(self, draft: Draft, kind: str = "free") -> int:
        """Turn a draft into an entry; its file is removed only after the entry is durable.

        Kept twice, a draft is still one entry.

        Returns:
            The entry's id.

        Raises:
            Failed: the draft is empty, or the entry cannot be stored; the draft stays as it is.
        """
        if not draft.segments:
            raise Failed("Nothing is said in this entry yet; say something first")
        number = self._insert(draft.id, draft.segments, kind, recovered=False)
        with contextlib.suppress(Failed):  # a file that stays is recognised at the next opening
            draft.discard()
        return number

    def last(self) -> Entry | None:
        """The newest entry.

        Raises:
            Failed: the database does not give it out.
        """
        return next(iter(self.entries(1)), None)

    def entries(self, limit: int) -> list[Entry]:
        """At most so many entries, newest first.

        Raises:
            Failed: the database does not give them out.
        """
        with database.plainly(self._folder):
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM entries ORDER BY id DESC LIMIT ?",  # noqa: S608 - a constant
                (limit,),
            ).fetchall()
        return [_entry(row) for row in rows]

    def delete(self, number: int) -> None:
        """Delete an entry for good, with whatever is left of its draft.

        Raises:
            Failed: there is no such entry, or it cannot be deleted.
        """
        with database.plainly(self._folder):
            found = self._connection.execute(
                "SELECT draft FROM entries WHERE id = ?", (number,)
            ).fetchone()
            if found is None:
                raise Failed(f"There is no entry {number}; it may be deleted already")
            drafts.erase(self._folder, found[0])  # first: a draft left behind would come back
            self._connection.execute("DELETE FROM entries WHERE id = ?", (number,))
        database.settle(self._connection)

    def close(self) -> None:
        """Close the journal and let other programs have it."""
        self._held.close()

    def _insert(
        self, draft_id: str, segments: tuple[Segment, ...], kind: str, *, recovered: bool
    ) -> int:
        row = (
            draft_id,
            kind,
            segments[0].at_local,
            datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
            recovered,
            drafts.prose(segments),
            _SEGMENTS.dump_json(segments).decode(),
        )
        with database.plainly(self._folder):
            self._connection.execute(
                "INSERT INTO entries (draft, kind, said_at, saved_at, recovered, text, segments) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (draft) DO NOTHING",
                row,
            )
            number: int = self._connection.execute(
                "SELECT id FROM entries WHERE draft = ?", (draft_id,)
            ).fetchone()[0]
        database.settle(self._connection)
        return number

    def _look_over(self, private: X25519PrivateKey) -> None:
        """Find damage, and make entries of what others left behind."""
        faults = []
        with database.plainly(self._folder, StoreClosed):
            if not database.is_sound(self._connection):
                faults.append("A part of the journal is damaged; bring journal.db back from a copy")
        for leftover in drafts.recover(self._folder, private):
            if not leftover.whole:
                faults.append(
                    "A part of a draft cannot be read; what can be is an entry, "
                    f"and the draft is set aside as {leftover.path.stem}.damaged"
                )
            try:
                if leftover.segments:
                    self._insert(leftover.path.stem, leftover.segments, "free", recovered=True)
                leftover.clear()
            except Failed as fault:
                faults.append(f"A draft waits for the next opening: {fault}")
        self.faults = tuple(faults)


def _begun(folder: Path) -> bool:
    """Something has been encrypted here, so no other key than the present one will do."""
    return seal.has_public(folder) or database.exists(folder)


def _hold(folder: Path) -> int:
    """Hold the journal against other programs for as long as the handle is open."""
    handle = files.claim(folder / _LOCK, os.O_CREAT)
    if handle is None:
        raise StoreClosed("The journal is open in another program; close that one first")
    return handle


def _entry(row: tuple[object, ...]) -> Entry:
    named = dict(zip(_COLUMNS.split(", "), row, strict=True))
    return Entry.model_validate(named | {"segments": _SEGMENTS.validate_json(str(row[-1]))})
