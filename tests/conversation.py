"""A conversation with the pure core, with edges that are quick, honest and silent.

    talk = Conversation(built)
    talk.enter("box breathing")
    talk.wait(20)
    talk.cues()

A line lasts as long as its words at its pace; the store answers at once; everything is decoded up
to `lag_s` ago. Times are seconds here, and clock samples in the effects.
"""

from __future__ import annotations

import functools
import tempfile
from typing import TYPE_CHECKING, TypeVar

import pytest

from voice import app, events
from voice.clock import TICK, samples
from voice.settings import Settings

if TYPE_CHECKING:
    from voice.app import App
    from voice.events import Effect, Event, Lane

_DECODED_EVERY = 5 * TICK  # Vosk is fed in blocks of a tenth of a second

_HANGS_AFTER_S = 100.0  # a dictation waits for 90 s

Kind = TypeVar("Kind", bound=events.Effect)


@functools.cache
def shipped_app() -> App:
    """The program as shipped, without a person's own content; the same for all tests."""
    with tempfile.TemporaryDirectory() as nobody, pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTERLUDE_HOME", nobody)
        return app.build(Settings())


class Conversation:
    """A core, what it has asked for so far, and the clock."""

    def __init__(self, built: App, *, decoding: bool = True, store_ok: bool = True) -> None:
        self.core = built.core()
        self.at = 0
        self.effects: list[Effect] = []
        self.decoding = decoding
        self.passages: tuple[str, ...] | None = ("it was a quiet day",)
        self.store_ok = store_ok
        self._ends: dict[int, int] = {}

    # What a person does

    def enter(self, text: str) -> None:
        """Type a line, now."""
        self.put(events.Typed(at=self.at, text=text))

    def speak(
        self,
        command: str | None,
        free: str | None = None,
        *,
        alternatives: tuple[str, ...] = (),
        open_first: bool = False,
    ) -> int:
        """Say something in 0.8 s: what the small ear and the open ear make of it.

        Returns:
            The sample at which its last word ends.
        """
        began = self.at
        self.wait(0.1)
        self.put(events.Speech(at=self.at, on=True, since=began))
        lanes: list[tuple[Lane, str | None]] = [("command", command), ("open", free)]
        for part in range(1, 8):
            for lane, text in lanes:
                if text and part in (2, 5):
                    heard = text[: len(text) * part // 8]
                    self.put(events.Partial(at=self.at, lane=lane, text=heard))
            self.wait(0.1)
        self.put(events.Speech(at=self.at, on=False, since=self.at))
        for lane, text in reversed(lanes) if open_first else lanes:
            if text is not None:
                others = alternatives if lane == "open" else ()
                self.hear(lane, text, began, alternatives=others)
        return self.at

    def hear(
        self, lane: Lane, text: str, began: int, *, alternatives: tuple[str, ...] = ()
    ) -> None:
        """One ear finishes a segment that ends now."""
        self.put(
            events.Heard(
                at=self.at,
                lane=lane,
                text=text,
                from_at=began,
                to_at=self.at,
                alternatives=alternatives,
            )
        )

    def wait(self, wait_s: float) -> None:
        """Let time pass, in whole ticks."""
        until = self.at + samples(wait_s)
        while self.at < until:
            if self.decoding and self.at % _DECODED_EVERY == 0:
                self.put(events.HeardUpTo(at=self.at, up_to=self.at))
            self.put(events.Tick(at=self.at))
            self.at += TICK
            for key in [key for key, end in self._ends.items() if end <= self.at]:
                del self._ends[key]
                self.put(events.Sounded(at=self.at, key=key))

    def until_quiet(self) -> None:
        """Wait until the core says that nothing speaks, plays or waits, or nothing happens."""
        count, since = len(self.effects), self.at
        while self.core.busy and self.at < since + samples(_HANGS_AFTER_S):
            self.wait(0.1)
            if len(self.effects) > count:
                count, since = len(self.effects), self.at

    # What the edges do

    def put(self, event: Event) -> None:
        """Give the core an event; do what it asks for."""
        for effect in self.core.receive(event):
            self.effects.append(effect)
            match effect:
                case events.Say():
                    self._ends[effect.key] = effect.at + samples(spoken_s(effect))
                case events.Hush():
                    self._ends.clear()
                case events.OpenStore():
                    self.put(events.StoreReady(at=self.at, ok=self.store_ok))
                case events.Keep():
                    self.put(events.Kept(at=self.at, ok=self.store_ok, type=effect.type))
                case events.Recall():
                    self.put(events.Recalled(at=self.at, passages=self.passages))
                case events.CloseEars():
                    self.put(events.HeardUpTo(at=self.at, up_to=self.at, closed=True))

    # What a test looks at

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The effects of one kind, in order."""
        return [effect for effect in self.effects if isinstance(effect, kind)]

    def lines(self) -> list[str]:
        """The ids of the lines said."""
        return [say.line for say in self.of(events.Say)]

    def cues(self) -> list[events.Cue]:
        """The practice cues."""
        return self.of(events.Cue)

    def chimes(self) -> list[str]:
        """The names of the chimes."""
        return [chime.name for chime in self.of(events.Chime)]

    def understood(self) -> list[str | None]:
        """The intents that were accepted."""
        return [u.intent for u in self.of(events.Understood) if u.decision == "accept"]

    def draft(self) -> list[str]:
        """The segments in the draft, those taken back left out."""
        kept: list[str] = []
        for effect in self.effects:
            match effect:
                case events.Segment():
                    kept.append(effect.text)
                case events.Scratch():
                    kept.pop()
                case events.Discard():
                    kept.clear()
        return kept


def spoken_s(say: events.Say) -> float:
    """How long a line lasts, by its words and its pace."""
    return len(say.text.split()) * 60 / say.wpm
