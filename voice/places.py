"""Where things lie on this machine: one function a place, made when it is first asked for.

`INTERLUDE_HOME` puts all of them under one folder (for tests, and for a stick one carries about).
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from voice.errors import Failed

_NAME = "interlude"


def _place(kind: str, default: Path) -> Path:
    home = os.environ.get("INTERLUDE_HOME")
    folder = Path(home) / kind if home else default
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as refused:
        raise Failed(
            f"{folder} cannot be made ({refused.strerror}); "
            "make it writable, or set INTERLUDE_HOME to a folder that is"
        ) from refused
    return folder


def data() -> Path:
    """The journal and installed models."""
    return _place("data", platformdirs.user_data_path(_NAME))


def config() -> Path:
    """Settings: country, voice, model in use."""
    return _place("config", platformdirs.user_config_path(_NAME))


def cache() -> Path:
    """Spoken fixed lines; may be deleted at any time."""
    return _place("cache", platformdirs.user_cache_path(_NAME))


def shipped() -> Path:
    """The folder that holds `intents/` and `models/`: inside the wheel, or the checkout's root."""
    here = Path(__file__).resolve().parent
    inside = here / "shipped"
    return inside if inside.is_dir() else here.parent
