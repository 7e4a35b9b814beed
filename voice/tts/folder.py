"""The private folder that speech files pass through, and the sweeping of what dead programs left.

Where the machine has a memory file system the folder lies there, 0700, locked by its owner for as
long as it lives: a folder whose lock is free has lost its owner, and is removed. Elsewhere it is a
plain temporary folder, and nothing private may go into it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PREFIX: Final = "interlude-voice-"
_TRIES: Final = 10


@dataclass(frozen=True)
class Folder:
    """A folder for one synthesiser process."""

    path: Path
    lock: int | None
    """The descriptor that holds the lock; None outside a memory file system."""


def is_memory(place: Path) -> bool:
    """Whether `place` is a folder on a memory file system (Linux) that we may write to."""
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        return False
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    kinds = {fields[1]: fields[2] for fields in map(str.split, mounts.splitlines())}
    above = [place.resolve(), *place.resolve().parents]
    return next((kinds[str(p)] for p in above if str(p) in kinds), "") in {"tmpfs", "ramfs"}


def make(memory: Path) -> Folder:
    """A new empty folder, readable by us alone, in `memory` if that is a memory file system.

    Raises:
        OSError: it cannot be made.
    """
    if not is_memory(memory):
        return Folder(Path(tempfile.mkdtemp(prefix=_PREFIX)), None)
    for _ in range(_TRIES):
        path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=memory))
        lock = _lock(path)
        if lock is not None and path.exists():
            return Folder(path, lock)
        # Another program's sweep came between making and locking: it removes the folder.
        if lock is not None:
            os.close(lock)
    raise FileExistsError(f"{memory}: a folder made there does not stay")


def remove(folder: Folder) -> None:
    """Remove the folder with all in it, and let go of its lock."""
    shutil.rmtree(folder.path, ignore_errors=True)
    if folder.lock is not None:
        os.close(folder.lock)


def sweep(memory: Path) -> None:
    """Remove what programs that were killed have left in `memory`; the living keep theirs."""
    for path in memory.glob(_PREFIX + "*"):
        lock = _lock(path)
        if lock is not None:
            remove(Folder(path, lock))


def _lock(path: Path) -> int | None:
    """Lock a folder of ours; None where it is gone, another user's, or locked already."""
    import fcntl  # noqa: PLC0415 - not on Windows, where no memory file system leads here

    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        if os.fstat(lock).st_uid == os.geteuid():
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
    except OSError:
        pass
    os.close(lock)
    return None
