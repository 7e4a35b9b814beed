"""`interlude doctor`: is everything there that a talk needs, and if not, the one thing to do."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from voice import places, settings
from voice.audio import devices
from voice.errors import Failed, InterludeError, Missing
from voice.journal import store
from voice.models_store import shelf
from voice.stt import model as models
from voice.tts.synth import Synth

if TYPE_CHECKING:
    from collections.abc import Callable

_NEEDED_MISSING = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one part."""

    part: str
    fine: bool
    says: str
    """What is there, or what is wrong and the one thing to do."""


def doctor(
    *, as_json: Annotated[bool, typer.Option("--json", help="A JSON list of findings.")] = False
) -> None:
    """Check microphone, loudspeaker, voice, model and journal."""
    findings = [
        _finding(part, look)
        for part, look in (
            ("settings", _settings),
            ("microphone", lambda: devices.choose("input", _wish("input_device")).name),
            ("loudspeaker", lambda: devices.choose("output", _wish("output_device")).name),
            ("voice", _voice),
            ("model", _model),
            ("journal", _journal),
        )
    ]
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        for finding in findings:
            typer.echo(f"{finding.part:12} {'fine: ' if finding.fine else ''}{finding.says}")
    if not all(finding.fine for finding in findings):
        raise typer.Exit(_NEEDED_MISSING)


def _finding(part: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(part, fine=True, says=look())
    except InterludeError as problem:
        return Finding(part, fine=False, says=str(problem))


def _wish(name: str) -> str | None:
    try:
        wish: str | None = getattr(settings.load(), name)
    except InterludeError:  # told under "settings"
        return None
    return wish


def _settings() -> str:
    settings.load()
    return str(places.config())


def _voice() -> str:
    voice = _wish("voice")
    with Synth(voice) as synth:
        synth.speak("in", wpm=150)
        if not synth.in_memory:
            raise Missing(
                "there is no memory file system, so what you said is shown, not spoken; "
                "on Linux, mount /dev/shm"
            )
    return f"pyttsx3, {voice or 'its own choice of voice'}"


def _journal() -> str:
    folder = store.home()
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(nearest, os.W_OK):
        raise Failed(f"{nearest} cannot be written, so no words can be kept; make it writable")
    return f"{folder} ({store.state(folder)})"


def _model() -> str:
    folder = shelf.in_use(settings.load())
    models.load(folder)
    return str(folder)
