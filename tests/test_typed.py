"""The typed conversation, as a person has it: lines in, replies out, and what stands in the log."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Run

Lines = list[dict[str, Any]]


@pytest.fixture
def talk(run: Run, tmp_path: Path) -> Talk:
    """Talk by keyboard: the replies, and the log with words."""
    return Talk(run, tmp_path / "session.jsonl")


class Talk:
    """One typed session after another, each with a log."""

    def __init__(self, run: Run, log: Path) -> None:
        self._run, self._log = run, log

    def __call__(self, *said: str) -> tuple[list[str], Lines]:
        """Type these lines; what is shown, and what stands in the log."""
        told = self._run(
            *("talk", "--text", "--log", self._log, "--log-words"),
            stdin="".join(f"{line}\n" for line in said),
        )
        assert told.returncode == 0, told.stderr
        assert "Traceback" not in told.stderr
        log = [json.loads(line) for line in self._log.read_text(encoding="utf-8").splitlines()]
        return told.stdout.splitlines(), log


def _lines_said(log: Lines) -> list[str]:
    return [line["line"] for line in log if line["kind"] == "say"]


def _read_back(talk: Talk) -> list[str]:
    """The newest entry, as the program reads it aloud in a session of its own."""
    _, log = talk("read my last entry", "yes")
    return [line["text"] for line in log if line.get("line") == "journal.read_text"]


def test_it_greets_and_says_goodbye(talk: Talk) -> None:
    """Without a line typed there is a greeting, a goodbye, and a log of both."""
    shown, log = talk()
    assert len(shown) == 2
    assert _lines_said(log) == ["greeting", "goodbye"]
    assert [line["kind"] for line in log] == ["header", "now", "begin", "say", "end", "say"]


def test_a_practice_is_guided_to_its_end(talk: Talk) -> None:
    """Opening, four whole cycles 4 s a side, close; every word that would sound is shown."""
    shown, log = talk("start box breathing for one minute")
    cues = [line for line in log if line["kind"] == "cue"]
    assert [cue["phase"] for cue in cues] == ["in", "hold", "out", "rest"] * 4
    assert {b["at"] - a["at"] for a, b in pairwise(cues)} == {4 * 48_000}
    said = [line["text"] for line in log if line["kind"] == "say"]
    words = [f"    {cue['cue']}" for cue in cues]
    assert sorted(shown) == sorted(said + words)
    assert _lines_said(log)[-1] == "goodbye"


def test_a_practice_is_not_cut_short_by_the_end_of_the_input(talk: Talk) -> None:
    """A wish typed before the input ends is carried out: ten minutes are thirty cycles."""
    _, log = talk("box breathing for ten minutes")
    assert len([line for line in log if line["kind"] == "cue"]) == 120
    assert "practice.stopped" not in _lines_said(log)


def test_a_practice_obeys(talk: Talk) -> None:
    """Pause, resume, slower, how long, stop: each is understood and does what it says."""
    _, log = talk(
        *("box breathing", "+30", "pause", "+60", "how long is left", "resume", "+10"),
        *("slower", "+20", "stop"),
    )
    understood = [line["intent"] for line in log if line["kind"] == "understood"]
    assert understood == [
        *("practice_start", "practice_pause", "time_left", "practice_resume"),
        *("practice_slower", "stop"),
    ]
    modes = [(line["from"], line["to"]) for line in log if line["kind"] == "mode"]
    assert modes == [
        ("idle", "practice"),
        ("practice", "practice_paused"),
        ("practice_paused", "practice"),
        ("practice", "idle"),
    ]
    paused = next(line["at"] for line in log if line.get("to") == "practice_paused")
    resumed = next(line["at"] for line in log if line.get("from") == "practice_paused")
    assert not [c for c in log if c["kind"] == "cue" and paused < c["at"] < resumed]
    assert _lines_said(log)[-3:] == ["practice.left", "practice.stopped", "goodbye"]


def test_an_entry_is_dictated_and_read_back(talk: Talk) -> None:
    """What is typed comes back as it was typed, in another session, whatever it holds."""
    words = ["It rained; I stayed in.", "çava? \N{SNOWMAN} {text} 100%", "that's all he ever says"]
    _, log = talk("new journal entry", *words, "+40", "that's all")
    assert "kept" in [line["name"] for line in log if line["kind"] == "chime"]
    assert _lines_said(log)[1:] == [
        *("journal.open", "journal.take_your_time", "journal.kept", "goodbye")
    ]
    assert _read_back(talk) == words


def test_scratch_that_and_throw_it_away(talk: Talk) -> None:
    """The last line is taken back; a no keeps the entry; then a yes leaves nothing of another."""
    talk("new journal entry", "one", "two", "scratch that", "three", "throw it away", "no")
    assert _read_back(talk) == ["one", "three"]
    _, log = talk("new journal entry", "never mind this", "throw it away", "yes")
    assert _lines_said(log)[1:] == [
        *("journal.open", "journal.discard", "journal.discarded", "goodbye")
    ]
    assert _read_back(talk) == ["one", "three"]


def test_an_entry_stays_closed_after_a_no(talk: Talk) -> None:
    """The newest entry is read after a yes alone; nothing of it is shown after a no."""
    talk("new journal entry", "a secret", "that's all")
    shown, log = talk("read my last entry", "no")
    assert _lines_said(log)[1:] == ["journal.read", "journal.not_read", "goodbye"]
    assert not [line for line in shown if "secret" in line]


def test_silence_keeps_what_was_dictated(talk: Talk) -> None:
    """A tone at 12 s, a line at 30 s, kept at 90 s: nothing is lost by falling silent."""
    _, log = talk("new journal entry", "i do not know", "+100")
    assert [line["name"] for line in log if line["kind"] == "chime"] == ["still_here", "kept"]
    assert _lines_said(log)[2:-1] == ["journal.take_your_time", "journal.kept_more"]
    assert _read_back(talk) == ["i do not know"]


def test_a_dictation_left_open_is_kept(talk: Talk) -> None:
    """Where the input ends in the midst of a dictation, its words are kept."""
    talk("new journal entry", "half a thought")
    assert _read_back(talk) == ["half a thought"]


def test_there_may_be_no_entry_yet(talk: Talk) -> None:
    """Asked for the last entry where there is none, it says so."""
    _, log = talk("read my last entry", "yes")
    assert _lines_said(log) == ["greeting", "journal.empty", "goodbye"]


def test_what_is_not_understood_is_left_alone(talk: Talk) -> None:
    """Everyday talk starts nothing and is answered by nothing."""
    _, log = talk("the bus was late again", "+20", "   ", "i met a friend")
    assert _lines_said(log) == ["greeting", "goodbye"]
    decided = [line["decision"] for line in log if line["kind"] == "understood"]
    assert set(decided) <= {"ignore", "ask"}


def test_help_is_there_at_any_moment(run: Run) -> None:
    """Typed in the midst of a practice and of a dictation: numbers, then what was under way."""
    said = ["box breathing", "+20", "get help", "+20", "get help", "+20", "resume", "+5", "stop"]
    said += ["new journal entry", "a thought", "i need help", "+20", "that's all"]
    told = run("talk", "--text", stdin="\n".join(said))
    assert told.returncode == 0
    shown = told.stdout.splitlines()
    numbers = [line for line in shown if "9 8 8" in line]
    assert len(numbers) == 3
    assert shown[-2:] == ["Kept.", "Goodbye."]


def test_a_country_chosen_changes_the_numbers(run: Run, own_home: Path) -> None:
    """With a country in the settings, its own numbers are named."""
    folder = own_home / "config"
    folder.mkdir(parents=True)
    (folder / "settings.toml").write_text('country = "NL"\n', encoding="utf-8")
    told = run("talk", "--text", stdin="crisis line\n")
    assert "1 1 3" in told.stdout
    assert "9 8 8" not in told.stdout
