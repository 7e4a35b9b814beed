"""The parent's handle on the synthesiser process: asks, waits, and replaces it when it stops."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import weakref
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, Self, cast

import numpy as np
import soundfile
import soxr

from voice.clock import RATE_HZ
from voice.errors import VoiceMissing
from voice.tts import folder

if TYPE_CHECKING:
    import numpy.typing as npt

_SCRIPT: Final = Path(__file__).with_name("worker.py")
_LONGEST_ANSWER: Final = 10_000
_CHECK_TEXT: Final = "Ready."
_CHECK_WPM: Final = 150
_CHECK_PEAK: Final = 0.01
"""-40 dBFS; espeak-ng's own peak is near -1 dBFS."""

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - chosen because it is memory; the folder in it is 0700
"""Where Linux keeps its memory file system."""


class _StoppedError(Exception):
    """The worker hung, died or answered nonsense; the text says which."""


class Synth:
    """pyttsx3 in a process of its own, started when it is first needed.

    Not thread-safe, but for `close`, which may come from any thread at any time.

    Args:
        voice: the id of a pyttsx3 voice, such as `gmw/en-us`; None is the engine's own.
        limit_s: seconds that a start or a line may take before the process is replaced.
        memory: the memory file system for speech files; elsewhere private lines are not spoken.
    """

    def __init__(
        self, voice: str | None = None, *, limit_s: float = 10.0, memory: Path = MEMORY
    ) -> None:
        self.voice = voice
        self.in_memory = folder.is_memory(memory)
        """Whether speech files stay off every disk."""
        self._limit_s = limit_s
        self._memory = memory
        self._child: _Child | None = None
        self._closed = False
        if self.in_memory:
            folder.sweep(memory)

    def speak(self, text: str, *, wpm: int) -> npt.NDArray[np.float32]:
        """The text as spoken at `wpm` words a minute, silence around it included.

        Returns:
            Mono samples at 48,000 Hz, full scale at 1.

        Raises:
            VoiceMissing: there is no synthesiser, or it failed on this text twice.
        """
        if not text.strip():
            return np.zeros(0, np.float32)
        why = ""
        for _ in range(2):
            try:
                return self._ready().speak(text, wpm)
            except _StoppedError as stopped:
                why = str(stopped)
                self._drop()
            except BaseException:
                # A Ctrl-C between question and answer: the answer must not meet the next question.
                self._drop()
                raise
        raise VoiceMissing(
            f"the speech synthesiser {why}, twice; the line is shown, not spoken: try it again"
        )

    def close(self) -> None:
        """End the process and remove its folder; a line under way raises VoiceMissing."""
        self._closed = True
        self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ready(self) -> _Child:
        if self._child is None and not self._closed:
            try:
                self._child = _Child(self.voice, folder.make(self._memory), self._limit_s)
            except OSError as refused:
                raise VoiceMissing(
                    f"the speech synthesiser cannot start ({refused.strerror or refused}); "
                    "free some space and memory"
                ) from refused
            self._child.check()
        if self._closed or self._child is None:
            self._drop()
            raise VoiceMissing("the voice is closed; start again to hear it")
        return self._child

    def _drop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()


class _Child:
    """One worker process and its folder; both end together, at the latest with our process."""

    def __init__(self, voice: str | None, home: folder.Folder, limit_s: float) -> None:
        self._home = home
        self._limit_s = limit_s
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own script, by its path
                [sys.executable, "-P", str(_SCRIPT), str(home.path), voice or ""],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # the terminal's Ctrl-C is for us alone
            )
        except BaseException:
            folder.remove(home)
            raise
        self._questions = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        self.end = weakref.finalize(self, _end, self._process, home)

    def check(self) -> None:
        """Wait until the worker is ready, and hear a test phrase."""
        self._answer()
        sound = self.speak(_CHECK_TEXT, _CHECK_WPM)
        if not sound.size or np.abs(sound).max() < _CHECK_PEAK:
            raise VoiceMissing(
                "the speech synthesiser gives no sound; install espeak-ng and its voice data"
            )

    def speak(self, text: str, wpm: int) -> npt.NDArray[np.float32]:
        file = self._home.path / "line.wav"
        try:
            self._answer({"text": text, "wpm": wpm, "file": str(file)})
            return _samples(file)
        finally:
            file.unlink(missing_ok=True)

    def _answer(self, request: dict[str, Any] | None = None) -> None:
        """Send a request, if any, and read one answer, within the limit of time."""
        watchdog = threading.Timer(self._limit_s, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        line = b""
        with contextlib.suppress(
            OSError, ValueError
        ):  # a dead worker's pipe, or one closed by `close`
            if request is not None:
                self._questions.write(json.dumps(request).encode() + b"\n")
                self._questions.flush()
            line = self._answers.readline(_LONGEST_ANSWER)
        watchdog.cancel()
        _understand(line)


def _understand(line: bytes) -> None:
    if not line:
        raise _StoppedError("stopped")
    try:
        said = json.loads(line)
    except (ValueError, RecursionError) as nonsense:
        raise _StoppedError("answered nonsense") from nonsense
    match said:
        case {"ok": True}:
            return
        case {"missing": str(missing)}:
            raise VoiceMissing(missing)
        case {"why": str(why)}:
            raise _StoppedError(f"failed ({why})")
        case _:
            raise _StoppedError("answered nonsense")


def _samples(file: Path) -> npt.NDArray[np.float32]:
    """A speech file at 48,000 Hz, mono; macOS writes AIFF whatever the name (pyttsx3#361)."""
    try:
        sound, rate_hz = soundfile.read(file, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as broken:
        raise _StoppedError("wrote no sound") from broken
    mono: npt.NDArray[np.float32] = np.ascontiguousarray(sound[:, 0])
    if mono.size and rate_hz != RATE_HZ:
        mono = soxr.resample(mono, rate_hz, RATE_HZ)
    return mono


def _end(process: subprocess.Popen[bytes], home: folder.Folder) -> None:
    """Kill, reap, close, remove: in this order, so that nobody waits for a pipe still held."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):  # words that a dead worker never read
                pipe.close()
    folder.remove(home)
