"""The one offer at a first start: a model that hears people better than ours."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import typer

from voice import settings as settings_file
from voice.cli.models import shown
from voice.errors import InterludeError
from voice.models_store.catalogue import catalogue
from voice.models_store.install import install

if TYPE_CHECKING:
    from voice.settings import Settings

OFFERED: Final = "vosk-model-small-en-us-0.15"


def offer_better_model(settings: Settings) -> Settings:
    """Offer the small official model, once, at a terminal; go on with ours in every other case."""
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    if not interactive or settings.model or settings.model_offer_declined:
        return settings
    entry = catalogue()[OFFERED]
    host = urlsplit(entry.download.host).netloc if entry.download else "this disk"
    typer.echo(
        f"The model in the box is rough with human voices; {entry.name} hears better.\n"
        f"{entry.size_bytes / 1e6:.0f} MB from {host}, {entry.licence}. "
        "y: get it.  n: never ask again.  Any other key: not now. ",
        nl=False,
    )
    key = typer.getchar(echo=False).lower()
    typer.echo(key if key in "yn" else "")
    if key == "n":
        settings = settings.model_copy(update={"model_offer_declined": True})
    elif key == "y":
        try:
            with shown() as progress:
                install(entry, progress)
        except InterludeError as problem:
            typer.echo(f"{problem}\nGoing on with the model in the box.", err=True)
            return settings
        settings = settings.model_copy(update={"model": entry.name})
    else:
        return settings
    settings_file.save(settings)
    return settings
