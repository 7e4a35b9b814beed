"""Installing: fetched or given, looked at, loaded once, and only then put on the shelf."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from voice.errors import Failed, InputUnusable
from voice.models_store import download, shelf, store
from voice.models_store.catalogue import catalogue
from voice.models_store.unpack import top, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from voice.models_store.catalogue import ModelEntry
    from voice.models_store.store import Progress


def ready(entry: ModelEntry) -> Path | None:
    """Where a model already lies, whole and loadable; None when there is something to do."""
    folder = shelf.find(entry.name)
    return folder if folder and shelf.fault(folder, deep=True) is None else None


def install(entry: ModelEntry, progress: Progress) -> Path:
    """Fetch a model of the catalogue and put it on the shelf; gives its folder.

    What came of an interrupted download stays as `NAME.zip.part` beside it and is gone on from.

    Raises:
        Failed: it cannot be fetched, is not what the catalogue says, or does not load; nothing
            is on the shelf that was not there before.
    """
    if entry.download is None:
        raise Failed(
            f"{entry.name} comes with Interlude and is broken here; install Interlude again"
        )
    with store.held() as folder:
        part = folder / f"{entry.name}.zip.part"
        download.fetch(entry.download, part, progress)
        try:
            placed = _place(part, entry.name, folder, progress)
        except InputUnusable as wrong:
            part.unlink()
            raise Failed(
                f"the zip of {entry.name} cannot be used and is deleted ({wrong}); "
                "look at the catalogue's entry, or take another model"
            ) from wrong
        part.unlink()
        return placed


def add(archive: Path, progress: Progress) -> Path:
    """Put the model of a local zip on the shelf; gives its folder.

    A zip that the catalogue knows must be the one it knows; any other is taken as it is.

    Raises:
        InputUnusable: it is not a whole zip, is not safe to unpack, or holds no usable model.
        Failed: the disk is full, or a model of that name is there already.
    """
    name = top(archive)
    _recognise(archive, name)
    with store.held() as folder:
        place = folder / name
        if place.exists() and shelf.fault(place) is None:
            raise Failed(f"{name} is there already, in {place}; move that folder away first")
        return _place(archive, name, folder, progress)


def _place(archive: Path, name: str, folder: Path, progress: Progress) -> Path:
    with store.workshop(folder) as room:
        fresh = unpack(archive, room, progress)
        if fresh.name != name:
            raise InputUnusable(f"{archive} holds {fresh.name}, not {name}; take another one")
        size_bytes = archive.stat().st_size
        progress("loading", size_bytes, size_bytes)
        wrong = shelf.fault(fresh, deep=True)
        if wrong is not None:
            raise InputUnusable(f"the model in {archive} cannot be used: {wrong}; take another one")
        place = folder / name
        store.put(fresh, place)
    return place


def _recognise(archive: Path, name: str) -> None:
    entry = catalogue().get(name)
    if entry is None or entry.download is None:
        return
    with archive.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != entry.download.sha256:
        raise InputUnusable(
            f"{archive} is not the {name} of the catalogue (another sha256); "
            f"run: interlude models install {name}"
        )
