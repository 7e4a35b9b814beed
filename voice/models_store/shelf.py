"""The shelves: the folders that models lie in, which model is in use, and whether one is whole."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from voice import places
from voice.errors import ModelMissing
from voice.models_store import anatomy, trial
from voice.models_store.catalogue import catalogue

if TYPE_CHECKING:
    from voice.settings import Settings

SHIPPED: Final = "en-small"
"""The model that comes with Interlude; in use until another one is chosen."""


@dataclass(frozen=True, slots=True)
class Installed:
    """One model on this machine."""

    name: str
    folder: Path
    size_bytes: int
    """Of all its files."""


def own() -> Path:
    """The folder that models are installed into; it need not exist."""
    named = os.environ.get("VOSK_MODEL_PATH")
    return Path(named).absolute() if named else places.data() / "models"


def find(name: str) -> Path | None:
    """The folder of a model: the first whole one on the shelves, else the first of that name."""
    if not name or name.startswith(".") or Path(name).name != name:
        return None
    found = [folder for shelf in _shelves() if _is_open(folder := shelf / name)]
    return next((folder for folder in found if fault(folder) is None), next(iter(found), None))


def installed() -> list[Installed]:
    """Every model on the shelves, by name; of two with the same name, the one `find` gives."""
    names = {
        folder.name
        for shelf in _shelves()
        for folder in shelf.iterdir()
        if not folder.name.startswith(".") and folder.is_dir() and anatomy.is_model(folder)
    }
    return [
        Installed(name, folder, sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()))
        for name in sorted(names)
        if (folder := find(name))
    ]


def in_use(settings: Settings) -> Path:
    """The folder of the model that is chosen, looked at but not loaded.

    Raises:
        ModelMissing: it is not on this machine, or not whole.
    """
    name = settings.model or SHIPPED
    folder = find(name)
    if folder is None:
        raise ModelMissing(f"the model {name} is not on this machine; {_mend(name, None)}")
    check(folder)
    return folder


def check(folder: Path, *, deep: bool = False) -> None:
    """Look whether a folder is a usable model.

    Args:
        folder: what holds am, conf and graph.
        deep: compare digests where the catalogue has them, and load it once; else only look at
            files and their sizes.

    Raises:
        ModelMissing: it is not; says what is wrong and what to do.
    """
    if not os.access(folder, os.F_OK):
        raise ModelMissing(f"there is no folder {folder}; run: interlude models list")
    if folder.is_file():
        raise ModelMissing(f"{folder} is a file; for a zip, run: interlude models add {folder}")
    wrong = fault(folder, deep=deep)
    if wrong is not None:
        raise ModelMissing(f"{folder} cannot be used: {wrong}; {_mend(folder.name, folder)}")


def fault(folder: Path, *, deep: bool = False) -> str | None:
    """What is wrong with the model in `folder`, in some words; None when it can be used."""
    try:
        if not anatomy.is_model(folder):
            return "it is not a speech model, for it has no am/final.mdl"
        wrong = anatomy.gap(folder) or _stranger(folder, deep=deep)
    except OSError as refused:
        return f"it cannot be read ({refused.strerror})"
    if wrong:
        return f"it is cut short or changed, {wrong}"
    return trial.fault(folder) if deep else None


def _stranger(folder: Path, *, deep: bool) -> str | None:
    """The first file that is not as the catalogue knows it."""
    entry = catalogue().get(folder.resolve().name)
    for name, known in entry.files.items() if entry else ():
        file = folder / name
        if not file.is_file():
            return f"{name} is not there"
        if (size := file.stat().st_size) != known.size_bytes:
            return f"{name} has {size:,} bytes of {known.size_bytes:,}"
        if deep:
            with file.open("rb") as stream:
                if hashlib.file_digest(stream, "sha256").hexdigest() != known.sha256:
                    return f"{name} has another sha256 than the catalogue"
    return None


def _mend(name: str, folder: Path | None) -> str:
    entry = catalogue().get(name)
    on_a_shelf = folder is None or folder.parent in _shelves()
    if entry and entry.download and on_a_shelf:
        return f"run: interlude models install {name}"
    if folder is not None and folder.parent == _shipped():
        return "install Interlude again"
    if folder is None:
        return (
            f"run: interlude models use {SHIPPED}" if name != SHIPPED else "install Interlude again"
        )
    return "put the whole model there again, or choose another folder"


def _shipped() -> Path:
    return places.shipped() / "models"


def _shelves() -> list[Path]:
    """Folders models are looked for in: ours, then where Vosk's own package looks (0.3.45)."""
    home = Path.home()
    theirs = (Path("/usr/share/vosk"), home / "AppData/Local/vosk", home / ".cache/vosk")
    shelves = dict.fromkeys((own(), places.data() / "models", _shipped(), *theirs))
    return [shelf for shelf in shelves if _is_open(shelf)]


def _is_open(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.X_OK) and folder.is_dir()
