"""`interlude models` as a person runs it: one line, the right status, never a traceback."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.model_server import ModelServer, alone, serving
from voice import places, settings
from voice.models_store import shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = Path(sys.executable).with_name("interlude")
SHIPPED = places.shipped() / "models" / "en-small"
NAME = "vosk-model-test"
OFFICIAL = "vosk-model-small-en-us-0.15"


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of a real model: ours, under another name."""
    file = tmp_path_factory.mktemp("zip") / "given.zip"
    with zipfile.ZipFile(file, "w") as zipped:
        for path in sorted(SHIPPED.rglob("*")):
            zipped.write(path, f"{NAME}/{path.relative_to(SHIPPED)}")
    return file


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, and no proxy between it and the loopback."""
    alone(tmp_path, monkeypatch)
    return tmp_path / "home"


@pytest.fixture
def server(archive: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """A host with the test model, which one's own catalogue names."""
    payload = archive.read_bytes()
    (home / "config").mkdir(parents=True)
    (home / "config/models.toml").write_text(
        f'[[model]]\nname = "{NAME}"\nlanguage = "en-US"\nlicence = "test"\nabout = "A test."\n'
        '[model.download]\nhost = "https://example.org"\npath = "m.zip"\n'
        f'size_bytes = {len(payload)}\nsha256 = "{hashlib.sha256(payload).hexdigest()}"\n'
    )
    with serving(payload) as running:
        monkeypatch.setenv("INTERLUDE_MODELS_HOST", running.address)
        yield running


def models(*words: str, status: int = 0) -> str:
    """Run `interlude models WORDS` without a terminal; gives stdout, or the one line of stderr."""
    done = subprocess.run(
        [PROGRAM, "models", *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == status, done.stderr
    if status == 0:
        assert done.stderr == ""
        return done.stdout
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def in_use() -> str:
    """Name of the model that is chosen."""
    return shelf.in_use(settings.load()).name


def fetch_a_part(home: Path) -> subprocess.Popen[str]:
    """An install that has some of a download and waits for more."""
    command = [str(PROGRAM), "models", "install", NAME, "--yes"]
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    part = home / "data/models" / f"{NAME}.zip.part"
    while not (part.exists() and part.stat().st_size > 1_000_000):
        assert running.poll() is None
        time.sleep(0.01)
    return running


def on_shelf(home: Path) -> list[str]:
    """Everything that can be seen on our shelf."""
    folder = home / "data/models"
    return sorted(p.name for p in folder.iterdir() if p.name != ".lock") if folder.exists() else []


def test_list_shows_every_model(home: Path) -> None:
    """Name, size, language, licence and place stand in the table; JSON has the same."""
    shown = models("list")
    rows = json.loads(models("list", "--json"))
    for row in rows:
        assert row["name"] in shown
        assert row["licence"] in shown
    assert [row["folder"] for row in rows] == [str(SHIPPED), None, None]
    assert shown.count("not installed") == 2
    assert "41.2 MB" in shown
    assert [row["in_use"] for row in rows] == [True, False, False]
    (home / "config").mkdir(exist_ok=True)
    (home / "config/settings.toml").write_text('model = "gone"\n')
    done = subprocess.run([PROGRAM, "models", "list"], capture_output=True, text=True, check=True)
    assert "the model gone is not on this machine" in done.stderr
    assert OFFICIAL in done.stdout


def test_check_looks_at_the_model_in_use_or_the_one_named(tmp_path: Path) -> None:
    """A whole model is one line; a missing or cut one is one line and status 3."""
    for words in ((), (str(SHIPPED),)):
        assert models("check", *words) == f"{SHIPPED} is whole and loads.\n"
    assert f"models install {OFFICIAL}" in models("check", OFFICIAL, status=3)
    assert "there is no folder" in models("check", str(tmp_path / "none"), status=3)
    cut = shutil.copytree(SHIPPED, tmp_path / "cut")
    os.truncate(cut / "am/final.mdl", 1_000_000)
    assert "cut short (Failed to read" in models("check", str(cut), status=3)


def test_a_model_is_added_used_and_checked(archive: Path) -> None:
    """A zip from elsewhere is taken with a word about its checksum, and can then be chosen."""
    shown = models("add", str(archive))
    assert "its checksum is unknown to us" in shown
    assert f"interlude models use {NAME}" in shown
    assert in_use() == "en-small"
    assert models("use", NAME) == f"{NAME} listens from now on.\n"
    assert in_use() == NAME
    (row,) = (row for row in json.loads(models("list", "--json")) if row["in_use"])
    assert row["name"] == NAME
    assert "is there already" in models("add", str(archive), status=1)


def test_use_refuses_what_cannot_be_used(home: Path) -> None:
    """An unknown name is usage, a missing model is missing, and the choice stays."""
    assert "there is no model nope" in models("use", "nope", status=2)
    assert f"models install {OFFICIAL}" in models("use", OFFICIAL, status=3)
    cut = shutil.copytree(SHIPPED, home / "data/models" / NAME)
    os.truncate(cut / "graph/Gr.fst", 1000)
    assert "cut short" in models("use", NAME, status=3)
    assert in_use() == "en-small"


def test_without_a_terminal_a_yes_is_needed_beforehand(server: ModelServer) -> None:
    """Nothing is asked of the network without --yes where nobody can be asked."""
    assert "--yes" in models("install", NAME, status=2)
    assert server.asked == []
    assert f"to use it: interlude models use {NAME}" in models("install", NAME, "--yes")
    assert len(server.asked) == 1
    assert "is there already" in models("install", NAME)
    assert len(server.asked) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("typed", "status", "asked"),
    [(b"no\n", 1, 0), (b"\x04", 1, 0), (None, 130, 0), (b"Yes\n", 0, 1)],
)
def test_with_a_terminal_it_asks_first(
    server: ModelServer, typed: bytes | None, status: int, asked: int
) -> None:
    """Only a yes opens the network; no, end of input and an interrupt do not."""
    ours, theirs = os.openpty()
    command = [str(PROGRAM), "models", "install", NAME]
    running = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"[y/N]" not in shown:
        shown += (block := _read(ours))
        assert block, shown
    if typed is None:
        running.send_signal(signal.SIGINT)
    else:
        os.write(ours, typed)
    while block := _read(ours):
        shown += block
    os.close(ours)
    assert running.wait() == status, shown
    assert b"14.4 MB, test) from 127.0.0.1" in shown
    assert b"Traceback" not in shown
    assert len(server.asked) == asked


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how Linux says that the other side has closed
        return b""


def test_names_that_cannot_be_installed() -> None:
    """An unknown one is usage; ours is there already."""
    assert "there is no nope in the catalogue" in models("install", "nope", "--yes", status=2)
    assert "is there already" in models("install", "en-small", "--yes")


def test_ctrl_c_ends_with_130_and_the_next_run_goes_on(server: ModelServer, home: Path) -> None:
    """A real SIGINT in the middle of a download: status 130, no traceback, the part kept."""
    server.stop_after, server.holds = 3_000_000, True
    running = fetch_a_part(home)
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate()
    assert running.returncode == 130, stderr
    assert "Traceback" not in stderr
    assert on_shelf(home) == [f"{NAME}.zip.part"]
    kept = (home / "data/models" / f"{NAME}.zip.part").stat().st_size
    server.stop_after = None
    models("install", NAME, "--yes")
    assert server.asked[-1] == ("/m.zip", f"bytes={kept}-")
    assert on_shelf(home) == [NAME]


def test_a_killed_install_leaves_nothing_visible(server: ModelServer, home: Path) -> None:
    """Even SIGKILL leaves only the part, and the next run goes on."""
    server.stop_after, server.holds = 3_000_000, True
    running = fetch_a_part(home)
    running.kill()
    running.communicate()
    assert on_shelf(home) == [f"{NAME}.zip.part"]
    server.stop_after = None
    models("install", NAME, "--yes")
    assert on_shelf(home) == [NAME]


def test_what_a_server_does_wrong_is_one_line(server: ModelServer, home: Path) -> None:
    """Wrong checksum, not found, cut short: status 1, a line, and no folder."""
    whole = server.payload
    server.payload = b"x" + whole[1:]
    assert "another sha256" in models("install", NAME, "--yes", status=1)
    assert on_shelf(home) == []
    server.payload, server.status = whole, 404
    assert "(404)" in models("install", NAME, "--yes", status=1)
    server.status, server.stop_after = None, 1_000_000
    assert "to go on from there" in models("install", NAME, "--yes", status=1)
    assert on_shelf(home) == [f"{NAME}.zip.part"]
    assert in_use() == "en-small"


def test_a_zip_that_cannot_be_used_is_status_4(tmp_path: Path, home: Path) -> None:
    """No zip, or one that leads out of its folder: one line each."""
    given = tmp_path / "given.zip"
    assert "No such file" in models("add", str(given), status=4)
    with zipfile.ZipFile(given, "w") as zipped:
        zipped.writestr("../evil", "evil")
    assert "leads elsewhere" in models("add", str(given), status=4)
    assert on_shelf(home) == []


def test_a_broken_catalogue_is_named(home: Path) -> None:
    """One's own catalogue with half a digest: the file and the key in one line, status 4."""
    (home / "config").mkdir(parents=True)
    (home / "config/models.toml").write_text(
        '[[model]]\nname = "own"\nlanguage = "en"\nlicence = "x"\nabout = "x"\n'
        '[model.download]\nhost = "https://example.org"\npath = "m.zip"\n'
        'size_bytes = 1\nsha256 = "abc"\n'
    )
    line = models("list", status=4)
    assert "models.toml: line 10: model.0.download.sha256" in line
    assert "a sha256 has 64 digits, not 3" in line
