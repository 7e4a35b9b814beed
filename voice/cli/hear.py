"""`interlude hear`: what Vosk hears in a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from voice import app, interrupt, settings
from voice.audio.wav import WavIn
from voice.clock import CLOCK_PER_INPUT, seconds
from voice.errors import AudioUnusable, UsageProblem
from voice.events import UNKNOWN, Heard, Mode
from voice.models_store import shelf
from voice.stt import model as models
from voice.stt.ear import LONGEST_S, Ear

if TYPE_CHECKING:
    from collections.abc import Iterator


def hear(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Audio files.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a file.")] = False,
    grammar: Annotated[
        str | None,
        typer.Option(help="A mode's name, or a text file with one phrase a line."),
    ] = None,
) -> None:
    """Print what Vosk heard in each FILE, with word times (seconds) and confidence."""
    chosen = settings.load()
    phrases = _phrases(grammar, chosen) if grammar else None
    failed = False
    with interrupt.held_back():
        model = models.load(shelf.in_use(chosen))
    for file in files:
        try:
            with interrupt.held_back():
                found = _hear(file, model, phrases)
        except AudioUnusable as problem:
            found = {"file": str(file), "error": str(problem)}
        if error := found.get("error") or found.get("warning"):
            failed = True
            print(f"interlude: {error}", file=sys.stderr)  # noqa: T201 - one line a file
        if as_json:
            typer.echo(json.dumps(found, ensure_ascii=False))
        elif "error" not in found:
            _show(found, named=len(files) > 1)
    if failed:
        raise typer.Exit(1)


def _phrases(grammar: str, chosen: settings.Settings) -> list[str]:
    if grammar in get_args(Mode):
        return list(app.build(chosen).grammars()[grammar])  # type: ignore[index] # just checked
    try:
        lines = Path(grammar).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise UsageProblem(
            f"--grammar {grammar}: neither a mode ({', '.join(get_args(Mode))}) nor a text file"
        ) from problem
    phrases = [" ".join(line.lower().split()) for line in lines if line.strip()]
    if not phrases:
        raise UsageProblem(f"--grammar {grammar}: holds no phrase; write one a line")
    return [*phrases, UNKNOWN]


def _hear(file: Path, model: Any, phrases: list[str] | None) -> dict[str, Any]:  # noqa: ANN401 - vosk ships no types
    with WavIn(file) as source:
        segments = list(_segments(source, Ear(model, "command", phrases, LONGEST_S)))
        found: dict[str, Any] = {
            "file": str(file),
            "seconds": None if source.seconds is None else round(source.seconds, 3),
            "text": " ".join(segment.text for segment in segments),
            "words": [
                {
                    "word": word.text,
                    "start": seconds(word.from_at),
                    "end": seconds(word.to_at),
                    "conf": round(word.conf, 3),
                }
                for segment in segments
                for word in segment.words
            ],
            "segments": [
                {"text": s.text, "start": seconds(s.from_at), "end": seconds(s.to_at)}
                for s in segments
            ],
        }
        if shortfall := source.shortfall():
            found["warning"] = f"{shortfall}; what is there was heard"
    return found


def _segments(source: WavIn, ear: Ear) -> Iterator[Heard]:
    at = 0
    for block in source:
        interrupt.check()
        at += len(block) * CLOCK_PER_INPUT
        yield from (event for event in ear.feed(block, at) if isinstance(event, Heard))
    yield from ear.close(at)


def _show(found: dict[str, Any], *, named: bool) -> None:
    typer.echo(f"{found['file']}: {found['text']}" if named else found["text"])
    for word in found["words"]:
        typer.echo(f"  {word['start']:8.2f} {word['end']:8.2f}  {word['conf']:.2f}  {word['word']}")
