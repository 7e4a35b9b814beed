"""`interlude talk`: the assistant itself, at a sound card, over files, or by keyboard."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations when it runs
from typing import Annotated

import typer

from voice import app, settings
from voice.cli.offer import offer_better_model
from voice.drivers import replay
from voice.errors import UsageProblem
from voice.wiring import Wiring

_FILE_MODE_START = "2026-01-01T09:00:00+00:00"


def talk(  # noqa: PLR0913 - one argument an option
    *,
    source: Annotated[
        Path | None, typer.Option("--in", metavar="WAV", help="Hear this file.")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="WAV", help="Write what is said.")] = None,
    log: Annotated[Path | None, typer.Option(metavar="JSONL", help="Write a log.")] = None,
    log_words: Annotated[
        bool, typer.Option("--log-words", help="The log holds everything said; needed to replay.")
    ] = False,
    text: Annotated[bool, typer.Option("--text", help="By keyboard, without sound.")] = False,
    replayed: Annotated[
        Path | None, typer.Option("--replay", metavar="JSONL", help="Run a log's inputs again.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="ISO", help="The civil time a file begins at.")
    ] = None,
) -> None:
    """Talk. With a microphone it listens and speaks; without one, type."""
    _one_way(source, out, replayed, log, at, text=text)
    _apart(source, out, log)
    started_at = _civil(at) if source else None
    chosen = settings.load()
    if not (source or text or replayed):
        chosen = offer_better_model(chosen)
    built = app.build(chosen)
    if replayed:
        if difference := replay.first_difference(replayed, built.core()):
            typer.echo(difference)
            raise typer.Exit(1)
        typer.echo("the replay is the same, line by line")
        return
    if log and log_words:
        print(  # noqa: T201 - a warning the person must see
            "interlude: the log will hold everything that is said; keep it as you would a diary",
            file=sys.stderr,
        )
    with Wiring(built, chosen, log, words=log_words, started_at=started_at) as wiring:
        if source and out:
            wiring.files(source, out)
        elif text:
            wiring.typed()
        else:
            wiring.live()


def _one_way(  # noqa: PLR0913 - one argument an option
    source: Path | None,
    out: Path | None,
    replayed: Path | None,
    log: Path | None,
    at: str | None,
    *,
    text: bool,
) -> None:
    if bool(source) != bool(out):
        raise UsageProblem("--in and --out go together: name the file to hear and the one to write")
    if at and not source:
        raise UsageProblem("--at goes with --in: without a file it is now")
    if replayed and log:
        raise UsageProblem("--replay writes no log: leave out --log")
    if sum((bool(source), text, bool(replayed))) > 1:
        raise UsageProblem("--in, --text and --replay are three ways to talk; choose one")


def _apart(*files: Path | None) -> None:
    """Nothing that is written may be what is read, or written by another hand."""
    named: dict[Path, Path] = {}
    for file in files:
        if file and not file.is_char_device():
            first = named.setdefault(file.resolve(), file)
            if first is not file:
                raise UsageProblem(f"{file} is {first} again; give --in, --out, --log each its own")


def _civil(at: str | None) -> dt.datetime:
    try:
        time = dt.datetime.fromisoformat(at or _FILE_MODE_START)
    except ValueError:
        raise UsageProblem(f"--at {at}: not a time; write it like {_FILE_MODE_START}") from None
    return time if time.tzinfo else time.replace(tzinfo=dt.UTC)
