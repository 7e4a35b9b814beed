"""Nothing leaves this machine, and nothing that was said lies on it in clear."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import soundfile

from tests import speech
from tests.program import (
    LIMIT_S,
    PROGRAM,
    WARNING,
    Done,
    Terminal,
    namespace,
    run,
    together,
    told,
    until,
)
from voice import settings

if TYPE_CHECKING:
    from collections.abc import Sequence

ENTRY: Final = "I walked along the river this morning"
SCRIPT: Final = [("help", 8.0), ("new journal entry", 5.0), (ENTRY, 3.0), ("that's all", 3.0)]
"""What flite's voice rms says and the shipped model understands, with silences in seconds."""


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone asks for help, and dictates an entry."""
    file = tmp_path_factory.mktemp("spoken") / "user.wav"
    speech.write(file, SCRIPT, voice="rms")
    return file


def everything(spoken: Path, place: Path, under: Sequence[str | Path] = ()) -> list[Done]:
    """Talk, hear, say and doctor, in a home of their own, with their files in `place`."""
    place.mkdir()
    start = partial(run, under=under, cwd=place, env={"INTERLUDE_HOME": f"{place} home"})
    return together(
        partial(start, "talk", "--in", spoken, "--out", "said.wav", "--log", "log.jsonl"),
        partial(start, "hear", spoken),
        partial(start, "say", "the weather is fine", "--out", "weather.wav"),
        partial(start, "doctor", "--json"),
    )


# Offline


def test_a_namespace_with_loopback_only_changes_nothing(spoken: Path, tmp_path: Path) -> None:
    """Without any network the same is heard, said, written and told, to the sample."""
    loopback = ["sh", "-c", 'ip link set lo up 2>/dev/null; exec "$0" "$@"']
    alone = [*namespace("--net"), *loopback]
    interfaces = subprocess.run(
        [*alone, "cat", "/proc/net/dev"], capture_output=True, text=True, check=True
    ).stdout.splitlines()[2:]
    assert [line.split(":")[0].strip() for line in interfaces] == ["lo"]
    usual = everything(spoken, tmp_path / "usual")
    offline = everything(spoken, tmp_path / "offline", alone)
    for before, after in zip(usual, offline, strict=True):
        assert before.out.replace("usual", "offline") == after.out
        assert (before.status, before.err) == (after.status, after.err)
    assert [done.status for done in usual[:3]] == [0, 0, 0]
    for name in ("said.wav", "weather.wav", "log.jsonl"):
        written = (tmp_path / "usual" / name).read_bytes()
        assert len(written) > 1_000
        assert written == (tmp_path / "offline" / name).read_bytes()
    said = [json.loads(line) for line in (tmp_path / "offline/log.jsonl").read_text().splitlines()]
    assert "journal.kept" in [line["line"] for line in said if line["kind"] == "say"]


TRACER: Final = """
import os, socket, sys

_seen = os.open(os.environ["TRACE"], os.O_WRONLY | os.O_APPEND)


def _watch(event, args):
    if event == "socket.__new__" and args[1] in (socket.AF_INET, socket.AF_INET6):
        os.write(_seen, f"{sys.argv} opened an internet socket\\n".encode())
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        os.write(_seen, f"{sys.argv} looked up {args[0]}\\n".encode())


sys.addaudithook(_watch)
os.write(_seen, b"watching\\n")
"""
"""A sitecustomize.py: Python runs it first in the program and in each Python child of it."""


def test_python_opens_no_internet_socket(
    spoken: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tracer in the program and its children sees no internet socket and no name looked up."""
    (tmp_path / "tracer").mkdir()
    (tmp_path / "tracer/sitecustomize.py").write_text(TRACER)
    trace = tmp_path / "trace"
    trace.touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "tracer"))
    monkeypatch.setenv("TRACE", str(trace))
    opened = "import socket; socket.socket(); socket.getaddrinfo('127.0.0.1', 9)"
    subprocess.run([sys.executable, "-c", opened], check=True)
    assert trace.read_text().count("\n") == 3, "the tracer itself does not see"
    trace.write_text("")
    done = everything(spoken, tmp_path / "traced")
    assert [each.status for each in done[:3]] == [0, 0, 0]
    seen = trace.read_text().splitlines()
    assert len(seen) >= 7, "four programs and three synthesisers, each traced"
    assert set(seen) == {"watching"}


def test_no_library_opens_an_internet_socket(spoken: Path, tmp_path: Path) -> None:
    """Nor does any C library below: the kernel is asked for none, and to connect to none."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    trace = ["strace", "-f", "-qq", "-A", "-e", "trace=socket,connect,sendto", "-o"]
    tried = tmp_path / "tried"
    udp: list[str | Path] = [*trace, tried, "bash", "-c", "echo > /dev/udp/127.0.0.1/9"]
    if subprocess.run(udp, capture_output=True, check=False).returncode:
        pytest.skip("this system does not permit strace")
    assert "AF_INET" in tried.read_text(), "the tracer itself does not see"
    calls = tmp_path / "calls"
    done = everything(spoken, tmp_path / "traced", [*trace, calls])
    assert [each.status for each in done[:3]] == [0, 0, 0]
    assert [call for call in calls.read_text().splitlines() if "AF_INET" in call] == []


# The offer of a better model: only a yes may open the network


OFFER = "Any other key: not now."


def test_nobody_is_offered_a_model_without_a_terminal() -> None:
    """From a pipe, over files and with --text there is no offer."""
    for done in (run("talk", typed="help\n"), run("talk", "--text", typed="help\n")):
        assert done.status == 0
        assert "alphacephei" not in done.out + done.err
    with Terminal("talk", "--text") as terminal:
        terminal.wait_for("listening")
        terminal.type("\x04")
        assert terminal.end() == 0, terminal.shown
    assert "alphacephei" not in terminal.shown


@pytest.mark.parametrize(("key", "declined"), [("n", True), ("x", False), ("\r", False)])
def test_the_offer_is_made_at_a_terminal_and_can_be_declined(key: str, declined: bool) -> None:  # noqa: FBT001 - a column of the table
    """It names model, size, host and licence; n is for good, any other key is not now."""
    with Terminal("talk") as terminal:
        shown = terminal.wait_for(OFFER)
        for fact in ("vosk-model-small-en-us-0.15", "41 MB", "alphacephei.com", "Apache-2.0"):
            assert fact in shown
        terminal.wait_for_key()
        terminal.type(key)
        terminal.wait_for("I'm listening.")
        terminal.type("\x04")
        assert terminal.end() == 0, terminal.shown
    assert "Goodbye." in terminal.shown
    assert "Traceback" not in terminal.shown
    assert settings.load().model_offer_declined is declined
    assert settings.load().model is None
    with Terminal("talk") as again:
        again.wait_for("I'm listening." if declined else OFFER)
    assert (OFFER in again.shown) is not declined


def test_a_yes_without_a_network_goes_on_with_ours(own_home: Path) -> None:
    """When the download fails, one line says so, and the talk begins with the model in the box."""
    nowhere = {"INTERLUDE_MODELS_HOST": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}
    with Terminal("talk", env=nowhere) as terminal:
        terminal.wait_for(OFFER)
        terminal.wait_for_key()
        terminal.type("y")
        terminal.wait_for("I'm listening.")
        terminal.type("help\n")
        terminal.wait_for("start box breathing")
        terminal.type("\x04")
        assert terminal.end() == 0, terminal.shown
    assert "Going on with the model in the box" in terminal.shown
    assert "127.0.0.1:9" in terminal.shown
    assert "Traceback" not in terminal.shown
    assert settings.load().model is None
    assert not settings.load().model_offer_declined
    shelf = own_home / "data/models"
    assert not shelf.exists() or [path.name for path in shelf.iterdir()] in ([], [".lock"])


# Private


CANARY: Final = "the purple walrus sings at midnight"


def forms(words: str) -> list[bytes]:
    """How words could lie in a file: as they are, or each by itself, in either width."""
    rare = [word for word in words.lower().split() if len(word) > 5]
    assert rare
    texts = [words.lower(), *rare]
    return [text.encode(code) for text in texts for code in ("utf-8", "utf-16-le")]


def found_in(folders: Sequence[Path], needles: Sequence[bytes]) -> list[str]:
    """Files that hold one of these in clear, whatever the case of the letters."""
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            content = b""
            with contextlib.suppress(OSError):  # another program's, gone meanwhile
                content = path.read_bytes() if path.is_file() else b""
            found += [f"{path}: {needle!r}" for needle in needles if needle in content.lower()]
    return found


@pytest.fixture
def disks(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Everywhere the program may write: its home, its temporary folder, where it stands, memory."""
    for name in ("temporary", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.chdir(tmp_path / "here")
    return [own_home, tmp_path / "temporary", tmp_path / "here", Path("/dev/shm")]  # noqa: S108 - read only


def test_typed_words_lie_nowhere_in_clear(disks: list[Path]) -> None:
    """An entry that is typed and read back is in no file in clear, also not in the log."""
    lines = ["new journal entry", CANARY, "that's all", "read my last entry", "yes", CANARY]
    done = run("talk", "--text", "--log", "log.jsonl", typed="\n".join(lines) + "\n")
    assert told(done, 0) == ""
    assert done.out.count(CANARY) == 1, "it was kept, and read back"
    assert (disks[0] / "data/journal/journal.db").stat().st_size > 1_000
    assert found_in(disks, forms(CANARY)) == []
    worded = ("--log", "worded.jsonl", "--log-words")
    done = run("talk", "--text", *worded, typed="\n".join(lines) + "\n")
    assert done.err.count(WARNING) == 1
    assert any("worded.jsonl" in file for file in found_in(disks, forms(CANARY)))


def test_spoken_words_and_their_sound_lie_nowhere(spoken: Path, disks: list[Path]) -> None:
    """An entry that is dictated is in no file in clear, and no piece of the recording either."""
    done = run("talk", "--in", spoken, "--out", "said.wav", "--log", "log.jsonl")
    assert told(done, 0) == ""
    log = [json.loads(line) for line in Path("log.jsonl").read_text().splitlines()]
    assert any(line["kind"] == "kept" and line["id"] for line in log)
    heard = [line for line in log if line["kind"] == "heard"]
    assert heard
    assert all(line["text"] is None for line in heard)
    pcm, _ = soundfile.read(spoken, dtype="int16")
    loudest = int(abs(pcm).argmax())
    piece = pcm[loudest : loudest + 160].tobytes()  # a hundredth of a second
    assert found_in([spoken.parent], [piece.lower()])
    assert found_in(disks, [b"walked along", b"the river", piece.lower()]) == []


def test_a_killed_dictation_leaves_nothing_in_clear(disks: list[Path]) -> None:
    """Killed in the middle of an entry: the draft is there, and cannot be read without the key."""
    child = subprocess.Popen(
        [PROGRAM, "talk", "--text"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert child.stdin
    child.stdin.write(f"new journal entry\n{CANARY}\n")
    child.stdin.flush()
    until(lambda: any(file.stat().st_size > 100 for file in disks[0].rglob("*.draft")))
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=LIMIT_S)
    assert found_in(disks, forms(CANARY)) == []
    done = run("talk", "--text", typed="read my last entry\nyes\n")
    assert CANARY in done.out
    assert found_in(disks, forms(CANARY)) == []


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_only_the_owner_can_read_what_is_kept(disks: list[Path]) -> None:
    """Every file of the journal is closed to others."""
    run("talk", "--text", typed=f"new journal entry\n{CANARY}\nthat's all\n")
    kept = list((disks[0] / "data").rglob("*"))
    assert kept
    assert [path for path in kept if path.stat().st_mode & 0o077] == []
