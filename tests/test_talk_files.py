"""`interlude talk --in --out --log`, as a person would use it: whole conversations over files.

Figures without another source are the contract's: four seconds a side, 4.4 s after "slower", a tone
after 12 s of silence, stop within 1 s.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile

from tests import speech

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RATE_HZ = 48_000
TICK = 960
SIDE = 4 * RATE_HZ
SLOWER_SIDE = 211_200  # 4.4 s
PROGRAM = str(Path(sys.executable).with_name("interlude"))
START = "start box breathing for one minute"
OPENING = 15.0
"""Seconds from "start" within which the opening is over and the first cues have sounded."""

Event = dict[str, Any]


@dataclass(frozen=True)
class Conversation:
    """What was put in, and what came of it."""

    spans: list[speech.Span]
    header: Event
    log: list[Event]
    raw_log: str
    reply: NDArray[np.int16]
    input_frames: int
    home: Path

    def of(
        self, kind: str, from_s: float = 0.0, to_s: float = 1e9, **fields: object
    ) -> list[Event]:
        """Events of a kind in a stretch of time, with these fields."""
        return [
            event
            for event in self.log
            if event["kind"] == kind
            and from_s <= event["t"] < to_s
            and all(event[name] == value for name, value in fields.items())
        ]

    def lines(self, from_s: float = 0.0, to_s: float = 1e9) -> list[str]:
        """Ids of the lines said in a stretch of time."""
        return [say["line"] for say in self.of("say", from_s, to_s)]

    def span(self, text: str, nth: int = 0) -> speech.Span:
        """When the person said this, for the nth time."""
        return [span for span in self.spans if span.text == text][nth]

    def loudest(self, from_s: float, to_s: float) -> int:
        """The reply's peak in a stretch of time."""
        part = self.reply[round(from_s * RATE_HZ) : round(to_s * RATE_HZ)]
        return int(np.abs(part.astype(np.int32)).max(initial=0))

    def loudness(self, from_s: float, length_s: float) -> float:
        """Mean power's root over the parts of a stretch in which something sounds."""
        part = self.reply[round(from_s * RATE_HZ) : round((from_s + length_s) * RATE_HZ)]
        blocks = part[: len(part) // TICK * TICK].reshape(-1, TICK).astype(np.float64)
        power = np.mean(blocks**2, axis=1)
        return float(np.sqrt(power[power > power.max() / 1000].mean()))


def environment(home: Path) -> dict[str, str]:
    """Everything the program keeps lies in `home`, but for its key."""
    return os.environ | {"INTERLUDE_HOME": str(home), "INTERLUDE_KEY_FILE": f"{home}.key"}


def command(folder: Path, *, words: bool) -> list[str | Path]:
    """The command line of a conversation over files."""
    files: list[str | Path] = ["--in", folder / "user.wav", "--out", folder / "reply.wav"]
    log: list[str | Path] = ["--log", folder / "talk.jsonl"]
    return [PROGRAM, "talk", *files, *log, *(["--log-words"] if words else [])]


def talk(
    folder: Path,
    script: Sequence[speech.Part],
    *,
    words: bool = False,
    home: Path | None = None,
) -> Conversation:
    """Hold a conversation over files in a new folder."""
    home = home or folder / "home"
    folder.mkdir(exist_ok=True)
    spans = speech.write(folder / "user.wav", script)
    done = subprocess.run(
        command(folder, words=words),
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    raw_log = (folder / "talk.jsonl").read_text(encoding="utf-8")
    header, *log = map(json.loads, raw_log.splitlines())
    reply, rate_hz = soundfile.read(folder / "reply.wav", dtype="int16")
    assert rate_hz == RATE_HZ
    input_frames = soundfile.info(folder / "user.wav").frames
    return Conversation(spans, header, log, raw_log, reply, input_frames, home)


def bytes_under(folder: Path) -> dict[str, bytes]:
    """Every file under a folder."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# A whole practice


@pytest.fixture(scope="module")
def minute(tmp_path_factory: pytest.TempPathFactory) -> Conversation:
    """One minute of box breathing, never interrupted; the input is over after the first words."""
    return talk(tmp_path_factory.mktemp("minute"), [(START, 1.0)])


def test_a_minute_of_box_breathing_is_four_whole_cycles(minute: Conversation) -> None:
    """Opening, 16 cues in order, close, the end chime, and idle again."""
    cues = minute.of("cue")

    assert [cue["phase"] for cue in cues] == ["in", "hold", "out", "rest"] * 4
    assert [cue["cycle"] for cue in cues] == [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4
    assert {cue["practice"] for cue in cues} == {"box-breathing"}
    opening = minute.lines(0, cues[0]["t"])
    assert opening == [f"box-breathing.open.{n + 1}" for n in range(len(opening))]
    assert len(opening) >= 1
    closing = minute.lines(cues[0]["t"])
    assert closing == [f"box-breathing.close.{n + 1}" for n in range(len(closing))]
    assert len(closing) >= 1
    assert [(mode["from"], mode["to"]) for mode in minute.of("mode")] == [
        ("idle", "practice"),
        ("practice", "idle"),
    ]
    assert minute.of("chime")[-1]["name"] == "end"
    assert minute.of("chime")[-1]["at"] <= minute.of("mode")[-1]["at"]


def test_what_was_said_is_heard_and_understood_without_a_word_in_the_log(
    minute: Conversation,
) -> None:
    """The log names the intent and its slots, how many letters were heard, and not the words."""
    (understood,) = minute.of("understood")
    heard = minute.of("heard", lane="command")

    assert understood["intent"] == "practice_start"
    assert understood["decision"] == "accept"
    assert understood["slots"] == {"practice": "box-breathing", "duration_s": 60}
    assert [event["chars"] for event in heard] == [len(START)]
    assert {event["text"] for event in minute.of("heard")} == {None}
    assert START not in minute.raw_log
    span = minute.span(START)
    assert heard[0]["from"] / RATE_HZ == pytest.approx(span.from_s, abs=0.2)
    assert heard[0]["to"] / RATE_HZ == pytest.approx(span.to_s, abs=0.2)


def test_cues_are_four_seconds_apart_to_the_sample(minute: Conversation) -> None:
    """Not one of the 15 intervals is a sample off."""
    at = [cue["at"] for cue in minute.of("cue")]

    assert np.diff(at).tolist() == [SIDE] * 15


def test_each_cue_sounds_when_the_log_says(minute: Conversation) -> None:
    """Quiet before, then a word that begins 20 to 50 ms after its sample; never before it.

    Renders have 20 ms of quiet in front, and a soft consonant grows slowly.
    """
    late_s = []
    for cue in minute.of("cue"):
        assert minute.loudest(cue["t"] - 0.2, cue["t"]) == 0
        sound = np.abs(minute.reply[cue["at"] :].astype(np.int32)) > 100
        late_s.append(int(sound.argmax()) / RATE_HZ)

    assert max(late_s) <= 0.05, late_s
    assert min(late_s) >= 0.0, late_s
    for word in range(4):  # the same word is the same sound, so it is late by the same
        assert len(set(late_s[word::4])) == 1, late_s


def test_the_log_is_in_order_and_keeps_one_clock(minute: Conversation) -> None:
    """A header, then events ordered by time; `at` whole samples and `t` the same in seconds."""
    assert minute.header["kind"] == "header"
    assert minute.header["rate_hz"] == RATE_HZ
    assert minute.header["words"] is False
    at = [event["at"] for event in minute.log]
    assert all(type(sample) is int for sample in at)
    assert at == sorted(at)
    assert [event["t"] for event in minute.log] == [round(sample / RATE_HZ, 3) for sample in at]


def test_the_reply_lasts_until_the_last_sound_and_no_longer(minute: Conversation) -> None:
    """The input is 3 s long, the practice goes on to its end; then nothing more is written."""
    end = minute.of("chime", name="end")[-1]

    length_s = len(minute.reply) / RATE_HZ
    assert minute.loudest(end["t"], length_s) > 0
    assert length_s - end["t"] <= 3
    assert minute.loudest(length_s - 0.5, length_s) > 0


def test_the_reply_is_easy_on_the_ears(minute: Conversation) -> None:
    """Nothing clips, and no cue word is more than twice (6 dB) as loud as the lines around it."""
    cues = [minute.loudness(cue["t"], 0.8) for cue in minute.of("cue")]
    lines = [minute.loudness(say["t"], say["seconds"]) for say in minute.of("say")]

    assert minute.loudest(0, len(minute.reply) / RATE_HZ) < 0.9 * 2**15
    assert max(cues) / min(lines) < 2
    assert max(lines) / min(cues) < 2


# Steering


@pytest.fixture(scope="module")
def steered(minute: Conversation, tmp_path_factory: pytest.TempPathFactory) -> Conversation:
    """Everything that can be said in the middle of a practice, one after the other."""
    script = [
        (START, OPENING + 2),
        ("pause", 5),
        ("resume", 7),
        ("slower", 16),
        ("how long left", 14),
        ("repeat", 4),
        ("skip", 3),
        ("what can i say", 13),
        ("stop", 6),
    ]
    return talk(tmp_path_factory.mktemp("steered"), script, home=minute.home)


def after(talked: Conversation, text: str) -> float:
    """The moment at which what was said has been understood."""
    end_s = talked.span(text).to_s
    return float(talked.of("understood", end_s, end_s + 2.0)[0]["t"])


def next_cues(talked: Conversation, from_s: float) -> list[tuple[int, str]]:
    """(cycle, phase) of the cues from then on."""
    return [(cue["cycle"], cue["phase"]) for cue in talked.of("cue", from_s)]


def test_all_that_was_asked_in_the_practice_was_understood(steered: Conversation) -> None:
    """Nine utterances, nine intents, and not one by mistake."""
    assert [understood["intent"] for understood in steered.of("understood")] == [
        "practice_start",
        "practice_pause",
        "practice_resume",
        "practice_slower",
        "time_left",
        "practice_repeat",
        "practice_skip",
        "help",
        "stop",
    ]


def test_pause_holds_everything(steered: Conversation) -> None:
    """The mode says so, and no cue and no line sounds until "resume"."""
    paused_s, resumed_s = after(steered, "pause"), after(steered, "resume")

    assert steered.of("mode", paused_s, paused_s + 0.1)[0]["to"] == "practice_paused"
    assert steered.of("cue", paused_s, resumed_s) == []
    assert steered.lines(paused_s, resumed_s) == []
    assert steered.loudest(paused_s + 2, resumed_s) == 0


def test_resume_begins_with_an_in_breath(steered: Conversation) -> None:
    """The cycle that was cut is breathed again from its beginning."""
    cut = steered.of("cue", 0, after(steered, "pause"))[-1]
    resumed_s = after(steered, "resume")

    assert steered.of("mode", resumed_s, resumed_s + 0.1)[0]["to"] == "practice"
    assert next_cues(steered, resumed_s)[0] == (cut["cycle"], "in")


def test_slower_lengthens_in_and_out_from_the_next_cycle_on(steered: Conversation) -> None:
    """This cycle is finished at its own pace; in the next, in and out last 4.4 s, holds 4 s."""
    slower_s = after(steered, "slower")
    before = steered.of("cue", after(steered, "resume"))[:5]
    cycle = before[0]["cycle"]
    slow = [cue for cue in steered.of("cue", slower_s) if cue["cycle"] == cycle + 1][:4]

    assert np.diff([cue["at"] for cue in before]).tolist() == [SIDE] * 4
    assert np.diff([cue["at"] for cue in slow]).tolist() == [SLOWER_SIDE, SIDE, SLOWER_SIDE]


def test_how_long_left_is_answered_in_a_rest(steered: Conversation) -> None:
    """After the rest's cue, over one second before the next in-breath, which is not moved by it."""
    (said,) = [say for say in steered.of("say") if say["line"] == "practice.left"]
    rest = steered.of("cue", 0, said["t"])[-1]
    following = steered.of("cue", said["t"])[0]

    assert said["t"] >= after(steered, "how long left")
    assert (rest["phase"], following["phase"]) == ("rest", "in")
    assert said["at"] - rest["at"] >= 0.5 * RATE_HZ
    assert following["t"] - (said["t"] + said["seconds"]) >= 1.0
    assert following["at"] - rest["at"] == SIDE


def test_repeat_breathes_this_cycle_again(steered: Conversation) -> None:
    """The next cue is the in-breath of the same cycle."""
    repeated_s = after(steered, "repeat")
    cut = steered.of("cue", 0, repeated_s)[-1]

    assert next_cues(steered, repeated_s)[0] == (cut["cycle"], "in")


def test_skip_goes_on_to_the_next_cycle(steered: Conversation) -> None:
    """The next cue is the in-breath of the following cycle."""
    skipped_s = after(steered, "skip")
    cut = steered.of("cue", 0, skipped_s)[-1]

    assert next_cues(steered, skipped_s)[0] == (cut["cycle"] + 1, "in")


def test_help_in_a_practice_names_what_can_be_said_then_it_goes_on(steered: Conversation) -> None:
    """The breath waits for the lines, and begins again with an in-breath."""
    asked_s = after(steered, "what can i say")
    cut = steered.of("cue", 0, asked_s)[-1]
    following = steered.of("cue", asked_s)[0]

    lines = steered.lines(asked_s, steered.span("stop").from_s)
    assert lines == [f"help.practice.{n + 1}" for n in range(len(lines))]
    assert len(lines) >= 1
    last = steered.of("say", asked_s, following["t"])[len(lines) - 1]
    assert following["t"] >= last["t"] + last["seconds"]
    assert (following["cycle"], following["phase"]) == (cut["cycle"], "in")


def test_stop_ends_the_practice(steered: Conversation) -> None:
    """Within one second of the word; one short line, the end chime, and no cue any more."""
    stop = steered.span("stop")
    stopped_s = after(steered, "stop")

    assert stopped_s - stop.to_s <= 1.0
    assert steered.of("cue", stopped_s) == []
    assert steered.lines(stopped_s) == ["practice.stopped"]
    assert steered.of("chime", stopped_s)[-1]["name"] == "end"
    assert steered.of("mode")[-1]["to"] == "idle"


def test_the_reply_is_as_long_as_the_input_when_nothing_is_left_to_say(
    steered: Conversation,
) -> None:
    """The practice is over before the input is, so both files last equally long."""
    heard = steered.input_frames * RATE_HZ // speech.RATE_HZ

    assert 0 <= len(steered.reply) - heard < TICK


@pytest.mark.parametrize(("over", "voice"), [("opening", "rms"), ("cue", "slt")])
def test_stop_is_heard_over_our_own_voice(
    minute: Conversation, tmp_path: Path, over: str, voice: str
) -> None:
    """In the middle of a line of the opening, and while a cue sounds: it ends within one second."""
    opening, cue = minute.of("say", line="box-breathing.open.1")[0], minute.of("cue")[0]
    began_s = opening["t"] + 0.8 if over == "opening" else cue["t"] - 0.1
    wait_s = began_s - minute.span(START).to_s
    script: list[speech.Part] = [(START, wait_s), ("stop", 5.0, voice)]

    talked = talk(tmp_path / "talk", script, home=minute.home)

    stop = talked.span("stop")
    stopped_s = talked.of("understood", intent="stop")[0]["t"]
    assert stop.from_s == pytest.approx(began_s, abs=0.001)
    assert stopped_s - stop.to_s <= 1.0
    assert talked.lines(stopped_s) == ["practice.stopped"]
    assert talked.of("cue", stopped_s) == []
    assert talked.log[-1]["to"] == "idle"


def test_the_same_file_gives_the_same_log_and_the_same_sound(
    minute: Conversation, tmp_path: Path
) -> None:
    """The first run, which has to make every line anew, is like the second, byte by byte."""
    cue = minute.of("cue")[1]
    script = [(START, cue["t"] - minute.span(START).to_s), ("stop", 2.0)]

    first = talk(tmp_path / "first", script)
    second = talk(tmp_path / "second", script, home=first.home)

    assert len(first.of("cue")) == 2
    assert second.raw_log == first.raw_log
    assert np.array_equal(second.reply, first.reply)


def test_skip_is_never_taken_for_stop(minute: Conversation, tmp_path: Path) -> None:
    """Four voices say "skip", over the opening and over cues: the practice is never stopped."""
    script: list[speech.Part] = [(START, 3.5)]
    script += [("skip", 5.2, voice) for voice in ("slt", "awb", "kal", "rms")]

    talked = talk(tmp_path / "talk", script, home=minute.home)

    intents = [event["intent"] for event in talked.of("understood", decision="accept")]
    assert set(intents) == {"practice_start", "practice_skip"}
    assert intents.count("practice_skip") >= 3
    assert talked.lines()[-1].startswith("box-breathing.close.")
    assert talked.of("heard", lane="stop") == []


# Silence for what means nothing


IDLE_TALK = [
    "i could not stop thinking about the meeting",
    "we have to start the car before nine",
    "my sister was a great help last week",
    "please pass me the salt and the pepper",
    "the children breathe so quietly when they sleep",
    "i wrote a new entry for the cooking contest",
    "yes i think the train leaves at noon",
    "that's all he ever talks about",
    "the doctor will help you in one minute",
    "can you read my handwriting",
    "she put the last journal in a box",
    "it rained the whole afternoon",
    "enough people came to the party",
    "no one knows how long it takes",
]
PRACTICE_TALK = [
    "he ran much slower than his brother",
    "i forgot to pause the washing machine",
    "they never stop arguing about money",
    "what a long day it has been",
    "skip the salad and bring the soup",
    "hold the door for me when you are ready",
]


@pytest.fixture(scope="module")
def chatter(minute: Conversation, tmp_path_factory: pytest.TempPathFactory) -> Conversation:
    """Everyday sentences in idle, then in a practice whose opening was skipped."""
    script = [(sentence, 1.4) for sentence in IDLE_TALK]
    script += [(START, 3.5), ("skip", 4.0)]
    script += [(sentence, 1.6) for sentence in PRACTICE_TALK]
    folder = tmp_path_factory.mktemp("chatter")
    return talk(folder, [*script, ("stop", 4.0)], home=minute.home)


def test_everyday_talk_in_idle_gets_silence(chatter: Conversation) -> None:
    """Fourteen sentences, command words among them: no line, no chime, no mode, no sound at all."""
    heard_s, start_s = chatter.spans[0].to_s, chatter.span(START).from_s

    for kind in ("say", "chime", "mode", "cue"):
        assert chatter.of(kind, 0, start_s) == []
    assert chatter.of("heard", heard_s, start_s)
    assert chatter.of("understood", 0, start_s, decision="accept") == []
    assert chatter.loudest(0, start_s) == 0


def test_everyday_talk_in_a_practice_gets_silence(chatter: Conversation) -> None:
    """Six sentences: the breath goes on, every four seconds, as if nothing had been said."""
    from_s, to_s = chatter.span(PRACTICE_TALK[0]).from_s, chatter.span("stop").from_s

    for kind in ("say", "chime", "mode"):
        assert chatter.of(kind, from_s, to_s) == []
    assert chatter.of("heard", from_s, to_s)
    at = [cue["at"] for cue in chatter.of("cue", 0, to_s)]
    assert len(at) >= 5
    assert set(np.diff(at).tolist()) == {SIDE}


# The journal

RIVER = "today i walked along the river"
COLD = "the winter morning was very quiet"
LATER = "in the evening my brother called"


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Conversation:
    """An entry with pauses of 8 and 15 s, read back after a yes, and not read after a no."""
    script = [
        ("new journal entry", 6),
        (RIVER, 8),
        (COLD, 15),
        (LATER, 2),
        ("that's all", 6),
        ("read my last entry", 4.5),
        ("no thank you", 5),
        ("read my last entry", 4.5),
        ("yes please", 10),
    ]
    return talk(tmp_path_factory.mktemp("journal"), script, words=True)


def kept_words(talked: Conversation) -> list[str]:
    """What the open ear heard between the opening line and the closing words."""
    from_s, to_s = talked.span(RIVER).from_s, talked.span("that's all").from_s
    return [heard["text"] for heard in talked.of("heard", from_s, to_s, lane="open")]


def test_an_entry_is_kept_whole_over_long_pauses(journal: Conversation) -> None:
    """Each sentence is heard, 8 and 15 s cut nothing off, and the end is answered by one line."""
    (kept,) = journal.of("kept")
    end = journal.span("that's all")

    assert len(kept_words(journal)) == 3
    assert kept["type"] == "free"
    assert kept["id"] is not None
    assert end.to_s <= kept["t"] <= end.to_s + 3
    assert journal.lines(end.from_s, end.to_s + 6) == ["journal.kept"]


def test_nothing_is_said_in_the_pauses_but_one_soft_tone(journal: Conversation) -> None:
    """12 s into the long pause; before and after it there is no sound at all."""
    from_s, to_s = journal.span(RIVER).from_s, journal.span("that's all").to_s
    (tone,) = journal.of("chime", from_s, to_s)

    assert tone["name"] == "still_here"
    assert tone["t"] - journal.span(COLD).to_s == pytest.approx(12, abs=0.3)
    assert journal.lines(from_s, to_s) == []
    assert journal.loudest(from_s, tone["t"]) == 0
    assert journal.loudest(tone["t"], tone["t"] + 1) > 0
    assert journal.loudest(tone["t"] + 2.5, to_s) == 0


def test_the_last_entry_is_read_after_a_yes(journal: Conversation) -> None:
    """The question first; then every kept word, without the words that closed the entry."""
    asked_s = journal.span("read my last entry", 1).to_s
    yes_s = journal.span("yes please").to_s

    assert journal.lines(asked_s, yes_s) == ["journal.read"]
    read = journal.of("say", yes_s)
    assert {say["line"] for say in read} == {"journal.read_text"}
    assert " ".join(say["text"] for say in read).split() == " ".join(kept_words(journal)).split()


def test_the_last_entry_stays_closed_after_a_no(journal: Conversation) -> None:
    """Not a word of it is read."""
    no = journal.span("no thank you")
    to_s = journal.span("read my last entry", 1).from_s

    assert [event["intent"] for event in journal.of("understood", no.from_s, to_s)] == ["no"]
    assert journal.lines(no.to_s, to_s) == ["journal.not_read"]


def test_no_dictated_word_lies_readable_in_any_file(journal: Conversation) -> None:
    """Neither as text in a file, nor as speech kept for the next time."""
    fixed = {say["text"] for say in journal.of("say") if say["line"] != "journal.read_text"}
    canaries = {word for text in kept_words(journal) for word in text.split() if len(word) > 4}
    assert len(canaries) >= 3

    for path, content in bytes_under(journal.home).items():
        for word in canaries:
            assert word.encode() not in content.lower(), path
            assert word.encode("utf-16-le") not in content.lower(), path
    sounds = list((journal.home / "cache").rglob("*.flac"))
    assert len(sounds) <= len(fixed | {"Okay."})


def test_what_is_thrown_away_is_gone_after_a_yes(journal: Conversation, tmp_path: Path) -> None:
    """After "throw it away" and a yes it is gone, and the last entry is the one before."""
    script = [
        ("new journal entry", 5),
        ("this is a different story", 2.5),
        ("throw it away", 4),
        ("yes please", 5),
        ("read my last entry", 4.5),
        ("yes please", 4),
    ]
    thrown = talk(tmp_path / "thrown", script, words=True, home=journal.home)

    from_s = thrown.span("throw it away").to_s
    lines = thrown.lines(from_s, thrown.span("read my last entry").to_s)
    assert lines == ["journal.discard", "journal.discarded"]
    assert thrown.of("kept") == []
    read = [say["text"] for say in thrown.of("say") if say["line"] == "journal.read_text"]
    assert " ".join(read).split() == " ".join(kept_words(journal)).split()


def test_what_was_kept_before_a_kill_is_read_back(tmp_path: Path) -> None:
    """`kill -9` while dictating: each sentence that is in the log is in the entry, and sealed."""
    sentences = [RIVER, COLD, LATER, "the people were friendly", "we talked about the garden"]
    script = [("new journal entry", 5), *[(sentence, 2.5) for sentence in sentences * 6]]
    speech.write(tmp_path / "user.wav", script)
    home = tmp_path / "home"
    drafts = home / "data" / "journal" / "drafts"
    child = subprocess.Popen(
        command(tmp_path, words=True), env=environment(home), stderr=subprocess.DEVNULL
    )
    try:
        sizes = {0}
        give_up = time.monotonic() + 30
        while len(sizes) < 6 and child.poll() is None and time.monotonic() < give_up:
            sizes.add(sum(path.stat().st_size for path in drafts.rglob("*") if path.is_file()))
            time.sleep(0.01)
        assert child.poll() is None, "it was over before it could be killed"
        assert len(sizes) == 6, "the draft does not grow while words are spoken"
    finally:
        child.kill()
        child.wait()
    lines = (tmp_path / "talk.jsonl").read_text().splitlines()
    log = [json.loads(line) for line in lines if line.endswith("}")]
    told = [event["text"] for event in log if event["kind"] == "heard" if event["lane"] == "open"]
    del told[0]  # it opened the journal
    canaries = {word.encode() for word in " ".join(told).split() if len(word) > 4}
    sealed = b"".join(bytes_under(home).values())

    script = [("read my last entry", 4.5), ("yes please", 4)]
    back = talk(tmp_path / "back", script, words=True, home=home)

    read = [say["text"] for say in back.of("say") if say["line"] == "journal.read_text"]
    assert len(told) >= 3
    assert " ".join(read).startswith(" ".join(told))
    assert not [word for word in canaries if word in sealed]


# Standing help

HELP = "get help"
"""Said in idle, in a practice, in a paused one, in a dictation and to a question."""


@pytest.fixture(scope="module")
def helped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Conversation, Conversation]:
    """Help asked for in each of five modes: the log with words, and the one without."""
    script = [
        (HELP, 13),
        (START, 3.5),
        ("skip", 5),
        (HELP, 16.5),
        (HELP, 16.5),
        ("stop", 5),
        ("new journal entry", 5),
        (RIVER, 3),
        (HELP, 14),
        (LATER, 2.5),
        ("that's all", 5),
        ("read my last entry", 4.5),
        (HELP, 16.5),
        ("no thank you", 4),
    ]
    folders = [tmp_path_factory.mktemp(name) for name in ("words", "bare")]
    with ThreadPoolExecutor() as pool:
        words, bare = [
            pool.submit(talk, folder, script, words=folder is folders[0]) for folder in folders
        ]
        return words.result(), bare.result()


def test_get_help_is_answered_by_one_line_in_every_mode(
    helped: tuple[Conversation, Conversation],
) -> None:
    """Five times asked, five times told, each within 2 s, and all of it in a log with words."""
    words, _ = helped
    said = words.of("say", line="safety.help")
    asked = [span for span in words.spans if span.text == HELP]

    assert len(said) == len(asked) == 5
    for say, span in zip(said, asked, strict=True):
        assert 0 <= say["t"] - span.to_s <= 2
        heard = words.of("heard", span.from_s, say["t"] + 0.1)
        assert HELP in {event["text"] for event in heard}
        assert words.loudest(say["t"], say["t"] + say["seconds"]) > 1000


def test_after_help_a_practice_is_paused(helped: tuple[Conversation, Conversation]) -> None:
    """No cue sounds any more until something is said; the mode says why."""
    words, _ = helped
    asked = words.span(HELP, 1)

    assert words.of("cue", asked.to_s + 1.5) == []
    modes = [mode["to"] for mode in words.of("mode", asked.from_s, words.span("stop").from_s)]
    assert modes == ["practice_paused"]


def test_after_help_a_dictation_goes_on(helped: tuple[Conversation, Conversation]) -> None:
    """What was said before and after is one entry, without the words that asked for help."""
    words, _ = helped
    end_s = words.span("that's all").from_s

    assert len(words.of("kept", end_s)) == 1
    (recalled,) = words.of("recalled")
    heard = [words.of("heard", words.span(t).from_s, lane="open")[0] for t in (RIVER, LATER)]
    assert list(recalled["passages"]) == [event["text"] for event in heard]


def test_after_help_a_question_is_asked_again_and_waits(
    helped: tuple[Conversation, Conversation],
) -> None:
    """It is not taken for a silent no: only the answer that follows is."""
    words, _ = helped
    help_said = words.of("say", line="safety.help")[-1]
    no = words.span("no thank you")

    from_s = help_said["t"] + help_said["seconds"]
    assert words.lines(from_s, no.from_s) == ["journal.read"]
    assert words.of("understood", no.from_s)[0]["intent"] == "no"
    assert words.lines(no.to_s) == ["journal.not_read"]


def test_a_log_without_words_does_not_show_that_help_was_asked_for(
    helped: tuple[Conversation, Conversation],
) -> None:
    """Nothing heard, understood or said of it, in none of the five modes; the rest is there."""
    words, bare = helped

    for span in (span for span in bare.spans if span.text == HELP):
        around = [
            (event["t"], event["lane"])
            for event in bare.of("heard")
            if event["from"] < span.to_s * RATE_HZ and event["to"] > span.from_s * RATE_HZ
        ]
        assert around == [], f"heard {around} of what was said at {span.from_s:.1f} s"
        for kind in ("understood", "say", "mode", "chime"):
            assert bare.of(kind, span.to_s, span.to_s + 10) == []
    assert "safety" not in bare.raw_log
    assert "crisis" not in bare.raw_log
    assert len(bare.of("understood", decision="accept")) == len(
        words.of("understood", decision="accept")
    )


def test_a_log_without_words_has_no_text_of_the_person(
    helped: tuple[Conversation, Conversation],
) -> None:
    """`text` is null in everything heard; what was said to the person stands as it is."""
    _, bare = helped

    assert {event["text"] for event in bare.of("heard")} == {None}
    for text in ("walked", "brother", "evening", HELP):
        assert text not in bare.raw_log
