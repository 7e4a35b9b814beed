"""The live driver: the sound card's ticks, ears in threads of their own, a keyboard beside them.

Nothing here waits for anything but the next tick: a late recogniser, a slow disk or a dead
synthesiser shows up in events, never in the sound.
"""

from __future__ import annotations

import datetime as dt
import queue
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from voice import events
from voice.audio.vad import SpeechClock
from voice.clock import INPUT_TICK, TICK, samples, seconds
from voice.drivers import WATERMARK_EVERY
from voice.stt.ears import Ears, StopEar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from voice.audio.card import Card
    from voice.audio.mixer import Mixer
    from voice.drivers.keyboard import Keyboard
    from voice.drivers.stage import SoundStage
    from voice.events import Effect, Event, Mode
    from voice.keeper import LiveKeeper
    from voice.session import Session
    from voice.stt.ears import StopWords

ROOM_TAIL: Final = samples(0.25)
"""How long a room still sounds after us (half duplex: the gate opens only then)."""
MASK_TAIL: Final = samples(0.3)
"""A stop word of our own is masked while its sentence sounds, and this much longer."""

_MINUTE: Final = samples(60)
_SILENCE: Final = np.zeros(INPUT_TICK, np.int16)
_SILENCE.flags.writeable = False

_LATE_EARS: Final = samples(2.0)
"""Ears that are this far behind are said to be."""


class ThreadedEars:
    """The ears of a live session: one thread for both ears of the mode, one for the stop words.

    Also an edge: what the core asks of the ears is queued behind the sound it has already sent.
    """

    def __init__(
        self,
        model: Any,  # noqa: ANN401 - vosk ships no types
        grammars: Mapping[Mode, list[str]],
        stop_words: StopWords,
    ) -> None:
        self.found: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._ears = Ears(model, grammars)
        self._stop = StopEar(model, stop_words)
        self._work: queue.SimpleQueue[Callable[[], Iterable[Event]] | None] = queue.SimpleQueue()
        self._stop_work: queue.SimpleQueue[Callable[[], Iterable[Event]] | None] = (
            queue.SimpleQueue()
        )
        self._threads = [
            threading.Thread(target=self._run, args=(work,), name=name, daemon=True)
            for name, work in (("ears", self._work), ("stop ear", self._stop_work))
        ]
        for thread in self._threads:
            thread.start()

    def hear(self, block: NDArray[np.int16], at: int) -> None:
        """Sound for both ears of the mode."""
        self._work.put(lambda: self._ears.hear(block, at))

    def hear_stop(self, block: NDArray[np.int16], at: int, *, paused: bool, speaking: bool) -> None:
        """Sound for the stop words."""

        def listen() -> Iterable[Event]:
            heard = self._stop.hear(block, at, paused=paused, speaking=speaking)
            return [heard] if heard else []

        self._stop_work.put(listen)

    def perform(self, effect: Effect) -> Iterable[Event]:
        """Close, forget, or listen for something else."""
        if isinstance(effect, events.CloseEars | events.ResetEars | events.SetMode):
            self._work.put(lambda: self._obey(effect))
        return ()

    def _obey(self, effect: Effect) -> Iterable[Event]:
        """The core waits for the answer to a close, whatever happens to the ears."""
        try:
            return self._ears.perform(effect)
        except Exception as problem:  # noqa: BLE001 - whatever libvosk does, the talk goes on
            closed = [events.HeardUpTo(at=0, up_to=0, closed=True)]
            return [_fault(problem), *(closed if isinstance(effect, events.CloseEars) else [])]

    def close(self) -> None:
        """Let both threads finish what they have."""
        self._work.put(None)
        self._stop_work.put(None)
        for thread in self._threads:
            thread.join()

    def _run(self, work: queue.SimpleQueue[Callable[[], Iterable[Event]] | None]) -> None:
        while task := work.get():
            try:
                for event in task():
                    self.found.put(event)
            except Exception as problem:  # noqa: BLE001 - whatever libvosk does, the talk goes on
                self.found.put(_fault(problem))


def _fault(problem: Exception) -> Event:
    return events.Fault(at=0, what=f"hearing: {problem}", action="listening on")


class Live:
    """One live session at a sound card."""

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a live session, each made elsewhere
        self,
        session: Session,
        stage: SoundStage,
        mixer: Mixer,
        card: Card,
        ears: ThreadedEars | None,
        keyboard: Keyboard,
        keeper: LiveKeeper,
        *,
        stop_phrases: frozenset[str],
        full_duplex: bool,
    ) -> None:
        self._session, self._stage, self._mixer = session, stage, mixer
        self._card, self._ears, self._keyboard, self._keeper = card, ears, keyboard, keeper
        self._vad, self._stop_vad = SpeechClock(), SpeechClock()
        self._stop_phrases, self._full_duplex = stop_phrases, full_duplex
        self._late = False
        self._stale = 0
        """Input samples that had waited since before the first tick."""

    def run(self) -> None:
        """Tick until the keyboard says the person has gone, and goodbye is said."""
        self._session.put(events.Begin(at=0))
        self._tick()
        self._stale = self._card.input_dropped
        leaving = False
        while not leaving or self._session.core.busy or self._stage.busy:
            self._tick()
            if not leaving and self._keyboard.gone:
                leaving = True
                self._session.put(events.End(at=self._mixer.now))
        for _ in range(round(self._card.speaker_delay_s * 50) + 1):
            self._tick()
        self._count()

    def _count(self) -> None:
        """Say in the log what the card had to make up or drop to keep the clock."""
        card = self._card
        counts = {
            "blocks of silence played because sound came late": card.output_underflows,
            "input samples dropped": card.input_dropped - self._stale,
            "cue and line samples late": self._mixer.late_samples,
        }
        for what, count in counts.items():
            if count:
                fault = events.Fault(at=self._mixer.now, what=f"{count} {what}", action="counted")
                self._session.log.event(fault, mattered=False)

    def _tick(self) -> None:
        heard = self._card.tick()
        at = self._mixer.now
        if at and at % _MINUTE == 0:
            now = dt.datetime.now().astimezone().isoformat(timespec="seconds")
            self._session.put(events.Now(at=at, local=now))
        for what, action in self._card.faults():
            self._session.put(events.Fault(at=at, what=what, action=action))
        for line in self._keyboard.lines():
            self._session.put(events.Typed(at=at, text=line))
        for event in self._keeper.answers():
            self._session.put(replace(event, at=at))
        self._listen(_SILENCE if heard is None else heard, at)
        self._session.put(events.Tick(at=at))
        self._card.push(self._mixer.render(TICK))
        for event in self._stage.ended(self._mixer.now):
            self._session.put(event)

    def _listen(self, block: NDArray[np.int16], at: int) -> None:
        if self._ears is None:
            if at % WATERMARK_EVERY == 0:
                self._session.put(events.HeardUpTo(at=at, up_to=at))
            return
        paused = any(not on for on, _ in self._stop_vad.feed(block, at))
        self._ears.hear_stop(block, at, paused=paused, speaking=self._mixer.speaking)
        if self._sounds_back(at, self._stage.echoes_until + ROOM_TAIL):
            block = _SILENCE
        for on, since in self._vad.feed(block, at):
            self._session.put(events.Speech(at=at, on=on, since=since))
        self._ears.hear(block, at)
        while not self._ears.found.empty():
            self._pass_on(self._ears.found.get(), at)

    def _pass_on(self, event: Event, at: int) -> None:
        """Give the core what an ear found, as of now, unless it was our own voice saying stop."""
        match event:
            case events.Heard(lane="stop", from_at=began) if self._said_stop(began):
                return
            case events.HeardUpTo(up_to=up_to):
                late, self._late = self._late, at - up_to > _LATE_EARS
                if self._late and not late:
                    behind = events.Fault(
                        at=at,
                        what=f"hearing is {seconds(at - up_to):.1f} s late",
                        action="catching up",
                    )
                    self._session.put(behind)
        self._session.put(replace(event, at=at))

    def _sounds_back(self, at: int, until: int) -> bool:
        """Whether what left the mixer until then may be heard at `at` (half duplex)."""
        return not self._full_duplex and at < until + samples(self._card.speaker_delay_s)

    def _said_stop(self, began: int) -> bool:
        """Whether a stop word that began then is masked: the line that sounds holds one itself."""
        words = f" {self._stage.line.text.lower()} " if self._stage.line else ""
        own = any(f" {phrase}" in words for phrase in self._stop_phrases)
        return own and self._sounds_back(began, self._stage.line_until + MASK_TAIL)
