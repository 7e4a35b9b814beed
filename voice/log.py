"""The session log: one JSON object a line, by `at`, without the person's words unless asked.

The first line is a header; each further line has `at` (clock samples) and `t` (seconds). What the
safety lane caused is not written at all without words. docs: README, "The log".
"""

from __future__ import annotations

import contextlib
import json
from typing import IO, TYPE_CHECKING, Any, Final

from voice import events
from voice.clock import RATE_HZ, TICK, samples, seconds
from voice.errors import Failed, LogUnusable

if TYPE_CHECKING:
    from pathlib import Path

    from voice.events import Effect, Event

Line = dict[str, Any]

_DECIDED_AFTER: Final = samples(3)
"""Without words, what one ear heard is held back so long: the other may hear it ask for help."""


class SessionLog:
    """Writes what happened. Without a file it writes nowhere."""

    def __init__(self, file: IO[str] | None, *, words: bool, header: Line) -> None:
        """Begin the log.

        Args:
            file: open for writing; closed by `close`.
            words: write what the person said, and all that is needed to replay it.
            header: facts for the first line (driver, model, voice, content, started_at).
        """
        self.words = words
        self._file = file
        self._waiting: list[Line] = []
        self._undecided = 0
        """How many `heard` lines may yet turn out to have asked for help."""
        self._said_mode = "idle"
        self._kept = 0
        first = {"version": events.VERSION, "words": words, "rate_hz": RATE_HZ}
        self._write({"kind": "header", "at": 0, "t": 0.0, **first, **header})

    def event(self, event: Event, *, mattered: bool) -> None:
        """An event has come in; `mattered` when the core did something about it."""
        match event:
            case events.Tick():
                self._flush_due(event.at)
            case events.Heard():
                self._undecided += not self.words
                self._put("heard", event.at, **self._heard(event))
            case events.Typed():
                self._put("typed", event.at, text=self._private(event.text), chars=len(event.text))
            case events.Speech():
                self._put("speech", event.at, on=event.on, since=event.since)
            case events.Begin() | events.End():
                self._put(type(event).__name__.lower(), event.at)
            case events.Now():
                self._put("now", event.at, local=event.local)
            case events.Fault():
                self._put("fault", event.at, what=event.what, action=event.action)
            case events.Partial() if self.words:
                self._put("partial", event.at, lane=event.lane, text=event.text)
            case events.HeardUpTo() if self.words and (mattered or event.closed):
                self._put("heard_up_to", event.at, up_to=event.up_to, closed=event.closed)
            case events.StoreReady() if self.words:
                self._put("store", event.at, ok=event.ok)
            case events.Kept():
                self._kept += event.ok
                self._put("kept", event.at, type=event.type, id=self._kept if event.ok else None)
            case events.Recalled() if self.words:
                self._put("recalled", event.at, passages=event.passages)

    def forget_heard(self) -> None:
        """What was just heard asked for help: without words, none of it is written."""
        if not self.words:
            self._waiting = [
                line for line in self._waiting if line["kind"] not in ("heard", "typed")
            ]
            self._undecided = 0

    def effect(self, effect: Effect) -> None:
        """The core asked for something; a `Say` is written by `said`, when its length is known."""
        if effect.safety and not self.words:
            return
        match effect:
            case events.Understood():
                self._undecided = 0
                self._put(
                    "understood",
                    effect.at,
                    intent=effect.intent,
                    slots=effect.slots,
                    score=effect.score,
                    decision=effect.decision,
                )
            case events.Cue():
                self._put(
                    "cue",
                    effect.at,
                    practice=effect.practice,
                    phase=effect.phase,
                    cue=effect.cue,
                    cycle=effect.cycle,
                )
            case events.Chime():
                self._put("chime", effect.at, name=effect.name)
            case events.SetMode() if effect.mode != self._said_mode:
                self._put("mode", effect.at, **{"from": self._said_mode, "to": effect.mode})
                self._said_mode = effect.mode

    def said(self, say: events.Say, at: int, length: int) -> None:
        """A line began to sound at `at`, and will for `length` clock samples."""
        if say.safety and not self.words:
            return
        text = self._private(say.text) if say.private else say.text
        self._put("say", at, line=say.line, seconds=seconds(length), text=text)

    def close(self) -> None:
        """Write what is waiting, and close the file."""
        self.flush()
        if self._file:
            self._file.close()

    def _heard(self, event: events.Heard) -> Line:
        line: Line = {
            "lane": event.lane,
            "text": self._private(event.text),
            "chars": len(event.text),
            "conf": event.conf,
            "from": event.from_at,
            "to": event.to_at,
        }
        if self.words and event.alternatives:
            line["alternatives"] = list(event.alternatives)
        return line

    def _private(self, text: str) -> str | None:
        return text if self.words else None

    def _put(self, kind: str, at: int, **fields: Any) -> None:  # noqa: ANN401 - JSON values
        self._flush_due(at)
        self._waiting.append({"kind": kind, "at": at, "t": seconds(at), **fields})

    def _flush_due(self, at: int) -> None:
        wait = _DECIDED_AFTER if self._undecided else TICK
        if self._waiting and at >= self._waiting[0]["at"] + wait:
            self.flush()

    def flush(self) -> None:
        """Write what waits for its place in the order."""
        for line in sorted(self._waiting, key=lambda line: int(line["at"])):
            self._write(line)
        self._waiting.clear()
        self._undecided = 0

    def _write(self, line: Line) -> None:
        if self._file:
            try:
                self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
                self._file.flush()
            except OSError as problem:
                name = self._file.name
                self._file = None
                raise Failed(
                    f"{name}: the log cannot be written ({problem.strerror}); make room"
                ) from problem


def create(path: Path) -> IO[str]:
    """The file of a new log, readable by its owner alone; replaces one that is there.

    Raises:
        Failed: it cannot be written.
    """
    try:
        path.touch(mode=0o600)
        with contextlib.suppress(OSError):  # a device, or somebody else's file
            path.chmod(0o600)
        return path.open("w", encoding="utf-8")
    except OSError as problem:
        raise Failed(
            f"{path}: cannot be written ({problem.strerror}); name another --log"
        ) from problem


def read(path: Path) -> tuple[Line, list[Line]]:
    """A log's header and its events.

    Raises:
        LogUnusable: it is not a log, or is one of another version.
    """
    try:
        lines = [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as problem:
        raise LogUnusable(
            f"{path}: not a session log ({problem}); name one that --log wrote"
        ) from problem
    if not lines or not isinstance(lines[0], dict) or lines[0].get("kind") != "header":
        raise LogUnusable(f"{path}: no header on its first line; name a log that --log wrote")
    for key in ("version", "words"):
        if key not in lines[0]:
            raise LogUnusable(f"{path}: its header lacks {key}; the log was changed or cut")
    for number, line in enumerate(lines[1:], start=2):
        if not isinstance(line, dict) or not {"kind", "at"} <= line.keys():
            raise LogUnusable(f"{path}: line {number} is no event; the log was changed or cut")
    if lines[0].get("version") != events.VERSION:
        raise LogUnusable(
            f"{path}: a log of version {lines[0].get('version')}, this program reads "
            f"{events.VERSION}; replay it with the program that wrote it"
        )
    return lines[0], lines[1:]
