"""Sound without a sound card: files, the mixer, earcons, the speech clock, silence on stderr."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
import soxr

from voice.audio.earcons import NAMES, earcon
from voice.audio.mixer import Mixer
from voice.audio.vad import SpeechClock
from voice.audio.wav import WavIn, WavOut
from voice.clock import INPUT_RATE_HZ, INPUT_TICK, RATE_HZ, TICK
from voice.errors import AudioUnusable, Failed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    Pcm = NDArray[np.int16]
    Sound = NDArray[np.float32]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence as flite speaks it: 16 kHz, mono, 16 bit."""
    path = tmp_path_factory.mktemp("sound") / "spoken.wav"
    text = "I want to talk about the week"
    subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", str(path)], check=True)
    return path


def sox(source: Path, target: Path, *options: str) -> Path:
    """Convert without dither, so that the same call gives the same samples."""
    subprocess.run(["sox", "-D", str(source), *options, str(target)], check=True)
    return target


def heard(path: Path) -> Pcm:
    """All blocks of a file in a row."""
    with WavIn(path) as wav:
        return np.concatenate(list(wav))


def likeness(a: Pcm, b: Pcm) -> float:
    """Correlation of two sounds over the shorter one."""
    n = min(len(a), len(b))
    return float(np.corrcoef(a[:n], b[:n])[0, 1])


def test_16_khz_mono_16_bit_passes_unchanged_and_the_last_block_is_filled(spoken: Path) -> None:
    """What needs no conversion is not touched, and every block has 320 samples."""
    expected, _ = soundfile.read(spoken, dtype="int16")

    with WavIn(spoken) as wav:
        blocks = list(wav)
        seconds = wav.seconds

    assert {block.shape for block in blocks} == {(INPUT_TICK,)}
    assert {block.dtype for block in blocks} == {np.dtype(np.int16)}
    assert len(blocks) == -(-len(expected) // INPUT_TICK)
    assert np.array_equal(np.concatenate(blocks)[: len(expected)], expected)
    assert not np.concatenate(blocks)[len(expected) :].any()
    assert seconds == len(expected) / INPUT_RATE_HZ


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("wav", ["-r", "8000", "-b", "8", "-e", "unsigned-integer"]),
        ("wav", ["-r", "44100", "-b", "24", "-c", "2"]),
        ("wav", ["-r", "48000", "-b", "32", "-c", "6"]),
        ("wav", ["-r", "22050", "-b", "32", "-e", "floating-point"]),
        ("wav", ["-r", "11025", "-e", "mu-law"]),
        ("wav", ["-r", "96000", "-b", "24"]),
        ("flac", ["-r", "44100", "-c", "2"]),
        ("ogg", ["-r", "48000"]),
        ("aiff", ["-r", "32000"]),
    ],
)
def test_every_rate_width_and_channel_count_is_heard_alike(
    spoken: Path, tmp_path: Path, suffix: str, options: list[str]
) -> None:
    """A conversion of a file sounds as the file, at the same level and the same moment."""
    original = heard(spoken)
    rate_hz = int(options[1])

    converted = heard(sox(spoken, tmp_path / f"other.{suffix}", *options))

    floor = 0.93 if rate_hz < INPUT_RATE_HZ else 0.99  # a low rate has lost the s sounds
    assert likeness(original, converted) > floor
    assert np.std(converted) == pytest.approx(np.std(original), rel=0.1)
    assert abs(len(converted) - len(original)) <= INPUT_TICK


def test_what_is_beyond_full_scale_is_held_there(tmp_path: Path) -> None:
    """Float samples over 1 stay loud with their sign, and what is no number is silence."""
    samples = np.tile(np.array([2.0, -2.0, 0.5, np.nan], np.float32), 80)
    soundfile.write(tmp_path / "loud.wav", samples, INPUT_RATE_HZ, subtype="FLOAT")

    assert heard(tmp_path / "loud.wav")[:4].tolist() == [32_767, -32_768, 16_384, 0]


def test_channels_are_averaged(tmp_path: Path) -> None:
    """Two channels count half each."""
    samples = np.tile(np.array([[0.5, 0.25]], np.float32), (INPUT_TICK, 1))
    soundfile.write(tmp_path / "two.wav", samples, INPUT_RATE_HZ, subtype="FLOAT")

    assert set(heard(tmp_path / "two.wav").tolist()) == {12_288}


def test_a_wav_cut_short_is_heard_as_far_as_it_goes_and_says_so(
    spoken: Path, tmp_path: Path
) -> None:
    """Half a file gives half the sound, and the two lengths."""
    whole = spoken.read_bytes()
    cut = tmp_path / "cut.wav"
    cut.write_bytes(whole[: 44 + INPUT_RATE_HZ])

    with WavIn(cut) as wav:
        blocks = np.concatenate(list(wav))
        claimed_s, present_s = wav.cut_short_s or (0.0, 0.0)

    assert np.array_equal(blocks[: INPUT_RATE_HZ // 2], heard(spoken)[: INPUT_RATE_HZ // 2])
    assert claimed_s == pytest.approx((len(whole) - 44) / 2 / INPUT_RATE_HZ)
    assert present_s == 0.5


def test_a_flac_cut_short_is_heard_as_far_as_it_goes_and_says_so(
    spoken: Path, tmp_path: Path
) -> None:
    """A compressed file that breaks off is no failure once something was heard."""
    whole = sox(spoken, tmp_path / "whole.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(whole[: len(whole) * 2 // 3])

    with WavIn(tmp_path / "cut.flac") as wav:
        sound = np.concatenate(list(wav))
        claimed_s, present_s = wav.cut_short_s or (0.0, 0.0)

    assert likeness(sound, heard(spoken)) > 0.999
    assert 0 < present_s < claimed_s
    assert claimed_s == wav.seconds


@pytest.mark.parametrize("claim", [0, 0x7FFF_F000, 0xFFFF_FFFF])
def test_a_header_written_to_a_pipe_is_not_cut_short(
    spoken: Path, tmp_path: Path, claim: int
) -> None:
    """A length that says "not known" is no promise, and all the sound is heard."""
    whole = spoken.read_bytes()
    streamed = tmp_path / "streamed.wav"
    streamed.write_bytes(whole[:40] + struct.pack("<I", claim) + whole[44:])

    with WavIn(streamed) as wav:
        sound = np.concatenate(list(wav))

    assert np.array_equal(sound, heard(spoken))
    assert wav.cut_short_s is None


def test_what_espeak_writes_to_a_pipe_is_heard_from_standard_input() -> None:
    """`-` reads the pipe to its end, and nobody claims to know how long it is."""
    child = (
        "from voice.audio.wav import WavIn\n"
        "wav = WavIn('-')\n"
        "print(wav.seconds, len(list(wav)), wav.cut_short_s)"
    )
    speech = subprocess.run(["espeak-ng", "--stdout", "hello"], capture_output=True, check=True)

    told = subprocess.run(
        [sys.executable, "-c", child], input=speech.stdout, capture_output=True, check=True
    ).stdout.split()

    assert told[0] == b"None"
    assert 20 < int(told[1]) < 100
    assert told[2] == b"None"


def _text(folder: Path) -> Path:
    (folder / "text.wav").write_text("this is a letter, not a sound\n" * 20)
    return folder / "text.wav"


def _nothing(folder: Path) -> Path:
    (folder / "nothing.wav").write_bytes(b"")
    return folder / "nothing.wav"


def _no_frames(folder: Path) -> Path:
    soundfile.write(folder / "empty.wav", np.zeros(0, np.float32), INPUT_RATE_HZ)
    return folder / "empty.wav"


def _no_frames_but_a_note(folder: Path) -> Path:
    empty = _no_frames(folder).read_bytes()
    (folder / "note.wav").write_bytes(empty + b"LIST\x04\0\0\0INFO")
    return folder / "note.wav"


def _header_alone(folder: Path) -> Path:
    (folder / "head.wav").write_bytes(_no_frames(folder).read_bytes()[:30])
    return folder / "head.wav"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda folder: folder / "absent.wav", "there is no file"),
        (lambda folder: folder, "cannot be opened"),
        (_text, "is not sound"),
        (_nothing, "is not sound"),
        (_header_alone, "is not sound"),
        (_no_frames, "holds no sound"),
        (_no_frames_but_a_note, "holds no sound"),
    ],
)
def test_what_is_no_sound_is_said_in_one_line(tmp_path: Path, make: object, says: str) -> None:
    """Each kind of unusable file has its own line, which names the file."""
    assert callable(make)
    path = make(tmp_path)

    with pytest.raises(AudioUnusable, match=says) as told:
        WavIn(path)

    assert str(path) in str(told.value)
    assert "\n" not in str(told.value)


def test_a_written_wav_is_read_back_sample_for_sample(tmp_path: Path) -> None:
    """48 kHz, mono, 16 bit, with a header that other readers take."""
    sound = np.random.default_rng(1).integers(-32_768, 32_767, 5 * TICK).astype(np.int16)

    with WavOut(tmp_path / "out.wav") as out:
        for block in sound.reshape(-1, TICK):
            out.write(block)

    samples, rate_hz = soundfile.read(tmp_path / "out.wav", dtype="int16")
    assert (rate_hz, samples.ndim) == (RATE_HZ, 1)
    assert np.array_equal(samples, sound)
    assert (tmp_path / "out.wav").read_bytes()[40:44] == struct.pack("<I", sound.nbytes)


def test_an_interrupted_wav_has_a_right_header(tmp_path: Path) -> None:
    """Ctrl-C in the middle leaves a file that says how long it is."""

    def interrupted() -> Iterator[Pcm]:
        yield np.ones(TICK, np.int16)
        raise KeyboardInterrupt

    def write() -> None:
        with WavOut(tmp_path / "out.wav") as out:
            for block in interrupted():
                out.write(block)

    with pytest.raises(KeyboardInterrupt):
        write()

    assert (tmp_path / "out.wav").read_bytes()[40:44] == struct.pack("<I", 2 * TICK)


def test_a_wav_whose_writer_was_killed_is_heard(tmp_path: Path) -> None:
    """Before `close` the header says "to the end of the file"."""
    child = (
        "import os, sys, numpy\nfrom voice.audio.wav import WavOut\n"
        "WavOut(sys.argv[1]).write(numpy.full(9600, 7, numpy.int16))\nos._exit(9)"
    )
    subprocess.run([sys.executable, "-c", child, str(tmp_path / "out.wav")], check=False)

    with WavIn(tmp_path / "out.wav") as wav:
        assert wav.seconds == 0.2
        assert wav.cut_short_s is None


def test_a_disk_that_fills_is_one_line_and_keeps_what_was_written(tmp_path: Path) -> None:
    """The process may write 40 kB: it is told so, and the file up to there is whole."""
    child = (
        "import sys, numpy\nfrom voice.audio.wav import WavOut\nfrom voice.errors import Failed\n"
        "try:\n"
        "    with WavOut(sys.argv[1]) as out:\n"
        "        while True: out.write(numpy.full(960, 7, numpy.int16))\n"
        "except Failed as failed: print(failed)"
    )
    command = ["bash", "-c", 'ulimit -f 40; exec "$@"', "bash", sys.executable, "-c", child]

    done = subprocess.run(
        [*command, str(tmp_path / "out.wav")], capture_output=True, text=True, check=True
    )

    assert "cannot be written" in done.stdout
    assert done.stdout.count("\n") == 1
    with WavIn(tmp_path / "out.wav") as wav:
        assert wav.cut_short_s is None
        assert wav.seconds == pytest.approx((40 * 1024 - 44) / 2 / RATE_HZ)


@pytest.mark.parametrize("name", ["/dev/full", "absent/out.wav", "."])
def test_a_place_that_cannot_be_written_is_one_line(tmp_path: Path, name: str) -> None:
    """No room, no folder, or a folder itself: told when the file is made."""
    with pytest.raises(Failed, match="cannot be written") as told:
        WavOut(tmp_path / name)

    assert "\n" not in str(told.value)


def ramp(length: int) -> Sound:
    """Samples that are all different and survive int16."""
    return (np.arange(1, length + 1) / 32_768).astype(np.float32)


def rendered(mixer: Mixer, *lengths: int) -> Pcm:
    """Blocks of these lengths in a row."""
    return np.concatenate([mixer.render(n) for n in lengths])


def test_a_sound_begins_and_ends_at_its_very_sample() -> None:
    """A sound added for sample 1,234 is heard from 1,234 on, whatever the blocks."""
    mixer = Mixer()
    mixer.add(ramp(2_000), 1_234, key=7, kind="cue")

    out = rendered(mixer, TICK, TICK, 500, TICK, TICK)

    expected = np.zeros(4 * TICK + 500, np.int16)
    expected[1_234:3_234] = np.arange(1, 2_001)
    assert np.array_equal(out, expected)
    assert mixer.ended() == [(7, 3_234)]
    assert mixer.ended() == []
    assert mixer.quiet_since == 3_234
    assert mixer.now == 4 * TICK + 500
    assert mixer.late_samples == 0


def test_sounds_add_up_with_their_gain() -> None:
    """Two at once are their sum."""
    mixer = Mixer()
    mixer.add(np.full(TICK, 0.25, np.float32), 0, key=1, kind="speech")
    mixer.add(np.full(TICK, 0.5, np.float32), TICK // 2, key=2, kind="chime", gain=0.5)

    out = mixer.render(TICK)

    assert set(out[: TICK // 2].tolist()) == {8_192}
    assert set(out[TICK // 2 :].tolist()) == {16_384}


def test_a_late_sound_begins_now_and_its_lateness_is_counted() -> None:
    """Nothing of it is cut, and nobody has to guess."""
    mixer = Mixer()
    mixer.render(TICK)
    mixer.add(ramp(10), 900, key=1, kind="cue")

    assert mixer.render(TICK)[:11].tolist() == [*range(1, 11), 0]
    assert mixer.late_samples == 60


def test_speaking_follows_speech_and_cues_but_not_chimes() -> None:
    """`speaking` is about words; `busy` and `quiet_since` are about any sound."""
    mixer = Mixer()
    mixer.add(ramp(TICK), 0, key=1, kind="chime")
    mixer.add(ramp(TICK), 2 * TICK, key=2, kind="speech")

    told = []
    for _ in range(4):
        mixer.render(TICK // 2)
        told.append((mixer.speaking, mixer.quiet_since))
        mixer.render(TICK // 2)
    assert told == [(False, 480), (False, 960), (True, 2_400), (False, 2_880)]
    assert not mixer.busy


def test_a_hush_fades_what_sounds_and_drops_what_waits() -> None:
    """After 5 ms it is silent, without a click; those that never began are told as ended."""
    mixer = Mixer()
    mixer.add(np.full(RATE_HZ, 0.5, np.float32), 0, key=1, kind="speech")
    mixer.add(np.full(RATE_HZ, 0.5, np.float32), 2 * TICK, key=2, kind="cue")
    mixer.add(np.full(TICK, 0.25, np.float32), 3 * TICK, key=3, kind="chime")
    mixer.render(TICK)

    mixer.hush()
    out = rendered(mixer, TICK, TICK, TICK)

    assert np.abs(np.diff(out[:240])).max() < 100
    assert out[0] == 16_384
    assert not out[240 : 2 * TICK].any()
    assert set(out[2 * TICK :].tolist()) == {8_192}
    assert mixer.ended() == [(2, TICK), (1, TICK + 240), (3, 4 * TICK)]


def test_a_hush_of_one_key_leaves_the_others() -> None:
    """The other sound goes on as it was."""
    mixer = Mixer()
    mixer.add(np.full(3 * TICK, 0.25, np.float32), 0, key=1, kind="speech")
    mixer.add(np.full(3 * TICK, 0.5, np.float32), 0, key=2, kind="chime")
    mixer.render(TICK)

    mixer.hush(key=2, fade_s=0)

    assert set(mixer.render(TICK).tolist()) == {8_192}


def test_a_sum_beyond_full_scale_is_bent_not_broken() -> None:
    """It stays below the rails, keeps its order, and does not depend on the block length."""
    sweep = np.linspace(-0.75, 0.75, 4 * TICK, dtype=np.float32)
    one, other = Mixer(), Mixer()
    for mixer in (one, other):
        mixer.add(sweep, 0, key=1, kind="speech")
        mixer.add(sweep, 0, key=2, kind="cue")

    whole = one.render(4 * TICK)

    assert np.array_equal(whole, rendered(other, *[TICK] * 4))
    assert (np.diff(whole.astype(int)) >= 0).all()
    assert -32_767 <= whole.min() < -32_000
    assert 32_000 < whole.max() <= 32_767


@pytest.mark.parametrize("name", NAMES)
def test_an_earcon_is_soft_short_and_without_clicks(name: str) -> None:
    """Under 0.9 s, no louder than -16 dBFS, from silence to silence, below 900 Hz."""
    sound = earcon(name)
    peak = np.abs(sound).max()
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    frequency_hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)

    assert sound.dtype == np.float32
    assert len(sound) < 0.9 * RATE_HZ
    assert -27 < 20 * np.log10(peak) < -15.9
    assert abs(sound[0]) < 1e-4
    assert abs(sound[-1]) < 1e-4
    assert spectrum[(frequency_hz > 150) & (frequency_hz < 950)].sum() > 0.98 * spectrum.sum()
    assert earcon(name) is sound


def test_an_unknown_earcon_is_a_key_error() -> None:
    """A misspelt name is the author's mistake and stands out."""
    with pytest.raises(KeyError):
        earcon("fanfare")


def speech_edges(sound: Pcm) -> list[tuple[bool, float]]:
    """What the speech clock says of a sound, in seconds."""
    clock = SpeechClock()
    told = []
    for n, block in enumerate(sound[: len(sound) // INPUT_TICK * INPUT_TICK].reshape(-1, 320)):
        told += clock.feed(block, (n + 1) * TICK)
    return [(on, at / RATE_HZ) for on, at in told]


def sentences(folder: Path, command: list[str]) -> tuple[Sound, list[tuple[float, float]]]:
    """Three sentences with pauses, and where each truly begins and ends (1% of its peak)."""
    parts, edges = [np.zeros(2 * INPUT_RATE_HZ, np.float32)], []
    at = len(parts[0])
    for text in ("stop", "I want to talk about today", "start the breathing exercise please"):
        subprocess.run([*command[:-1], str(folder / "line.wav"), text], check=True)
        sound, rate_hz = soundfile.read(folder / "line.wav", dtype="float32")
        sound = soxr.resample(sound, rate_hz, INPUT_RATE_HZ)
        loud = np.flatnonzero(np.abs(sound) > 0.01 * np.abs(sound).max())
        sound = sound[loud[0] : loud[-1]] * (0.3 / np.abs(sound).max())
        edges.append((at / INPUT_RATE_HZ, (at + len(sound)) / INPUT_RATE_HZ))
        parts += [sound, np.zeros(INPUT_RATE_HZ * 3 // 2, np.float32)]
        at += len(sound) + INPUT_RATE_HZ * 3 // 2
    return np.concatenate(parts), edges


def pink(folder: Path, seconds: float) -> Sound:
    """Pink noise of sox, always the same, with a level of 1."""
    options = ["-r", str(INPUT_RATE_HZ), "-b", "16", str(folder / "pink.wav")]
    subprocess.run(["sox", "-R", "-n", *options, "synth", str(seconds), "pinknoise"], check=True)
    noise: Sound = soundfile.read(folder / "pink.wav", dtype="float32")[0]
    return noise / np.std(noise)


@pytest.mark.parametrize("noise_db", [None, -56, -46])
@pytest.mark.parametrize(
    "command", [["flite", "-voice", "slt", "-o", "-t", ""], ["espeak-ng", "-w", ""]]
)
def test_speech_begins_and_ends_within_a_tenth_of_a_second(
    tmp_path: Path, command: list[str], noise_db: float | None
) -> None:
    """Three sentences are three times of speech, in silence and over noise 30 and 20 dB below."""
    if command[0] == "flite":  # wants its text before the file
        command = ["bash", "-c", 'flite -voice slt -t "$1" -o "$0"', ""]
    sound, edges = sentences(tmp_path, command)
    if noise_db is not None:
        noise = pink(tmp_path, len(sound) / INPUT_RATE_HZ + 1)
        sound = sound + noise[: len(sound)] * np.float32(10 ** (noise_db / 20))

    told = speech_edges((sound * 32_767).astype(np.int16))

    assert [on for on, _ in told] == [True, False] * len(edges)
    true_s = [at for edge in edges for at in edge]
    assert np.abs(np.subtract([at for _, at in told], true_s)).max() < 0.1


@pytest.mark.parametrize("rms", [0, 10, 100, 1_000])
def test_a_steady_noise_is_nobody_speaking(tmp_path: Path, rms: int) -> None:
    """Neither silence nor hiss, faint or loud, counts."""
    white = np.random.default_rng(3).standard_normal(10 * INPUT_RATE_HZ)

    assert speech_edges((pink(tmp_path, 10) * rms).astype(np.int16)) == []
    assert speech_edges((white * rms).astype(np.int16)) == []


def test_a_click_is_nobody_speaking() -> None:
    """Two loud blocks are no speech."""
    sound = np.zeros(5 * INPUT_RATE_HZ, np.int16)
    sound[40_000:40_500] = np.random.default_rng(3).integers(-20_000, 20_000, 500)

    assert speech_edges(sound) == []


def test_c_libraries_are_kept_off_stderr_and_python_is_not() -> None:
    """Descriptor 2 is silent inside, also when nested; Python's stderr is seen all the time."""
    child = (
        "import os, sys\nfrom voice.audio.quiet import c_stderr_silenced\n"
        "with c_stderr_silenced():\n"
        "    with c_stderr_silenced(): os.write(2, b'C')\n"
        "    os.write(2, b'C'); print('inside', file=sys.stderr)\n"
        "os.write(2, b'after'); print(' outside', file=sys.stderr)"
    )

    done = subprocess.run([sys.executable, "-c", child], capture_output=True, check=True)

    assert done.stderr == b"inside\nafter outside\n"


def test_no_portaudio_is_a_missing_device_that_says_what_to_install() -> None:
    """The library is sought when a device is asked for, not when the program starts."""
    child = (
        "import ctypes.util\nctypes.util.find_library = lambda name: None\n"
        "import voice.audio.card, voice.audio.devices as devices\n"
        "from voice.errors import DeviceMissing\n"
        "try: devices.inputs()\n"
        "except DeviceMissing as missing: print(missing)"
    )

    done = subprocess.run(
        [sys.executable, "-c", child], capture_output=True, text=True, check=False
    )

    assert "libportaudio2" in done.stdout
    assert done.stdout.count("\n") == 1


def test_a_machine_without_a_card_says_so() -> None:
    """No microphone, no loudspeaker, no card: one line each."""
    child = (
        "from voice.audio.card import Card\nfrom voice.audio.devices import choose, portaudio\n"
        "from voice.errors import DeviceMissing\n"
        "portaudio().query_devices = lambda: ()\n"
        "for ask in (lambda: choose('input', None), lambda: choose('output', 'Bose'),\n"
        "            lambda: Card(None, None)):\n"
        "    try: ask()\n"
        "    except DeviceMissing as missing: print(missing)"
    )

    done = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True)

    assert [line.split(";")[0] for line in done.stdout.splitlines()] == [
        "there is no microphone",
        "there is no loudspeaker",
        "there is neither microphone nor loudspeaker",
    ]


def test_a_broken_sound_system_is_one_line_and_no_word_from_c(tmp_path: Path) -> None:
    """ALSA complains at length about settings it cannot read; nobody sees that."""
    (tmp_path / "asound.conf").write_text("</absent/alsa.conf>\n")
    child = (
        "from voice.audio.devices import inputs\nfrom voice.errors import DeviceMissing\n"
        "try: inputs()\n"
        "except DeviceMissing as missing: print(missing)"
    )

    done = subprocess.run(
        [sys.executable, "-c", child],
        env=os.environ | {"ALSA_CONFIG_PATH": str(tmp_path / "asound.conf")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.startswith("the sound system does not start")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
