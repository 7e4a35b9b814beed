"""`interlude models`: the speech models there are, and the one in use."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from voice import settings
from voice.errors import Failed, ModelMissing, UsageProblem
from voice.models_store import download, shelf
from voice.models_store import install as installing
from voice.models_store.catalogue import ModelEntry, catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voice.models_store.store import Progress

app = typer.Typer(no_args_is_help=True, help="Speech models: list, check, add, install, use.")

_UNKNOWN: Final = "unknown"
_WIDE: Final = 200


@dataclass(frozen=True, slots=True)
class _Row:
    """One model as `list` shows it; the keys of its JSON."""

    name: str
    size_bytes: int
    language: str
    licence: str
    about: str | None
    folder: str | None
    in_use: bool


@app.command("list")
def list_models(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
) -> None:
    """Show every model, where it lies, and which one is in use."""
    try:
        folder_in_use = shelf.in_use(settings.load())
    except ModelMissing as missing:
        folder_in_use = None
        typer.echo(missing, err=True)
    rows = _rows(folder_in_use)
    if as_json:
        typer.echo(json.dumps([asdict(row) for row in rows], indent=2))
        return
    table = Table(box=None)
    for title in ("", "name", "size", "language"):
        table.add_column(title, no_wrap=True)  # a name is there to be copied
    table.add_column("licence", min_width=10)
    table.add_column("where", overflow="fold")
    for row in rows:
        mark, where = "in use" if row.in_use else "", row.folder or "not installed"
        table.add_row(mark, row.name, decimal(row.size_bytes), row.language, row.licence, where)
    Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False).print(table)


@app.command()
def check(
    model: Annotated[
        str | None, typer.Argument(metavar="[NAME|FOLDER]", help="The one in use unless told.")
    ] = None,
) -> None:
    """Look whether a model is whole, and load it once."""
    if model is None:
        folder = shelf.in_use(settings.load())
    else:
        folder = shelf.find(model) or Path(model)
        if not os.access(folder, os.F_OK) and model in catalogue():
            raise ModelMissing(
                f"{model} is not on this machine; run: interlude models install {model}"
            )
    shelf.check(folder, deep=True)
    typer.echo(f"{folder} is whole and loads.")


@app.command()
def add(
    archive: Annotated[Path, typer.Argument(metavar="ZIP", help="A zip with one model's folder.")],
) -> None:
    """Put the model of a zip on the shelf."""
    with shown() as progress:
        folder = installing.add(archive, progress)
    if folder.name not in catalogue():
        typer.echo(f"{folder.name} is not in the catalogue: its checksum is unknown to us.")
    _tell(folder)


@app.command()
def install(
    name: Annotated[str, typer.Argument(help="As `interlude models list` shows it.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Fetch it without asking.")] = False,
) -> None:
    """Fetch a model, after a yes; the only command that opens the network."""
    entry = catalogue().get(name)
    if entry is None:
        raise UsageProblem(f"there is no {name} in the catalogue; run: interlude models list")
    if folder := installing.ready(entry):
        typer.echo(f"{name} is there already, in {folder}.")
        return
    if entry.download is not None and not yes:
        _ask(entry, download.address(entry.download))
    with shown() as progress:
        folder = installing.install(entry, progress)
    _tell(folder)


@app.command()
def use(
    name: Annotated[str, typer.Argument(help="As `interlude models list` shows it.")],
) -> None:
    """Choose the model that listens from now on."""
    folder = shelf.find(name)
    if folder is None and name in catalogue():
        raise ModelMissing(f"{name} is not on this machine; run: interlude models install {name}")
    if folder is None:
        raise UsageProblem(f"there is no model {name}; run: interlude models list")
    shelf.check(folder, deep=True)
    settings.save(settings.load().model_copy(update={"model": name}))
    typer.echo(f"{name} listens from now on.")


def _rows(folder_in_use: Path | None) -> list[_Row]:
    known = catalogue()
    there = {model.name: model for model in shelf.installed()}
    rows = []
    for name in [*known, *sorted(there.keys() - known.keys())]:
        entry, model = known.get(name), there.get(name)
        rows.append(
            _Row(
                name=name,
                size_bytes=(entry or there[name]).size_bytes,
                language=entry.language if entry else _UNKNOWN,
                licence=entry.licence if entry else _UNKNOWN,
                about=entry.about if entry else None,
                folder=str(model.folder) if model else None,
                in_use=model is not None and model.folder == folder_in_use,
            )
        )
    return rows


def _ask(entry: ModelEntry, url: str) -> None:
    if not sys.stdin.isatty():
        raise UsageProblem("there is no terminal to ask on; say yes beforehand with --yes")
    size, host = decimal(entry.size_bytes), urlsplit(url).netloc
    question = f"Fetch {entry.name} ({size}, {entry.licence}) from {host}? [y/N] "
    try:
        answer = input(question)
    except EOFError:
        answer = ""
    if answer.strip().casefold() not in {"y", "yes"}:
        raise Failed("nothing is fetched; run the same command again when you want it")


def _tell(folder: Path) -> None:
    typer.echo(
        f"{folder.name} is installed in {folder}; to use it: interlude models use {folder.name}"
    )


@contextmanager
def shown() -> Iterator[Progress]:
    """A bar on stderr that shows how far each step is."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("")

        def progress(step: str, done_bytes: int, total_bytes: int) -> None:
            bar.update(task, description=step, completed=done_bytes, total=total_bytes)

        yield progress
