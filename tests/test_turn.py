"""Turns: when a person has finished speaking, and what silence does in a dictation.

Figures: 0.9 s closes a command, voice activity delays by at most 1 s, 12 / 30 / 90 s of silence in
a dictation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conversation import Conversation, shipped_app, spoken_s
from voice import events
from voice.clock import samples, seconds

if TYPE_CHECKING:
    from voice.app import App

GRAIN_S = 0.1
"""How often it is told what is decoded."""

START = "start box breathing for one minute"


@pytest.fixture
def talk(shipped: App) -> Conversation:
    """A conversation with nobody greeted, in idle."""
    return Conversation(shipped)


def _dictating(built: App) -> Conversation:
    talk = Conversation(built)
    talk.enter("new journal entry")
    talk.wait(6)  # the prompt ends
    assert talk.core.mode == "dictation"
    return talk


def _closed_after_s(talk: Conversation, ended: int) -> float:
    (fact,) = talk.of(events.Understood)
    return seconds(fact.at - ended)


def test_a_command_closes_after_its_silence(talk: Conversation) -> None:
    """0.9 s of decoded silence after the last word is the end of a command, and not before."""
    ended = talk.speak(START, START)
    talk.wait(0.8)
    assert talk.understood() == []
    talk.wait(3)
    assert talk.understood() == ["practice_start"]
    assert 0.9 <= _closed_after_s(talk, ended) <= 0.9 + GRAIN_S


def test_no_turn_closes_on_what_is_not_decoded(talk: Conversation) -> None:
    """However long it is quiet, a turn waits until that quiet has been decoded."""
    ended = talk.speak(START, START)
    talk.decoding = False
    talk.wait(10)
    talk.put(events.HeardUpTo(at=talk.at, up_to=ended + samples(0.8)))
    assert talk.of(events.Understood) == []
    talk.put(events.HeardUpTo(at=talk.at, up_to=ended + samples(0.9)))
    assert talk.understood() == ["practice_start"]


def test_a_late_word_belongs_to_its_turn(talk: Conversation) -> None:
    """A recogniser three seconds late still gives one utterance, whole."""
    talk.decoding = False
    talk.wait(5)
    for text, from_s, to_s in (("start box breathing", 0.2, 1.4), ("for one minute", 1.8, 2.6)):
        word = events.Heard(
            at=talk.at, lane="command", text=text, from_at=samples(from_s), to_at=samples(to_s)
        )
        talk.put(word)
        talk.put(events.HeardUpTo(at=talk.at, up_to=samples(to_s)))
    talk.put(events.HeardUpTo(at=talk.at, up_to=samples(5)))
    (fact,) = talk.of(events.Understood)
    assert fact.slots == {"practice": "box-breathing", "duration_s": 60}


def test_a_segment_is_not_a_turn(talk: Conversation) -> None:
    """Two segments with half a second between them are one utterance."""
    talk.speak("start", "start")
    talk.wait(0.5)
    talk.speak("box breathing", "box breathing")
    talk.wait(2)
    (fact,) = talk.of(events.Understood)
    assert (fact.intent, fact.score) == ("practice_start", 1.0)


def test_voice_that_is_no_word_delays_a_close_by_a_second_at_most(talk: Conversation) -> None:
    """Noise that keeps the detector awake holds a turn open, but only for one second."""
    ended = talk.speak("help", "help")
    talk.wait(0.4)
    talk.put(events.Speech(at=talk.at, on=True, since=talk.at))
    talk.wait(5)
    assert 0.9 < _closed_after_s(talk, ended) <= 1.9 + GRAIN_S


@settings(max_examples=60, deadline=None)
@given(changes=st.lists(st.floats(0.1, 1.2), max_size=12))
def test_no_flicker_of_voice_holds_a_turn_open(changes: list[float]) -> None:
    """However the detector changes its mind, a command closes within 0.9 s and one second."""
    talk = Conversation(shipped_app())
    ended = talk.speak("help", "help")
    on = False
    for gap_s in changes:
        talk.wait(gap_s)
        on = not on
        talk.put(events.Speech(at=talk.at, on=on, since=talk.at))
    talk.wait(3)
    assert talk.understood() == ["help"]
    assert 0.9 <= _closed_after_s(talk, ended) <= 1.9 + GRAIN_S


def test_an_unfinished_word_is_waited_for(talk: Conversation) -> None:
    """While a word is under way and voice is heard, nothing closes; then the ears are closed."""
    talk.put(events.Speech(at=talk.at, on=True, since=talk.at))
    for text in ("start", "start box", "start box breathing"):
        talk.wait(0.6)
        talk.put(events.Partial(at=talk.at, lane="command", text=text))
        assert talk.of(events.CloseEars) == []
    talk.put(events.Speech(at=talk.at, on=False, since=talk.at))
    ended = talk.at
    talk.wait(2)
    (close,) = talk.of(events.CloseEars)
    assert 0.9 <= seconds(close.at - ended) <= 0.9 + GRAIN_S


@pytest.mark.parametrize("pause_s", [2, 4, 6, 8, 15, 40])
def test_a_pause_in_a_dictation_loses_nothing(shipped: App, pause_s: float) -> None:
    """People stop to think: each segment is kept, in order, and nothing ends the dictation."""
    said = ["it was a long day", "and i was tired", "then somebody called", "that helped"]
    talk = _dictating(shipped)
    for text in said:
        talk.speak("[unk]", text)
        talk.wait(pause_s)
    assert talk.core.mode == "dictation"
    assert talk.draft() == said
    assert talk.of(events.Scratch) == []
    assert talk.chimes().count("still_here") == (len(said) if pause_s >= 12 else 0)
    assert talk.lines().count("journal.take_your_time") == (len(said) if pause_s >= 30 else 0)


def test_a_long_silence_is_met_step_by_step(shipped: App) -> None:
    """A tone at 12 s, one line at 30 s, kept at 90 s with a line of its own; each of them once."""
    talk = _dictating(shipped)
    ended = talk.speak("[unk]", "i do not know")
    talk.wait(100)
    tone = [c.at for c in talk.of(events.Chime) if c.name == "still_here"]
    at = {say.line: say.at for say in talk.of(events.Say)}
    assert [round(seconds(t - ended)) for t in tone] == [12]
    assert round(seconds(at["journal.take_your_time"] - ended)) == 30
    assert round(seconds(at["journal.kept_more"] - ended)) == 90
    assert talk.lines().count("journal.take_your_time") == 1
    assert "journal.kept" not in talk.lines()
    assert len(talk.of(events.Keep)) == 1
    assert talk.draft() == ["i do not know"]
    assert talk.core.mode == "idle"


def test_a_dictation_without_words_keeps_nothing(shipped: App) -> None:
    """After 90 s in which nothing was said there is nothing to keep, and that is told."""
    talk = _dictating(shipped)
    talk.wait(100)
    assert talk.of(events.Keep) == []
    assert talk.lines()[-1] == "journal.nothing"


@pytest.mark.parametrize("closer", ["that's all", "done", "the end", "save it", "stop"])
def test_a_spoken_closer_ends_the_dictation(shipped: App, closer: str) -> None:
    """A closer alone between pauses ends it; its own words are not part of the entry."""
    talk = _dictating(shipped)
    talk.speak("[unk]", "it rained all day")
    talk.wait(3)
    talk.speak(closer, closer)
    talk.wait(4)
    assert talk.draft() == ["it rained all day"]
    assert len(talk.of(events.Keep)) == 1
    assert "journal.kept" in talk.lines()


def test_a_closer_within_a_sentence_is_text(shipped: App) -> None:
    """A closer's words followed by more words are what the person dictates."""
    talk = _dictating(shipped)
    talk.speak("that's all [unk]", "that's all he ever says")
    talk.wait(5)
    talk.speak("that's all", "that's all")
    talk.wait(1.0)
    talk.speak("[unk]", "he said and left")
    talk.wait(5)
    assert talk.core.mode == "dictation"
    assert talk.draft() == ["that's all he ever says", "that's all", "he said and left"]


def test_a_closer_that_only_the_small_ear_heard_takes_back_nothing(shipped: App) -> None:
    """Where the open ear heard other words, those words stay in the entry."""
    talk = _dictating(shipped)
    talk.speak("done", "donna came by in the afternoon with the children")
    talk.wait(5)
    assert talk.draft() == ["donna came by in the afternoon with the children"]


def test_scratch_that_takes_back_the_last_utterance(shipped: App) -> None:
    """All segments of the last utterance go, the one before stays, and a tone says so."""
    talk = _dictating(shipped)
    talk.speak("[unk]", "the first thing")
    talk.wait(3)
    talk.speak("[unk]", "the second")
    talk.wait(0.3)
    talk.speak("[unk]", "thing")
    talk.wait(3)
    talk.speak("scratch that", "scratch that")
    talk.wait(3)
    assert talk.draft() == ["the first thing"]
    assert "heard" in talk.chimes()
    talk.speak("scratch that", "scratch that")
    talk.wait(2)
    talk.speak("scratch that", "scratch that")  # there is nothing left to take back
    talk.wait(2)
    assert talk.draft() == []
    assert talk.core.mode == "dictation"


def test_a_new_paragraph_begins_with_the_next_words(shipped: App) -> None:
    """The words "new paragraph" are not dictated; what follows begins the paragraph."""
    talk = _dictating(shipped)
    for command, free in (
        ("[unk]", "first"),
        ("new paragraph", "new paragraph"),
        ("[unk]", "second"),
        ("[unk]", "third"),
    ):
        talk.speak(command, free)
        talk.wait(2)
    begins = {s.text: s.paragraph for s in talk.of(events.Segment) if s.text in talk.draft()}
    assert begins == {"first": False, "second": True, "third": False}


@pytest.mark.parametrize("answer", ["yes", "go ahead"])
def test_throwing_away_asks_once(shipped: App, answer: str) -> None:
    """A yes discards the entry, and nothing of it is kept."""
    talk = _dictating(shipped)
    talk.enter("a thing i may regret")
    talk.enter("throw it away")
    talk.wait(4)
    assert talk.core.mode == "question"
    assert talk.lines().count("journal.discard") == 1
    talk.enter(answer)
    talk.wait(20)
    assert talk.of(events.Discard)
    assert not talk.of(events.Keep)
    assert talk.lines()[-1] == "journal.discarded"


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        *(("no", []), ("please don't", []), ("", [])),
        ("banana", ["banana"]),
    ],
)
def test_without_a_yes_the_dictation_goes_on(shipped: App, answer: str, kept: list[str]) -> None:
    """A no, silence, or more of the story: nothing is thrown away, and more can be said."""
    talk = _dictating(shipped)
    talk.enter("a thing i may regret")
    talk.enter("throw it away")
    talk.wait(4)
    if answer:
        talk.enter(answer)
    talk.wait(25)
    assert talk.core.mode == "dictation"
    assert not talk.of(events.Discard)
    talk.enter("and one more")
    talk.enter("that's all")
    talk.wait(5)
    assert talk.draft() == ["a thing i may regret", *kept, "and one more"]
    assert talk.lines()[-1] == "journal.kept"


def test_a_stop_at_the_question_keeps_the_entry(shipped: App) -> None:
    """Asked whether to throw it away, a stop ends the talk about it and keeps the words."""
    talk = _dictating(shipped)
    talk.enter("a thing i may regret")
    talk.enter("throw it away")
    talk.wait(4)
    talk.enter("stop")
    talk.wait(5)
    assert talk.draft() == ["a thing i may regret"]
    assert talk.lines()[-1] == "journal.kept"


def test_a_question_is_asked_again_once_and_then_left(shipped: App) -> None:
    """After 6 s it is asked once more, 12 s later it is left: the careful answer is taken."""
    talk = Conversation(shipped)
    talk.enter("read my last entry")
    talk.wait(30)
    assert talk.lines() == ["journal.read", "journal.read", "journal.not_read"]
    first, again, left = talk.of(events.Say)
    assert 6 <= seconds(again.at - first.at) - spoken_s(first) <= 6.1
    assert 12 <= seconds(left.at - again.at) <= 12.1 + spoken_s(again)


def test_a_question_waits_for_what_interrupts_it(shipped: App) -> None:
    """After help has been given in its midst a question can still be answered."""
    talk = Conversation(shipped)
    talk.enter("read my last entry")
    talk.wait(4)
    talk.enter("get help")
    talk.wait(18)  # the line takes 14 s
    assert talk.core.mode == "question"
    talk.enter("yes")
    talk.wait(1)
    assert talk.lines()[-1] == "journal.read_text"


@pytest.mark.parametrize(
    ("answer", "last"),
    [("yes", "journal.read_text"), ("no", "journal.not_read"), ("stop", "journal.read")],
)
def test_an_entry_is_read_aloud_only_after_a_yes(shipped: App, answer: str, last: str) -> None:
    """A no leaves the entry closed; a stop says nothing more."""
    talk = Conversation(shipped)
    talk.enter("read my last entry")
    talk.wait(4)
    talk.enter(answer)
    talk.wait(10)
    assert talk.lines()[-1] == last
    assert [say.private for say in talk.of(events.Say)] == [False] * (
        len(talk.lines()) - (answer == "yes")
    ) + [True] * (answer == "yes")


def test_nothing_is_kept_where_the_journal_has_no_key(shipped: App) -> None:
    """Where no words can be kept, that is told before the first of them is spoken."""
    talk = Conversation(shipped, store_ok=False)
    talk.enter("new journal entry")
    talk.wait(5)
    assert talk.lines() == ["journal.no_key"]
    assert talk.core.mode == "idle"


def test_scratch_that_takes_back_what_was_said_before_it(shipped: App) -> None:
    """However the open ear spelt the command: the utterance before it is gone, and so is it."""
    talk = _dictating(shipped)
    for command, free in (
        ("[unk]", "the first thing"),
        ("[unk]", "a secret sentence"),
        ("scratch that", "such a cat"),
    ):
        talk.speak(command, free)
        talk.wait(2)
    assert talk.draft() == ["the first thing"]


def test_a_cancel_inside_a_thought_is_no_command(shipped: App) -> None:
    """Cancel, a short pause, and more: nothing is asked, nothing is lost."""
    talk = _dictating(shipped)
    for command, free in (("[unk]", "i told them i would"), ("cancel", "cancel")):
        talk.speak(command, free)
        talk.wait(0.8)
    talk.speak("[unk]", "the whole trip because of him")
    talk.wait(5)
    assert "journal.discard" not in talk.lines()
    assert talk.draft() == ["i told them i would", "cancel", "the whole trip because of him"]
