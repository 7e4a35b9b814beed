"""The session log: what stands in it, what never does, and that it replays."""

from __future__ import annotations

import io
import itertools
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.conversation import shipped_app
from voice import events
from voice.drivers import replay, typed
from voice.drivers.stage import TextStage
from voice.errors import LogUnusable
from voice.log import SessionLog
from voice.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.conftest import Run

Line = dict[str, Any]

HEADER: Final = {
    *("kind", "at", "t", "version", "words", "rate_hz", "driver", "model", "voice", "content"),
    "started_at",
}
FIELDS: Final = {
    "now": {"local"},
    "begin": set(),
    "end": set(),
    "typed": {"text", "chars"},
    "understood": {"intent", "slots", "score", "decision"},
    "mode": {"from", "to"},
    "say": {"line", "seconds", "text"},
    "cue": {"practice", "phase", "cue", "cycle"},
    "chime": {"name"},
    "kept": {"type", "id"},
    "store": {"ok"},
    "recalled": {"passages"},
}
"""What each kind of line holds beside kind, at and t: replay and tests rely on it."""

SAID: Final = (
    *("box breathing for one minute", "+30", "pause", "+5", "resume", "+3", "slower", "+70"),
    *("new journal entry", "a purple umbrella", "scratch that", "a green hat", "that's all"),
    *("read my last entry", "yes", "an orange tree", "+3"),
)


def _session(run: Run, log: Path, said: Iterable[str], *more: str) -> list[Line]:
    told = run("talk", "--text", "--log", log, *more, stdin="\n".join(said))
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("words", [True, False])
def test_each_line_keeps_its_contract(run: Run, tmp_path: Path, words: bool) -> None:  # noqa: FBT001 - pytest's parameters are positional
    """A header, then lines by time, each with its own fields and no others."""
    log = _session(run, tmp_path / "l.jsonl", SAID, *(["--log-words"] if words else []))
    header, *lines = log
    assert set(header) == HEADER
    assert header["kind"] == "header"
    assert (header["version"], header["rate_hz"], header["driver"]) == (1, 48_000, "text")
    assert header["words"] is words
    assert header["content"] == shipped_app().content
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    for line in lines:
        assert isinstance(line["at"], int)
        assert line["t"] == round(line["at"] / 48_000, 3)
        assert set(line) == {"kind", "at", "t"} | FIELDS[line["kind"]]
    kinds = {line["kind"] for line in lines}
    assert kinds == set(FIELDS) if words else set(FIELDS) - {"store", "recalled"}


def test_without_words_nothing_said_is_written(run: Run, tmp_path: Path) -> None:
    """Neither what was typed nor what was read back stands in the file; how long it was does."""
    path = tmp_path / "l.jsonl"
    lines = _session(run, path, SAID)
    text = path.read_text(encoding="utf-8")
    for word in ("purple", "umbrella", "green", "orange", "tree"):
        assert word not in text
    typed_lines = [line for line in lines if line["kind"] == "typed"]
    assert [line["text"] for line in typed_lines] == [None] * len(typed_lines)
    assert [line["chars"] for line in typed_lines] == [len(s) for s in SAID if s[0] != "+"]
    read = [line for line in lines if line.get("line") == "journal.read_text"]
    assert [line["text"] for line in read] == [None]


def test_with_words_the_person_is_warned(run: Run, tmp_path: Path) -> None:
    """`--log-words` says that the file will hold everything, on standard error."""
    told = run("talk", "--text", "--log", tmp_path / "l.jsonl", "--log-words")
    (line,) = told.stderr.splitlines()
    assert "everything" in line
    assert run("talk", "--text", "--log", tmp_path / "l.jsonl").stderr == ""


_UNDER_WAY: Final = {
    "idle": [],
    "practice": ["box breathing", "+20"],
    "practice_paused": ["box breathing", "+20", "pause"],
    "dictation": ["new journal entry", "a day"],
    "question": ["new journal entry", "a day", "that's all", "read my last entry"],
}


@pytest.mark.parametrize("mode", _UNDER_WAY)
def test_help_leaves_no_trace(run: Run, tmp_path: Path, mode: str) -> None:
    """Without words a log does not tell by id, mode, line or count that help was asked for."""
    path = tmp_path / "l.jsonl"
    before = _session(run, path, _UNDER_WAY[mode])
    after = _session(run, path, [*_UNDER_WAY[mode], "get help", "+20", "get help", "+20"])
    text = path.read_text(encoding="utf-8")
    for trace in ("safety", "crisis", "help.", "9 8 8", '"chars": 8'):
        assert trace not in text
    for kind in ("typed", "understood", "mode"):
        assert _timeless(before, kind) == _timeless(after, kind)


def _timeless(log: list[Line], kind: str) -> list[Line]:
    return [{**line, "at": 0, "t": 0} for line in log if line["kind"] == kind]


def test_help_is_in_a_log_with_words(run: Run, tmp_path: Path) -> None:
    """Who asks for every word gets every word, and such a log replays."""
    path = tmp_path / "l.jsonl"
    lines = _session(run, path, ["box breathing", "+20", "get help", "+30"], "--log-words")
    assert "safety.help" in [line.get("line") for line in lines]
    assert run("talk", "--replay", path).returncode == 0


def test_a_log_replays(run: Run, tmp_path: Path) -> None:
    """A whole conversation comes out the same, line by line."""
    _session(run, tmp_path / "l.jsonl", SAID, "--log-words")
    told = run("talk", "--replay", tmp_path / "l.jsonl")
    assert told.returncode == 0, told.stdout
    assert "the same" in told.stdout


_UNUSABLE: Final = {
    "without words": ('{"kind": "header", "at": 0, "version": 1, "words": false}\n', "--log-words"),
    "of another version": ('{"kind": "header", "at": 0, "version": 99, "words": true}\n', "99"),
    "without a header": ('{"kind": "begin", "at": 0, "t": 0.0}\n', "header"),
    "no JSON": ("hello\n", "not a session log"),
    "empty": ("", "header"),
    "a list": ("[]\n", "header"),
    "a header cut short": ('{"kind": "header", "at": 0, "version": 1}\n', "words"),
    "a line cut short": (
        '{"kind": "header", "at": 0, "version": 1, "words": true}\n{"ki',
        "not a session",
    ),
    "a line without a time": (
        '{"kind": "header", "at": 0, "version": 1, "words": true}\n{"kind": "begin"}\n',
        "at",
    ),
    "a line that is no object": (
        '{"kind": "header", "at": 0, "version": 1, "words": true}\n[1]\n',
        "line 2",
    ),
}


@pytest.mark.parametrize("case", _UNUSABLE)
def test_what_is_no_log_is_told_in_one_line(tmp_path: Path, case: str) -> None:
    """One line names the file and what is wrong with it."""
    text, named = _UNUSABLE[case]
    path = tmp_path / "l.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LogUnusable) as caught:
        replay.first_difference(path, shipped_app().core())
    line = str(caught.value)
    assert str(path) in line
    assert named in line
    assert "\n" not in line


def test_a_log_without_words_is_refused(run: Run, tmp_path: Path) -> None:
    """Status 4 and one line that says how to write a log that can be replayed."""
    path = tmp_path / "l.jsonl"
    _session(run, path, ["help"])
    told = run("talk", "--replay", path)
    assert (told.returncode, told.stdout) == (4, "")
    (line,) = told.stderr.splitlines()
    assert "--log-words" in line


# In this process: conversations made by hypothesis, and logs with one thing changed


class _Store:
    """A journal that answers at once and remembers one entry."""

    def __init__(self) -> None:
        self._entry: list[str] = []

    def perform(self, effect: events.Effect) -> Iterable[events.Event]:
        """Answer what is asked of a journal."""
        match effect:
            case events.OpenStore():
                return [events.StoreReady(at=effect.at, ok=True)]
            case events.Segment():
                self._entry.append(effect.text)
            case events.Keep():
                return [events.Kept(at=effect.at, ok=True, type=effect.type)]
            case events.Recall():
                found = tuple(self._entry) or None
                return [events.Recalled(at=effect.at, passages=found)]
        return []


def _logged(said: Iterable[str]) -> list[str]:
    """The lines of a log with words."""
    sink = io.StringIO()
    log = SessionLog(sink, words=True, header={})
    session = Session(shipped_app().core(), log, lambda _: None)
    stage = TextStage(log)
    session.edges += [stage, _Store()]
    typed.run(session, stage, said)
    log.flush()
    return sink.getvalue().splitlines()


def _difference(lines: Iterable[str]) -> str | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "l.jsonl"
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return replay.first_difference(path, shipped_app().core())


_TYPED = st.sampled_from(
    [
        *("box breathing for one minute", "pause", "resume", "slower", "skip", "repeat", "stop"),
        *("how long is left", "help", "new journal entry", "a day", "scratch that", "that's all"),
        *("throw it away", "yes", "no", "read my last entry", "new paragraph", "nonsense"),
    ]
)


@settings(max_examples=25, deadline=None)
@example(["new journal entry", "a day", "throw it away"])  # kept in the tick that ends the question
@given(st.lists(_TYPED | st.floats(0.1, 45).map("+{:.2f}".format), max_size=10))
def test_any_typed_conversation_replays(said: list[str]) -> None:
    """Whatever is typed, and however long it is quiet, the log comes out the same again."""
    assert _difference(_logged(said)) is None


@pytest.fixture(scope="module")
def logged() -> list[str]:
    """A conversation's log, with words."""
    return _logged(SAID)


def test_the_conversation_itself_replays(logged: list[str]) -> None:
    """The log that the tests below change has every kind of line, and replays unchanged."""
    assert {json.loads(line)["kind"] for line in logged} >= {"header", *FIELDS} - {"now"}
    assert _difference(logged) is None


def _changed(line: Line) -> Line:
    """The same line with one thing in it that the core would not have said."""
    match line["kind"]:
        case "say":
            return line | {"line": "goodbye" if line["line"] != "goodbye" else "greeting"}
        case "cue":
            return line | {"phase": "hold" if line["phase"] != "hold" else "out"}
        case "chime":
            return line | {"name": "another"}
        case "mode":
            return line | {"to": "reflection"}
        case "understood":
            return line | {"intent": "nothing_like_it"}
    return line


def test_the_first_difference_is_named(logged: list[str]) -> None:
    """One line changed: the replay names it by its number, as an editor counts."""
    checked = 0
    for number, text in enumerate(logged):
        line = json.loads(text)
        if (other := _changed(line)) == line:
            continue
        lines = [*logged[:number], json.dumps(other), *logged[number + 1 :]]
        assert (_difference(lines) or "").startswith(f"line {number + 1}:")
        checked += 1
    assert checked > 30


@pytest.mark.parametrize("kind", ["cue", "chime", "mode", "understood"])
def test_a_missing_line_is_noticed(logged: list[str], kind: str) -> None:
    """A line taken out of the log, the first or the last of its kind, is a difference."""
    numbers = [n for n, text in enumerate(logged) if json.loads(text)["kind"] == kind]
    for number in (numbers[0], numbers[-1]):
        assert _difference([*logged[:number], *logged[number + 1 :]]) is not None


def test_a_log_that_lost_its_end_is_noticed(logged: list[str]) -> None:
    """Cut off in the midst of what one event brought about, a log is not the same."""
    last_mode = max(n for n, text in enumerate(logged) if json.loads(text)["kind"] == "mode")
    moment = json.loads(logged[last_mode])["at"]
    cut = list(itertools.takewhile(lambda text: json.loads(text)["at"] < moment, logged[1:]))
    assert json.loads(logged[-1])["line"] == "goodbye"
    assert _difference(logged[:-1]) is not None
    assert _difference([logged[0], *cut]) is None  # whole up to a moment: the same so far


def test_a_changed_word_changes_what_follows(logged: list[str]) -> None:
    """An input changed in the log is carried out as changed, and what came of it differs."""
    number = next(n for n, text in enumerate(logged) if '"pause"' in text)
    lines = [*logged]
    lines[number] = lines[number].replace('"pause"', '"stop"')
    assert (_difference(lines) or "").startswith("line ")


def test_a_log_is_readable_by_its_owner_alone(run: Run, tmp_path: Path) -> None:
    """Also one that was there before with other rights."""
    path = tmp_path / "l.jsonl"
    path.write_text("before")
    path.chmod(0o644)
    _session(run, path, ("help",), "--log-words")
    assert path.stat().st_mode & 0o777 == 0o600
