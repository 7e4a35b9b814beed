"""A text as pieces that are short enough to be spoken one at a time."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from typing import Final

LONGEST: Final = 300
"""Characters in one piece: about 20 s of speech, far inside the synthesiser's limit of time."""

_SENTENCE_END: Final = re.compile(r"(?<=[.!?…])\s+")


def clean(text: str) -> str:
    """One line without what cannot be spoken.

    Control characters become spaces (espeak takes some of them as commands); invisible marks and
    halves of characters go.
    """
    known = unicodedata.normalize("NFC", text)
    return " ".join("".join(_spoken(character) for character in known).split())


def _spoken(character: str) -> str:
    match unicodedata.category(character):
        case "Cc":
            return " "
        case "Cf" | "Cs":
            return ""
        case _:
            return character


def pieces(text: str) -> list[str]:
    """The clean text whole, or, beyond 300 characters, its sentences; none if it is blank."""
    line = clean(text)
    if len(line) <= LONGEST:
        return [line] if line else []
    sentences = _SENTENCE_END.split(line)
    return [piece for sentence in sentences for piece in textwrap.wrap(sentence, LONGEST)]
