"""The live edge, through a virtual sound card: every program that hears or speaks is a child."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pytest
import soxr

from tests.virtual_card import VirtualCard, virtual_card

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

RATE_HZ = 48_000

LOOP = """
import json, sys, threading, time
import numpy as np
from voice.audio.card import Card

names, ticks, folder = json.loads(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
out = np.load(folder + "/out.npy")
card = Card(*names)
heard, faults, longest_s, pushed_s = [], [], 0.0, 0.0
began_s = time.monotonic()
print("ticking", flush=True)
for n in range(ticks):
    asked_s = time.monotonic()
    heard.append(card.tick())
    longest_s = max(longest_s, time.monotonic() - asked_s)
    block = out[n * 960 : (n + 1) * 960]
    if n == 50:
        pushed_s = time.monotonic()
    card.push(np.pad(block, (0, 960 - len(block))))
    faults += [(n, *fault) for fault in card.faults()]
took_s = time.monotonic() - began_s
facts = dict(took_s=took_s, longest_s=longest_s, pushed_s=pushed_s, faults=faults,
    dropped=card.input_dropped, padded=card.input_padded, underflows=card.output_underflows,
    reopened=card.reopened, delay_s=card.speaker_delay_s, deaf=heard[0] is None)
card.close()
facts["threads"] = threading.active_count()
if heard[0] is not None:
    np.save(folder + "/heard.npy", np.concatenate(heard))
print(json.dumps(facts))
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[VirtualCard]:
    """A card for tests that leave it as it was."""
    with virtual_card() as card:
        yield card


class Loop:
    """A child that ticks; `facts` waits for its end."""

    def __init__(  # noqa: PLR0913 - each test names the few it needs
        self,
        card: VirtualCard,
        folder: Path,
        ticks: int,
        *,
        names: tuple[str | None, str | None] = ("va_mic", "va_speaker"),
        out: NDArray[np.int16] | None = None,
        before: str = "",
    ) -> None:
        np.save(folder / "out.npy", np.zeros(0, np.int16) if out is None else out)
        command = [sys.executable, "-c", before + LOOP, json.dumps(names), str(ticks), str(folder)]
        self._child = subprocess.Popen(
            command, env=card.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self._child.stdout is not None
        self._child.stdout.readline()

    def facts(self) -> dict[str, Any]:
        """What the child tells, once it is done; it must not have written to stderr."""
        told, complaints = self._child.communicate(timeout=30)
        assert complaints == ""
        facts: dict[str, Any] = json.loads(told)
        return facts


def noise(seconds: float) -> NDArray[np.int16]:
    """Sound that is nowhere like itself a moment later."""
    samples = np.random.default_rng(5).standard_normal(round(seconds * RATE_HZ)) * 3_000
    return samples.astype(np.int16)


def test_what_is_pushed_is_heard_and_what_is_played_arrives(
    shared: VirtualCard, tmp_path: Path
) -> None:
    """One second each way: every sample out, in its place; the same sound in."""
    sound = noise(1)
    out = np.concatenate((np.zeros(50 * 960, np.int16), sound))
    with shared.record() as recording:
        loop = Loop(shared, tmp_path, 150, out=out)
        shared.play(sound)
        facts = loop.facts()

    first = int(np.flatnonzero(recording.pcm)[0])
    assert np.array_equal(recording.pcm[first : first + RATE_HZ], sound)
    late_s = recording.began_s + first / RATE_HZ - facts["pushed_s"]
    assert late_s < facts["delay_s"] + 0.1
    heard = np.load(tmp_path / "heard.npy").astype(float)
    played = soxr.resample(sound.astype(float), RATE_HZ, 16_000)[:12_000]
    begin = int(np.correlate(heard, played, "valid").argmax())
    assert np.corrcoef(heard[begin : begin + 12_000], played)[0, 1] > 0.9
    assert facts["took_s"] == pytest.approx(3, abs=1)
    assert facts["underflows"] == facts["dropped"] == 0
    assert facts["padded"] <= 10 * 320
    assert facts["threads"] == 1
    assert [what for _, what, _ in facts["faults"]] == []


def test_a_microphone_at_another_rate_is_heard_alike(shared: VirtualCard, tmp_path: Path) -> None:
    """A device that refuses 16 kHz is opened at its own rate, and a tone keeps its pitch."""
    refuse = (
        "import sounddevice\ncheck = sounddevice.check_input_settings\n"
        "def refuse(**asked):\n"
        "    if asked['samplerate'] == 16000: raise sounddevice.PortAudioError('not that rate')\n"
        "    check(**asked)\n"
        "sounddevice.check_input_settings = refuse\n"
    )
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE_HZ) / RATE_HZ) * 8_000

    loop = Loop(shared, tmp_path, 75, before=refuse)
    shared.play(tone.astype(np.int16))
    loop.facts()

    heard = np.load(tmp_path / "heard.npy").astype(float)
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.fft.rfftfreq(len(heard), 1 / 16_000)[spectrum.argmax()] == pytest.approx(440, abs=2)


def test_the_devices_are_listed_and_chosen_by_their_full_names(shared: VirtualCard) -> None:
    """A part of a name chooses nothing, and the line names what there is."""
    child = (
        "from voice.audio.devices import choose, inputs, outputs\n"
        "from voice.errors import DeviceMissing\n"
        "print(*(device.name for device in inputs()))\n"
        "print(*(device.name for device in outputs()))\n"
        "print(choose('input', 'va_mic'))\n"
        "print(choose('output', 'va_speaker (ALSA)').name, choose('output', None).name)\n"
        "try: choose('input', 'va')\n"
        "except DeviceMissing as missing: print(missing)"
    )

    done = subprocess.run(
        [sys.executable, "-c", child], env=shared.env, capture_output=True, text=True, check=True
    )

    listed_in, listed_out, microphone, speakers, missing = done.stdout.splitlines()
    assert {"va_mic", "default"} <= set(listed_in.split())
    assert {"va_speaker", "default"} <= set(listed_out.split())
    assert microphone.startswith("Device(name='va_mic', host='ALSA', index=")
    assert speakers == "va_speaker default"
    assert missing.startswith('there is no microphone named "va"; choose one of: va_mic')
    assert done.stderr == ""


@pytest.mark.parametrize("gone", ["input", "output"])
def test_one_device_alone_is_enough(shared: VirtualCard, tmp_path: Path, gone: str) -> None:
    """Without a microphone a tick gives None; without a loudspeaker the wall clock ticks."""
    hide = (
        "import sounddevice\nlisted = sounddevice.query_devices\n"
        "sounddevice.query_devices = lambda *which: listed(*which) if which else "
        f"[{{**device, 'max_{gone}_channels': 0}} for device in listed()]\n"
    )

    facts = Loop(shared, tmp_path, 50, names=(None, None), before=hide).facts()

    assert facts["deaf"] == (gone == "input")
    assert facts["took_s"] == pytest.approx(1, abs=0.2)
    assert (facts["delay_s"] == 0) == (gone == "output")
    assert facts["faults"] == []


def test_a_named_device_that_is_not_there_is_said(shared: VirtualCard) -> None:
    """What was asked for by name is not replaced by something else."""
    child = (
        "from voice.audio.card import Card\nfrom voice.errors import DeviceMissing\n"
        "try: Card('headset', None)\n"
        "except DeviceMissing as missing: print(missing)"
    )

    done = subprocess.run(
        [sys.executable, "-c", child], env=shared.env, capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith('there is no microphone named "headset"')
    assert done.stderr == ""


class Stalls(NamedTuple):
    """What three loops told, after what stalled in each."""

    microphone: dict[str, Any]
    loudspeaker: dict[str, Any]
    server: dict[str, Any]


@pytest.fixture(scope="module")
def stalls(tmp_path_factory: pytest.TempPathFactory) -> Stalls:
    """Three cards at the same time: two stall for 1.5 s, one for ever, and nobody ever speaks."""
    with virtual_card() as one, virtual_card() as other, virtual_card() as third:
        deaf = Loop(one, tmp_path_factory.mktemp("deaf"), 270)
        mute = Loop(other, tmp_path_factory.mktemp("mute"), 270)
        dead = Loop(third, tmp_path_factory.mktemp("dead"), 110)
        third.freeze()
        for stalled in (True, False):
            one.suspend_microphone(on=stalled)
            other.suspend_loudspeaker(on=stalled)
            time.sleep(1.5)
        return Stalls(deaf.facts(), mute.facts(), dead.facts())


def test_a_microphone_that_stalls_is_told_and_the_clock_goes_on(stalls: Stalls) -> None:
    """One line when it is lost, one when it is back, and every tick in its time."""
    facts = stalls.microphone

    assert [what for _, what, _ in facts["faults"]] == ["microphone lost", "microphone back"]
    assert facts["reopened"] == 1
    assert facts["longest_s"] < 0.5
    assert facts["took_s"] == pytest.approx(5.4, abs=1)


def test_a_loudspeaker_that_stalls_is_told_and_the_clock_goes_on(stalls: Stalls) -> None:
    """The wall clock takes over until it is back."""
    facts = stalls.loudspeaker
    told = [what for _, what, _ in facts["faults"] if "loudspeaker" in what]

    assert told == ["loudspeaker lost", "loudspeaker back"]
    assert facts["longest_s"] < 0.5
    assert facts["took_s"] == pytest.approx(5.4, abs=1)


def test_a_frozen_sound_server_stops_neither_the_clock_nor_the_exit(stalls: Stalls) -> None:
    """PortAudio waits for it for ever; the program ticks on, and ends when it is told to."""
    facts = stalls.server

    assert "lost" in facts["faults"][0][1]
    assert facts["longest_s"] < 0.5
    assert facts["took_s"] == pytest.approx(2.2, abs=1)


def test_a_silent_microphone_is_told_once(stalls: Stalls) -> None:
    """More than 5 s of exact zeros are no quiet room."""
    (fault,) = [fault for fault in stalls.loudspeaker["faults"] if "silence" in fault[1]]
    tick, what, action = fault

    assert what == "the microphone gives only silence"
    assert action == "is it muted, or not permitted?"
    assert 245 <= tick < 270


def test_a_dead_sound_server_stops_nothing_and_comes_back(tmp_path: Path) -> None:
    """Killed: the clock goes on, and not a word from C. Started again: both are heard again."""
    with virtual_card() as own:
        loop = Loop(own, tmp_path, 260, out=noise(5.2))
        own.kill()
        time.sleep(0.8)
        own.start()
        time.sleep(3)
        with own.record() as recording:
            time.sleep(0.3)
        facts = loop.facts()

    told = [what for _, what, _ in facts["faults"]]
    assert sorted(told[:2]) == ["loudspeaker lost", "microphone lost"]
    assert sorted(told[2:4]) == ["loudspeaker back", "microphone back"]
    assert facts["longest_s"] < 0.5
    assert facts["took_s"] == pytest.approx(5.2, abs=1)
    assert recording.pcm.any()
    assert facts["threads"] == 1
