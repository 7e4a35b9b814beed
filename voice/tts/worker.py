"""The child process: pyttsx3 and nothing else of ours.

Run as a script (`python -P worker.py FOLDER VOICE`), never imported. It reads one JSON object a
line from standard input, `{"text": ..., "wpm": ..., "file": ...}`, writes the speech into that
file, and answers one JSON object a line on standard output:

    {"ok": true}       the first time: ready to speak; later: the file is there
    {"why": "..."}     this line did not work; a fresh worker may do better
    {"missing": "..."} there is no synthesiser, or no such voice; a fresh worker would say the same

It ends, and takes FOLDER with it, as soon as standard input ends: closed, or its parent killed.
"""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Final, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FINISH_S: Final = 60.0
"""Longest wait for `finished-utterance`; the parent's own limit is shorter and comes first."""


class Speaker:
    """One pyttsx3 engine that only ever writes files.

    Args:
        voice: the id of a voice, or "" for the engine's own choice.
        give_up: called with the reason when the engine will never return; does not return.

    Raises:
        ValueError: there is no such voice.
        ImportError, OSError, RuntimeError: there is no synthesiser.
    """

    def __init__(self, voice: str, give_up: Callable[[str], NoReturn]) -> None:
        import pyttsx3  # noqa: PLC0415 - it loads the speech library, after signals and outputs are set

        self._finished = threading.Event()
        self._trouble = ""
        # What the driver's callback raises (a full disk) reaches only this hook, and the run loop
        # then waits for ever.
        sys.unraisablehook = lambda raised: give_up(str(raised.exc_value))
        self._engine = pyttsx3.init()
        self._engine.connect("finished-utterance", lambda **_: self._finished.set())
        self._engine.connect("error", lambda exception, **_: self._fail(str(exception)))
        # A new engine says it is busy until its first run, and queues every property until then.
        self._engine.proxy.setBusy(False)
        if voice:
            self._engine.setProperty("voice", voice)
        if self._trouble:
            raise ValueError(self._trouble)

    def save(self, text: str, wpm: int, file: str) -> str:
        """Write `text` at `wpm` words a minute into `file`; returns what went wrong, or ""."""
        self._finished.clear()
        _settle()
        self._engine.setProperty("rate", wpm)
        _settle()
        self._engine.save_to_file(text, file)
        self._engine.runAndWait()
        if not self._finished.wait(_FINISH_S):
            return "did not finish"
        return self._trouble

    def _fail(self, trouble: str) -> None:
        self._trouble = trouble or "failed"
        self._finished.set()


def _settle() -> None:
    """Wait until espeak's command queue is empty.

    `runAndWait` begins by calling `stop`, which empties that queue when it is not idle: a rate
    still in it is lost, and now and then the whole next utterance (measured with pyttsx3 2.99:
    in 120 utterances of changing rate, some had the rate of another and some were empty).
    """
    espeak = sys.modules.get("pyttsx3.drivers._espeak")
    while espeak is not None and espeak.IsPlaying():
        time.sleep(0.001)


def _requests(folder: str) -> Iterator[dict[str, Any]]:
    """Requests as they come; a thread of its own sees input end, whatever the engine does."""
    waiting: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def listen() -> None:
        try:
            for line in sys.stdin.buffer:
                waiting.put(json.loads(line))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        yield waiting.get()


def main(folder: str, voice: str) -> None:
    """Answer requests until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the espeak driver prints "Audio saved to ..."

    def answer(**said: object) -> None:
        answers.write(json.dumps(said) + "\n")

    def give_up(why: str) -> NoReturn:
        answer(why=why)
        os._exit(1)

    requests = _requests(folder)
    try:
        speaker = Speaker(voice, give_up)
    except ValueError:
        answer(missing=f"there is no voice {voice!r} here; choose another, or none")
    except (ImportError, OSError, RuntimeError):
        answer(missing="pyttsx3 finds no speech synthesiser here; install espeak-ng")
    else:
        answer(ok=True)
        for request in requests:
            try:
                trouble = speaker.save(request["text"], request["wpm"], request["file"])
            except Exception as raised:  # noqa: BLE001 - drivers raise anything; the parent starts anew
                trouble = str(raised) or type(raised).__name__
            answer(**({"why": trouble} if trouble else {"ok": True}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
