"""`interlude hear`: what Vosk hears in files of every shape, with word times and confidence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests import speech

PROGRAM = str(Path(sys.executable).with_name("interlude"))
SENTENCE = "the people were walking along the river"
SECOND = "read my last entry"
SHAPES: dict[str, list[str]] = {
    "stereo.wav": ["-c", "2"],
    "8k.wav": ["-r", "8000"],
    "44k.wav": ["-r", "44100"],
    "48k.wav": ["-r", "48000"],
    "48k_stereo_24.wav": ["-r", "48000", "-c", "2", "-b", "24"],
    "24bit.wav": ["-b", "24"],
    "float.wav": ["-b", "32", "-e", "floating-point"],
    "same.flac": [],
}
"""File name to sox's output options; the sound itself is always the same."""


@dataclass(frozen=True)
class Heard:
    """A run of the program: one JSON object a file, exit status, what it complained of."""

    files: list[dict[str, Any]]
    status: int
    complaints: list[str]


def hear(home: Path, *words: str | Path, as_json: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `interlude hear`."""
    env = os.environ | {"INTERLUDE_HOME": str(home), "INTERLUDE_KEY_FILE": f"{home}.key"}
    flags = ["--json"] if as_json else []
    return subprocess.run(
        [PROGRAM, "hear", *flags, *words], env=env, capture_output=True, text=True, check=False
    )


def hear_json(home: Path, *words: str | Path) -> Heard:
    """Run `interlude hear --json`."""
    done = hear(home, *words)
    assert "Traceback" not in done.stderr
    files = [json.loads(line) for line in done.stdout.splitlines()]
    return Heard(files, done.returncode, done.stderr.splitlines())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain file (16 kHz, mono, 16 bits) with two sentences, and its copies in other shapes."""
    made = tmp_path_factory.mktemp("hear")
    speech.write(made / "plain.wav", [(SENTENCE, 2.0), (SECOND, 1.0)])
    for name, options in SHAPES.items():
        subprocess.run(["sox", "-D", made / "plain.wav", *options, made / name], check=True)
    return made


@pytest.fixture(scope="module")
def heard(folder: Path) -> Heard:
    """The plain file first, then every other shape, heard in one run."""
    return hear_json(folder / "home", folder / "plain.wav", *(folder / name for name in SHAPES))


def test_the_words_are_heard(heard: Heard) -> None:
    """Both sentences, word by word, and nothing to complain of."""
    assert heard.files[0]["text"] == f"{SENTENCE} {SECOND}"
    assert heard.status == 0
    assert heard.complaints == []


def test_every_file_has_one_object_in_the_order_asked_for(heard: Heard, folder: Path) -> None:
    """A line a file, named as it was named on the command line."""
    names = ["plain.wav", *SHAPES]
    assert [found["file"] for found in heard.files] == [str(folder / name) for name in names]


@pytest.mark.parametrize("name", SHAPES)
def test_a_file_of_another_shape_is_heard_alike(heard: Heard, name: str) -> None:
    """Rate, channels and sample format change neither the text nor the word times."""
    plain, other = heard.files[0], heard.files[1 + list(SHAPES).index(name)]

    assert other["text"] == plain["text"]
    assert other["seconds"] == pytest.approx(plain["seconds"], abs=0.01)
    starts_s = [word["start"] for word in plain["words"]]
    assert [word["start"] for word in other["words"]] == pytest.approx(starts_s, abs=0.1)


def test_words_and_segments_tell_one_story(heard: Heard) -> None:
    """The text is its words and its segments; times grow, and lie inside the file."""
    for found in heard.files:
        assert " ".join(word["word"] for word in found["words"]) == found["text"]
        assert " ".join(part["text"] for part in found["segments"]) == found["text"]
        assert all(set(word) == {"word", "start", "end", "conf"} for word in found["words"])
        assert all(0 < word["conf"] <= 1 for word in found["words"])
        times = [at for word in found["words"] for at in (word["start"], word["end"])]
        assert times == sorted(times)
        assert 0 <= times[0] < times[-1] <= found["seconds"]


def test_words_stand_where_they_were_said(heard: Heard) -> None:
    """The first and last word of each sentence, to a tenth of a second."""
    _, spans = speech.join([(SENTENCE, 2.0), (SECOND, 1.0)])
    words = heard.files[0]["words"]
    count = len(SENTENCE.split())

    assert heard.files[0]["seconds"] == pytest.approx(spans[1].to_s + 1.0, abs=0.01)
    for span, first, last in ((spans[0], 0, count - 1), (spans[1], count, len(words) - 1)):
        assert words[first]["start"] == pytest.approx(span.from_s, abs=0.1)
        assert words[last]["end"] == pytest.approx(span.to_s, abs=0.1)


def test_without_json_a_person_can_read_it(folder: Path) -> None:
    """The text on a line of its own, then one line a word; with more files each is named."""
    one = hear(folder / "home", folder / "plain.wav", as_json=False)
    two = hear(folder / "home", folder / "plain.wav", folder / "8k.wav", as_json=False)

    first, *words = one.stdout.splitlines()
    assert first == f"{SENTENCE} {SECOND}"
    assert [line.split()[-1] for line in words] == first.split()
    named = [line for line in two.stdout.splitlines() if not line.startswith(" ")]
    assert named == [f"{folder / name}: {first}" for name in ("plain.wav", "8k.wav")]


def test_what_cannot_be_heard_is_said_and_the_others_are_done(folder: Path) -> None:
    """Missing, not audio, empty, without a sample, a folder: an error each; exit 1 in the end."""
    (folder / "notes.wav").write_text("this is not sound")
    (folder / "empty.wav").write_bytes(b"")
    soundfile.write(folder / "nothing.wav", np.zeros(0, np.int16), 16_000)
    bad = [*(folder / f"{name}.wav" for name in ("notes", "empty", "nothing", "missing")), folder]

    found = hear_json(folder / "home", bad[0], folder / "plain.wav", *bad[1:], folder / "8k.wav")

    in_error = [set(file) == {"file", "error"} for file in found.files]
    assert in_error == [True, False, True, True, True, True, False]
    for file in found.files:
        if "error" in file:
            assert file["file"] in file["error"]
            assert "\n" not in file["error"]
    assert found.files[1]["text"] == found.files[6]["text"] == f"{SENTENCE} {SECOND}"
    assert found.status == 1
    assert len(found.complaints) == 5


def test_silence_has_no_words(folder: Path) -> None:
    """Two seconds of nothing: no text, no word, no segment, and nothing to complain of."""
    soundfile.write(folder / "silent.wav", np.zeros(32_000, np.int16), 16_000)

    found = hear_json(folder / "home", folder / "silent.wav")

    file = str(folder / "silent.wav")
    nothing: dict[str, Any] = {"text": "", "words": [], "segments": []}
    assert found.files == [{"file": file, "seconds": 2.0, **nothing}]
    assert found.status == 0


# Grammars


def test_a_modes_grammar_hears_its_commands_in_three_voices(tmp_path: Path) -> None:
    """Each spoken command of a practice, alone, is heard as itself."""
    said = ["pause", "slower", "skip", "repeat", "how long left", "stop"]
    files = []
    for voice in ("slt", "rms", "awb"):
        for text in said:
            files.append(tmp_path / f"{voice}-{text}.wav")
            speech.write(files[-1], [(text, 1.0)], voice)

    found = hear_json(tmp_path / "home", "--grammar", "practice", *files)

    assert [file["text"] for file in found.files] == said * 3


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("idle", "start box breathing for one minute"),
        ("practice_paused", "resume"),
        ("question", "yes please"),
        ("dictation", "that's all"),
    ],
)
def test_every_mode_has_a_grammar(tmp_path: Path, mode: str, said: str) -> None:
    """What can be said in a mode is heard with that mode's name as the grammar."""
    speech.write(tmp_path / "said.wav", [(said, 1.0)])

    found = hear_json(tmp_path / "home", "--grammar", mode, tmp_path / "said.wav")

    assert found.files[0]["text"] == said


def test_a_file_of_phrases_is_a_grammar(folder: Path, tmp_path: Path) -> None:
    """One phrase a line, blank lines and capitals allowed; other speech is unknown."""
    phrases = tmp_path / "phrases.txt"
    phrases.write_text("Read my last entry\n\n  along the river \n")

    found = hear_json(folder / "home", "--grammar", phrases, folder / "plain.wav")

    text = found.files[0]["text"]
    assert text.endswith("read my last entry")
    assert set(text.split()) <= {"read", "my", "last", "entry", "along", "the", "river", "[unk]"}
    assert "people" not in text


@pytest.mark.parametrize("content", [None, "", "\n \n"])
def test_a_grammar_that_is_none_is_refused(
    folder: Path, tmp_path: Path, content: str | None
) -> None:
    """Neither a mode nor a file, or a file without a phrase: one line, exit 2, nothing heard."""
    phrases = tmp_path / "phrases.txt"
    if content is not None:
        phrases.write_text(content)

    found = hear_json(folder / "home", "--grammar", phrases, folder / "plain.wav")

    assert found.status == 2
    assert found.files == []
    assert len(found.complaints) == 1
    assert str(phrases) in found.complaints[0]


def test_a_file_that_breaks_off_is_heard_as_far_as_it_goes(folder: Path) -> None:
    """A WAV cut in the middle: the words that are there, a warning that says so, exit 1."""
    whole = (folder / "plain.wav").read_bytes()
    (folder / "cut.wav").write_bytes(whole[: round(len(whole) * 0.55)])

    found = hear_json(folder / "home", folder / "cut.wav", folder / "plain.wav")

    assert found.files[0]["text"] == SENTENCE
    assert found.files[1]["text"] == f"{SENTENCE} {SECOND}"
    assert found.status == 1
    assert len(found.complaints) == 1
    assert "cut.wav" in found.complaints[0]
