"""`interlude talk` at a sound card: one conversation by voice, and one that is interrupted.

The card is virtual (tests/virtual_card.py), everything else is real. Figures without another source
are the contract's: cues four seconds apart, stop within 1 s, exit 0, or 130 after Ctrl-C.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pytest
import soxr

from tests import speech
from tests.virtual_card import VirtualCard, virtual_card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

RATE_HZ = 48_000
SIDE = 4 * RATE_HZ
PROGRAM = Path(sys.executable).with_name("interlude")
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - where speech files pass through
START = "start box breathing for one minute"
JITTER_S = 0.1
"""The virtual loudspeaker is up to 50 ms early, and the recorder's clock is about as good."""

Event = dict[str, Any]


class Child:
    """The program, at the card, with its log and a keyboard that nobody touches."""

    def __init__(self, card: VirtualCard, folder: Path) -> None:
        home = {"INTERLUDE_HOME": f"{folder}/home", "INTERLUDE_KEY_FILE": f"{folder}/key"}
        self._log = folder / "talk.jsonl"
        self._complaints = folder / "stderr"
        with self._complaints.open("w") as complaints:
            self.process = subprocess.Popen(
                [PROGRAM, "talk", "--log", self._log],
                env=card.env | home,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=complaints,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.process.stdin:
            self.process.stdin.close()

    @property
    def complaints(self) -> str:
        """What it wrote to stderr."""
        return self._complaints.read_text(encoding="utf-8")

    def log(self) -> list[Event]:
        """What it has logged so far."""
        text = self._log.read_text(encoding="utf-8") if self._log.exists() else ""
        return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]

    def until(self, wanted: Callable[[Event], bool], times: int = 1, most_s: float = 25.0) -> Event:
        """Wait for the log to hold so many wanted events; the last of them."""
        give_up = time.monotonic() + most_s
        while time.monotonic() < give_up:
            found = [event for event in self.log() if wanted(event)]
            if len(found) >= times:
                return found[times - 1]
            assert self.process.poll() is None, f"it ended: {self.complaints}"
            time.sleep(0.05)
        pytest.fail(f"it never came: {self.log()[-5:]}; {self.complaints}")

    def greeted(self) -> None:
        """Wait for the greeting, and until it has been said."""
        greeting = self.until(lambda event: event.get("line") == "greeting")
        time.sleep(greeting["seconds"] + 1.0)

    def leave(self) -> int:
        """End the input, as Ctrl-D would, and wait for its end."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(20)


@dataclass
class Session:
    """What was logged and what was heard of the loudspeaker."""

    log: list[Event] = field(default_factory=list)
    pcm: NDArray[np.int16] = field(default_factory=lambda: np.zeros(0, np.int16))
    status: int = -1
    complaints: str = ""
    left_behind: list[str] = field(default_factory=list)

    def of(self, kind: str, **fields: object) -> list[Event]:
        """Events of a kind with these fields."""
        return [
            event
            for event in self.log
            if event["kind"] == kind
            and all(event.get(name) == value for name, value in fields.items())
        ]

    def onsets_s(self) -> NDArray[np.float64]:
        """When sound begins after at least 0.2 s of quiet, in seconds of the log's clock."""
        loud = np.flatnonzero(np.abs(self.pcm.astype(np.int32)) > 100)
        first = loud[np.flatnonzero(np.diff(loud, prepend=-RATE_HZ) > 0.2 * RATE_HZ)]
        greeting_s = self.of("say", line="greeting")[0]["t"]
        onsets_s: NDArray[np.float64] = (first - first[0]) / RATE_HZ + greeting_s
        return onsets_s

    def loudest(self, from_s: float, to_s: float) -> int:
        """The loudspeaker's peak in a stretch of the log's time."""
        loud = np.flatnonzero(np.abs(self.pcm.astype(np.int32)) > 100)
        zero = int(loud[0]) - self.of("say", line="greeting")[0]["at"]
        part = self.pcm[round(from_s * RATE_HZ) + zero : round(to_s * RATE_HZ) + zero]
        return int(np.abs(part.astype(np.int32)).max(initial=0))


def for_the_card(text: str) -> NDArray[np.int16]:
    """A phrase as the virtual microphone takes it."""
    pcm = soxr.resample(speech.phrase(text), speech.RATE_HZ, RATE_HZ)
    return np.pad(pcm, (RATE_HZ // 10, RATE_HZ // 10)).astype(np.int16)


def processes_of(session_id: int) -> list[str]:
    """Living processes of a session (Linux), by their command lines."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session_id and fields[0] != "Z":
                found.append((folder / "cmdline").read_text().replace("\0", " "))
        except OSError:  # it ended while we looked
            continue
    return found


def speech_folders_of(session_id: int) -> set[Path]:
    """Folders on the memory file system that a session's processes have open (Linux)."""
    found = set()
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            stat = (descriptor.parent.parent / "stat").read_text().rpartition(")")[2]
            target = descriptor.readlink()
        except OSError:  # it ended while we looked
            continue
        if int(stat.split()[3]) == session_id and target.is_relative_to(SHARED_MEMORY):
            found.add(target)
    return {path for path in found if path.is_dir()}


@pytest.fixture(scope="module")
def card() -> Iterator[VirtualCard]:
    """One sound card for both sessions."""
    with virtual_card() as running:
        yield running


@pytest.fixture(scope="module")
def spoken(card: VirtualCard, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Box breathing by voice: start, pause, resume, stop; then the input ends."""
    session = Session()
    with card.record() as heard, Child(card, tmp_path_factory.mktemp("live")) as child:
        child.greeted()
        folders = speech_folders_of(child.process.pid)
        card.play(for_the_card(START))
        child.until(lambda event: event["kind"] == "cue", times=2)
        time.sleep(1.2)
        card.play(for_the_card("pause"))
        child.until(lambda event: event.get("to") == "practice_paused")
        time.sleep(2.0)
        card.play(for_the_card("resume"))
        child.until(lambda event: event["kind"] == "cue", times=4)
        time.sleep(1.2)
        card.play(for_the_card("stop"))
        child.until(lambda event: event.get("to") == "idle")
        session.status = child.leave()
        session.log = child.log()
        session.complaints = child.complaints
    session.pcm = heard.pcm
    session.left_behind = [
        *processes_of(child.process.pid),
        *(str(folder) for folder in folders if folder.exists()),
    ]
    return session


def test_a_conversation_by_voice_is_heard_and_answered(spoken: Session) -> None:
    """Four things said, four understood, the modes follow, and nothing went wrong."""
    accepted = [event["intent"] for event in spoken.of("understood", decision="accept")]

    assert accepted == ["practice_start", "practice_pause", "practice_resume", "stop"]
    assert [event["to"] for event in spoken.of("mode")] == [
        "practice",
        "practice_paused",
        "practice",
        "idle",
    ]
    # What a busy machine made the card drop is counted, and no fault of the conversation.
    faults = {event["what"] for event in spoken.of("fault") if event["action"] != "counted"}
    assert faults <= {"the microphone gives only silence"}  # between two phrases this one does
    assert "Traceback" not in spoken.complaints


def test_closing_the_input_ends_it_with_goodbye(spoken: Session) -> None:
    """Exit status 0, goodbye as the last line, no process and no speech file left."""
    assert spoken.status == 0
    assert spoken.of("say")[-1]["line"] == "goodbye"
    assert spoken.left_behind == []


def test_live_cues_are_four_seconds_apart_to_the_sample(spoken: Session) -> None:
    """Before the pause and after it, and each stretch begins with an in-breath."""
    (resumed,) = spoken.of("understood", intent="practice_resume")
    cues = spoken.of("cue")
    stretches = [
        [cue for cue in cues if cue["at"] < resumed["at"]],
        [cue for cue in cues if cue["at"] > resumed["at"]],
    ]

    for stretch in stretches:
        assert [cue["phase"] for cue in stretch] == ["in", "hold", "out", "rest"][: len(stretch)]
        assert set(np.diff([cue["at"] for cue in stretch]).tolist()) == {SIDE}


def test_every_line_and_cue_comes_out_of_the_loudspeaker_when_the_log_says(
    spoken: Session,
) -> None:
    """Sound begins within a tenth of a second of each, measured from the greeting on."""
    onsets_s = spoken.onsets_s()

    for event in [*spoken.of("say"), *spoken.of("cue")]:
        nearest_s = float(np.abs(onsets_s - event["t"]).min())
        assert nearest_s < JITTER_S, f"{event} sounds {nearest_s:.3f} s off"


def test_nothing_sounds_while_paused(spoken: Session) -> None:
    """After the soft tone of the pause, until "resume" is understood."""
    paused_s = spoken.of("mode", to="practice_paused")[0]["t"]
    (resumed,) = spoken.of("understood", intent="practice_resume")

    assert spoken.loudest(paused_s + 1.2, resumed["t"] - 0.2) == 0


def test_a_live_stop_is_acted_upon_within_a_second(spoken: Session) -> None:
    """From the end of the word to the answer, by the log's one clock."""
    heard = spoken.of("heard", lane="stop")[-1]
    stop = spoken.of("understood", intent="stop")[0]

    assert 0 <= stop["at"] - heard["to"] <= RATE_HZ
    assert [say["line"] for say in spoken.of("say") if say["at"] >= stop["at"]] == [
        "practice.stopped",
        "goodbye",
    ]
    assert not [cue for cue in spoken.of("cue") if cue["at"] > stop["at"]]


def test_ctrl_c_leaves_nothing_behind(card: VirtualCard, tmp_path: Path) -> None:
    """In the middle of a line: exit 130, no traceback, no process, no speech file, a whole log."""
    with Child(card, tmp_path) as child:
        child.until(lambda event: event.get("line") == "greeting")
        folders = speech_folders_of(child.process.pid)
        os.killpg(child.process.pid, signal.SIGINT)  # as a terminal does: everyone in the group
        status = child.process.wait(10)
        log = child.log()
        complaints = child.complaints

    assert status == 130
    assert "Traceback" not in complaints
    assert processes_of(child.process.pid) == []
    assert len(folders) == 1
    assert not [folder for folder in folders if folder.exists()]
    assert log[0]["kind"] == "header"
