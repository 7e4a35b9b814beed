"""Templates: the syntax, its mistakes by name, and expansion held against a recogniser."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voice.nlu.template import MOST_PHRASES, SlotRef, TemplateProblem, expand

RULES = {"please": "[please|could you]", "twice": "<please> <please>", "bit": "(a|one) {number:n}"}


def _said(template: str) -> list[str]:
    """The phrases, with a slot written as kind and name in signs that no word has."""
    return [
        " ".join(f"«{i.kind}:{i.name}»" if isinstance(i, SlotRef) else i for i in phrase)
        for phrase in expand(template, RULES)
    ]


@pytest.mark.parametrize(
    ("template", "phrases"),
    [
        ("stop", ["stop"]),
        ("  go   on ", ["go on"]),
        ("stop [it]", ["stop it", "stop"]),
        ("(a|b) c", ["a c", "b c"]),
        ("a|b", ["a", "b"]),
        ("[a|b] c", ["a c", "b c", "c"]),
        ("slow(er|ly)", ["slower", "slowly"]),
        ("((a|b) [c]|d)", ["a c", "a", "b c", "b", "d"]),
        ("(a|a) b", ["a b"]),
        ("start {practice}", ["start «practice:practice»"]),
        ("for {duration:duration_s} now", ["for «duration:duration_s» now"]),
        ("<please> stop", ["please stop", "could you stop", "stop"]),
        ("<bit>", ["a «number:n»", "one «number:n»"]),
        (r"\[a\] \(b\|c\) \<d\> \{e\} \\", ["[a] (b|c) <d> {e} \\"]),
        ("Stop IT", ["stop it"]),
    ],
)
def test_the_syntax(template: str, phrases: list[str]) -> None:
    """Each sign does what an author of hassil templates expects."""
    assert sorted(_said(template)) == sorted(phrases)


@pytest.mark.parametrize(
    ("template", "named"),
    [
        ("(a|b", r"\("),
        ("[a", r"\["),
        ("a)", r"\)"),
        ("a]", r"\]"),
        ("(a]", r"\("),
        ("[a)", r"\["),
        ("(a [b)", r"\["),
        ("a {slot", r"\{"),
        ("a slot}", r"\}"),
        ("a <rule", "<"),
        ("a rule>", ">"),
        ("<nowhere>", "nowhere"),
        ("{}", "slot"),
        ("{ }", "slot"),
        ("{duration:}", "slot"),
    ],
)
def test_a_mistake_is_named(template: str, named: str) -> None:
    """A sign that is not balanced, a rule that does not exist, a slot without a name: told so."""
    with pytest.raises(TemplateProblem, match=named):
        expand(template, RULES)


@pytest.mark.parametrize("start", ["a", "b", "self"])
def test_a_rule_that_contains_itself_is_named(start: str) -> None:
    """Directly or round a corner, a circle is found before it runs for ever."""
    rules = {"a": "x <b>", "b": "[y] <a>", "self": "<self>"}
    with pytest.raises(TemplateProblem, match=r"contains itself"):
        expand(f"<{start}>", rules)


def test_the_same_rule_may_stand_twice() -> None:
    """Using a rule again beside itself is no circle."""
    assert "please could you" in _said("<twice>")


def test_too_many_phrases_are_refused() -> None:
    """A template that expands to more than the limit is refused, and the limit is told."""
    with pytest.raises(TemplateProblem, match=str(MOST_PHRASES)):
        expand("(a|b)" * 15, {})  # 2 ** 15 is more than 20,000
    assert len(expand(" ".join(f"[w{n}]" for n in range(10)), {})) == 2**10 - 1


def test_an_explosion_is_refused_before_it_fills_the_memory() -> None:
    """Two groups, each within the limit, multiply to 268 million: refused within 1 GiB."""
    group = "(" + " ".join(["(a|b)"] * 14) + ")"
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "from voice.nlu.template import expand, TemplateProblem\n"
        f"try: expand({group * 2!r}, {{}})\n"
        "except TemplateProblem: print('refused')\n"
        "except MemoryError: print('the memory was full')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stdout.strip() == "refused", ran.stderr[-300:]


# An independent reading of the syntax: the template becomes a regular expression over words, each
# followed by one space. It is made from the same tree as the text, never from the text.

_WORDS = st.sampled_from(["go", "on", "it", "now", "i'm", "half"])
_SLOTS = st.sampled_from([("{number}", "«number:number»"), ("{duration:s}", "«duration:s»")])
_LEAVES = st.one_of(
    _WORDS.map(lambda word: (word, re.escape(word) + " ")),
    _SLOTS.map(lambda slot: (slot[0], slot[1] + " ")),
    st.just(("<please>", "(?:please |could you )?")),
    st.just((r"\[x\]", r"\[x\] ")),
)
Pair = tuple[str, str]


def _sequence(parts: list[Pair]) -> Pair:
    return " ".join(text for text, _ in parts), "".join(pattern for _, pattern in parts)


def _choice(parts: list[Pair]) -> Pair:
    patterns = "|".join(pattern for _, pattern in parts)
    return f"({'|'.join(text for text, _ in parts)})", f"(?:{patterns})"


def _optional(part: Pair) -> Pair:
    return f"[{part[0]}]", f"(?:{part[1]})?"


_TEMPLATES = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(_sequence),
        st.lists(inner, min_size=1, max_size=3).map(_choice),
        inner.map(_optional),
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(_TEMPLATES)
def test_every_phrase_is_one_that_the_template_says(made: Pair) -> None:
    """Whatever a template, nested as deep as you like, each of its phrases fits it word by word."""
    template, pattern = made
    phrases = _said(template)
    assert len(phrases) == len(set(phrases))
    for phrase in phrases:
        assert re.fullmatch(pattern, phrase + " "), (template, phrase)


@settings(deadline=None)
@given(st.lists(st.lists(_WORDS, min_size=1, max_size=3), min_size=1, max_size=4), st.data())
def test_no_phrase_is_missing(groups: list[list[str]], data: st.DataObject) -> None:
    """One word taken from each group in turn is always among the phrases."""
    template = " ".join(f"({'|'.join(group)})" for group in groups)
    chosen = " ".join(data.draw(st.sampled_from(group)) for group in groups)
    assert chosen in _said(template)
