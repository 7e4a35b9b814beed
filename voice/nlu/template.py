r"""Sentence templates: `[optional]`, `(a|b)`, `{slot}`, `{kind:slot}`, `<rule>`, `\` escapes.

The syntax is hassil's, less permutations and inline ranges, so that authors of other assistants
know it already. A template expands to phrases: tuples of words and slots.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_PHRASES: Final = 20_000
"""A template that expands to more is refused: its author did not mean it."""


@dataclass(frozen=True, slots=True)
class SlotRef:
    """A place in a phrase where a value stands: `{duration:duration_s}` is kind and name."""

    kind: str
    name: str


Item = str | SlotRef
Phrase = tuple[Item, ...]

_TOKEN: Final = re.compile(
    r"\\(?P<escaped>.)|(?P<sign>[\[\]()|])|\{(?P<slot>[^{}]*)\}|<(?P<rule>[^<>]*)>"
)


class TemplateProblem(ValueError):
    """A template that cannot be read; the text says where and why."""


def expand(template: str, rules: Mapping[str, str]) -> list[Phrase]:
    """All phrases of a template, without repeats, in the order written.

    Args:
        template: the text.
        rules: templates that `<name>` stands for.

    Raises:
        TemplateProblem: unbalanced signs, an unknown or circular rule, an empty slot, too many.
    """
    phrases = (tuple(_joined(phrase)) for phrase in _expand(template, rules, ()))
    found = list(dict.fromkeys(phrase for phrase in phrases if phrase))
    if not found:
        raise TemplateProblem(f"{template!r} says nothing")
    return found


def _expand(template: str, rules: Mapping[str, str], open_: tuple[str, ...]) -> list[Phrase]:
    tokens = list(_tokens(template))
    phrases, rest = _alternatives(tokens, 0, rules, open_)
    if rest != len(tokens):
        raise TemplateProblem(f"{template!r} has a closing {tokens[rest][1]!r} that opens nowhere")
    return phrases


def _tokens(template: str) -> Iterable[tuple[str, str]]:
    position = 0
    for match in _TOKEN.finditer(template):
        yield from _text(template[position : match.start()])
        kind = match.lastgroup or ""
        yield ("text" if kind == "escaped" else kind), match[kind]
        position = match.end()
    yield from _text(template[position:])


def _text(piece: str) -> Iterable[tuple[str, str]]:
    stray = next((sign for sign in piece if sign in "{}<>"), None)
    if stray:
        raise TemplateProblem(f"a {stray!r} stands alone in {piece.strip()!r}")
    if piece:
        yield "text", piece


def _alternatives(
    tokens: list[tuple[str, str]], at: int, rules: Mapping[str, str], open_: tuple[str, ...]
) -> tuple[list[Phrase], int]:
    """Read `a | b | …` up to a closing sign or the end."""
    branches: list[Phrase] = []
    branch: list[Phrase] = [()]
    while at < len(tokens) and tokens[at] not in (("sign", ")"), ("sign", "]")):
        kind, value = tokens[at]
        at += 1
        if (kind, value) == ("sign", "|"):
            branches += branch
            branch = [()]
            continue
        if kind == "sign":
            inner, at = _alternatives(tokens, at, rules, open_)
            closing = "]" if value == "[" else ")"
            if at == len(tokens) or tokens[at][1] != closing:
                raise TemplateProblem(f"a {value!r} is not closed by {closing!r}")
            at += 1
            step = [*inner, ()] if value == "[" else inner
        else:
            step = _step(kind, value, rules, open_)
        if len(branch) * len(step) + len(branches) > MOST_PHRASES:
            raise TemplateProblem(f"it expands to more than {MOST_PHRASES} phrases")
        branch = [head + tail for head, tail in product(branch, step)]
    return branches + branch, at


def _step(kind: str, value: str, rules: Mapping[str, str], open_: tuple[str, ...]) -> list[Phrase]:
    if kind == "slot":
        slot_kind, _, name = value.strip().rpartition(":")
        if not name:
            raise TemplateProblem("a slot has no name")
        return [(SlotRef(slot_kind or name, name),)]
    if kind == "rule":
        if value in open_:
            raise TemplateProblem(f"rule <{value}> contains itself")
        if value not in rules:
            raise TemplateProblem(f"there is no rule <{value}>")
        return _expand(rules[value], rules, (*open_, value))
    return [(value,)]


def _joined(phrase: Phrase) -> Iterable[Item]:
    """Text between slots joined and split at spaces, so that items are words and slots."""
    text = ""
    for item in phrase:
        if isinstance(item, str):
            text += item
            continue
        yield from text.lower().split()
        text = ""
        yield item
    yield from text.lower().split()
