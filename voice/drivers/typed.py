"""The keyboard drivers: lines in, replies shown, on the same clock, without sound.

At a terminal the clock is the wall's. From a pipe it is virtual: each line waits until nothing has
been said for a second, a line `+20` lets twenty seconds pass, and all of it takes no time.
"""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from voice import events
from voice.clock import RATE_HZ, TICK, samples
from voice.drivers import AFTER_INPUT, WATERMARK_EVERY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from voice.drivers.keyboard import Keyboard
    from voice.drivers.stage import Stage
    from voice.keeper import LiveKeeper
    from voice.session import Session

_QUIET: Final = samples(1.0)
_PASS: Final = re.compile(r"\+(\d+(?:\.\d+)?)")


class Clock:
    """Ticks of a session whose ears are a keyboard: everything is decoded at once."""

    def __init__(self, session: Session, stage: Stage) -> None:
        self._session, self._stage = session, stage
        self.at = 0

    def tick(self) -> None:
        """Let one tick pass."""
        if self.at % WATERMARK_EVERY == 0:
            self._session.put(events.HeardUpTo(at=self.at, up_to=self.at))
        self._session.put(events.Tick(at=self.at))
        self.at += TICK
        for event in self._stage.ended(self.at):
            self._session.put(event)


def run(session: Session, stage: Stage, lines: Iterable[str]) -> None:
    """Go through piped lines on a virtual clock, to the end of what they began."""
    clock = Clock(session, stage)
    session.put(events.Begin(at=0))
    for line in lines:
        _until(clock, lambda quiet_for: quiet_for >= _QUIET, stage)
        if wait := _PASS.fullmatch(line.strip()):
            until = clock.at + samples(float(wait[1]))
            while clock.at < until:
                clock.tick()
        elif line.strip():
            session.put(events.Typed(at=clock.at, text=line.strip()))
            clock.tick()
    _until(clock, lambda quiet_for: not session.core.busy or quiet_for >= AFTER_INPUT, stage)
    session.put(events.End(at=clock.at))
    _until(clock, lambda _: not session.core.busy, stage)


def run_at_terminal(session: Session, stage: Stage, keyboard: Keyboard, keeper: LiveKeeper) -> None:
    """Talk with a person who types, by the wall clock."""
    clock = Clock(session, stage)
    began_s = time.monotonic()
    session.put(events.Begin(at=0))
    leaving = False
    while not leaving or session.core.busy:
        for line in keyboard.lines():
            session.put(events.Typed(at=clock.at, text=line))
        if keyboard.gone and not leaving:
            leaving = True
            session.put(events.End(at=clock.at))
        for event in keeper.answers():
            session.put(replace(event, at=clock.at))
        clock.tick()
        time.sleep(max(0.0, began_s + clock.at / RATE_HZ - time.monotonic()))


def _until(clock: Clock, done: Callable[[int], bool], stage: Stage) -> None:
    last_busy = clock.at
    while not done(clock.at - last_busy):
        clock.tick()
        if stage.busy:
            last_busy = clock.at
