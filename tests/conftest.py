"""What every test stands on: a home of its own, and the program as a person starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.conversation import shipped_app

if TYPE_CHECKING:
    from voice.app import App


class Run(Protocol):
    """Start `interlude` with arguments; a test reads returncode, stdout and stderr."""

    def __call__(self, *args: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run it to its end."""


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All folders of the program, and its key file, below the test's own folder."""
    home = tmp_path / "home"
    monkeypatch.setenv("INTERLUDE_HOME", str(home))
    monkeypatch.setenv("INTERLUDE_KEY_FILE", str(tmp_path / "interlude.key"))
    return home


@pytest.fixture
def run() -> Run:
    """The program that is installed beside this Python."""
    program = Path(sys.executable).parent / "interlude"

    def start(*args: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program, *args], input=stdin, capture_output=True, text=True, timeout=60, check=False
        )

    return start


@pytest.fixture(scope="session")
def shipped() -> App:
    """The program as shipped, without a person's own content; the same for all tests."""
    return shipped_app()
