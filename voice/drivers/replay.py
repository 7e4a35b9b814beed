"""Replay: a log's inputs go through a fresh core; the first difference is told."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from voice import events
from voice.clock import RATE_HZ, TICK
from voice.drivers.stage import in_whole_ticks
from voice.errors import LogUnusable
from voice.events import Word
from voice.log import SessionLog, read
from voice.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from voice.dialogue.core import Dialogue
    from voice.events import Effect, Event
    from voice.log import Line


class _RecordedStage:
    """Lets each line begin and last as it did when the log was written."""

    def __init__(self, log: SessionLog, says: Iterable[Line]) -> None:
        self._log = log
        self._says = iter(says)
        self._ends: list[tuple[int, int]] = []

    def perform(self, effect: Effect) -> Iterable[Event]:
        """Time a line as the log has it."""
        match effect:
            case events.Say():
                said: Line = next(self._says, {"at": effect.at, "seconds": 0.02})
                at, length = (
                    max(said["at"], effect.at),
                    in_whole_ticks(round(said["seconds"] * RATE_HZ)),
                )
                self._ends.append((at + length, effect.key))
                self._log.said(effect, at, length)
            case events.Hush():
                self._ends.clear()
        return ()

    def ended(self, at: int) -> list[Event]:
        """What has ended by now."""
        over = [key for end, key in self._ends if end <= at]
        self._ends = [(end, key) for end, key in self._ends if end > at]
        return [events.Sounded(at=at, key=key) for key in over]


def first_difference(path: Path, core: Dialogue) -> str | None:
    """Replay a log; None when every line comes out the same, else what differs first.

    Raises:
        LogUnusable: not a log, of another version, or written without words.
    """
    header, lines = read(path)
    if not header["words"]:
        raise LogUnusable(
            f"{path}: holds no words, so it cannot be replayed; write one with --log-words"
        )
    sink = io.StringIO()
    log = SessionLog(sink, words=True, header={})
    session = Session(core, log, lambda _: None)
    stage = _RecordedStage(log, [line for line in lines if line["kind"] == "say"])
    session.edges.append(stage)
    try:
        inputs = [event for line in lines if (event := _input(line))]
    except (KeyError, TypeError) as problem:
        raise LogUnusable(
            f"{path}: a line lacks {problem}; the log was changed or cut"
        ) from problem
    _go_through(session, stage, inputs, end=max((line["at"] for line in lines), default=0))
    log.flush()
    replayed: list[Line] = [json.loads(line) for line in sink.getvalue().splitlines()[1:]]
    return _compare(lines, replayed)


def _go_through(session: Session, stage: _RecordedStage, inputs: list[Event], end: int) -> None:
    waiting = iter(inputs)
    event = next(waiting, None)
    for at in range(0, end + TICK, TICK):
        while event is not None and event.at <= at:
            session.put(event)
            event = next(waiting, None)
        session.put(events.Tick(at=at))
        for ended in stage.ended(at + TICK):
            session.put(ended)


def _compare(logged: list[Line], replayed: list[Line]) -> str | None:
    for number, line in enumerate(logged, start=2):
        again = replayed[number - 2] if number - 2 < len(replayed) else None
        if line != again:
            return f"line {number}: the log has {json.dumps(line)}, the replay {json.dumps(again)}"
    if len(replayed) > len(logged):
        more = json.dumps(replayed[len(logged)])
        return f"line {len(logged) + 2}: the log ends, the replay goes on with {more}"
    return None


def _input(line: Line) -> Event | None:  # noqa: PLR0911 - one case a kind of input
    at: int = line["at"]
    match line["kind"]:
        case "begin":
            return events.Begin(at=at)
        case "end":
            return events.End(at=at)
        case "now":
            return events.Now(at=at, local=line["local"])
        case "speech":
            return events.Speech(at=at, on=line["on"], since=line["since"])
        case "partial":
            return events.Partial(at=at, lane=line["lane"], text=line["text"])
        case "heard_up_to":
            return events.HeardUpTo(at=at, up_to=line["up_to"], closed=line["closed"])
        case "typed":
            return events.Typed(at=at, text=line["text"])
        case "store":
            return events.StoreReady(at=at, ok=line["ok"])
        case "kept":
            return events.Kept(at=at, ok=line["id"] is not None, type=line["type"])
        case "recalled":
            passages = line["passages"]
            return events.Recalled(at=at, passages=None if passages is None else tuple(passages))
        case "fault":
            return events.Fault(at=at, what=line["what"], action=line["action"])
        case "heard":
            return _heard(line)
    return None


def _heard(line: dict[str, Any]) -> events.Heard:
    words: tuple[Word, ...] = ()
    if line["conf"] is not None:
        words = (Word(line["text"], line["from"], line["to"], line["conf"]),)
    return events.Heard(
        at=line["at"],
        lane=line["lane"],
        text=line["text"],
        from_at=line["from"],
        to_at=line["to"],
        words=words,
        alternatives=tuple(line.get("alternatives", ())),
    )
