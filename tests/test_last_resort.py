"""What is left when the program itself is wrong."""

from __future__ import annotations

from typing import NoReturn

import pytest

from voice import cli, interrupt
from voice.cli import commands


def test_a_fault_of_ours_is_one_line_without_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, no value of a variable: where it broke, and that what was kept is safe."""

    def break_down() -> NoReturn:
        raise ValueError("she said she was proud of me")

    monkeypatch.setattr(commands, "run", break_down)
    monkeypatch.setattr(interrupt, "listen", lambda: None)  # Ctrl-C stays pytest's
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "ValueError, test_last_resort.py line" in told
    assert "proud" not in told
    assert "Traceback" not in told
