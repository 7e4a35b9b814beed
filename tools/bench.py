"""The figures of README, on this machine: medians of five runs, with the spread beside them.

make bench            everything (about four minutes; the live part needs PulseAudio)
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.speech import write
from tests.virtual_card import virtual_card
from voice.clock import RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Callable

RUNS = 5
LOUD = 300
"""Samples above this (of 32,768) are sound."""
PROGRAM = Path(sys.executable).parent / "interlude"


def main() -> None:
    """Measure and print, one figure a line."""
    print(f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["INTERLUDE_HOME"] = folder
        os.environ["INTERLUDE_KEY_FILE"] = f"{folder}/key"
        here = Path(folder)
        spoken = here / "in.wav"
        write(spoken, [("start box breathing for one minute", 70.0)], lead_s=1.0)
        _model()
        _synthesis(here)
        _files(here, spoken)
        _live(here)


def _show(what: str, values: list[float], unit: str) -> None:
    median = statistics.median(values)
    spread = f"({min(values):.3f} to {max(values):.3f}, n={len(values)})"
    print(f"{what:58} {median:9.3f} {unit:4} {spread}")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((x.partition(": ")[2] for x in lines if x.startswith("model name")), "unknown")


def _child(code: str) -> list[float]:
    """Run code in a fresh interpreter; it prints numbers."""
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return [float(word) for word in done.stdout.split()]


def _model() -> None:
    code = (
        "import time, resource; from voice import settings; from voice.models_store import shelf;"
        "from voice.stt import model; folder = shelf.in_use(settings.load());"
        "import vosk; began = time.perf_counter(); m = model.load(folder);"
        "print(time.perf_counter() - began,"
        " resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    runs = [_child(code) for _ in range(RUNS)]
    _show("model: load", [run[0] for run in runs], "s")
    _show("model: peak memory of the process after loading", [run[1] for run in runs], "MiB")


def _synthesis(here: Path) -> None:
    from voice.tts.synth import Synth  # noqa: PLC0415 - after INTERLUDE_HOME is set
    from voice.tts.voice import Voice  # noqa: PLC0415

    line = "If holding feels wrong, breathe normally. I'll keep time."
    with Synth() as synth:
        synth.speak("in", wpm=135)
        fresh = [
            _timed(lambda: Voice(synth, None).render(line, wpm=135, private=False))
            for _ in range(RUNS)
        ]
        voice = Voice(synth, here / "lines")
        voice.render(line, wpm=135, private=False)
        cached = [_timed(lambda: voice.render(line, wpm=135, private=False)) for _ in range(RUNS)]
    _show("synthesis of a ten-word line", [1000 * s for s in fresh], "ms")
    _show("the same line from the cache", [1000 * s for s in cached], "ms")


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _files(here: Path, spoken: Path) -> None:
    wall, first = [], []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run(
            [PROGRAM, "talk", "--in", spoken, "--out", here / "out.wav", "--log", here / "log"],
            check=True,
        )
        wall.append(time.perf_counter() - began)
        first.append(_reply_after(_read(here / "log")))
    seconds = 71 + 2
    _show("file mode: real-time factor, all ears, voice, start-up", [w / seconds for w in wall], "")
    _show("file mode: end of speech to the reply (sample clock)", first, "s")
    late = _cue_lateness(_read(here / "log"))
    print(f"{'file mode: lateness of 16 cues against the score':58} {max(late):9d} samples")
    heard = [
        _timed(lambda: subprocess.run([PROGRAM, "hear", spoken], check=True, capture_output=True))
        for _ in range(RUNS)
    ]
    _show("hear, open vocabulary: real-time factor with start-up", [h / seconds for h in heard], "")


def _read(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _reply_after(log: list[dict[str, object]]) -> float:
    """Seconds from the end of the last word to the first sample of the opening line."""
    heard = next(x for x in log if x["kind"] == "heard" and x["lane"] == "command")
    said = next(x for x in log if x["kind"] == "say" and str(x["line"]).startswith("box-breathing"))
    return (int(str(said["at"])) - int(str(heard["to"]))) / RATE_HZ


def _cue_lateness(log: list[dict[str, object]]) -> list[int]:
    cues = [int(str(x["at"])) for x in log if x["kind"] == "cue"]
    return [abs(at - (cues[0] + i * 4 * RATE_HZ)) for i, at in enumerate(cues)]


def _live(here: Path) -> None:
    import soundfile  # noqa: PLC0415 - only here

    spoken = write(here / "say.wav", [("start box breathing for one minute", 14.0)], lead_s=0.3)
    pcm, rate_hz = soundfile.read(here / "say.wav", dtype="int16")
    replies, share, spacing = [], [], []
    for _ in range(RUNS):
        with virtual_card() as card, card.record() as loud:
            child = subprocess.Popen(
                [PROGRAM, "talk", "--log", here / "live.log"],
                env=os.environ | card.env,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
            )
            time.sleep(7)
            before, at = _cpu_s(child.pid), time.monotonic()
            time.sleep(5)
            share.append((_cpu_s(child.pid) - before) / (time.monotonic() - at) * 100)
            began = time.monotonic()
            card.play(np.repeat(pcm, RATE_HZ // rate_hz))
            assert child.stdin is not None
            child.stdin.close()
            child.wait(30)
        end_of_speech = began + spoken[0].to_s
        replies.append(_first_loud(loud.pcm, loud.began_s, after=end_of_speech) - end_of_speech)
        spacing.append(max(_cue_lateness(_read(here / "live.log"))) / RATE_HZ * 1000)
    _show("live: end of speech to first sound of the reply (+-0.05)", replies, "s")
    _show("live: cues off the score, in log samples", spacing, "ms")
    _show("live: processor share while listening to silence", share, "%")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _first_loud(pcm: np.ndarray, began_s: float, after: float) -> float:
    start = max(0, round((after - began_s) * RATE_HZ))
    loud = np.flatnonzero(np.abs(pcm[start:]) > LOUD)
    return began_s + (start + float(loud[0])) / RATE_HZ


if __name__ == "__main__":
    main()
