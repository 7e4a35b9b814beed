"""Numbers and durations as they are spoken: recognisers return words, never digits."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = [
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    *("seventeen", "eighteen", "nineteen"),
]
_TENS: Final = {
    word: 10 * tens
    for tens, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
    )
}
_WORDS: Final = {word: value for value, word in enumerate(_UNITS)} | _TENS

_NUMBER: Final = (
    rf"(?:\d+|(?:{'|'.join(_TENS)})(?:[ -](?:{'|'.join(_UNITS[1:10])}))?"
    rf"|{'|'.join(reversed(_UNITS))})"
)
_UNIT_S: Final = {"second": 1, "minute": 60, "hour": 3600}
_DURATION: Final = re.compile(
    rf"\b(?:(?P<quarters>a quarter|three quarters) of an hour"
    rf"|(?P<half>half an?|a half) (?P<unit1>minute|hour)"
    rf"|(?P<n>{_NUMBER}|an?|a couple of)"
    rf"(?P<mid> and a half)? (?P<unit2>second|minute|hour)s?(?P<tail> and a half)?)\b"
)

_TAKEN_BACK: Final = re.compile(
    _DURATION.pattern.replace("(?P<", "(?P<old_")
    + r" (?:(?:no|sorry|wait|actually|i mean|make it|or rather) )+"
    + r"(?="
    + _DURATION.pattern
    + ")"
)
"""A duration, words that take it back, and another one behind them."""


def value(text: str) -> int | None:
    """The whole number that `text` says, below one hundred in words, or any digits; else None."""
    words = text.replace("-", " ").split()
    if len(words) == 1:
        return int(words[0]) if words[0].isdigit() else _WORDS.get(words[0])
    if len(words) == 2 and words[0] in _TENS and words[1] in _UNITS[1:10]:  # noqa: PLR2004 - "twenty", "five"
        return _TENS[words[0]] + _UNITS.index(words[1])
    return None


def corrected(text: str) -> str:
    """A lower-case text in which a duration that was taken back is gone.

    "five minutes no make it ten minutes" is "ten minutes".
    """
    return _TAKEN_BACK.sub("", text)


def find_duration(text: str) -> tuple[str, float] | None:
    """The last duration in a lower-case text: its words, and its seconds; else None.

    The last, because a correction inside an utterance wins ("five minutes no ten minutes").
    """
    said, total_s, end = "", 0.0, -1
    for match in _DURATION.finditer(text):
        between = text[end : match.start()] if end >= 0 else None
        if between in (" ", " and "):  # "a minute and thirty seconds"
            said += between
        else:
            said, total_s = "", 0.0
        said, total_s, end = said + match[0], total_s + _length_s(match), match.end()
    return (said, total_s) if said else None


def _length_s(match: re.Match[str]) -> float:
    if match["quarters"]:
        return 45 * 60 if match["quarters"].startswith("three") else 15 * 60
    if match["half"]:
        return _UNIT_S[match["unit1"]] / 2
    said = match["n"]
    count = 1 if said in ("a", "an") else 2 if said == "a couple of" else value(said)
    half = 0.5 if match["mid"] or match["tail"] else 0
    return ((count or 0) + half) * _UNIT_S[match["unit2"]]


def spoken(number: int) -> str:
    """A whole number from 0 to 99 in words; larger ones in digits."""
    if number < len(_UNITS):
        return _UNITS[number]
    for word, tens in _TENS.items():
        if tens <= number < tens + 10:
            return word if number == tens else f"{word} {_UNITS[number - tens]}"
    return str(number)


def spoken_duration(duration_s: float) -> str:
    """A length rounded to half minutes, as one says it: "two and a half minutes"."""
    halves = round(duration_s / 30)
    if halves <= 1:
        return "half a minute"
    whole, half = divmod(halves, 2)
    if half:
        return "a minute and a half" if whole == 1 else f"{spoken(whole)} and a half minutes"
    return "one minute" if whole == 1 else f"{spoken(whole)} minutes"
