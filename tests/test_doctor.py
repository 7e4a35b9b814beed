"""`interlude doctor`: every part of a talk, looked at, in words and in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.program import Done, mounting, run, told
from tests.virtual_card import virtual_card
from voice import places

PARTS = ["settings", "microphone", "loudspeaker", "voice", "model", "journal"]
"""What the contract has doctor look at."""


def findings(done: Done) -> dict[str, dict[str, Any]]:
    """The JSON of `doctor --json`, by part."""
    return {finding["part"]: finding for finding in json.loads(done.out)}


def no_card() -> bool:
    """Whether this machine has no sound card of its own."""
    return not any(Path("/dev/snd").glob("pcm*"))


def test_with_everything_there_it_is_fine() -> None:
    """With a sound card, a voice and a model the status is 0, and each part says what it found."""
    with virtual_card() as card:
        table = run("doctor", env=card.env)
        listed = run("doctor", "--json", env=card.env)
    assert told(table, 0) == told(listed, 0) == ""
    found = findings(listed)
    assert list(found) == PARTS
    assert all(finding["fine"] is True for finding in found.values())
    assert [line.split()[0] for line in table.out.splitlines()] == PARTS
    assert all(" fine: " in line for line in table.out.splitlines())
    assert found["microphone"]["says"]
    assert found["model"]["says"] == str(places.shipped() / "models/en-small")
    assert "no journal yet" in found["journal"]["says"]


@pytest.mark.skipif(not no_card(), reason="this machine has a sound card")
def test_a_missing_card_is_status_3_and_says_what_to_do() -> None:
    """Without microphone and loudspeaker both say so in one line each; the rest is still told."""
    table, listed = run("doctor"), run("doctor", "--json")
    assert table.status == listed.status == 3
    assert table.err == listed.err == ""
    assert [line.split()[0] for line in table.out.splitlines()] == PARTS
    found = findings(listed)
    assert {part for part in PARTS if not found[part]["fine"]} == {"microphone", "loudspeaker"}
    for part in ("microphone", "loudspeaker"):
        assert f"there is no {part}; plug one in" in found[part]["says"]
        assert found[part]["says"] in table.out


def test_a_device_that_is_not_there_is_named() -> None:
    """A microphone chosen in the settings that is gone: its name, and those that are there."""
    (places.config() / "settings.toml").write_text('input_device = "no such thing"\n')
    with virtual_card() as card:
        listed = run("doctor", "--json", env=card.env)
    assert listed.status == 3
    found = findings(listed)
    assert [part for part in PARTS if not found[part]["fine"]] == ["microphone"]
    assert '"no such thing"' in found["microphone"]["says"]
    assert "va_mic" in found["microphone"]["says"]


def test_it_changes_nothing(own_home: Path) -> None:
    """Looking makes no file: no journal, no key, no settings."""
    run("doctor")
    assert [path for path in own_home.rglob("*") if path.is_file()] == []
    assert not own_home.with_name("interlude.key").exists()


def test_a_journal_without_its_key_file_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal made with a key file says so when that file is not named."""
    run("talk", "--text", typed="new journal entry\nwords of mine\nthat's all\n")
    assert "key from file" in findings(run("doctor", "--json"))["journal"]["says"]
    monkeypatch.delenv("INTERLUDE_KEY_FILE")
    assert "INTERLUDE_KEY_FILE is not set" in findings(run("doctor", "--json"))["journal"]["says"]


def test_a_home_that_cannot_be_made_is_one_line_a_part(own_home: Path) -> None:
    """Where the home's folders cannot be made, the parts that need one say so, and no more."""
    own_home.write_text("a file, not a folder")
    done = run("doctor", "--json")
    assert done.status == 3
    assert done.err == ""
    found = findings(done)
    assert not found["settings"]["fine"]
    assert not found["journal"]["fine"]
    assert "set INTERLUDE_HOME to a folder that is" in found["journal"]["says"]
    for words in (("talk", "--text"), ("hear", "a.wav"), ("models", "list")):
        assert str(own_home) in told(run(*words), 1)


def test_a_read_only_home_is_not_fine(own_home: Path) -> None:
    """A journal that could never be written is not called fine."""
    for kind in ("config", "data", "cache"):
        (own_home / kind).mkdir(parents=True)
    under = mounting(f"mount --bind {own_home} {own_home}", f"mount -o remount,ro,bind {own_home}")
    done = run("doctor", "--json", under=under)
    assert done.status == 3
    assert done.err == ""
    assert not findings(done)["journal"]["fine"], done.out
