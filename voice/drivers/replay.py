"""Replay: a log's inputs go through a fresh core; the first difference is told."""

from __future__ import annotations

import io
import json
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from voice import events
from voice.clock import RATE_HZ, TICK, samples
from voice.drivers.stage import TextStage, in_whole_ticks
from voice.errors import LogUnusable
from voice.events import Effect, Event, Word
from voice.log import SessionLog, read
from voice.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from voice.dialogue.core import Dialogue
    from voice.events import Say
    from voice.log import Line


_LONGEST: Final = samples(24 * 3600)
"""No session of ours is longer than a day."""


def _as_logged(says: Iterable[Line]) -> Callable[[Say], tuple[int, int]]:
    """Each line begins and lasts as it did when the log was written."""
    logged = iter(says)

    def timing(say: Say) -> tuple[int, int]:
        said: Line = next(logged, {"at": say.at, "seconds": 0.02})
        return max(said["at"], say.at), in_whole_ticks(round(said["seconds"] * RATE_HZ))

    return timing


class _RecordedAnswers:
    """The journal of the log: each thing asked of it is answered as it was then, when it was."""

    def __init__(self, answers: list[Event]) -> None:
        self._answers = answers
        self._later: list[Event] = []

    def perform(self, effect: Effect) -> Iterable[Event]:
        """Answer at once what was answered at once; the rest is due later."""
        kind = _ANSWERED_BY.get(type(effect))
        found = next((e for e in self._answers if kind and isinstance(e, kind)), None)
        if found is None:
            return ()
        self._answers.remove(found)
        if found.at <= effect.at:
            return [found]
        self._later.append(found)
        return ()

    def due(self, at: int) -> list[Event]:
        """Answers that came later, and have come now."""
        now = [event for event in self._later if event.at <= at]
        self._later = [event for event in self._later if event.at > at]
        return now


_ANSWERED_BY: Final[dict[type[Effect], type[Event]]] = {
    events.OpenStore: events.StoreReady,
    events.Keep: events.Kept,
    events.Recall: events.Recalled,
}


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
    stage = TextStage(log, _as_logged(line for line in lines if line["kind"] == "say"))
    session.edges.append(stage)
    inputs: list[Event] = []
    for number, line in enumerate(lines, start=2):
        try:
            if event := _input(line):
                inputs.append(event)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise LogUnusable(
                f"{path}: line {number} cannot be read ({problem!r}); the log was changed or cut"
            ) from problem
    asked = (events.StoreReady, events.Kept, events.Recalled)
    edge = _RecordedAnswers([event for event in inputs if isinstance(event, asked)])
    session.edges.append(edge)
    inputs = [event for event in inputs if not isinstance(event, asked)]
    _go_through(session, stage, edge, inputs, end=max((line["at"] for line in lines), default=0))
    log.flush()
    replayed: list[Line] = [json.loads(line) for line in sink.getvalue().splitlines()[1:]]
    return _compare(lines, replayed)


def _go_through(
    session: Session, stage: TextStage, edge: _RecordedAnswers, inputs: list[Event], end: int
) -> None:
    waiting = deque(inputs)
    for at in range(0, end + TICK, TICK):
        for event in edge.due(at):
            session.put(event)
        while waiting and waiting[0].at <= at:
            session.put(waiting.popleft())
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


def _input(line: Line) -> Event | None:  # noqa: PLR0911, PLR0912 - one case a kind of input
    at = line["at"]
    if not isinstance(at, int) or not 0 <= at < _LONGEST:
        raise ValueError("at is no moment of a day")
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
            return events.Typed(at=at, text=_text(line))
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
        words = (Word(_text(line), line["from"], line["to"], line["conf"]),)
    return events.Heard(
        at=line["at"],
        lane=line["lane"],
        text=_text(line),
        from_at=line["from"],
        to_at=line["to"],
        words=words,
        alternatives=tuple(line.get("alternatives", ())),
    )


def _text(line: Line) -> str:
    text = line["text"]
    if not isinstance(text, str):
        raise TypeError("text is no text")
    return text
