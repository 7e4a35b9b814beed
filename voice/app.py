"""The composition root: content and settings become one core, wired once for every driver."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

from voice import content
from voice.dialogue.core import Dialogue, Parts
from voice.events import Mode
from voice.lines import Lines
from voice.nlu import intents as intent_files
from voice.nlu.grammar import grammar
from voice.nlu.matcher import Matcher
from voice.practices import practice as practice_files
from voice.safety import standing
from voice.skills import SKILLS
from voice.stt.ears import StopWords

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voice.nlu.intents import Intents
    from voice.settings import Settings


@dataclass(frozen=True, slots=True)
class App:
    """Everything that does not depend on how sound gets in and out."""

    parts: Parts
    intents: Intents
    content: str
    """Fingerprint of every content file in use."""

    def core(self) -> Dialogue:
        """A fresh core; one for each session."""
        return Dialogue(replace(self.parts, standing=self.parts.standing.fresh()))

    def grammars(self) -> Mapping[Mode, list[str]]:
        """The small recogniser's phrases in each mode; standing help is in every one of them."""
        for_help = list(self.parts.standing.grammar)
        return {mode: [*for_help, *grammar(self.intents, mode)] for mode in get_args(Mode)}

    def stop_words(self) -> StopWords:
        """What the ear that never waits listens for."""
        return StopWords(self.intents.at_once(), self.intents.decoys())


def build(settings: Settings) -> App:
    """Read all content and wire the core.

    Raises:
        ContentBroken: a content file is wrong; names file, line and key.
    """
    practices = practice_files.load()
    intents = intent_files.load({name: practice.aliases for name, practice in practices.items()})
    help_now = standing.load(country=settings.country)
    lines = Lines(intents.lines, practices, help_now.line, settings.speech_rate_wpm)
    matcher = Matcher(intents)
    parts = Parts(matcher.understand, help_now, lines, practices, SKILLS)
    return App(parts, intents, content.fingerprint())
