"""Where the journal meets the session: effects that keep words, events that say it was done.

A segment that cannot be made durable (a full disk, say) waits in memory, is told as a fault once,
and is tried again with each further one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice import events
from voice.errors import Failed, InterludeError
from voice.journal.drafts import Draft
from voice.journal.store import Store

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor, Future
    from pathlib import Path

    from voice.events import Effect, Event


class Keeper:
    """Keeps the person's words; one thread uses it."""

    def __init__(
        self,
        folder: Path,
        ask: Callable[[str], str] | None,
        local_time: Callable[[int], dt.datetime],
    ) -> None:
        """Make a keeper; the journal is opened when it is first needed.

        Args:
            folder: the journal's folder.
            ask: asks the person at the terminal for a secret; None where nobody can be asked.
            local_time: civil time of a clock sample.
        """
        self.ask = ask
        self._folder, self._local_time = folder, local_time
        self._store: Store | None = None
        self._draft: Draft | None = None
        self._unsaved: list[events.Segment] = []
        self._set_aside_segments: list[events.Segment] = []
        """Words of an entry that is over and could not be saved; tried once more at the end."""

    def perform(self, effect: Effect) -> Iterable[Event]:
        """Do what an effect asks of the journal; answer with what came of it."""
        try:
            return self._perform(effect)
        except InterludeError as problem:
            if isinstance(effect, events.Keep):
                self._set_aside()
            told = [events.Fault(at=effect.at, what=str(problem), action=_action(effect))]
            if isinstance(effect, events.Segment) and len(self._unsaved) == 1:
                action = "trying again with the next ones"
                told.append(events.Fault(at=effect.at, what=events.WORDS_WAIT, action=action))
            return [*told, *_no(effect, safe=not self._set_aside_segments)]

    def close(self) -> None:
        """Let go of the journal; a draft under way stays, and is found at the next start.

        Raises:
            Failed: words are still waiting in memory, and there is still no room for them.
        """
        self._set_aside()
        self._unsaved = self._set_aside_segments
        try:
            self._save()
        except InterludeError as problem:
            count = len(self._unsaved)
            raise Failed(
                f"the last {count} pieces of what you said are lost: {problem}"
            ) from problem
        finally:
            if self._draft:
                self._draft.close()
            if self._store:
                self._store.close()

    def _perform(self, effect: Effect) -> Iterable[Event]:
        match effect:
            case events.OpenStore():
                faults = self._opened().faults
                ready = events.StoreReady(at=effect.at, ok=True)
                action = "the rest of the journal is as it was"
                return [*(events.Fault(at=effect.at, what=w, action=action) for w in faults), ready]
            case events.Segment():
                self._unsaved.append(effect)
                self._save()
            case events.Scratch():
                if self._unsaved:
                    self._unsaved.pop()
                elif self._draft:
                    self._draft.scratch_last()
            case events.Keep():
                self._save()
                if self._draft:
                    self._opened().keep(self._draft, effect.type)
                    self._draft = None
                return [events.Kept(at=effect.at, ok=True, type=effect.type)]
            case events.Discard():
                self._unsaved.clear()
                if self._draft:
                    self._draft.discard()
                    self._draft = None
            case events.Recall():
                entry = self._opened().last()
                passages = tuple(segment.text for segment in entry.segments) if entry else None
                return [events.Recalled(at=effect.at, passages=passages)]
        return ()

    def _set_aside(self) -> None:
        """The draft is left to be filed at the next start; nothing that follows touches it."""
        self._set_aside_segments += self._unsaved
        self._unsaved = []
        if self._draft:
            self._draft.close()
            self._draft = None

    def _opened(self) -> Store:
        if self._store is None:
            self._store = Store.open(self._folder, self.ask)
        return self._store

    def _save(self) -> None:
        while self._unsaved:
            segment = self._unsaved[0]
            if self._draft is None:
                self._draft = Draft.open(self._folder, self._opened().public_key)
            if segment.paragraph:
                self._draft.paragraph()
            self._draft.append(segment.text, self._local_time(segment.at).isoformat())
            del self._unsaved[0]


class LiveKeeper:
    """A keeper in a thread of its own, so that a slow disk cannot break the sound."""

    def __init__(self, keeper: Keeper, pool: Executor) -> None:
        self._keeper, self._pool = keeper, pool
        self._under_way: list[Future[Iterable[Event]]] = []
        self._asked: list[Event] = []
        if ask := keeper.ask:
            keeper.ask = lambda prompt: self._aloud(ask, prompt)

    def perform(self, effect: Effect) -> Iterable[Event]:
        """Hand the effect over; what comes of it is found by `answers`."""
        self._under_way.append(self._pool.submit(self._keeper.perform, effect))
        return ()

    def _aloud(self, ask: Callable[[str], str], prompt: str) -> str:
        """Whoever does not look at the screen hears that something is to be typed."""
        if not self._asked:
            wanted = events.Fault(at=0, what=events.KEY_WANTED, action="type it")
            self._asked.append(wanted)
        return ask(prompt)

    def close(self) -> None:
        """As `Keeper.close`, in the thread that has opened the journal."""
        self._pool.submit(self._keeper.close).result()

    def answers(self) -> list[Event]:
        """What has come of earlier effects, in order."""
        found, self._asked = self._asked, []
        while self._under_way and self._under_way[0].done():
            found += self._under_way.pop(0).result()
        return found


def _action(effect: Effect) -> str:
    match effect:
        case events.Segment():
            return "the words are held in memory and tried again with the next ones"
        case events.Keep():
            return "what is in the draft is filed at the next start"
    return "going on without the journal"


def _no(effect: Effect, *, safe: bool) -> Iterable[Event]:
    match effect:
        case events.OpenStore():
            return [events.StoreReady(at=effect.at, ok=False)]
        case events.Keep():
            return [events.Kept(at=effect.at, ok=False, type=effect.type, safe=safe)]
        case events.Recall():
            return [events.Recalled(at=effect.at, passages=None)]
    return ()
