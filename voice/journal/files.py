"""Private files: open to their owner alone, and there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_OTHERS = 0o077


def private_folder(folder: Path) -> None:
    """Make the folder if need be, closed to everybody else (0700).

    Raises:
        OSError: it cannot be made, or is no folder.
    """
    if not folder.is_dir():
        folder.mkdir(parents=True, mode=0o700)
        sync_folder(folder.parent)
    if folder.stat().st_mode & _OTHERS:
        folder.chmod(0o700)


def sync_folder(folder: Path) -> None:
    """Make durable which files the folder holds.

    Raises:
        OSError: the disk does not do it.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_new(path: Path, content: bytes) -> None:
    """Put a file (0600) there whole and durable, never over another.

    Raises:
        FileExistsError: something of that name is there already; it is left as it is.
        OSError: it cannot be written; nothing of it stays.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(handle)
        os.link(beside, path)
    finally:
        beside.unlink()
    sync_folder(path.parent)


def claim(path: Path, flags: int = 0) -> int | None:
    """Open a file for reading and writing (0600) and hold it against every other program.

    The hold ends when the handle is closed, or with the process.

    Args:
        path: the file.
        flags: more flags of `os.open`, such as `os.O_CREAT`.

    Returns:
        The handle; None when another program holds the file, or took it away meanwhile.

    Raises:
        OSError: it cannot be opened.
    """
    with contextlib.ExitStack() as undo:
        handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC | flags, 0o600)
        undo.callback(os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        if os.fstat(handle).st_nlink == 0:
            return None
        undo.pop_all()
        return handle


def reason(fault: OSError, folder: Path) -> str:
    """What hinders writing in this folder, and what to do, as the end of a sentence."""
    if fault.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk that holds {folder} is full; free some space and try again"
    return (
        f"{folder} cannot be written ({fault.strerror or fault}); "
        "look at the disk and at who owns the folder"
    )
