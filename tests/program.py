r"""The program as a child process: what it told, what it holds, and the terminal it sits at.

    done = run("talk", "--text", typed="help\n")
    told(done, 0)           # nothing on stderr
    told(done, 4)           # the one line on stderr, without its "interlude: "

Everything here looks from outside: at exit status, streams, files and /proc.
"""

from __future__ import annotations

import contextlib
import functools
import os
import select
import shutil
import subprocess
import sys
import termios
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

PROGRAM: Final = Path(sys.executable).with_name("interlude")
LIMIT_S: Final = 60.0
"""Longest wait for anything; a run that needs it has hung."""

_NOISE: Final = (
    "Traceback",
    "VoskAPI",
    "ASSERTION_FAILED",
    "Exception ignored",
    "ALSA lib",
    "jack",
)
"""What no person may ever meet: Python's own complaints and those of C libraries."""

WARNING: Final = "the log will hold everything that is said"


class Done(NamedTuple):
    """A run that has ended."""

    words: tuple[str, ...]
    status: int
    out: str
    err: str


def run(
    *words: str | Path,
    typed: str = "",
    under: Sequence[str | Path] = (),
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    program: Path = PROGRAM,
) -> Done:
    """Run `interlude WORDS` to its end.

    Args:
        words: the command line.
        typed: standard input.
        under: a command that starts it, `unshare --net` for instance.
        env: variables beside those of the test.
        cwd: where it stands.
        program: another installation of it.
    """
    done = subprocess.run(
        [*under, program, *words],
        input=typed,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
        env=os.environ | (env or {}),
        cwd=cwd,
    )
    return Done(tuple(map(str, words)), done.returncode, done.stdout, done.stderr)


def together(*runs: Callable[[], Done]) -> list[Done]:
    """Several runs at once, two at a time; their results in order."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda start: start(), runs))


def told(done: Done, status: int) -> str:
    """The one line on stderr of a run that must end with `status`; none for a run that is fine."""
    assert not [noise for noise in _NOISE if noise in done.err + done.out], done
    assert done.status == status, done
    lines = [line for line in done.err.splitlines() if WARNING not in line]
    assert len(lines) == (status != 0), done
    return lines[0].removeprefix("interlude: ") if lines else ""


@functools.cache
def _permitted(command: tuple[str, ...]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0


def namespace(*kinds: str) -> list[str]:
    """A command that starts another in namespaces of its own; skips where that is not permitted.

    Args:
        kinds: options of `unshare`: `--net`, `--mount`.
    """
    as_root = ("unshare", *kinds)
    as_user = ("unshare", "--map-root-user", *kinds)
    for command in (as_root, as_user):
        if _permitted(command):
            return list(command)
    pytest.skip(f"this system does not permit unshare {' '.join(kinds)}")


def mounting(*commands: str) -> list[str]:
    """A command that starts another after mounts that only it sees."""
    script = " && ".join([*commands, 'exec "$0" "$@"'])
    return [*namespace("--mount"), "sh", "-c", script]


def descendants(pid: int) -> set[int]:
    """Every living process below `pid` (Linux); zombies are not living."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    parents[int(folder.name)] = int(parent)
    found: set[int] = set()
    newest = {pid}
    while newest:
        newest = {child for child, parent in parents.items() if parent in newest} - found
        found |= newest
    return found


def alive(pids: set[int]) -> set[int]:
    """Those that still live."""
    living = set()
    for pid in pids:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                living.add(pid)
    return living


def holds(pid: int) -> set[Path]:
    """Files and folders a process has open (Linux)."""
    found = set()
    with contextlib.suppress(OSError):
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(handle.readlink())
    return found


def has_loaded(pid: int, library: str) -> bool:
    """Whether a process has mapped a file whose path holds this name (Linux)."""
    try:
        return library in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False


def until(met: Callable[[], bool], limit_s: float = LIMIT_S) -> None:
    """Wait for something to come true."""
    latest_s = time.monotonic() + limit_s
    while not met():
        assert time.monotonic() < latest_s, "it never happened"
        time.sleep(0.005)


class Terminal:
    """A person's terminal with the program in it; Ctrl-C typed here is a real one."""

    def __init__(self, *words: str, env: dict[str, str] | None = None) -> None:
        """Start `interlude WORDS`."""
        self.shown = ""
        self._ours, theirs = os.openpty()
        # --default-signal: a test run in the background of a shell has SIGINT ignored.
        command = ["setsid", "--ctty", "env", "--default-signal=INT", str(PROGRAM), *words]
        variables = os.environ | {"TERM": "xterm", "COLUMNS": "200"} | (env or {})
        self._child = subprocess.Popen(
            command, stdin=theirs, stdout=theirs, stderr=theirs, env=variables
        )
        os.close(theirs)
        self.pid = self._child.pid

    def wait_for(self, text: str) -> str:
        """Read until `text` is shown; returns what is shown up to now."""
        latest_s = time.monotonic() + LIMIT_S
        while text not in self.shown:
            assert time.monotonic() < latest_s, self.shown
            assert self._read(), self.shown
        return self.shown

    def wait_for_key(self) -> None:
        """Wait until a single key is read, without Enter."""
        until(lambda: not termios.tcgetattr(self._ours)[3] & termios.ICANON)

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._ours, text.encode())

    def hang_up(self) -> None:
        """Close the window."""
        os.close(self._ours)
        self._ours = -1

    def end(self) -> int:
        """Read to the end; returns the exit status."""
        while self._read():
            pass
        return self._child.wait(timeout=LIMIT_S)

    def _read(self) -> bool:
        if not select.select([self._ours], [], [], LIMIT_S)[0]:
            return False
        try:
            block = os.read(self._ours, 65_536)
        except OSError:  # how Linux says that the other side has closed
            return False
        self.shown += block.decode(errors="replace")
        return bool(block)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        if self._ours >= 0:
            os.close(self._ours)
