"""One session's parts, wired to the driver that suits: files, keyboard, or sound card."""

from __future__ import annotations

import datetime as dt
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Self

from voice import events, interrupt, places
from voice import log as logs
from voice.audio.mixer import Mixer
from voice.audio.wav import WavIn, WavOut
from voice.clock import seconds
from voice.drivers import files, live, typed
from voice.drivers.keyboard import Keyboard
from voice.drivers.stage import Screen, SoundStage, TextStage
from voice.errors import AudioUnusable, DeviceMissing, Failed, VoiceMissing
from voice.journal import store
from voice.keeper import Keeper, LiveKeeper
from voice.models_store import shelf
from voice.session import Session
from voice.stt import model as models
from voice.tts.synth import Synth
from voice.tts.voice import Voice

if TYPE_CHECKING:
    from pathlib import Path

    from voice.app import App
    from voice.audio.card import Card
    from voice.settings import Settings


def _show(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the conversation itself


def _now() -> dt.datetime:
    return dt.datetime.now().astimezone()


def _at_terminal() -> bool:
    return bool(sys.stdin) and sys.stdin.isatty()


def _what(problem: Exception) -> str:
    """What is wrong, without what to do about it: the talk goes on."""
    return str(problem).partition("; ")[0]


def _say_aside(line: str) -> None:
    print(f"interlude: {line}", file=sys.stderr, flush=True)  # noqa: T201 - one line of notice


_TYPE = "going on with the keyboard, type what you would say, Ctrl-D ends"


class Wiring:
    """Holds what a session needs, and lets go of all of it in the end, whatever happened."""

    def __init__(
        self,
        app: App,
        settings: Settings,
        log_path: Path | None,
        *,
        words: bool,
        started_at: dt.datetime | None,
    ) -> None:
        """Prepare.

        Args:
            app: content and core.
            settings: the person's.
            log_path: where to write a log; None writes none.
            words: the log holds everything said.
            started_at: the civil time at which a file begins; None is now, when the talk begins.
        """
        self._app, self._settings = app, settings
        self._words, self._given = words, started_at
        self._held = ExitStack()
        self._log_path = log_path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def files(self, source_path: Path, sink_path: Path) -> None:
        """Hear one file and write what is answered into another."""
        with interrupt.held_back():
            self._hear_file(source_path, sink_path)

    def _hear_file(self, source_path: Path, sink_path: Path) -> None:
        source = self._held.enter_context(WavIn(source_path))
        folder = shelf.in_use(self._settings)
        model = models.load(folder)
        voice = self._voice()
        self._try_out(voice)
        session = self._session("files", folder.name, voice=True)
        sink = self._held.enter_context(WavOut(sink_path))
        mixer = Mixer()
        stage = SoundStage(mixer, voice, session.log)
        ears = files.InlineEars(model, self._app.grammars(), self._app.stop_words())
        session.edges += [stage, ears, self._inline_keeper()]
        files.run(session, stage, mixer, ears, source, sink)
        if shortfall := source.shortfall():
            raise AudioUnusable(f"{shortfall}; what is there was heard and answered")

    def typed(self) -> None:
        """Talk by keyboard, without sound."""
        session = self._session("text", None, voice=False)
        stage = TextStage(session.log)
        session.edges += [stage, Screen(_show)]
        if not _at_terminal():
            session.edges.append(self._inline_keeper())
            piped = sys.stdin.buffer if sys.stdin else ()
            typed.run(session, stage, (line.decode(errors="replace") for line in piped))
            return
        keyboard = Keyboard()
        keeper = self._live_keeper(keyboard)
        session.edges.append(keeper)
        typed.run_at_terminal(session, stage, keyboard, keeper)

    def live(self) -> None:
        """Talk at the sound card; by keyboard where there is none."""
        voice: Voice | None = None
        try:
            voice = self._voice()
            self._try_out(voice)
        except VoiceMissing as problem:
            _say_aside(f"{problem}; {_TYPE}")
            voice = None
        card = self._card() if voice else None
        if card is None or voice is None:
            self.typed()
            return
        self._at_card(card, voice)

    def _at_card(self, card: Card, voice: Voice) -> None:
        model_name, ears = None, None
        if card.microphone is not None:
            folder = shelf.in_use(self._settings)
            model = models.load(folder)
            model_name = folder.name
            ears = live.ThreadedEars(model, self._app.grammars(), self._app.stop_words())
            self._held.callback(ears.close)
        else:
            _say_aside(f"there is no microphone: {_TYPE}")
        session = self._session("live", model_name, voice=True)
        mixer, pool = Mixer(), self._pool()
        stage = SoundStage(mixer, voice, session.log, pool)
        stage.warm(self._fixed())
        keyboard = Keyboard()
        keeper = self._live_keeper(keyboard)
        session.edges += [stage, Screen(_show), keeper, *([ears] if ears else [])]
        live.Live(
            session,
            stage,
            mixer,
            card,
            ears,
            keyboard,
            keeper,
            stop_phrases=self._app.stop_words().phrases,
            full_duplex=self._settings.headphones,
        ).run()

    def _card(self) -> Card | None:
        from voice.audio.card import Card  # noqa: PLC0415 - needs PortAudio, which a machine may lack

        try:
            card = Card(self._settings.input_device, self._settings.output_device)
        except DeviceMissing as problem:
            _say_aside(f"{_what(problem)}: {_TYPE}")
            return None
        self._held.callback(card.close)
        return card

    def _voice(self) -> Voice:
        synth = Synth(self._settings.voice)
        self._held.callback(synth.close)
        try:
            kept = places.cache() / "lines"
        except Failed:  # then every line is made anew
            kept = None
        return Voice(synth, kept)

    def _try_out(self, voice: Voice) -> None:
        """Find out now whether there is a synthesiser, with a line that will be wanted."""
        lines = self._app.parts.lines
        voice.render(lines.text("goodbye", {}), wpm=lines.wpm("goodbye"), private=False)

    def _fixed(self) -> list[tuple[str, int]]:
        """Every text that is spoken the same each time: cue words, and lines without values."""
        lines = self._app.parts.lines
        cues = {phase.cue for p in self._app.parts.practices.values() for phase in p.cycle}
        plain = [line for line in lines if "{" not in lines.spec(line).say]
        plain.sort(key=lambda line: line != "greeting")  # it is wanted at once
        return [(lines.spec(line).say, lines.wpm(line)) for line in plain] + [
            (cue, lines.guidance_wpm) for cue in sorted(cues)
        ]

    def _keeper(self, keyboard: Keyboard | None) -> Keeper:
        return Keeper(
            store.home(),
            keyboard.ask if keyboard and _at_terminal() else None,
            self._civil,
        )

    def _civil(self, at: int) -> dt.datetime:
        """When that was: by the sample clock in a file, else now, which a sleep cannot put off."""
        return self._given + dt.timedelta(seconds=seconds(at)) if self._given else _now()

    def _inline_keeper(self) -> Keeper:
        keeper = self._keeper(None)
        self._held.callback(keeper.close)
        return keeper

    def _live_keeper(self, keyboard: Keyboard) -> LiveKeeper:
        keeper = LiveKeeper(self._keeper(keyboard), self._pool())
        self._held.callback(keeper.close)
        self._held.callback(keyboard.close)  # first: it lets go of a prompt that nobody answers
        return keeper

    def _pool(self) -> ThreadPoolExecutor:
        pool = ThreadPoolExecutor(max_workers=1)
        self._held.callback(pool.shutdown, wait=True, cancel_futures=True)
        return pool

    def _session(self, driver: str, model: str | None, *, voice: bool) -> Session:
        started_at = (self._given or _now()).isoformat(timespec="seconds")
        header = {
            "driver": driver,
            "model": model,
            "voice": (self._settings.voice or "default") if voice else None,
            "content": self._app.content,
            "started_at": started_at,
        }
        file = logs.create(self._log_path) if self._log_path else None
        log = logs.SessionLog(file, words=self._words, header=header)
        self._held.callback(log.close)
        session = Session(self._app.core(), log, _say_aside)
        session.put(events.Now(at=0, local=started_at))
        return session
