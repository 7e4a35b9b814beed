"""The folder models are written to: one writer at a time, and nothing left over."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from voice.errors import Failed
from voice.models_store import shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

if sys.platform == "win32":
    import msvcrt

    def _take(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


_UNFINISHED: Final = ".unfinished-"


Progress: TypeAlias = "Callable[[str, int, int], None]"
"""Told a step (fetching, comparing, unpacking, loading), its bytes done and its bytes in all."""


@contextlib.contextmanager
def held() -> Iterator[Path]:
    """The store, for this process alone; what a killed one left half unpacked is swept.

    Raises:
        Failed: another process is writing there, or the folder cannot be written.
    """
    folder = shelf.own()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as refused:
        raise refusal(refused, folder) from refused
    try:
        try:
            _take(descriptor)
        except OSError as taken:
            raise Failed(
                "another Interlude is installing a model just now; wait until it is done"
            ) from taken
        for left in folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield folder
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def workshop(folder: Path) -> Iterator[Path]:
    """A folder for unfinished things, on the same disk as the store, gone afterwards."""
    try:
        room = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder))
    except OSError as refused:
        raise refusal(refused, folder) from refused
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def put(fresh: Path, place: Path) -> None:
    """Move a finished folder into place in one step; a broken one there before makes room.

    Raises:
        Failed: it cannot be moved; what was in place is there again.
    """
    aside = fresh.with_name(f".{fresh.name}")
    try:
        if place.exists():
            place.rename(aside)
        try:
            fresh.rename(place)
        except OSError:
            if aside.exists():
                aside.rename(place)
            raise
    except OSError as refused:
        raise refusal(refused, place) from refused


def refusal(refused: OSError, place: Path) -> Failed:
    """What a disk said, as one line that says what to do."""
    if refused.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Failed(
            f"the disk is full at {place}; make room there and run the same command again"
        )
    return Failed(
        f"{place} cannot be written ({refused.strerror or refused}); "
        "give a folder that can be, in VOSK_MODEL_PATH"
    )
