"""Ctrl-C, and talking at a terminal: it ends when it is told to, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import soundfile

from tests import speech
from tests.program import (
    LIMIT_S,
    PROGRAM,
    Done,
    Terminal,
    alive,
    descendants,
    has_loaded,
    holds,
    told,
    until,
)
from tests.program import run as run_program

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="reads /proc")

MEMORY: Final = "/dev/shm/interlude-voice-"  # noqa: S108 - compared, not opened


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone starts box breathing, and is silent for seven minutes."""
    file = tmp_path_factory.mktemp("long") / "long.wav"
    speech.write(file, [("start box breathing", 420)], voice="rms")
    return file


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in, with a temporary folder of its own."""
    (tmp_path / "here").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    return tmp_path / "here"


class Started:
    """The program with a process group of its own, as a shell starts it."""

    def __init__(self, *words: str | Path) -> None:
        """Start `interlude WORDS`."""
        self.words = tuple(map(str, words))
        # --default-signal: a test run in the background of a shell has SIGINT ignored.
        self._child = subprocess.Popen(
            ["env", "--default-signal=INT", PROGRAM, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            process_group=0,
        )
        self.pid = self._child.pid
        self.rooms: set[Path] = set()
        """Folders for speech that it held when it was interrupted."""
        self.children: set[int] = set()
        """Processes below it when it was interrupted."""

    def interrupt(self) -> Done:
        """Press Ctrl-C, wait for its end; nothing it had begun may be left."""
        assert self._child.poll() is None, "it ended too soon"
        self.children = descendants(self.pid)
        self.rooms = {path for path in holds(self.pid) if str(path).startswith(MEMORY)}
        os.killpg(self.pid, signal.SIGINT)
        out, err = self._child.communicate(timeout=LIMIT_S)
        assert alive(self.children) == set()
        assert [room for room in self.rooms if room.exists()] == []
        assert list(Path(os.environ["TMPDIR"]).iterdir()) == []
        return Done(self.words, self._child.returncode, out, err)


def quietly(done: Done) -> None:
    """It ended with 130, and with nothing on stderr but perhaps one line."""
    assert "Traceback" not in done.err, done
    assert "Exception ignored" not in done.err, done
    assert len(done.err.splitlines()) <= 1, done
    assert done.status == 130, done


def readable(file: Path) -> float:
    """The length in seconds of a WAV file that can be read."""
    sound, rate_hz = soundfile.read(file)
    assert rate_hz == 48_000
    return float(len(sound) / rate_hz)


TALK_MOMENTS: Final[dict[str, Callable[[int], bool]]] = {
    "libraries load": lambda pid: has_loaded(pid, "_multiarray_umath"),
    "the synthesiser starts": lambda pid: bool(descendants(pid)),
    "the model loads": lambda pid: has_loaded(pid, "libvosk"),
    "the answer begins": lambda _: Path("said.wav").exists(),
    "a minute is answered": lambda _: _size("said.wav") > 60 * 96_000,
}
"""What is going on when Ctrl-C comes; a second of the answer has 96,000 bytes."""


def _size(name: str) -> int:
    return Path(name).stat().st_size if Path(name).exists() else 0


@pytest.mark.parametrize("moment", TALK_MOMENTS)
def test_ctrl_c_ends_a_talk_over_files(moment: str, long: Path, here: Path) -> None:
    """Whenever it comes: status 130, no traceback, no process, no file, and a readable answer."""
    started = Started("talk", "--in", long, "--out", "said.wav", "--log", "log.jsonl")
    until(lambda: TALK_MOMENTS[moment](started.pid))
    done = started.interrupt()
    quietly(done)
    assert done.out == ""
    assert {path.name for path in here.iterdir()} <= {"said.wav", "log.jsonl"}
    if moment in ("the answer begins", "a minute is answered"):
        assert len(started.children) == 1, "the synthesiser was there"
        assert len(started.rooms) == 1, "and had a folder"
        assert readable(here / "said.wav") >= (60 if "minute" in moment else 0)
        lines = [json.loads(line) for line in (here / "log.jsonl").read_text().splitlines()]
        assert lines[0]["kind"] == "header"


HEAR_MOMENTS: Final[dict[str, Callable[[int], bool]]] = {
    "libraries load": lambda pid: has_loaded(pid, "_multiarray_umath"),
    "the model loads": lambda pid: has_loaded(pid, "libvosk"),
    "the file opens": lambda pid: any(path.name == "long.wav" for path in holds(pid)),
}


@pytest.mark.parametrize(
    ("moment", "later_s"),
    [
        *((moment, 0.0) for moment in HEAR_MOMENTS),
        *(("the file opens", n / 4) for n in (1, 2, 5)),
    ],
)
def test_ctrl_c_ends_hear(moment: str, later_s: float, long: Path, here: Path) -> None:
    """Whenever it comes: status 130, and not a file later."""
    started = Started("hear", long, *[long] * 4)
    until(lambda: HEAR_MOMENTS[moment](started.pid))
    time.sleep(later_s)
    quietly(started.interrupt())
    assert list(here.iterdir()) == []


def test_ctrl_c_in_a_dictation_loses_nothing(here: Path) -> None:
    """At a terminal, in the middle of an entry: status 130, and what was typed is an entry."""
    with Terminal("talk", "--text", "--log", "log.jsonl") as terminal:
        terminal.wait_for("I'm listening.")
        terminal.type("new journal entry\n")
        terminal.wait_for("Go ahead.")
        terminal.type("words that must not get lost\n")
        until(lambda: any(_drafts_of(terminal.pid)))
        children = descendants(terminal.pid)
        terminal.type("\x03")
        assert terminal.end() == 130, terminal.shown
    assert "Traceback" not in terminal.shown
    assert alive(children) == set()
    assert (here / "log.jsonl").read_text().splitlines()[0].startswith('{"kind": "header"')
    done = run_program("talk", "--text", typed="read my last entry\nyes\n")
    assert told(done, 0) == ""
    assert "words that must not get lost" in done.out


def _drafts_of(pid: int) -> list[Path]:
    """Drafts that a process holds open and that hold words."""
    return [path for path in holds(pid) if path.suffix == ".draft" and path.stat().st_size > 100]


@pytest.mark.parametrize("words", [("talk", "--text"), ("talk",)])
def test_ctrl_c_at_a_terminal_is_130(words: tuple[str, ...], here: Path) -> None:
    """Also while it waits for the answer to its offer, or for a line; the terminal is usable."""
    with Terminal(*words) as terminal:
        if words == ("talk",):
            terminal.wait_for("Any other key: not now.")
            terminal.wait_for_key()
        else:
            terminal.wait_for("I'm listening.")
        terminal.type("\x03")
        assert terminal.end() == 130, terminal.shown
    assert "Traceback" not in terminal.shown
    assert list(here.iterdir()) == []


def test_lines_are_answered_at_a_terminal_and_ctrl_d_says_goodbye() -> None:
    """By keyboard: help is answered, an entry is kept, and Ctrl-D ends with goodbye, status 0."""
    with Terminal("talk", "--text") as terminal:
        terminal.wait_for("I'm listening.")
        terminal.type("help\n")
        terminal.wait_for("start box breathing")
        terminal.type("new journal entry\n")
        terminal.wait_for("Go ahead.")
        terminal.type("a line of mine\nthat's all\n")
        terminal.wait_for("Kept.")
        assert "Goodbye." not in terminal.shown
        terminal.type("\x04")
        assert terminal.end() == 0, terminal.shown
    assert terminal.shown.rstrip().endswith("Goodbye.")
    assert "Traceback" not in terminal.shown


def test_a_closed_terminal_ends_the_talk(here: Path) -> None:
    """When its window is closed no process stays behind, and the entry so far is kept."""
    with Terminal("talk", "--text") as terminal:
        terminal.wait_for("I'm listening.")
        terminal.type("new journal entry\n")
        terminal.wait_for("Go ahead.")
        terminal.type("said before the window closed\n")
        until(lambda: any(_drafts_of(terminal.pid)))
        pid = terminal.pid
        terminal.hang_up()
        until(lambda: alive({pid}) == set(), limit_s=10)
    done = run_program("talk", "--text", typed="read my last entry\nyes\n")
    assert "said before the window closed" in done.out
    assert list(here.iterdir()) == []
