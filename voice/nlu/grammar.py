"""The word list for a small recogniser: as few phrases as hold every pair of neighbouring words.

A Vosk grammar is a bigram model with back-off, in which words of different phrases recombine
(UpdateGrammarFst and LanguageModelEstimator in vosk-api's source): only the set of word pairs
matters, so a cover of the pairs says as much as every expansion, and loads far faster.
"""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING, Final

from voice.events import UNKNOWN
from voice.nlu import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from voice.events import Mode
    from voice.nlu.intents import Intents
    from voice.nlu.template import Phrase

_DURATIONS: Final = (
    "half a minute",
    "a minute",
    "a minute and a half",
    "two and a half minutes",
    "a couple of minutes",
    "thirty seconds",
    "ninety seconds",
    *(f"{numbers.spoken(n)} minute{'s' if n > 1 else ''}" for n in (*range(1, 21), 25, 30)),
)


def grammar(intents: Intents, mode: Mode) -> list[str]:
    """Phrases for the small recogniser of a mode, `[unk]` last."""
    phrases = (
        words
        for intent in intents.in_mode(mode)
        for phrase in intent.phrases
        for words in _spoken(intents, phrase)
    )
    return [*_cover(phrases), UNKNOWN]


def _spoken(intents: Intents, phrase: Phrase) -> Iterator[tuple[str, ...]]:
    options: list[Iterable[str]] = []
    for item in phrase:
        if isinstance(item, str):
            options.append((item,))
        elif item.kind in intents.values:
            options.append([said for said, _ in intents.values[item.kind]])
        elif item.kind == "duration":
            options.append(_DURATIONS)
        else:
            options.append([numbers.spoken(n) for n in range(21)])
    for choice in product(*options):
        yield tuple(" ".join(choice).split())


def _cover(phrases: Iterable[tuple[str, ...]]) -> list[str]:
    """Phrases that bring a pair (or a single word) not yet there, longest first."""
    seen: set[tuple[str, str]] = set()
    cover = []
    for words in sorted(set(phrases), key=lambda w: (-len(w), w)):
        pairs = set(pairwise(("", *words, "")))
        if not pairs <= seen:
            seen |= pairs
            cover.append(" ".join(words))
    return cover
