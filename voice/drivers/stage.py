"""Where effects become sound, or text on a screen."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from voice import events
from voice.audio.earcons import earcon
from voice.clock import TICK, samples
from voice.errors import VoiceMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Executor, Future

    from numpy.typing import NDArray

    from voice.audio.mixer import Mixer
    from voice.events import Effect, Event, Say
    from voice.log import SessionLog
    from voice.tts.voice import Voice

_CUE: Final = 0
_CHIME: Final = -1
"""Keys of sounds whose end nobody waits for."""

STILL_HERE: Final = "still_here"
TONE: Final = "heard"
"""The earcon that stands for a practice cue without a word."""


class Stage(Protocol):
    """What a driver needs of the place where things are said."""

    def perform(self, effect: Effect) -> Iterable[Event]:
        """Say, sound or hush."""

    def ended(self, at: int) -> Iterable[Event]:
        """What has ended since this was asked last; `at` is now."""

    @property
    def busy(self) -> bool:
        """Whether anything is still to be heard."""


def in_whole_ticks(length: int) -> int:
    """A length rounded up to whole ticks, so that its end is a moment of the clock."""
    return -(-length // TICK) * TICK


class SoundStage:
    """Renders lines with the voice and puts them into the mixer.

    With a pool, rendering happens there and a line begins when it is ready; without, at once.
    """

    def __init__(
        self, mixer: Mixer, voice: Voice, log: SessionLog, pool: Executor | None = None
    ) -> None:
        self._mixer, self._voice, self._log, self._pool = mixer, voice, log, pool
        self._ready: dict[tuple[str, int], NDArray[np.float32]] = {}
        """Fixed sounds in memory."""
        self._rendering: deque[tuple[Say | events.Cue, Future[NDArray[np.float32]]]] = deque()
        self._faults: list[Event] = []
        self.line: Say | None = None
        """The line that began last."""
        self.line_until = 0
        """Clock sample at which it ends."""
        self.echoes_until = 0
        """Clock sample at which the last line or chime ends. Cues do not count: an ear that is shut
        for each of them would miss a word in three; nor does the soft tone in a long silence."""

    @property
    def busy(self) -> bool:
        """Whether anything is still to be heard."""
        return self._mixer.busy or bool(self._rendering)

    def warm(self, fixed: Iterable[tuple[str, int]]) -> None:
        """Have fixed texts (with their pace) rendered before anybody asks for them."""
        for text, wpm in fixed:
            self._later(partial(self._render, text, wpm, private=False))

    def perform(self, effect: Effect) -> Iterable[Event]:
        """Say, sound or hush."""
        match effect:
            case events.Say():
                self._begin_or_wait(effect, effect.text, private=effect.private)
            case events.Cue() if effect.cue:
                self._begin_or_wait(effect, effect.cue, private=False)
            case events.Cue():
                self._mixer.add(earcon(TONE), effect.at, key=_CUE, kind="cue")
            case events.Chime():
                sound = earcon(effect.name)
                self._mixer.add(sound, effect.at, key=_CHIME, kind="chime")
                if effect.name != STILL_HERE:
                    self._echoes(self._mixer.now + len(sound))
            case events.Hush():
                self._rendering.clear()
                self._mixer.hush()
                self.echoes_until = self.line_until = self._mixer.now
        return ()

    def ended(self, at: int) -> Iterable[Event]:
        """What has ended; also lets lines begin whose rendering is done."""
        while self._rendering and self._rendering[0][1].done():
            effect, future = self._rendering.popleft()
            self._begin(effect, future.result)
        found = [*self._faults]
        self._faults.clear()
        for key, _ in self._mixer.ended():
            if key > 0:
                found.append(events.Sounded(at=at, key=key))
        return found

    def _begin_or_wait(self, effect: Say | events.Cue, text: str, *, private: bool) -> None:
        wpm = effect.wpm
        if self._pool is None or (text, wpm) in self._ready:
            self._begin(effect, lambda: self._render(text, wpm, private=private))
        else:
            future = self._pool.submit(self._render, text, wpm, private=private)
            self._rendering.append((effect, future))

    def _begin(self, effect: Say | events.Cue, sound_of: Callable[[], NDArray[np.float32]]) -> None:
        try:
            sound = sound_of()
        except VoiceMissing as problem:  # the words stand on the screen; the talk goes on
            sound = np.zeros(TICK, np.float32)
            self._faults.append(
                events.Fault(at=self._mixer.now, what=str(problem), action="shown, not spoken")
            )
        if isinstance(effect, events.Cue):
            self._mixer.add(sound, effect.at, key=_CUE, kind="cue")
            return
        at = max(effect.at, self._mixer.now)
        self._mixer.add(sound, at, key=effect.key, kind="speech")
        self.line, self.line_until = effect, at + len(sound)
        self._echoes(self.line_until)
        self._log.said(effect, at, len(sound))

    def _render(self, text: str, wpm: int, *, private: bool) -> NDArray[np.float32]:
        if (text, wpm) in self._ready:
            return self._ready[text, wpm]
        sound = self._voice.render(text, wpm=wpm, private=private)
        whole = np.pad(sound, (0, max(TICK, in_whole_ticks(len(sound))) - len(sound)))
        if not private:
            self._ready[text, wpm] = whole
        return whole

    def _echoes(self, until: int) -> None:
        self.echoes_until = max(self.echoes_until, until)

    def _later(self, work: Callable[[], object]) -> None:
        if self._pool:
            self._pool.submit(work)
        else:
            work()


def by_words(say: Say) -> tuple[int, int]:
    """When a line begins and how long it would take to say, in clock samples."""
    return say.at, in_whole_ticks(samples(len(say.text.split()) * 60 / say.wpm))


class TextStage:
    """Lets what is said last a while; nothing sounds."""

    def __init__(
        self, log: SessionLog, timing: Callable[[Say], tuple[int, int]] = by_words
    ) -> None:
        self._log, self._timing = log, timing
        self._ends: list[tuple[int, int]] = []
        """(clock sample, key) of what is being said."""

    @property
    def busy(self) -> bool:
        """Whether anything is still being said."""
        return bool(self._ends)

    def perform(self, effect: Effect) -> Iterable[Event]:
        """Begin or drop a line; a cue takes two ticks, a chime no time."""
        match effect:
            case events.Say():
                at, length = self._timing(effect)
                self._ends.append((at + length, effect.key))
                self._log.said(effect, at, length)
            case events.Cue():
                self._ends.append((effect.at + 2 * TICK, _CUE))
            case events.Hush():
                self._ends.clear()
        return ()

    def ended(self, at: int) -> Iterable[Event]:
        """What has ended by now."""
        over = [key for end, key in self._ends if end <= at and key != _CUE]
        self._ends = [(end, key) for end, key in self._ends if end > at]
        return [events.Sounded(at=at, key=key) for key in over]


class Screen:
    """Shows every spoken line and every cue: text parity with what sounds."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show

    def perform(self, effect: Effect) -> Iterable[Event]:
        """Show a line or a cue."""
        match effect:
            case events.Say():
                self._show(effect.text)
            case events.Cue():
                self._show(f"    {effect.cue or '-'}")
        return ()
