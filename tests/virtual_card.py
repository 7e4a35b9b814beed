"""A sound card for tests on a machine that has none: a private PulseAudio server.

    with virtual_card() as card:
        with card.record() as heard:
            child = subprocess.run([...], env=card.env)   # talks to "va_mic" and "va_speaker"
        heard.pcm, heard.began_s

The program under test must be a child process that gets `card.env`: sounddevice freezes its list of
devices when it is imported, so a process that has imported it can never see this card.

| name            | what it is                                                                |
|-----------------|---------------------------------------------------------------------------|
| `va_mic`        | the microphone a program finds; what `play` plays arrives there            |
| `va_speaker`    | the loudspeaker a program finds; `record` hears it                         |
| `va_mic_in`     | the sink in front of `va_mic`                                              |

Times heard on the loudspeaker are up to 50 ms early: PulseAudio's null sink renders in such blocks.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

RATE_HZ: Final = 48_000

# norewinds: without it the null sink rewinds itself, with hitches of up to two seconds.
_SCRIPT = """\
.fail
load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/native
load-module module-null-sink sink_name=va_speaker norewinds=1 rate=48000 channels=1 channel_map=mono
load-module module-null-sink sink_name=va_mic_in norewinds=1 rate=48000 channels=1 channel_map=mono
load-module module-remap-source source_name=va_mic master=va_mic_in.monitor channels=1 \
channel_map=mono master_channel_map=mono remix=no
set-default-sink va_speaker
set-default-source va_mic
"""

_DAEMON = """\
exit-idle-time = -1
realtime-scheduling = no
high-priority = no
enable-shm = no
flat-volumes = no
default-sample-rate = 48000
alternate-sample-rate = 48000
default-sample-channels = 1
"""

# autospawn: without "no" libasound's plugin would start a second server beside a killed one.
_CLIENT = """\
autospawn = no
enable-shm = no
cookie-file = {folder}/cookie
"""

# PortAudio on Linux lists ALSA's names, so the two devices need one each.
_ALSA = """\
</usr/share/alsa/alsa.conf>
pcm.!default { type pulse hint { show on description "virtual card" } }
ctl.!default { type pulse }
pcm.va_mic { type pulse device "va_mic" hint { show on description "va_mic" } }
pcm.va_speaker { type pulse device "va_speaker" hint { show on description "va_speaker" } }
"""


class Recording:
    """What a source gives, from `__enter__` to `__exit__`; mono, 48 kHz."""

    def __init__(self, source: str, env: dict[str, str]) -> None:
        self.pcm: NDArray[np.int16] = np.zeros(0, np.int16)
        self.began_s = 0.0
        """`time.monotonic()` of sample 0: by the least delayed of all blocks."""
        self._command = ["parec", f"--device={source}", "--format=s16le", f"--rate={RATE_HZ}"]
        # Asked for outright: the default buffer is of the order of two seconds.
        self._command += ["--channels=1", "--latency-msec=10", "--process-time-msec=5", "--raw"]
        self._env = env
        self._raw = bytearray()
        self._offsets_s: list[float] = []
        self._flowing = threading.Event()

    def __enter__(self) -> Self:
        self._parec = subprocess.Popen(
            self._command,
            env=self._env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        assert self._parec.stdout is not None
        self._reader = threading.Thread(target=self._read, args=(self._parec.stdout,), daemon=True)
        self._reader.start()
        assert self._flowing.wait(5), "the recorder delivers no samples"
        return self

    def __exit__(self, *_: object) -> None:
        self._parec.terminate()
        self._reader.join(5)
        self._parec.wait(5)
        assert self._parec.stdout is not None
        self._parec.stdout.close()
        self.pcm = np.frombuffer(bytes(self._raw[: len(self._raw) // 2 * 2]), "<i2")
        self.began_s = min(self._offsets_s)

    def _read(self, pipe: IO[bytes]) -> None:
        while block := pipe.read(4096):
            self._raw += block
            self._offsets_s.append(time.monotonic() - len(self._raw) / 2 / RATE_HZ)
            self._flowing.set()


class VirtualCard:
    """One server with its microphone and loudspeaker. `env` points a child process at them."""

    def __init__(self, folder: Path) -> None:
        self.env = os.environ | {
            "PULSE_SERVER": f"unix:{folder}/native",
            "PULSE_COOKIE": f"{folder}/cookie",
            "PULSE_CLIENTCONFIG": f"{folder}/client.conf",
            "PULSE_RUNTIME_PATH": str(folder),
            "PULSE_STATE_PATH": str(folder),
            "ALSA_CONFIG_PATH": f"{folder}/asound.conf",
            "AUDIODEV": "pulse",
        }
        self._folder = folder
        (folder / "card.pa").write_text(_SCRIPT.format(folder=folder))
        (folder / "daemon.conf").write_text(_DAEMON)
        (folder / "client.conf").write_text(_CLIENT.format(folder=folder))
        (folder / "asound.conf").write_text(_ALSA)
        self._server: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers."""
        folder = str(self._folder)
        home = {"HOME": folder, "XDG_CONFIG_HOME": folder, "XDG_RUNTIME_DIR": folder}
        home |= {"PULSE_CONFIG": f"{folder}/daemon.conf", "PULSE_CONFIG_PATH": folder}
        home |= {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}
        command = ["pulseaudio", "-n", "-F", f"{folder}/card.pa", "--daemonize=no"]
        command += ["--use-pid-file=no", f"--log-target=file:{folder}/log", "--log-level=warning"]
        self._server = subprocess.Popen(
            command,
            env=self.env | home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(100):
            if self._pactl("info") == 0:
                return
            if self._server.poll() is not None:
                break
            time.sleep(0.05)
        log = self._folder / "log"
        pytest.fail(f"pulseaudio did not start: {log.read_text() if log.exists() else 'no log'}")

    def kill(self) -> None:
        """End the server as a crash would; `start` brings it back."""
        assert self._server is not None
        self._server.send_signal(signal.SIGKILL)
        self._server.wait(5)
        (self._folder / "native").unlink(missing_ok=True)

    def freeze(self) -> None:
        """Let the server hang: it lives, and answers nobody any more."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def suspend_microphone(self, *, on: bool) -> None:
        """Stop or resume the microphone's samples, as a driver that hangs would."""
        assert self._pactl("suspend-source", "va_mic", str(int(on))) == 0

    def suspend_loudspeaker(self, *, on: bool) -> None:
        """Stop or resume the loudspeaker, so that it takes no more samples."""
        assert self._pactl("suspend-sink", "va_speaker", str(int(on))) == 0

    def play(self, pcm: NDArray[np.int16]) -> None:
        """Play int16 samples (48 kHz) to the microphone; return when the last one has left."""
        # 100 ms: a player buffer of 20 ms runs empty on a busy machine and leaves gaps.
        command = ["pacat", "--playback", "--device=va_mic_in", "--format=s16le", "--channels=1"]
        command += [f"--rate={RATE_HZ}", "--latency-msec=100", "--process-time-msec=5", "--raw"]
        subprocess.run(command, env=self.env, input=pcm.astype("<i2").tobytes(), check=True)

    def record(self, source: str = "va_speaker.monitor") -> Recording:
        """A context manager that hears what the loudspeaker plays (or any other source)."""
        return Recording(source, self.env)

    def _pactl(self, *words: str) -> int:
        return subprocess.run(
            ["pactl", *words], env=self.env, capture_output=True, timeout=5, check=False
        ).returncode


@contextlib.contextmanager
def virtual_card() -> Iterator[VirtualCard]:
    """A running card; afterwards neither server nor folder is left. Skips without PulseAudio."""
    if shutil.which("pulseaudio") is None:
        pytest.skip("pulseaudio is not installed, so there is no virtual sound card")
    # A short path: a Unix socket's may have 108 bytes.
    folder = Path(tempfile.mkdtemp(prefix="va-"))
    card = VirtualCard(folder)
    try:
        card.start()
        yield card
    finally:
        with contextlib.suppress(AssertionError, ProcessLookupError):
            card.kill()
        shutil.rmtree(folder, ignore_errors=True)
