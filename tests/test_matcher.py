"""The matcher: what is acted on, what is left alone, how much of natural speech is understood."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

import pytest

from voice.events import Mode
from voice.nlu.matcher import Matcher

if TYPE_CHECKING:
    from collections.abc import Callable

    from voice.app import App
    from voice.nlu.matcher import Understanding

MODES: Final[tuple[Mode, ...]] = get_args(Mode)

DEV_FLOOR: Final = 0.58
"""Share of dev wordings understood in all their modes: 5 points below the 63% measured
with plain scoring at the shipped thresholds (48 of 76; of the sealed fold 25 of 76)."""

SAME: Final = {("practice_stop", "stop")}
"""In a practice `stop` is `practice_stop`."""

_DATA = Path(__file__).parent / "data"


class Wording(NamedTuple):
    """One way a person may put it."""

    intent: str
    say: str
    fold: str


def _wordings() -> list[Wording]:
    read = tomllib.loads((_DATA / "wordings.toml").read_text(encoding="utf-8"))
    return [Wording(**wording) for wording in read["wording"]]


def _modes(built: App, intent: str) -> list[Mode]:
    found = built.intents.intents[intent]
    return [mode for mode in MODES if found.heard_in(mode)]


def _right(wording: Wording, meant: Understanding) -> bool:
    named = meant.intent == wording.intent or (wording.intent, meant.intent) in SAME
    return named and meant.decision == "accept"


def test_every_example_is_understood(shipped: App) -> None:
    """Each `accepts` of each intent is acted on as that intent, in each of its modes."""
    wrong = [
        (name, said, mode, meant.intent, meant.decision)
        for name, intent in shipped.intents.intents.items()
        for said in intent.spec.accepts
        for mode in _modes(shipped, name)
        if (meant := shipped.parts.understand(said, mode)).intent != name
        or meant.decision != "accept"
    ]
    assert wrong == []


def test_every_counter_example_is_left_alone(shipped: App) -> None:
    """No `rejects` of an intent is acted on as that intent, in any of its modes."""
    wrong = [
        (name, said, mode)
        for name, intent in shipped.intents.intents.items()
        for said in intent.spec.rejects
        for mode in _modes(shipped, name)
        if (meant := shipped.parts.understand(said, mode)).intent == name
        and meant.decision == "accept"
    ]
    assert wrong == []


def test_every_intent_has_examples_of_both_kinds(shipped: App) -> None:
    """An intent without examples is an intent that nobody checks."""
    bare = [
        name
        for name, intent in shipped.intents.intents.items()
        if not intent.spec.accepts or not intent.spec.rejects
    ]
    assert bare == []


@pytest.mark.parametrize("mode", MODES)
def test_everyday_talk_means_nothing(shipped: App, mode: Mode) -> None:
    """None of the everyday sentences is acted on, whatever the dialogue is doing."""
    sentences = (_DATA / "everyday.txt").read_text(encoding="utf-8").splitlines()
    assert len(sentences) >= 60
    acted = {
        said: meant.intent
        for said in sentences
        if (meant := shipped.parts.understand(said, mode)).decision == "accept"
    }
    assert acted == {}


@pytest.mark.parametrize(
    "said",
    [
        *("one", "cancer", "the men", "that's tall", "i'm gone", "the bend", "that is ill"),
        *("take that bag", "top", "stops", "that's"),
    ],
)
def test_words_that_sound_like_a_closer_are_dictated(shipped: App, said: str) -> None:
    """Who writes "cancer" is not asked whether to throw the entry away."""
    assert shipped.parts.understand(said, "dictation").decision != "accept"


def test_natural_wordings_are_understood(
    shipped: App,
    record_property: Callable[[str, object], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of wordings found without looking at the templates, the floor's share is acted on rightly.

    The sealed fold is only reported: a figure that is tuned against tells nothing.
    """
    understood: Counter[str] = Counter()
    of: Counter[str] = Counter()
    for wording in _wordings():
        of[wording.fold] += 1
        understood[wording.fold] += all(
            _right(wording, shipped.parts.understand(wording.say, mode))
            for mode in _modes(shipped, wording.intent)
        )
    for fold, count in of.items():
        record_property(f"recall_{fold}", understood[fold] / count)
        with capsys.disabled():
            print(f"\nwordings understood, {fold}: {understood[fold]} of {count}")  # noqa: T201 - the report
    assert understood["dev"] / of["dev"] >= DEV_FLOOR


def test_every_intent_has_six_wordings(shipped: App) -> None:
    """Each intent is asked for in at least six ways, half of them sealed."""
    count = Counter((wording.intent, wording.fold) for wording in _wordings())
    for name in shipped.intents.intents:
        assert count[name, "dev"] >= 3, name
        assert count[name, "sealed"] >= 3, name


def test_no_wording_is_taken_for_another(shipped: App) -> None:
    """What is not understood is left alone, never acted on as something else: "please don't"."""
    wrong = [
        (wording.say, mode, meant.intent)
        for wording in _wordings()
        for mode in _modes(shipped, wording.intent)
        if (meant := shipped.parts.understand(wording.say, mode)).decision == "accept"
        and not _right(wording, meant)
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("box breathing for half a minute", 30),
        ("half a minute of box breathing", 30),
        ("box breathing for a minute and a half", 90),
        ("start box breathing for ninety seconds", 90),
        ("Let's do box breathing for 2 minutes.", 120),
        ("five minutes of square breathing", 300),
        ("box breathing for five minutes no ten minutes", 600),
    ],
)
def test_a_practice_is_asked_for_with_its_length(shipped: App, said: str, seconds: float) -> None:
    """The practice and the wished length are understood together; a correction wins."""
    meant = shipped.parts.understand(said, "idle")
    assert meant.intent == "practice_start"
    assert meant.slots == {"practice": "box-breathing", "duration_s": seconds}
    assert meant.decision == "accept"


@pytest.mark.parametrize("said", ["", "   ", "[unk]", "[unk] [unk]", "?!", "…"])
def test_nothing_said_means_nothing(shipped: App, said: str) -> None:
    """Silence, unknown words and bare punctuation are ignored in every mode and in none."""
    matcher = Matcher(shipped.intents)
    for mode in (*MODES, None):
        assert matcher.understand(said, mode).decision == "ignore"


def test_punctuation_and_case_do_not_matter(shipped: App) -> None:
    """As typed by people: capitals, a curly apostrophe, a full stop."""
    said = "That\N{RIGHT SINGLE QUOTATION MARK}s all."
    assert shipped.parts.understand(said, "dictation").intent == "dictation_save"
