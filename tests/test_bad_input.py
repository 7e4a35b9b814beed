"""What a person may get wrong, or a machine may lack: one line, the right status, nothing lost.

The statuses come from the contract: 1 something asked for failed, 2 usage, 3 a needed part is
missing, 4 the input cannot be used.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import soundfile

from tests import speech
from tests.program import LIMIT_S, PROGRAM, WARNING, Done, mounting, run, together, told, until
from voice import app, cli, places
from voice import settings as settings_file
from voice.drivers import replay
from voice.errors import ContentBroken, LogUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from voice.app import App

SHIPPED = places.shipped() / "models/en-small"

NO_CARD = pytest.mark.skipif(
    any(Path("/dev/snd").glob("pcm*")), reason="this machine has a sound card"
)


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Someone says "help"."""
    file = tmp_path_factory.mktemp("spoken") / "help.wav"
    speech.write(file, [("help", 2)], voice="rms")
    return file


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def talk_in(source: str | Path, *more: str | Path, under: Sequence[str] = ()) -> Done:
    """`talk --in SOURCE --out said.wav`."""
    return run("talk", "--in", source, "--out", "said.wav", *more, under=under)


def said(log: Path) -> list[str]:
    """The ids of the lines a log says were spoken."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line["line"] for line in lines if line["kind"] == "say"]


def settings(text: str) -> Path:
    """A settings file with this content."""
    file = places.config() / "settings.toml"
    file.write_text(text)
    return file


# The model


@pytest.fixture(scope="module")
def wrong_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders that are no model, or one cut short: in its sound, in its graph."""
    folder = tmp_path_factory.mktemp("shelf")
    (folder / "plain").mkdir()
    for name, file in (("sound", "am/final.mdl"), ("graph", "graph/Gr.fst")):
        shutil.copytree(SHIPPED, folder / name)
        os.truncate(folder / name / file, 1_000_000)  # of 7.3 and 5.5 MB
    return folder


@pytest.fixture
def shelf(wrong_models: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Those folders, where models are looked for."""
    monkeypatch.setenv("VOSK_MODEL_PATH", str(wrong_models))
    return str(wrong_models)


@pytest.mark.parametrize(
    ("model", "what"),
    [
        ("gone", "the model gone is not on this machine; run: interlude models"),
        ("plain", "it is not a speech model"),
        ("sound", "sound"),
        ("graph", "graph"),
    ],
)
def test_a_model_that_cannot_be_used_is_status_3(
    model: str, what: str, shelf: str, spoken: Path, here: Path
) -> None:
    """A model gone, strange or cut short: every command that hears names it, and writes nothing."""
    assert os.environ["VOSK_MODEL_PATH"] == shelf
    settings(f'model = "{model}"\n')
    *hearing, doctor = together(
        partial(talk_in, spoken, "--log", "said.jsonl"),
        partial(run, "hear", spoken),
        partial(run, "models", "check"),
        partial(run, "doctor", "--json"),
    )
    for done in hearing:
        assert what in told(done, 3)
        assert done.out == ""
    assert not (here / "said.wav").exists()
    assert doctor.status == 3
    (finding,) = (part for part in json.loads(doctor.out) if part["part"] == "model")
    assert finding["fine"] is False, finding
    assert what in finding["says"]


# Sound that is none


def unusable(folder: Path) -> dict[str, Path]:
    """Files that hold no sound, each in its way."""
    files = {name: folder / f"{name}.wav" for name in ("empty", "frameless", "random")}
    files["empty"].touch()
    soundfile.write(files["frameless"], [], 16_000, subtype="PCM_16")
    files["random"].write_bytes(bytes(range(1, 256)) * 40)
    return files | {"missing": folder / "missing.wav", "folder": folder}


def test_talk_refuses_what_is_no_sound(here: Path) -> None:
    """Status 4, a line that names the file, and an earlier answer is left as it was."""
    (here / "said.wav").write_bytes(b"an earlier answer")
    files = unusable(here)
    for file, done in zip(
        files.values(),
        together(*(partial(talk_in, file) for file in files.values())),
        strict=True,
    ):
        assert told(done, 4).startswith((f"{file} ", f"there is no file {file}"))
    assert (here / "said.wav").read_bytes() == b"an earlier answer"


def test_hear_goes_on_to_the_other_files(here: Path, spoken: Path) -> None:
    """Status 1 at the end, one line for each file that is no sound, and the others are heard."""
    bad = list(unusable(here).values())
    plain = run("hear", bad[0], spoken, *bad[1:], spoken)
    listed = run("hear", "--json", bad[0], spoken)
    assert plain.status == listed.status == 1
    lines = plain.err.splitlines()
    assert len(lines) == len(bad)
    assert all(str(file) in line for file, line in zip(bad, lines, strict=True))
    assert plain.out.count(f"{spoken}: help\n") == 2
    first, second = map(json.loads, listed.out.splitlines())
    assert first["error"]
    assert second["text"] == "help"


def test_what_is_there_of_a_cut_file_is_answered(here: Path, spoken: Path) -> None:
    """A recording that broke off: heard and answered as far as it goes, and said, with status 4."""
    whole = spoken.read_bytes()
    cut = here / "cut.wav"
    cut.write_bytes(whole[: len(whole) - 30_000])  # about a second of the silence after "help"
    cut_done, whole_done, heard = together(
        partial(talk_in, cut, "--log", "cut.jsonl"),
        partial(run, "talk", "--in", spoken, "--out", "whole.wav", "--log", "whole.jsonl"),
        partial(run, "hear", cut),
    )
    assert told(whole_done, 0) == ""
    line = told(cut_done, 4)
    assert line.startswith(f"{cut} is cut short")
    assert "heard and answered" in line
    assert said(here / "cut.jsonl") == said(here / "whole.jsonl")
    assert len(said(here / "cut.jsonl")) >= 3
    sound, rate_hz = soundfile.read(here / "said.wav")
    assert abs(sound).max() > 0.1
    assert len(sound) / rate_hz > 5
    assert f"{cut} is cut short" in told(heard, 1)
    assert heard.out.startswith("help\n")


# No voice, no sound card


@pytest.fixture
def voiceless() -> list[str]:
    """A command under which the machine has no espeak-ng; nothing is uninstalled."""
    listed = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=False)
    libraries = re.findall(r"libespeak\S* .*=> (\S+)", listed.stdout)
    if not libraries:
        pytest.skip("no espeak library that could be hidden")
    real = sorted({str(Path(library).resolve()) for library in libraries})
    return mounting(*(f"mount --bind /dev/null {library}" for library in real))


def test_without_a_voice(voiceless: list[str], spoken: Path, here: Path) -> None:
    """What must sound is status 3 and leaves no file; a talk goes on as text; doctor says it."""
    file, loud, written, typed, doctor = together(
        partial(talk_in, spoken, under=voiceless),
        partial(run, "say", "hello", under=voiceless),
        partial(run, "say", "hello", "--out", "hello.wav", under=voiceless),
        partial(run, "talk", typed="help\n", under=voiceless),
        partial(run, "doctor", "--json", under=voiceless),
    )
    for done in (file, loud, written):
        assert "install espeak-ng" in told(done, 3)
    assert list(here.iterdir()) == []
    assert typed.status == 0
    assert "Traceback" not in typed.err
    assert "install espeak-ng" in typed.err
    assert typed.out == run("talk", "--text", typed="help\n").out
    (finding,) = (part for part in json.loads(doctor.out) if part["part"] == "voice")
    assert doctor.status == 3
    assert finding["fine"] is False
    assert "install espeak-ng" in finding["says"]


@NO_CARD
def test_without_a_sound_card_the_keyboard_goes_on() -> None:
    """`talk` says in one line that there is no card, and answers what is typed, with status 0."""
    done = run("talk", typed="help\n")
    assert done.status == 0
    assert done.out == run("talk", "--text", typed="help\n").out
    assert "start box breathing" in done.out
    assert len(done.err.splitlines()) == 1, done.err
    assert "neither microphone nor loudspeaker" in done.err
    assert "keyboard" in done.err


@NO_CARD
def test_a_device_that_is_refused_leaves_the_keyboard() -> None:
    """A microphone in the settings that is not there: one line, and the keyboard goes on."""
    settings('input_device = "no such thing"\n')
    done = run("talk", typed="help\n")
    assert done.status == 0
    assert "start box breathing" in done.out
    assert len(done.err.splitlines()) == 1, done.err
    assert "there is no microphone" in done.err


@NO_CARD
def test_without_a_loudspeaker_say_is_status_3() -> None:
    """`say` to nowhere is one line that names the way out."""
    assert "--out" in told(run("say", "hello"), 3)


# Places that cannot be written


def test_outputs_that_cannot_be_written_are_status_1(spoken: Path, here: Path) -> None:
    """A folder that is not there, a folder itself, a full disk: named, for --out, --log and say."""
    places_ = {"nowhere/x": "No such file", ".": "Is a directory", "/dev/full": "No space left"}
    for place, why in places_.items():
        for done in together(
            partial(run, "talk", "--in", spoken, "--out", place),
            partial(talk_in, spoken, "--log", place),
            partial(run, "say", "hello", "--out", place),
        ):
            line = told(done, 1)
            assert line.startswith(place)
            assert why in line
    assert [path for path in here.iterdir() if path.name != "said.wav"] == []


@pytest.mark.parametrize(
    "words",
    [
        ("--in", "mine.wav", "--out", "mine.wav"),
        ("--in", "mine.wav", "--out", "./link.wav"),
        ("--in", "mine.wav", "--out", "said.wav", "--log", "mine.wav"),
    ],
)
def test_an_input_is_never_overwritten(words: tuple[str, ...], spoken: Path, here: Path) -> None:
    """Naming the recording as a place to write is refused, and the recording stays whole."""
    shutil.copy(spoken, here / "mine.wav")
    (here / "link.wav").symlink_to("mine.wav")
    done = run("talk", *words)
    assert (here / "mine.wav").read_bytes() == spoken.read_bytes()
    assert "mine.wav" in told(done, 2)


def test_a_replayed_log_is_never_overwritten(here: Path) -> None:
    """--log with the name of the log that is replayed leaves that log as it was."""
    run("talk", "--text", "--log", "a.jsonl", "--log-words", typed="help\n")
    before = (here / "a.jsonl").read_bytes()
    run("talk", "--replay", "a.jsonl", "--log", "a.jsonl")
    assert (here / "a.jsonl").read_bytes() == before


@pytest.mark.parametrize(("option", "size"), [("--out", "200k"), ("--log", "4k")])
def test_a_disk_that_fills_up_keeps_what_was_written(
    option: str, size: str, here: Path, tmp_path: Path
) -> None:
    """A disk that is full in the middle is status 1, and what is on it can still be read."""
    small, kept, long = tmp_path / "small", here / "kept", here / "long.wav"
    small.mkdir()
    speech.write(long, [("help", 10)] * 6, voice="rms")  # answered in about 6 kB of log
    under = mounting(f"mount -t tmpfs -o size={size} none {small}")
    # The namespace ends with its last process, so a shell takes the file out of it.
    script = f'"$0" "$@"; status=$?; cp {small}/it {kept}; exit $status'
    words: list[str | Path] = ["talk", "--in", long]
    words += ["--out", small / "it"] if option == "--out" else ["--out", "said.wav"]
    words += ["--log", small / "it"] if option == "--log" else ["--log", "said.jsonl"]
    done = run(*words, under=[*under, "sh", "-c", script])
    assert "No space left" in told(done, 1)
    sound, rate_hz = soundfile.read(kept if option == "--out" else here / "said.wav")
    assert rate_hz == 48_000
    assert len(sound) > 48_000
    if option == "--log":
        whole = kept.read_text().rpartition("\n")[0].splitlines()
        assert len([json.loads(line) for line in whole]) > 5


MANY_WORDS = "these words meet a full disk " * 300 + "and end"
"""More than the rest of a page of memory (4 kB), which a full memory disk still has room for."""


class Dictation:
    """A talk by pipe on a disk that the test can fill and empty while it goes on."""

    def __init__(self, folder: Path, size: str) -> None:
        """Start it, with its home on a memory disk of that size."""
        self._out, self._err = folder / "out", folder / "err"
        disk = folder / "disk"
        disk.mkdir()
        under = mounting(f"mount -t tmpfs -o size={size} none {disk}")
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.child = subprocess.Popen(
                [*under, PROGRAM, "talk", "--text"],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=err,
                text=True,
                env=os.environ | {"INTERLUDE_HOME": str(disk)},
            )
        self.disk = Path(f"/proc/{self.child.pid}/root{disk}")

    def type(self, line: str) -> None:
        """Type a line."""
        assert self.child.stdin
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def wait_for(self, line: str) -> None:
        """Wait until something is shown."""
        until(lambda: line in self._out.read_text(), limit_s=10)

    def wait_to_be_told(self, line: str) -> None:
        """Wait until something stands on stderr."""
        until(lambda: line in self._err.read_text(), limit_s=10)

    def has_draft(self) -> bool:
        """Whether words lie in a draft."""
        return any(file.stat().st_size for file in (self.disk / "data/journal").rglob("*.draft"))

    def fill(self) -> None:
        """Leave no room on the disk."""
        with (
            (self.disk / "fill").open("wb", buffering=0) as file,
            contextlib.suppress(OSError),  # it ends with: no space left
        ):
            while True:
                file.write(bytes(1024))

    def end(self) -> Done:
        """Hang up; all that was shown and told."""
        self.child.communicate(timeout=LIMIT_S)
        words = ("talk", "--text")
        return Done(words, self.child.returncode, self._out.read_text(), self._err.read_text())


@pytest.fixture
def dictation(tmp_path: Path) -> Iterator[Dictation]:
    """A dictation that has begun, on a disk of 300 kB."""
    talk = Dictation(tmp_path, "300k")
    try:
        talk.type("new journal entry")
        talk.wait_for("Go ahead.")
        talk.type("the first words are safe")
        until(talk.has_draft, limit_s=10)
        yield talk
    finally:
        talk.child.kill()
        talk.child.communicate()


def test_words_said_while_the_disk_is_full_wait_for_room(dictation: Dictation) -> None:
    """The talk says that it holds the words; once there is room they are all kept, in order."""
    dictation.fill()
    dictation.type(MANY_WORDS)
    dictation.wait_to_be_told("full")
    dictation.wait_for("I'm holding your words.")
    (dictation.disk / "fill").unlink()
    dictation.type("and these have room again")
    for line in ("that's all", "read my last entry", "yes"):
        dictation.type(line)
    done = dictation.end()
    assert done.status == 0
    assert done.err.count("full") == 1, done.err
    for words in ("the first words are safe", MANY_WORDS, "and these have room again"):
        assert words in " ".join(done.out.split())


def test_words_that_were_never_kept_are_not_called_fine(dictation: Dictation) -> None:
    """When the disk stays full to the end, nobody hears that the words are safe: status 1."""
    dictation.fill()
    dictation.type(MANY_WORDS)
    dictation.wait_to_be_told("full")
    dictation.type("that's all")
    done = dictation.end()
    assert "Traceback" not in done.err
    assert "Kept." not in done.out
    assert "Your words are safe" not in done.out
    assert "the draft stays as it is and is filed at the next start" not in done.err
    assert done.status == 1, done


# Content

INTENTS = """\
[intent.first]
modes = ["idle"]
say = ["do the first thing"]

[intent.own]
modes = ["idle"]
say = ["do the second thing"]

[line.first]
say = "This is the first."

[line.own]
say = "This is my own."
pace = "prompt"
"""

PRACTICE = """\
name = "Own breathing"
label = "X1"
kind = "breath"
aliases = ["own breathing"]
default_s = 60
range_s = [40, 80]
cycle = [
  { phase = "in", s = 4.0, cue = "In" },
  { phase = "hold", s = 2.0, cue = "Hold" },
  { phase = "out", s = 4.0, cue = "Out" },
]
pace = { slowest_cycle_s = 12.0, fastest_cycle_s = 9.0 }
open = [
  { say = "Own breathing, about {length}." },
]
close = [
  { say = "That was it." },
]
"""


def personal(name: str, text: str) -> Path:
    """A content file of one's own."""
    file = places.config() / "intents/en" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def changed(text: str, line: int, new: str) -> str:
    """A text with one line (counted from 1) replaced."""
    lines = text.splitlines()
    lines[line - 1] = new
    return "\n".join(lines) + "\n"


def refused() -> str:
    """The line in which the content is refused at the start of a talk, with status 4."""
    with pytest.raises(ContentBroken) as found:
        app.build(settings_file.load())
    assert found.value.exit_status == 4
    assert "\n" not in str(found.value)
    return str(found.value)


def test_broken_content_is_one_line_and_status_4() -> None:
    """The command line tells what the next tests look at; nothing is said before it."""
    file = personal("zz.toml", changed(INTENTS, 8, 'sey = ["do the thing"]'))
    done = run("talk", "--text", typed="help\n")
    assert told(done, 4) == refused()
    assert str(file) in refused()
    assert done.out == ""


def test_ones_own_content_is_taken() -> None:
    """The files that the next tests break are fine when they are whole."""
    personal("zz.toml", INTENTS)
    personal("practices/own.toml", PRACTICE)
    done = run("talk", "--text", typed="own breathing\n")
    assert told(done, 0) == ""
    assert "Own breathing, about one minute." in done.out
    assert "That was it." in done.out


@pytest.mark.parametrize(
    ("line", "text", "where"),
    [
        (7, 'say = ["do" "the thing"]', "line 7: "),
        (7, 'say = ["do', "line 7: "),
        (6, 'modes = ["nowhere"]', "line 6: intent.own.modes"),
        (6, 'modes = "idle"', "line 6: intent.own.modes: "),
        (7, 'say = "do the thing"', "line 7: intent.own.say: "),
        (7, 'say = ["do (the|a thing"]', "line 7: intent.own"),
        (7, 'say = ["do the) thing"]', "line 7: intent.own"),
        (7, 'say = ["do the {nothing} thing"]', "line 7: intent.own"),
        (7, 'say = ["do the <nothing> thing"]', "line 7: intent.own"),
        (8, 'sey = ["do the thing"]', "line 8: intent.own.sey: this key is not known here"),
        (14, 'pace = "quick"', "line 14: line.own.pace: "),
        (13, "say = 3", "line 13: line.own.say: "),
    ],
)
def test_a_broken_intent_file_is_named_with_line_and_key(line: int, text: str, where: str) -> None:
    """Status 4 and one plain line: the file, the number of the line, the key."""
    file = personal("zz.toml", changed(INTENTS, line, text))
    says = refused()
    assert says.startswith(f"{file}: {where}")
    assert "literal[" not in says


@pytest.mark.parametrize(
    ("line", "text", "where"),
    [
        (5, "", "default_s: this key is missing"),
        (9, '  { phase = "hold", cue = "Hold" },', "line 9: cycle.1.s: this key is missing"),
        (10, '  { phase = "out", s = "4", cue = 1 },', "line 10: cycle.2.cue: "),
        (10, '  { phase = "out", s = -1, cue = "Out" },', "line 10: cycle.2.s: "),
        (10, '  { phase = "up", s = 4.0, cue = "Out" },', "line 10: cycle.2.phase: "),
        (12, "pace = { slowest_cycle_s = 12.0 }", "line 12: pace.fastest_cycle_s: this key is"),
        (5, "default_s = 5", "default_s"),
        (14, '  { say = "Own breathing, about {lenght}." },', "line 14: open.0"),
        (14, '  { say = "Own breathing, about {length." },', "line 14: open.0"),
    ],
)
def test_a_broken_practice_is_named_with_line_and_key(line: int, text: str, where: str) -> None:
    """A practice with a wrong or missing key: status 4, before anything is said."""
    file = personal("practices/own.toml", changed(PRACTICE, line, text))
    says = refused()
    assert says.startswith(f"{file}: ")
    assert where in says
    assert "aliases" not in says, "the whole file is repeated"


def test_a_line_that_cannot_be_said_is_told_at_the_start() -> None:
    """A greeting with a value nobody gives, or no greeting at all: status 4 and one line."""
    file = personal("zz.toml", '[line.greeting]\nsay = "I am {here}."\n')
    says = refused()
    assert str(file) in says
    assert "greeting" in says


def test_a_line_that_is_missing_is_told_at_the_start() -> None:
    """Replacing a shipped file by one that lacks a line the program says: status 4, one line."""
    personal("system.toml", '[rule]\nplease = "[please]"\n')
    says = refused()
    assert "greeting" in says


def test_other_broken_files_are_named() -> None:
    """Bytes that are no text, and safety texts with a key missing: the file is named, status 4."""
    file = personal("zz.toml", "")
    file.write_bytes(b"\xff\xfe")
    assert refused().startswith(f"{file}: ")
    file.write_text("")
    help_file = personal("safety/help.toml", "phrases = ['get help']\n[anywhere]\nsay = 'Call.'\n")
    says = refused()
    assert says.startswith(f"{help_file}: ")
    assert "this key is missing" in says


def test_broken_settings_are_named(spoken: Path, here: Path) -> None:
    """Every command that reads the settings: status 4, file, line and key; none changed."""
    text = "headphones = true\nspeech_rate_wpm = 'fast'\n"
    file = settings(text)
    *readers, doctor = together(
        partial(run, "talk", "--text", typed="help\n"),
        partial(talk_in, spoken),
        partial(run, "hear", spoken),
        partial(run, "models", "list"),
        partial(run, "doctor"),
    )
    for done in readers:
        assert told(done, 4).startswith(f"{file}: line 2: speech_rate_wpm: ")
    assert doctor.status != 0
    assert f"{file}: line 2: speech_rate_wpm: " in doctor.out
    assert file.read_text() == text
    assert list(here.iterdir()) == []


# Usage


@pytest.mark.parametrize(
    "words",
    [
        "talk --in a.wav",
        "talk --out a.wav",
        "talk --text --in a.wav --out b.wav",
        "talk --text --replay a.jsonl",
        "talk --replay a.jsonl --in a.wav --out b.wav",
        "talk --in a.wav --out b.wav --at yesterday",
        "talk --text --at yesterday",
        "talk --loud",
        "hear --grammar nothing a.wav",
        "hear --grammar blank.txt a.wav",
        "hear",
        "say hello --rate fast",
        "say hello --rate 10",
        "say ''",
        "sing",
    ],
)
def test_wrong_usage_is_status_2(
    words: str, here: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """One line that says what is wrong, and nothing is written."""
    (here / "blank.txt").write_text("\n\n")
    monkeypatch.setattr(sys, "argv", ["interlude", *(word.strip("'") for word in words.split())])
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        cli.main()
    done = Done((words,), int(ended.value.code or 0), *capfd.readouterr())
    assert told(done, 2)
    assert done.out == ""
    assert [path.name for path in here.iterdir()] == ["blank.txt"]


def test_logging_words_is_warned_of_and_fine(tmp_path: Path) -> None:
    """--log-words is told once, beforehand, and is no fault."""
    done = run("talk", "--text", "--log", tmp_path / "a.jsonl", "--log-words", typed="help\n")
    assert told(done, 0) == ""
    assert done.err.count(WARNING) == 1


# Replay


@pytest.fixture
def worded(here: Path) -> list[dict[str, Any]]:
    """A log with words, as lines; also in `log.jsonl`."""
    run("talk", "--text", "--log", "log.jsonl", "--log-words", typed="help\n")
    return [json.loads(line) for line in (here / "log.jsonl").read_text().splitlines()]


def log_of(name: str, lines: Sequence[object]) -> Path:
    """A log of these lines."""
    file = Path(name)
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


def test_a_replay_that_is_the_same_is_fine(worded: list[dict[str, Any]]) -> None:
    """A log replays to itself, status 0."""
    done = run("talk", "--replay", log_of("same.jsonl", worded))
    assert told(done, 0) == ""
    assert done.out == "the replay is the same, line by line\n"


def test_a_replay_that_differs_names_the_first_difference(worded: list[dict[str, Any]]) -> None:
    """Status 1, and the first line that differs is shown as it was and as it is now."""
    numbers = [n for n, line in enumerate(worded, 1) if line["kind"] == "say"][1:3]
    for number in numbers:
        worded[number - 1]["text"] = "Words that were never said."
    done = run("talk", "--replay", log_of("other.jsonl", worded))
    assert done.status == 1
    assert "Traceback" not in done.err
    assert len((done.out + done.err).splitlines()) == 1
    assert f"line {numbers[0]}:" in done.out + done.err
    assert "Words that were never said." in done.out + done.err
    assert "You can say" in done.out + done.err


def test_an_answer_that_the_log_lacks_is_a_difference(
    worded: list[dict[str, Any]], shipped: App
) -> None:
    """Wherever an answer is left out of a log, in the middle or at its end, the replay differs."""
    for number in [n for n, line in enumerate(worded) if line["kind"] == "say"][1:]:
        log = log_of("short.jsonl", [*worded[:number], *worded[number + 1 :]])
        assert replay.first_difference(log, shipped.core()), worded[number]


UNUSABLE = [
    "version",
    "headless",
    "poor",
    "list",
    "kindless",
    "wordy",
    "timeless",
    "textless",
    "null",
    "cut",
    "bytes",
    "empty",
    "missing",
]


@pytest.mark.parametrize("name", UNUSABLE)
def test_logs_that_cannot_be_replayed_are_named(
    name: str, worded: list[dict[str, Any]], shipped: App
) -> None:
    """Another version, cut, changed, or no log at all: one line that names the file, status 4."""
    header, *events = worded
    changes: dict[str, list[object]] = {
        "version": [header | {"version": 999}, *events],
        "headless": list(events),
        "poor": [{key: header[key] for key in ("kind", "version")}, *events],
        "list": [header, [1, 2], *events],
        "kindless": [header, {"at": 0, "t": 0}, *events],
        "wordy": [header, events[0] | {"at": "soon"}, *events[1:]],
        "timeless": [header, {key: value for key, value in events[0].items() if key != "at"}],
        "textless": [header, {"kind": "typed", "at": 0, "t": 0.0}],
        "null": [header, {"kind": "typed", "at": 0, "t": 0.0, "text": None, "chars": 4}],
    }
    whole = Path("log.jsonl").read_bytes()
    raw = {"cut": whole[:-20], "bytes": b"\xff\xfe\0", "empty": b""}
    file = log_of(name, changes[name]) if name in changes else Path(name)
    if name in raw:
        file.write_bytes(raw[name])
    with pytest.raises(LogUnusable) as found:
        replay.first_difference(file, shipped.core())
    assert str(found.value).startswith(f"{file}: ")
    assert "\n" not in str(found.value)
    assert found.value.exit_status == 4


def test_a_log_without_words_is_status_4(here: Path) -> None:
    """A log without words, and a folder in place of a log: told in one line."""
    run("talk", "--text", "--log", "wordless.jsonl", typed="help\n")
    assert "--log-words" in told(run("talk", "--replay", "wordless.jsonl"), 4)
    assert told(run("talk", "--replay", here), 4).startswith(f"{here}: ")
