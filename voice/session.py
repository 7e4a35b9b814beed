"""A session: the core, its log, and the edge that performs what the core asks for.

Every driver puts its events in here and nowhere else; what an effect brings about at once (a closed
ear, a kept word) is put in again, in order.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Protocol

from voice import events
from voice.clock import samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from voice.dialogue.core import Dialogue
    from voice.events import Effect, Event
    from voice.log import SessionLog


_AGAIN_AFTER: Final = samples(60)


class Performer(Protocol):
    """What a driver does about effects; it answers with the events that are already known."""

    def perform(self, effect: Effect) -> Iterable[Event]:
        """Do it, or begin to."""


class Session:
    """Events in; everything else follows."""

    def __init__(self, core: Dialogue, log: SessionLog, tell: Callable[[str], None]) -> None:
        """Join a core and a log.

        Args:
            core: the state machine.
            log: what happened.
            tell: shows the person a line about a fault.
        """
        self.core = core
        self.log = log
        self._tell = tell
        self._told: dict[str, int] = {}
        self.edges: list[Performer] = []
        self._waiting: deque[Event] = deque()
        self._busy = False

    def put(self, event: Event) -> None:
        """Give the core an event, and have done what it asks for."""
        self._waiting.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._waiting:
                self._one(self._waiting.popleft())
        finally:
            self._busy = False

    def _tell_once(self, line: str, at: int) -> None:
        """The same line again only after a minute."""
        if at - self._told.get(line, -_AGAIN_AFTER) >= _AGAIN_AFTER:
            self._told[line] = at
            self._tell(line)

    def _one(self, event: Event) -> None:
        answered = not self.log.words and self.core.has_answered(event)
        effects = self.core.receive(event)
        help_asked = any(
            effect.safety and isinstance(effect, events.ResetEars) for effect in effects
        )
        if not answered:
            self.log.event(event, mattered=bool(effects))
        if help_asked:
            self.log.forget_heard()
        if isinstance(event, events.Fault):
            self._tell_once(f"{event.what}: {event.action}", event.at)
        for effect in effects:
            self.log.effect(effect)
            for edge in self.edges:
                self._waiting.extend(edge.perform(effect))
