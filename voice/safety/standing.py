"""Standing help: "get help" and its like, as whole utterances, in every mode, from every ear.

What the open vocabulary or a keyboard says is believed as it stands. What only a small grammar
heard is believed when one of the open ear's alternatives for the same moment holds a help word
too: a grammar without rivals is sure of everything.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from voice import content
from voice.content import Content

if TYPE_CHECKING:
    from voice.events import Heard

BEST_RANK: Final = 3
"""An alternative counts down to this rank (safety design, detection over alternatives)."""


class Numbers(Content):
    """One fixed line with numbers to call, and where they come from."""

    say: str
    source: str
    verified_on: dt.date
    verified_by: str


class HelpFile(Content):
    """`safety/help.toml`."""

    phrases: tuple[str, ...]
    grammar: tuple[str, ...]
    confirming: tuple[str, ...]
    anywhere: Numbers
    country: dict[str, Numbers]


def load(language: str = content.FALLBACK_LANGUAGE, country: str | None = None) -> Standing:
    """Read the help file of a language.

    Raises:
        ContentBroken: it is wrong; names file, line and key.
    """
    file = content.read(content.files("safety", language=language)["help"], HelpFile)
    return Standing(file, country)


class Standing:
    """Listens to every `Heard` and says when help was asked for."""

    def __init__(self, file: HelpFile, country: str | None = None) -> None:
        self._file = file
        self._country = country
        self._numbers = file.country.get(country or "", file.anywhere)
        self._unconfirmed: Heard | None = None
        self._open: Heard | None = None
        self._answered_to = -1

    def fresh(self) -> Standing:
        """The same, having heard nothing: each session listens for itself."""
        return Standing(self._file, self._country)

    @property
    def phrases(self) -> tuple[str, ...]:
        """Every whole utterance that asks for help."""
        return self._file.phrases

    @property
    def grammar(self) -> tuple[str, ...]:
        """For the small grammars: every one of them holds these."""
        return self._file.grammar

    @property
    def line(self) -> str:
        """The one fixed line."""
        return self._numbers.say

    def asks_for_help(self, heard: Heard) -> bool:
        """Whether this segment, with what the other ear had for the same moment, asks for help."""
        if heard.from_at < self._answered_to:
            return False
        if heard.lane in ("command", "stop"):
            self._unconfirmed = heard if self._is_phrase(heard.text) else None
        else:
            self._open = heard
        if (heard.lane in ("open", "typed") and self._believed(heard)) or self._confirmed():
            self._answered_to = heard.to_at
            self._unconfirmed = None
            return True
        return False

    def _believed(self, heard: Heard) -> bool:
        return any(self._is_phrase(text) for text in (heard.text, *heard.alternatives[:BEST_RANK]))

    def _confirmed(self) -> bool:
        small, free = self._unconfirmed, self._open
        if (
            small is None
            or free is None
            or free.to_at <= small.from_at
            or small.to_at <= free.from_at
        ):
            return False
        words = {word for text in (free.text, *free.alternatives) for word in text.split()}
        return not words.isdisjoint(self._file.confirming)

    def _is_phrase(self, text: str) -> bool:
        return " ".join(text.lower().split()).strip(" .!") in self._file.phrases
