"""Practices: whole cycles, cues on their samples, and what a person may want on the way.

Figures: box breathing has four sides of 4 s and lasts 64 to 480 s; in and out stretch by a tenth,
between cycles of 12 and 18 s; an answer is said in a rest of at least 4 s, after its cue and until
1 s before its end.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conversation import Conversation, shipped_app, spoken_s
from voice import app, events
from voice.clock import RATE_HZ, samples, seconds
from voice.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from voice.app import App

SIDES: Final = ("in", "hold", "out", "rest")

RESTLESS: Final = """
name = "Four six breathing"
label = "P99"
kind = "breath"
aliases = ["four six breathing"]
default_s = 120
range_s = [30, 600]
cycle = [{ phase = "in", s = 4.0, cue = "In" }, { phase = "out", s = 6.0, cue = "Out" }]
pace = { slowest_cycle_s = 14.0, fastest_cycle_s = 7.0 }
cues = { full_cycles = 4, after = ["in", "out"] }
open = [{ say = "Four six breathing, about {length}." }]
close = [{ say = "That is the end." }]
"""


@pytest.fixture(scope="session")
def restless(tmp_path_factory: pytest.TempPathFactory) -> App:
    """The program with one more practice, one without rests: a file in the person's own folder."""
    home: Path = tmp_path_factory.mktemp("restless")
    folder = home / "config" / "intents" / "en" / "practices"
    folder.mkdir(parents=True)
    (folder / "four-six.toml").write_text(RESTLESS, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INTERLUDE_HOME", str(home))
        return app.build(Settings())


def _breathing(built: App, wish: str, practice: str = "box breathing") -> Conversation:
    """A conversation at its first in-breath."""
    talk = Conversation(built)
    talk.enter(f"{practice} {wish}")
    while not talk.cues():
        talk.wait(0.02)
    return talk


def _cycles(talk: Conversation) -> list[list[events.Cue]]:
    """The cues, a list for each cycle begun."""
    found: list[list[events.Cue]] = []
    first = talk.cues()[0].phase
    for cue in talk.cues():
        if cue.phase == first:
            found.append([])
        found[-1].append(cue)
    return found


def _ended(talk: Conversation) -> int:
    """The sample at which the last breath was over: the tick in which the close began."""
    return next(say.at for say in talk.of(events.Say) if ".close.1" in say.line)


@pytest.mark.parametrize(
    ("wish", "cycles"),
    [
        ("for one minute", 4),
        ("for ten minutes", 30),
        ("for ten seconds", 4),
        ("for two minutes", 8),
        ("for seventy seconds", 4),
        ("for ninety seconds", 6),
        ("for an hour", 30),
        ("", 15),
    ],
)
def test_a_wish_becomes_whole_cycles(shipped: App, wish: str, cycles: int) -> None:
    """The nearest number of whole cycles within 64 to 480 s; without a wish, 240 s."""
    talk = _breathing(shipped, wish)
    talk.until_quiet()
    assert [[cue.phase for cue in cycle] for cycle in _cycles(talk)] == [list(SIDES)] * cycles
    assert {cue.cycle for cue in talk.cues()} == set(range(1, cycles + 1))


def test_every_cue_stands_on_its_sample(shipped: App) -> None:
    """Asked for ten minutes: each of its 120 cues is exactly 4 s after the one before."""
    talk = _breathing(shipped, "for ten minutes")
    talk.until_quiet()
    start = talk.cues()[0].at
    assert [cue.at - start for cue in talk.cues()] == [n * 4 * RATE_HZ for n in range(120)]
    assert 0 <= _ended(talk) - (start + 480 * RATE_HZ) < samples(0.02) * 2


def test_a_pace_that_is_no_whole_tick_does_not_drift(shipped: App) -> None:
    """At 4.4 s a side, twenty cycles later, a cue is within one sample of where it belongs."""
    talk = _breathing(shipped, "for eight minutes")
    talk.enter("slower")
    talk.until_quiet()
    slow = _cycles(talk)[1:]
    assert len(slow) > 20
    start = slow[0][0].at
    for number, cycle in enumerate(slow):
        for cue, offset_s in zip(cycle, (0, 4.4, 8.4, 12.8), strict=True):
            assert abs(cue.at - start - (number * 16.8 + offset_s) * RATE_HZ) <= len(slow)


def test_words_fade_after_four_cycles(shipped: App) -> None:
    """Every side has its word for four cycles; then only "In" has, and the others a tone."""
    talk = _breathing(shipped, "for two minutes")
    talk.until_quiet()
    words = [[cue.cue for cue in cycle] for cycle in _cycles(talk)]
    assert words[:4] == [["In", "Hold", "Out", "Rest"]] * 4
    assert words[4:] == [["In", "", "", ""]] * 4


def test_a_pause_holds_everything(shipped: App) -> None:
    """Paused, nothing sounds however long; resumed, the cycle that was cut begins again."""
    talk = _breathing(shipped, "for one minute")
    talk.wait(4 + 16)  # in the second cycle's hold
    talk.enter("pause")
    count = len(talk.effects)
    talk.wait(300)
    assert len(talk.effects) == count
    assert talk.core.mode == "practice_paused"
    talk.enter("resume")
    resumed = talk.at
    talk.until_quiet()
    cycles = _cycles(talk)
    assert [len(cycle) for cycle in cycles] == [4, 2, 4, 4, 4]
    assert [cycle[0].cycle for cycle in cycles] == [1, 2, 2, 3, 4]
    assert cycles[2][0].at - resumed == samples(1.0)


@pytest.mark.parametrize("said", ["slower", "faster"])
def test_pace_changes_from_the_next_cycle(shipped: App, said: str) -> None:
    """The cycle under way keeps its pace; in and out change by a tenth, hold and rest do not."""
    talk = _breathing(shipped, "for two minutes")
    talk.wait(5)
    talk.enter(said)
    talk.wait(40)
    starts = [cue.at for cue in talk.cues()]
    gaps = [seconds(b - a) for a, b in pairwise(starts)]
    changed = 4.4 if said == "slower" else pytest.approx(4 / 1.1, abs=0.001)
    assert gaps[:8] == [4, 4, 4, 4, changed, 4, changed, 4]


@pytest.mark.parametrize(("said", "line"), [("slower", "slowest"), ("faster", "fastest")])
def test_no_pace_beyond_its_bounds(shipped: App, said: str, line: str) -> None:
    """At the bound it is said so, and the pace stays."""
    talk = _breathing(shipped, "for eight minutes")
    for _ in range(8):
        talk.wait(17)
        talk.enter(said)
    talk.until_quiet()
    lengths = {seconds(b[0].at - a[0].at) for a, b in pairwise(_cycles(talk))}
    assert min(lengths) >= 12
    assert max(lengths) <= 18
    assert len(lengths) > 2
    assert f"practice.{line}" in talk.lines()


def test_slower_and_faster_in_one_breath_cancel(shipped: App) -> None:
    """Two wishes within one cycle count both: the pace is what it was."""
    talk = _breathing(shipped, "for two minutes")
    talk.enter("slower")
    talk.wait(1)
    talk.enter("faster")
    talk.wait(60)
    gaps = {seconds(b.at - a.at) for a, b in pairwise(talk.cues())}
    assert gaps == {4.0}


def test_a_change_in_the_last_cycle_adds_none(shipped: App) -> None:
    """Asking for "slower" in the last of four cycles does not make a fifth."""
    talk = _breathing(shipped, "for one minute")
    talk.wait(3 * 16 + 5)
    talk.enter("slower")
    talk.until_quiet()
    assert len(_cycles(talk)) == 4


@settings(max_examples=40, deadline=None)
@given(
    wish=st.sampled_from([("for one minute", 64), ("for two minutes", 128), ("", 240)]),
    said=st.lists(st.tuples(st.floats(0.1, 40), st.sampled_from(["slower", "faster"])), max_size=6),
)
def test_a_change_of_pace_keeps_the_length(
    wish: tuple[str, int], said: list[tuple[float, str]]
) -> None:
    """Whatever the pace does, the breathing is as long as wished, to half a cycle.

    What is said of a bound takes no time here: it fits no rest, and its time comes from the end.
    """
    talk = _breathing(shipped_app(), wish[0])
    start = talk.cues()[0].at
    for gap_s, text in said:
        talk.wait(gap_s)
        if talk.core.mode == "practice":
            talk.enter(text)
    talk.until_quiet()
    assert abs(seconds(_ended(talk) - start) - wish[1]) <= 9.05  # half of the slowest cycle, a tick


WANTS: Final = ("pause", "resume", "skip", "repeat", "slower", "faster", "how long is left", "help")


@settings(max_examples=40, deadline=None)
@given(
    opening=st.booleans(),
    said=st.lists(st.tuples(st.floats(0.02, 25), st.sampled_from(WANTS)), max_size=10),
)
def test_a_breath_is_whole_whatever_is_wanted(
    *, opening: bool, said: list[tuple[float, str]]
) -> None:
    """At any beat anything may be wanted: sides come in order, cycles are whole, and it ends."""
    talk = Conversation(shipped_app())
    talk.enter("box breathing for two minutes")
    if not opening:
        talk.wait(12)
    wanted_at = []
    for gap_s, text in said:
        talk.wait(gap_s)
        if talk.core.mode == "idle":
            break
        wanted_at.append(talk.at)
        talk.enter(text)
    if talk.core.mode == "practice_paused":
        wanted_at.append(talk.at)
        talk.wait(3)  # an answer may be sounding
        talk.enter("resume")
    talk.until_quiet()
    assert not talk.core.busy
    assert talk.core.mode == "idle"
    _check_sides(talk, wanted_at)
    assert talk.lines()[-1] == "box-breathing.close.2" or "skip" in {text for _, text in said}


def _check_sides(talk: Conversation, wanted_at: list[int]) -> None:
    """Sides follow one another in order; only after a wish may a cycle begin early."""
    for before, cue in pairwise(talk.cues()):
        gap_s = seconds(cue.at - before.at)
        if any(before.at <= at <= cue.at for at in wanted_at) and cue.phase == "in":
            continue
        assert cue.phase == SIDES[(SIDES.index(before.phase) + 1) % 4]
        assert gap_s >= 2  # a cycle of 12 s
        assert gap_s <= 5 or cue.phase == "in"  # a cycle of 18 s; an answer between two
    if not wanted_at or wanted_at[-1] < talk.cues()[-1].at:
        assert talk.cues()[-1].phase == "rest"


@pytest.mark.parametrize("at_s", [0.5, 3.0, 6.0])
@pytest.mark.parametrize("said", ["how long is left", "slower", "skip", "repeat", "pause"])
def test_a_wish_during_the_opening_does_not_end_it(shipped: App, at_s: float, said: str) -> None:
    """Whatever is wanted while the opening sounds, the breathing comes."""
    talk = Conversation(shipped)
    talk.enter("box breathing for one minute")
    talk.wait(at_s)
    talk.enter(said)
    talk.wait(5)
    talk.enter("resume")
    talk.until_quiet()
    assert len(talk.cues()) == 16
    assert talk.lines()[-1] == "box-breathing.close.2"


@pytest.mark.parametrize("said", ["how long is left", "slower", "repeat", "pause"])
def test_a_wish_during_the_close_does_not_hang(shipped: App, said: str) -> None:
    """Whatever is wanted while the close sounds, the practice ends."""
    talk = _breathing(shipped, "for one minute")
    talk.wait(64 + 1)
    talk.enter(said)
    talk.wait(5)
    talk.enter("resume")
    talk.until_quiet()
    assert not talk.core.busy
    assert talk.lines()[-1] == "box-breathing.close.2"


@pytest.mark.parametrize("at_s", [0.5 * n for n in range(33)])
def test_an_answer_is_said_in_a_rest(shipped: App, at_s: float) -> None:
    """Asked at any beat: after the rest's cue, over 1 s before the rest ends, no breath moved.

    What does not fit is said between two cycles.
    """
    talk = _breathing(shipped, "for four minutes")
    start = talk.cues()[0].at
    talk.wait(at_s)
    talk.enter("how long is left")
    talk.wait(36)
    (say,) = (say for say in talk.of(events.Say) if say.line == "practice.left")
    into_s = seconds(say.at - start) % 16
    lasting_s = len(say.text) * 0.072  # measured with espeak-ng at 135 words a minute
    if lasting_s > 4 - 0.9 - 1:  # too long for a rest of 4 s: between two cycles, see below
        assert into_s <= 0.02
        return
    assert into_s >= 12.5
    assert into_s + lasting_s <= 15
    moved = [cue.at for number, cue in enumerate(talk.cues()) if cue.at != start + number * 192_000]
    assert moved == []


@pytest.mark.parametrize("at_s", [0.5, 3.9, 4.0, 5.5, 9.9, 14.2, 31.0])
def test_without_rests_an_answer_goes_between_two_cycles(restless: App, at_s: float) -> None:
    """No rest of 4 s: the answer waits for the cycle to end, and its time comes from the end."""
    talk = _breathing(restless, "for two minutes", "four six breathing")
    start = talk.cues()[0].at
    talk.wait(at_s)
    talk.enter("how long is left")
    asked = talk.at
    talk.until_quiet()
    cycles = _cycles(talk)
    assert [[cue.phase for cue in cycle] for cycle in cycles] == [["in", "out"]] * len(cycles)
    (say,) = (say for say in talk.of(events.Say) if say.line == "practice.left")
    assert 0 <= seconds(say.at - asked) <= 10.02
    (before,) = (c for c in cycles if c[1].at < say.at and say.at - c[1].at <= samples(6.02))
    after = cycles[cycles.index(before) + 1]
    assert seconds(say.at - before[1].at) >= 6  # the out-breath was left alone
    assert after[0].at >= say.at + samples(spoken_s(say))
    assert abs(seconds(_ended(talk) - start) - 120) <= 5.05  # half a cycle, and a tick


def test_in_the_last_cycle_the_close_is_the_answer(restless: App) -> None:
    """Asked when no slot is left: a soft tone at once, and the close within one cycle says it."""
    talk = _breathing(restless, "for one minute", "four six breathing")
    talk.wait(55)
    talk.enter("how long is left")
    asked = talk.at
    assert talk.of(events.Chime)[-1] == events.Chime(at=asked, name="heard")
    talk.until_quiet()
    assert "practice.left" not in talk.lines()
    assert seconds(_ended(talk) - asked) <= 10


@pytest.mark.parametrize(("into_s", "left"), [(0.1, "four"), (118, "two"), (215, "half a")])
def test_what_is_left_is_true_to_half_a_minute(shipped: App, into_s: float, left: str) -> None:
    """The answer names what is left when it is said, paused or not, rounded to half minutes."""
    talk = _breathing(shipped, "for four minutes")
    talk.wait(into_s)
    talk.enter("pause")
    talk.enter("how long is left")
    (say,) = (say for say in talk.of(events.Say) if say.line == "practice.left")
    assert f"{left} minute" in say.text.lower()


def test_stop_ends_it_at_once(shipped: App) -> None:
    """Stop at any moment: silence, one line, and the practice is over."""
    talk = _breathing(shipped, "for four minutes")
    talk.wait(33)
    count = len(talk.cues())
    talk.enter("stop")
    assert talk.lines()[-1] == "practice.stopped"
    talk.wait(30)
    assert len(talk.cues()) == count
    assert talk.core.mode == "idle"
    assert not talk.core.busy
