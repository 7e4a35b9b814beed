"""The voice: real pyttsx3 and espeak-ng, real processes, real kills."""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import sounddevice
import soundfile

from voice.cli.say import say
from voice.errors import DeviceMissing, Failed, UsageProblem, VoiceMissing
from voice.tts import folder, pieces, sound, synth, worker
from voice.tts.synth import Synth
from voice.tts.voice import Voice, seconds_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

LINE = "Box breathing, about one minute."


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder of this test's own on the memory file system."""
    path = Path(tempfile.mkdtemp(prefix="test-tts-", dir=synth.MEMORY))
    yield path
    shutil.rmtree(path)


@pytest.fixture
def spoken(memory: Path) -> Iterator[Synth]:
    """A synthesiser that keeps its files in `memory`."""
    with Synth(memory=memory) as made:
        yield made


def workers(memory: Path) -> list[int]:
    """The living worker processes whose folders lie in `memory`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(memory).encode() in arguments and b"worker.py" in arguments:
            found.append(int(process.name))
    return found


def left_in(place: Path) -> list[Path]:
    """Every file and folder under `place`."""
    return list(place.rglob("*"))


def becomes_empty(memory: Path) -> bool:
    """Whether workers and files go away within half a minute."""
    for _ in range(600):
        if not workers(memory) and not left_in(memory):
            return True
        time.sleep(0.05)
    return False


# Speed and shape


def test_a_line_has_its_own_rate() -> None:
    """However the rates alternate, a line lasts what its own rate makes it last."""
    rates = (120, 145, 200, 120, 200, 145)
    lasted: dict[int, list[float]] = {rate: [] for rate in rates}

    with Synth() as made:
        for rate in rates * 5:
            lasted[rate].append(seconds_of(sound.trimmed(made.speak(LINE, wpm=rate))))

    for seconds in lasted.values():
        assert max(seconds) - min(seconds) < 0.1
    assert min(lasted[120]) > 1.15 * max(lasted[145])
    assert min(lasted[145]) > 1.25 * max(lasted[200])


def test_a_line_begins_after_20_ms_is_as_loud_as_any_other_and_ends_after_40_ms(
    spoken: Synth, tmp_path: Path
) -> None:
    """Every fixed line has the same quiet around it; a word is within 3 dB of a sentence."""
    voice = Voice(spoken, tmp_path)

    for text in ("In", "Hold", "Out", "Rest", LINE):
        heard = voice.render(text, wpm=145, private=False)
        loud = np.flatnonzero(np.abs(heard) >= np.abs(heard).max() * sound.SOUNDING)

        assert heard.dtype == np.float32
        assert heard.ndim == 1
        assert loud[0] == pytest.approx(960, abs=5)  # rounding to 16 bits moves the edges
        assert heard.size - 1 - loud[-1] == pytest.approx(1920, abs=5)
        assert np.abs(heard).max() <= sound.PEAK + 0.001
        spoken_part = heard[loud[0] : loud[-1]]
        level_db = 20 * np.log10(np.sqrt(np.mean(spoken_part**2)))
        assert -25.5 <= level_db <= -21.5


def test_quiet_is_added_where_the_synthesiser_gave_none() -> None:
    """Sound from the first sample to the last still gets 20 ms before and 40 ms after."""
    heard = sound.trimmed(np.ones(100, np.float32))

    assert heard.size == 960 + 100 + 1920
    assert heard[960:1060].all()
    assert not heard[:960].any()


def test_faint_noise_is_not_raised_into_speech() -> None:
    """A line is raised by 12 dB at most."""
    heard = sound.levelled(np.full(10, 0.01, np.float32))

    assert heard.max() == pytest.approx(0.04)


def test_silence_is_no_line(spoken: Synth, memory: Path, tmp_path: Path) -> None:
    """What cannot be heard has no samples, and blank text does not even start the process."""
    voice = Voice(spoken, tmp_path)

    assert voice.render("", wpm=145, private=True).size == 0
    assert voice.render(" \n\t\x07 ", wpm=145, private=False).size == 0
    assert spoken.speak("  ", wpm=145).size == 0
    assert workers(memory) == []
    assert voice.render("...", wpm=145, private=False).size == 0
    assert left_in(tmp_path) == []


def test_a_private_line_is_filled_up_to_the_next_100_ms(spoken: Synth) -> None:
    """The length of a private line is a whole number of 4,800 samples, silence at its end."""
    heard = Voice(spoken, None).render("Ninety.", wpm=145, private=True)

    assert heard.size > 0
    assert heard.size % 4800 == 0
    assert not heard[-960:].any()


# What is said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  one \n two\t", "one two"),
        ("a\x00b\x01c\x1b[0m", "a b c [0m"),
        ("so\u00adft\u200b", "soft"),
        ("half \ud83d a character", "half a character"),
        ("cafe\u0301", "caf\u00e9"),
        ("\x00\u200b", ""),
    ],
)
def test_what_cannot_be_spoken_is_dropped(text: str, said: str) -> None:
    """Control characters, invisible marks and broken characters never reach the synthesiser."""
    assert pieces.clean(text) == said


def test_odd_texts_are_spoken_and_nothing_in_them_is_obeyed(spoken: Synth) -> None:
    """Braces, quotes, shell words, other scripts and long runs are only words."""
    voice = Voice(spoken, None)

    for text in ('{"text": 1}', "$(reboot); `id`", "\u4f60\u597d", "a" * 2000, "<b>it</b>"):
        assert voice.render(text, wpm=200, private=True).size > 0


def test_long_text_is_cut_at_sentence_ends() -> None:
    """Beyond 300 characters each sentence is a piece; a sentence too long is cut at spaces."""
    sentence = "This sentence goes on for a while and then it ends. "

    assert pieces.pieces(sentence * 5) == [(sentence * 5).strip()]
    assert pieces.pieces(sentence * 7) == [sentence.strip()] * 7
    wordy = pieces.pieces("word " * 200)
    assert max(map(len, wordy)) <= pieces.LONGEST
    assert " ".join(wordy) == ("word " * 200).strip()


class Losing(Synth):
    """A synthesiser that cannot speak the texts that hold one of these words."""

    def __init__(self, memory: Path, *words: str) -> None:
        super().__init__(memory=memory)
        self.words = words

    def speak(self, text: str, *, wpm: int) -> npt.NDArray[np.float32]:
        """Speak, or fail as for a text that kills the process."""
        if any(word in text for word in self.words):
            raise VoiceMissing("lost; try again")
        return super().speak(text, wpm=wpm)


def test_a_lost_sentence_costs_only_itself(memory: Path) -> None:
    """One sentence of a long text may fail; the others are heard, 0.2 s apart."""
    sentences = [f"This is sentence {n}, which goes on for quite some time." for n in range(7)]
    with Losing(memory, "sentence 3") as made:
        voice = Voice(made, None)
        whole = voice.render(" ".join(sentences), wpm=200, private=True)
        each = [made.speak(text, wpm=200) for n, text in enumerate(sentences) if n != 3]

    aimed = sum(seconds_of(sound.trimmed(one)) for one in each) + 5 * 0.2
    assert seconds_of(whole) == pytest.approx(aimed, abs=0.25)


def test_a_second_lost_sentence_says_that_the_voice_is_gone(memory: Path) -> None:
    """Two failures in one text are a failure of the synthesiser."""
    text = "This is a sentence that is long enough to be told apart from others. " * 7
    with Losing(memory, "sentence") as made, pytest.raises(VoiceMissing):
        Voice(made, None).render(text, wpm=200, private=True)


# The cache


def test_a_fixed_line_is_the_same_from_the_first_time_on(memory: Path, tmp_path: Path) -> None:
    """Run 1 renders, run 2 reads: both give the same samples, and run 2 needs no process."""
    with Synth(memory=memory) as made:
        first = Voice(made, tmp_path / "lines").render(LINE, wpm=135, private=False)
    with Synth(memory=memory) as made:
        second = Voice(made, tmp_path / "lines").render(LINE, wpm=135, private=False)
        started = workers(memory)

    assert np.array_equal(first, second)
    assert first.dtype == second.dtype == np.float32
    assert started == []


def test_rate_voice_and_text_each_have_their_own_file(memory: Path, tmp_path: Path) -> None:
    """Another rate, voice or text is another line."""
    for voice_id, wpm, text in itertools.product((None, "gmw/en-us"), (120, 145), ("In", "Out")):
        with Synth(voice_id, memory=memory) as made:
            Voice(made, tmp_path).render(text, wpm=wpm, private=False)

    kept = left_in(tmp_path)
    assert len(kept) == 8
    assert {file.suffix for file in kept} == {".flac"}


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "words"])
def test_a_damaged_file_is_made_again(spoken: Synth, tmp_path: Path, damage: str) -> None:
    """No damage is heard: the line is rendered anew and kept whole."""
    voice = Voice(spoken, tmp_path)
    before = voice.render(LINE, wpm=145, private=False)
    (file,) = left_in(tmp_path)
    whole = file.read_bytes()
    middle = len(whole) // 2
    damaged = {
        "flipped": whole[:middle] + bytes([whole[middle] ^ 8]) + whole[middle + 1 :],
        "cut": whole[:middle],
        "empty": b"",
        "words": b"not a sound at all",
    }
    file.write_bytes(damaged[damage])

    after = voice.render(LINE, wpm=145, private=False)

    assert seconds_of(after) == pytest.approx(seconds_of(before), abs=0.05)
    assert np.array_equal(after, voice.render(LINE, wpm=145, private=False))
    assert left_in(tmp_path) == [file]
    assert file.read_bytes() != damaged[damage]


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_means_no_cache(spoken: Synth, tmp_path: Path) -> None:
    """A file that stops half-way is no file; the line is heard all the same."""
    voice = Voice(spoken, tmp_path)
    spoken.speak("Ready.", wpm=145)
    with full_disk(1000):
        heard = voice.render(LINE, wpm=145, private=False)

    assert heard.size > 0
    assert left_in(tmp_path) == []


def test_a_folder_that_cannot_be_made_means_no_cache(spoken: Synth, tmp_path: Path) -> None:
    """A cache folder that is in the way of a file costs nothing but the cache."""
    (tmp_path / "taken").write_text("a file")

    assert Voice(spoken, tmp_path / "taken").render("In", wpm=145, private=False).size > 0
    assert Voice(spoken, tmp_path / "taken" / "x").render("In", wpm=145, private=False).size > 0


def test_threads_share_one_voice(spoken: Synth, memory: Path, tmp_path: Path) -> None:
    """Lines asked for from many threads at once come out whole, by one process, one file a line."""
    voice = Voice(spoken, tmp_path)
    texts = ["In", "Hold", "Out", "Rest"] * 6
    with ThreadPoolExecutor(8) as pool:
        heard = list(pool.map(lambda text: voice.render(text, wpm=145, private=False), texts))

    for text, one in zip(texts, heard, strict=True):
        assert np.array_equal(one, voice.render(text, wpm=145, private=False))
    assert len(workers(memory)) == 1
    assert len(left_in(tmp_path)) == 4


# Private lines


def test_a_private_line_leaves_no_file(memory: Path, tmp_path: Path) -> None:
    """A private line passes through a folder that only we may read, and leaves nothing in it."""
    with Synth(memory=memory) as made:
        heard = Voice(made, tmp_path).render("my very own words", wpm=145, private=True)
        (home,) = left_in(memory)
        mode = stat.S_IMODE(home.stat().st_mode)

    assert heard.size > 0
    assert mode == 0o700
    assert left_in(memory) == []
    assert left_in(tmp_path) == []


def test_without_a_memory_file_system_private_lines_are_not_spoken(tmp_path: Path) -> None:
    """Fixed lines are heard; a private one says in one line why it is only shown."""
    with Synth(memory=tmp_path / "none") as made:
        voice = Voice(made, None)

        assert not made.in_memory
        assert voice.render("In", wpm=145, private=False).size > 0
        with pytest.raises(VoiceMissing, match="shown, not spoken"):
            voice.render("my very own words", wpm=145, private=True)


def test_only_a_memory_file_system_counts_as_one() -> None:
    """A place of another kind is not taken for memory."""
    assert folder.is_memory(synth.MEMORY)
    assert not folder.is_memory(Path("/proc"))
    assert not folder.is_memory(Path("/nowhere"))


def test_what_the_dead_leave_is_swept_and_the_living_keep_theirs(memory: Path) -> None:
    """At the next start a folder without its owner goes; those of others running stay."""
    dead = memory / "interlude-voice-dead"
    dead.mkdir(mode=0o700)
    (dead / "line.wav").write_bytes(b"words")
    foreign = memory / "something-else"
    foreign.mkdir()
    link = memory / "interlude-voice-link"
    link.symlink_to(foreign)
    home = folder.make(memory)

    Synth(memory=memory).close()

    assert not dead.exists()
    assert set(left_in(memory)) == {foreign, link, home.path}
    folder.remove(home)


# The process


def test_a_killed_worker_is_replaced(spoken: Synth, memory: Path) -> None:
    """Killed between two lines, the worker is replaced; its folder and its body are gone."""
    before = spoken.speak(LINE, wpm=145)
    (old,) = workers(memory)
    os.kill(old, signal.SIGKILL)

    after = spoken.speak(LINE, wpm=145)

    assert seconds_of(after) == pytest.approx(seconds_of(before), abs=0.05)
    assert len(workers(memory)) == len(left_in(memory)) == 1
    assert not Path(f"/proc/{old}").exists()


def test_a_worker_killed_in_the_middle_of_a_line_is_replaced(spoken: Synth, memory: Path) -> None:
    """Killed while a line is under way, the worker is replaced and the line is heard."""
    spoken.speak("Ready.", wpm=145)
    (old,) = workers(memory)
    os.kill(old, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        heard = pool.submit(spoken.speak, LINE, wpm=145)
        time.sleep(0.05)
        os.kill(old, signal.SIGKILL)

        assert seconds_of(heard.result()) > 1

    assert workers(memory) != [old]
    assert not Path(f"/proc/{old}").exists()


def test_a_worker_that_hangs_is_replaced(memory: Path) -> None:
    """A worker that does not answer within its time is killed, and a fresh one speaks."""
    with Synth(memory=memory, limit_s=2) as made:
        made.speak("Ready.", wpm=145)
        (old,) = workers(memory)
        os.kill(old, signal.SIGSTOP)

        assert made.speak(LINE, wpm=145).size > 0
        assert workers(memory) != [old]

    assert not Path(f"/proc/{old}").exists()
    assert left_in(memory) == []


def test_a_lost_folder_is_made_again(spoken: Synth, memory: Path) -> None:
    """Where something else cleans the memory file system, the next line has a fresh folder."""
    spoken.speak("Ready.", wpm=145)
    (home,) = left_in(memory)
    shutil.rmtree(home)

    assert spoken.speak(LINE, wpm=145).size > 0


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("import time; time.sleep(60)", "stopped, twice"),
        ("raise SystemExit(1)", "stopped, twice"),
        ("print('Hello!')", "nonsense, twice"),
        ("print('[' * 50_000)", "nonsense, twice"),
        ("print('[]')", "nonsense, twice"),
        ("print('{\"ok\": 1}')", "nonsense, twice"),
        ("print('{\"ok\": true}\\n' * 9, flush=True); input()", "no sound, twice"),
    ],
)
def test_a_worker_that_never_works_is_tried_twice(
    memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    """Hanging, dying or answering nonsense: one fresh worker, then one line, nothing left."""
    fake = tmp_path / "worker.py"
    fake.write_text(script)
    monkeypatch.setattr(synth, "_SCRIPT", fake)

    with Synth(memory=memory, limit_s=0.5) as made, pytest.raises(VoiceMissing, match=told):
        made.speak(LINE, wpm=145)

    assert workers(memory) == []
    assert left_in(memory) == []


def test_a_worker_without_a_voice_says_so(
    memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A synthesiser that writes silence has no voice data; the line says what to install."""
    fake = tmp_path / "worker.py"
    fake.write_text(
        "import json, sys, numpy, soundfile\n"
        "print('{\"ok\": true}', flush=True)\n"
        "for line in sys.stdin:\n"
        "    soundfile.write(json.loads(line)['file'], numpy.zeros(9000), 22050)\n"
        "    print('{\"ok\": true}', flush=True)\n"
    )
    monkeypatch.setattr(synth, "_SCRIPT", fake)

    with Synth(memory=memory) as made, pytest.raises(VoiceMissing, match="install espeak-ng"):
        made.speak(LINE, wpm=145)


def test_without_espeak_one_line_says_what_to_install(
    memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine whose speech library does not load is told to install espeak-ng."""
    for library in ("libespeak-ng.so.1", "libespeak.so.1"):
        (tmp_path / library).write_text("not a library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))

    with Synth(memory=memory) as made, pytest.raises(VoiceMissing, match="install espeak-ng"):
        made.speak(LINE, wpm=145)

    assert left_in(memory) == []


def test_an_unknown_voice_is_named(memory: Path) -> None:
    """A voice that is not there is not silently another one."""
    with Synth("gmw/none", memory=memory) as made, pytest.raises(VoiceMissing, match="gmw/none"):
        made.speak(LINE, wpm=145)


def test_closing_ends_a_line_under_way(memory: Path) -> None:
    """`close` from another thread ends a line at once, and a closed voice stays closed."""
    made = Synth(memory=memory)
    made.speak("Ready.", wpm=145)
    os.kill(workers(memory)[0], signal.SIGSTOP)
    with ThreadPoolExecutor(1) as pool:
        heard = pool.submit(made.speak, LINE, wpm=145)
        time.sleep(0.05)
        made.close()
        with pytest.raises(VoiceMissing, match="closed"):
            heard.result()

    with pytest.raises(VoiceMissing, match="closed"):
        made.speak(LINE, wpm=145)
    assert workers(memory) == []
    assert left_in(memory) == []


def test_the_worker_ignores_an_interrupt(spoken: Synth, memory: Path) -> None:
    """An interrupt sent to the worker alone changes nothing."""
    spoken.speak("Ready.", wpm=145)
    before = workers(memory)
    os.kill(before[0], signal.SIGINT)

    assert spoken.speak(LINE, wpm=145).size > 0
    assert workers(memory) == before


PROGRAM = """
import sys
from pathlib import Path
from voice.tts.synth import Synth
made = Synth(memory=Path(sys.argv[1]))
made.speak("Ready.", wpm=145)
print("ready", flush=True)
while True:
    made.speak("These are private words. " * 10, wpm=145)
"""


@contextmanager
def program(memory: Path) -> Iterator[subprocess.Popen[str]]:
    """A program in a process group of its own, speaking without end."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(memory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline() == "ready\n"
            yield running
        finally:
            running.kill()


def test_ctrl_c_reaches_the_program_alone(memory: Path) -> None:
    """Ctrl-C in the terminal ends the program with one traceback, its own; nothing stays."""
    with program(memory) as running:
        os.killpg(running.pid, signal.SIGINT)
        _, told = running.communicate()

    assert told.count("Traceback") == 1
    assert told.rstrip().endswith("KeyboardInterrupt")
    assert workers(memory) == []
    assert left_in(memory) == []


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_the_worker_ends_with_its_parent(memory: Path, sent: signal.Signals) -> None:
    """A program killed in the middle of a line takes its worker and its files with it."""
    with program(memory) as running:
        running.send_signal(sent)
        running.wait()

        assert becomes_empty(memory)


def test_the_worker_ends_with_its_parent_while_the_engine_hangs(memory: Path) -> None:
    """Even a worker whose engine never returns sees the end of its input."""
    script = (
        "import sys, time\n"
        f"sys.path.insert(0, {str(Path(worker.__file__).parents[2])!r})\n"
        "from voice.tts import worker\n"
        "worker.Speaker.save = lambda *_: time.sleep(600)\n"
        "worker.main(sys.argv[1], '')\n"
    )
    home = memory / "home"
    home.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", script, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as hanging:
        assert hanging.stdin is not None
        assert hanging.stdout is not None
        assert hanging.stdout.readline() == b'{"ok": true}\n'
        hanging.stdin.write(b'{"text": "x", "wpm": 145, "file": "y"}\n')
        hanging.stdin.close()

        assert hanging.wait(30) == 0

    assert not home.exists()


def test_a_full_memory_file_system_is_told_at_once(memory: Path) -> None:
    """A speech file that cannot be written costs no waiting, and the line names the reason."""
    with Synth(memory=memory, limit_s=60) as made, full_disk(80_000):
        with pytest.raises(VoiceMissing, match=r"File too large.*twice"):
            made.speak(LINE * 3, wpm=120)

        assert made.speak("In", wpm=145).size > 0


def test_no_watch_outlives_its_line(spoken: Synth) -> None:
    """The watch over a line's time ends with the line: it never kills a worker that answered."""
    spoken.speak("Ready.", wpm=145)

    watches = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert all(watch.finished.is_set() for watch in watches)


# interlude say


def test_say_writes_a_wav_file(tmp_path: Path) -> None:
    """`--out` makes 48 kHz mono 16 bit, longer at a slower rate, and nothing beside it."""
    folder = tmp_path / "said"
    folder.mkdir()
    quick, slow = folder / "quick.wav", folder / "slow.wav"
    quick.write_text("what was there before")

    say(LINE, out=quick, wpm=200)
    say(LINE, out=slow, wpm=120)

    told = soundfile.info(quick)
    assert (told.format, told.subtype, told.samplerate, told.channels) == (
        "WAV",
        "PCM_16",
        48_000,
        1,
    )
    assert soundfile.info(slow).frames > 1.3 * told.frames
    assert sorted(left_in(folder)) == [quick, slow]


def test_say_names_a_path_that_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder, a missing folder and a full disk are one line each, and leave nothing behind."""
    folder = tmp_path / "said"
    folder.mkdir()
    kept = folder / "kept.wav"
    kept.write_text("what was there before")

    for path in (folder, folder / "none" / "x.wav", Path("/dev/full")):
        with pytest.raises(Failed, match="cannot be written"):
            say("In", out=path)
    render = Voice.render

    def render_then_fill(self: Voice, text: str, *, wpm: int, private: bool) -> object:
        heard = render(self, text, wpm=wpm, private=private)
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        return heard

    monkeypatch.setattr(Voice, "render", render_then_fill)
    with full_disk(1_000_000), pytest.raises(Failed, match="cannot be written"):
        say(LINE, out=kept)

    assert left_in(folder) == [kept]
    assert kept.read_text() == "what was there before"


def test_say_needs_words() -> None:
    """Nothing to say is told, not played."""
    with pytest.raises(UsageProblem, match="nothing to say"):
        say(" \n ")


def test_say_plays_what_it_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `--out` the whole line goes to the default loudspeaker at 48,000 Hz."""
    played: list[tuple[int, int, bool]] = []

    def play(heard: npt.NDArray[np.float32], rate_hz: int, *, blocking: bool) -> None:
        played.append((heard.size, rate_hz, blocking))

    monkeypatch.setattr(sounddevice, "play", play)
    say("In")

    ((size, rate_hz, blocking),) = played
    assert size > 0
    assert (rate_hz, blocking) == (48_000, True)


def test_say_without_a_loudspeaker_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused device and a missing PortAudio say what to do instead."""

    def refuse(*_: object, **__: object) -> None:
        raise sounddevice.PortAudioError("Error querying device -1")

    monkeypatch.setattr(sounddevice, "play", refuse)
    with pytest.raises(DeviceMissing, match="--out FILE"):
        say("In")

    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(DeviceMissing, match="libportaudio2"):
        say("In")
