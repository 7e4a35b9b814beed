"""Unpacking a zip nobody vouches for: only plain files, below one folder, and only so much."""

from __future__ import annotations

import lzma
import os
import re
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from voice.errors import InputUnusable
from voice.models_store import store

if TYPE_CHECKING:
    from pathlib import Path

    from voice.models_store.store import Progress

UNPACKED_LIMIT_BYTES: Final = 8 * 1024**3
"""No model may unpack to more; zipfile never gives more bytes than the zip's index says."""

FILES_LIMIT: Final = 10_000
"""No zip may hold more entries; the shipped model has nine files."""

_BLOCK_BYTES: Final = 1 << 20
_PART: Final = re.compile(r"[A-Za-z0-9_](?:[\w.+ -]*[\w+-])?", re.ASCII)
_NOT_OURS: Final = ("__MACOSX/", ".DS_Store")  # what the Finder adds to a zip
_ENCRYPTED: Final = 1
_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    UnicodeDecodeError,
)


def top(archive: Path) -> str:
    """Name of the one folder in a zip.

    Raises:
        InputUnusable: it is not a whole zip, holds something else than one folder of plain
            files, would write elsewhere, or would unpack to more than the limits.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            return _top(archive, _files(archive, opened))
    except _DAMAGE as damage:
        raise _damaged(archive) from damage
    except OSError as refused:
        raise InputUnusable(
            f"{archive} cannot be read ({refused.strerror or refused}); give a zip that can be"
        ) from refused


def unpack(archive: Path, into: Path, progress: Progress) -> Path:
    """Unpack a zip below `into`, each file on the disk before this returns; give its one folder.

    Raises:
        InputUnusable: as for `top`.
        Failed: the disk is full, or refuses.
    """
    name = top(archive)
    try:
        with zipfile.ZipFile(archive) as opened:
            files = _files(archive, opened)
            total = sum(file.file_size for file in files)
            done = 0
            for file in files:
                _write(opened, file, into / file.filename)
                done += file.file_size
                progress("unpacking", done, total)
    except _DAMAGE as damage:
        raise _damaged(archive) from damage
    except OSError as refused:
        raise store.refusal(refused, into.parent) from refused
    return into / name


def _write(opened: zipfile.ZipFile, file: zipfile.ZipInfo, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened.open(file) as source, target.open("xb") as sink:
        while block := source.read(_BLOCK_BYTES):
            sink.write(block)
        sink.flush()
        os.fsync(sink.fileno())  # else a power cut after the move could leave empty files in place


def _files(archive: Path, opened: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The plain files of a zip, once everything in it is known to be harmless."""
    entries = [entry for entry in opened.infolist() if not _is_not_ours(entry.filename)]
    for entry in entries:
        if (wrong := _harm(entry)) is not None:
            raise InputUnusable(
                f"{archive} is not safe to unpack: {entry.filename[:80]!a} {wrong}; "
                "fetch it from a place you trust"
            )
    files = [entry for entry in entries if not entry.is_dir()]
    size = sum(file.file_size for file in files)
    if size > UNPACKED_LIMIT_BYTES or len(entries) > FILES_LIMIT:
        raise InputUnusable(
            f"{archive} is not safe to unpack: {size:,} bytes in {len(entries):,} files, more than "
            f"any model has ({UNPACKED_LIMIT_BYTES:,} and {FILES_LIMIT:,}); "
            "fetch it from a place you trust"
        )
    if len({entry.filename.casefold() for entry in entries}) != len(entries):
        raise InputUnusable(f"{archive} holds the same name twice; fetch it again")
    return files


def _top(archive: Path, files: list[zipfile.ZipInfo]) -> str:
    tops = {file.filename.split("/")[0] for file in files}
    loose = any("/" not in file.filename for file in files)
    if len(tops) != 1 or loose:
        raise InputUnusable(
            f"{archive} does not hold one folder with a model in it; zip the model's folder itself"
        )
    return tops.pop()


def _harm(entry: zipfile.ZipInfo) -> str | None:
    mode = entry.external_attr >> 16
    if stat.S_IFMT(mode) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "is a link or a device"
    if entry.flag_bits & _ENCRYPTED:
        return "is locked with a password"
    parts = entry.filename.removesuffix("/").split("/")
    if not all(_PART.fullmatch(part) for part in parts):
        return "has a name that leads elsewhere"
    return None


def _is_not_ours(name: str) -> bool:
    return name.startswith(_NOT_OURS[0]) or name.rsplit("/", 1)[-1] == _NOT_OURS[1]


def _damaged(archive: Path) -> InputUnusable:
    return InputUnusable(f"{archive} is not a whole zip; fetch it again")
