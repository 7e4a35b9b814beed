"""What a person has chosen and Interlude remembers, in one small TOML file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Annotated

import tomli_w
from pydantic import ConfigDict, Field

from voice import content, places
from voice.errors import Failed

Text = Annotated[str, Field(min_length=1)]


class Settings(content.Content):
    """Every choice; `model_copy(update=...)` gives changed ones, which `save` keeps."""

    model_config = ConfigDict(strict=True)

    model: Text | None = None
    """Name of the speech model in use; unset: the one that comes with Interlude."""

    model_offer_declined: bool = False
    """The offer of a larger model was answered with no; it is not made again."""

    country: Text | None = None
    """Whose help lines are named."""

    speech_rate_wpm: Annotated[int, Field(ge=80, le=300)] = 145
    """Pace of spoken lines, words a minute."""

    voice: Text | None = None
    """The synthesiser's voice; unset: its own choice."""

    input_device: Text | None = None
    """Full name of the microphone; unset: the system's choice."""

    output_device: Text | None = None
    """Full name of the loudspeaker; unset: the system's choice."""

    headphones: bool = False
    """The microphone does not hear the loudspeaker, so both may be open at once."""


def load() -> Settings:
    """The settings as stored; the defaults where nothing is stored.

    Raises:
        ContentBroken: the file is not TOML or does not fit; names file, line and key.
    """
    file = _file()
    return content.read(file, Settings) if file.exists() else Settings()


def save(settings: Settings) -> None:
    """Store the settings, readable by their owner only; the old file stays until the new is whole.

    Raises:
        Failed: the file cannot be written; the old one is as it was.
    """
    file = _file()
    try:
        descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".settings-")  # mode 0600
        fresh = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                tomli_w.dump(settings.model_dump(exclude_none=True), stream)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(file)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as refused:
        raise Failed(
            f"{file} cannot be written ({refused.strerror}); the settings are as they were"
        ) from refused


def _file() -> Path:
    return places.config() / "settings.toml"
