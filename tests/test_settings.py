"""The settings file: read, checked, written whole."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice import places, settings
from voice.errors import ContentBroken, Failed
from voice.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own."""
    monkeypatch.setenv("INTERLUDE_HOME", str(tmp_path))
    return tmp_path


def _stored(text: str | bytes) -> Path:
    file = places.config() / "settings.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_defaults_where_nothing_is_stored() -> None:
    """Without a file the settings are the defaults, and none is made by looking."""
    assert settings.load() == Settings(speech_rate_wpm=145, model_offer_declined=False)
    assert list(places.config().iterdir()) == []


@given(
    chosen=st.builds(
        Settings,
        model=st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        voice=st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
        speech_rate_wpm=st.integers(80, 300),
        headphones=st.booleans(),
    )
)
def test_what_is_saved_is_loaded(chosen: Settings) -> None:
    """Every choice comes back as it was stored, whatever characters a name has."""
    settings.save(chosen)
    assert settings.load() == chosen


def test_only_the_owner_reads_it() -> None:
    """The file has mode 0600, and nothing else is left beside it."""
    settings.save(Settings(country="NL"))
    (file,) = places.config().iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("colour = 'red'", "line 1: colour: this key is not known here"),
        ("headphones = true\nspeech_rate_wpm = 301", "line 2: speech_rate_wpm: input should be"),
        ("speech_rate_wpm = 79", "79 stands there"),
        ("speech_rate_wpm = '145'", "line 1: speech_rate_wpm"),
        ("headphones = 1", "line 1: headphones"),
        ("model = ''", "line 1: model"),
        ("model = x", "line 1: "),
        (b"\xff\xfe", "make it readable UTF-8"),
    ],
)
def test_a_broken_file_is_named_with_key_and_mend(text: str | bytes, told: str) -> None:
    """A broken file is refused in one line that names it, and stays as it is."""
    file = _stored(text)
    before = file.read_bytes()
    with pytest.raises(ContentBroken) as broken:
        settings.load()
    assert str(file) in str(broken.value)
    assert told in str(broken.value)
    assert "\n" not in str(broken.value)
    assert file.read_bytes() == before


def test_a_full_disk_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk refuses, the old settings are still there and whole, with nothing beside."""
    settings.save(Settings(country="NL"))

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Failed, match="No space left on device"):
        settings.save(Settings(country="DE"))
    assert settings.load().country == "NL"
    assert [file.name for file in places.config().iterdir()] == ["settings.toml"]
