"""The file driver: a WAV in, a WAV out, one sample clock, as fast as the processor allows."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

import numpy as np

from voice import events, interrupt
from voice.audio.vad import SpeechClock
from voice.clock import INPUT_TICK, TICK
from voice.drivers import AFTER_INPUT
from voice.stt.ears import Ears, StopEar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from voice.audio.mixer import Mixer
    from voice.audio.wav import WavIn, WavOut
    from voice.drivers.stage import SoundStage
    from voice.events import Effect, Event, Mode
    from voice.session import Session
    from voice.stt.ears import StopWords


class InlineEars:
    """All ears of a session in the driver's own thread; also an edge: the core shuts them."""

    def __init__(
        self,
        model: Any,  # noqa: ANN401 - vosk ships no types
        grammars: Mapping[Mode, list[str]],
        stop_words: StopWords,
    ) -> None:
        self._vad = SpeechClock()
        self._ears = Ears(model, grammars)
        self._stop = StopEar(model, stop_words)

    def hear(self, block: NDArray[np.int16], at: int, *, speaking: bool) -> list[Event]:
        """One tick of sound that ends at clock sample `at`."""
        changes = self._vad.feed(block, at)
        found: list[Event] = [events.Speech(at=at, on=on, since=since) for on, since in changes]
        paused = any(not on for on, _ in changes)
        stop = self._stop.hear(block, at, paused=paused, speaking=speaking)
        return [*found, *([stop] if stop else []), *self._ears.hear(block, at)]

    def perform(self, effect: Effect) -> Iterable[Event]:
        """Close, forget, or listen for something else."""
        return self._ears.perform(effect)


def run(  # noqa: PLR0913, PLR0917 - the six parts of a file session
    session: Session, stage: SoundStage, mixer: Mixer, ears: InlineEars, source: WavIn, sink: WavOut
) -> None:
    """Let the session hear a file and write down what it answers.

    The output is as long as the input, and longer while the assistant speaks, plays or waits.
    """
    silence = np.zeros(INPUT_TICK, np.int16)
    last_sound = 0
    for heard, block in chain(
        zip(repeat(True), source, strict=False), zip(repeat(False), repeat(silence), strict=False)
    ):
        if not heard:
            over = not session.core.busy and not stage.busy
            if over or mixer.now - last_sound >= AFTER_INPUT:
                return
        interrupt.check()
        session.put(events.Tick(at=mixer.now))
        speaking = mixer.speaking
        sound = mixer.render(TICK)
        sink.write(sound)
        if heard or sound.any():
            last_sound = mixer.now
        for event in chain(stage.ended(mixer.now), ears.hear(block, mixer.now, speaking=speaking)):
            session.put(event)
