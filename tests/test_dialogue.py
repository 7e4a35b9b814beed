"""The pure core: whatever happens to it, in whatever order, some things are always so."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conversation import Conversation, shipped_app
from voice import content, events
from voice.clock import samples, seconds

if TYPE_CHECKING:
    from collections.abc import Callable

    from voice.app import App
    from voice.events import Effect, Mode

    Step = Callable[["Watched"], None]

TEXTS: Final = (
    *("box breathing for one minute", "box breathing", "pause", "resume", "skip", "repeat"),
    *("slower", "how long is left", "stop", "help", "yes", "no", "get help", "crisis line"),
    *("new journal entry", "read my last entry", "that's all", "scratch that", "new paragraph"),
    *("throw it away", "it rained all day", "[unk]", "", " ", "{text} {0}", "a\nb", "\N{SNOWMAN}"),
)
"""What people may say, the program's own commands first, and some that breaks careless code."""


class Watched(Conversation):
    """A conversation that is looked at after each event."""

    def __init__(self) -> None:
        super().__init__(shipped_app())
        self._mode_told: Mode = "idle"
        self._keys: set[int] = set()
        self._sounding: set[int] = set()

    def put(self, event: events.Event) -> None:
        """Give the core an event; what must be so is so afterwards."""
        if isinstance(event, events.Sounded):
            self._sounding.discard(event.key)
        count = len(self.effects)
        super().put(event)
        for effect in self.effects[count:]:
            self._look_at(effect)
        del self.effects[count:]  # looked at; a long conversation need not be kept
        assert self.core.mode == self._mode_told

    def _look_at(self, effect: Effect) -> None:
        assert 0 <= effect.at < self.at + samples(0.02)
        match effect:
            case events.Say():
                assert effect.key not in self._keys
                assert effect.text
                assert effect.wpm > 0
                self._keys.add(effect.key)
                self._sounding.add(effect.key)
            case events.Hush():
                self._sounding.clear()
            case events.Cue():
                assert self._mode_told != "practice_paused"
            case events.SetMode():
                assert effect.before == self._mode_told
                assert effect.mode != effect.before
                self._mode_told = effect.mode


def _put(make: Callable[[int], events.Event]) -> Step:
    return lambda talk: talk.put(make(talk.at))


def _heard(lane: events.Lane, text: str, long_s: float, conf: float | None) -> Step:
    def step(talk: Watched) -> None:
        from_at = max(0, talk.at - samples(long_s))
        words = () if conf is None else (events.Word(text, from_at, talk.at, conf),)
        alternatives = (text, "help me") if conf is None and lane == "open" else ()
        talk.put(
            events.Heard(
                at=talk.at,
                lane=lane,
                text=text,
                from_at=from_at,
                to_at=talk.at,
                words=words,
                alternatives=alternatives,
            )
        )

    return step


def _typed(text: str) -> Step:
    return lambda talk: talk.enter(text)


def _spoken(text: str) -> Step:
    def step(talk: Watched) -> None:
        talk.speak(text, text)

    return step


def _waited(wait_s: float) -> Step:
    return lambda talk: talk.wait(wait_s)


_TEXT = st.sampled_from(TEXTS) | st.text(max_size=12)
_LANE: st.SearchStrategy[events.Lane] = st.sampled_from(["command", "open", "stop", "typed"])
_FAULT = st.sampled_from(["microphone lost", "microphone back", events.WORDS_WAIT, "anything"])

_STEPS: st.SearchStrategy[Step] = st.one_of(
    _TEXT.map(_typed),
    _TEXT.map(_typed),
    _TEXT.map(_spoken),
    st.floats(0.02, 15).map(_waited),
    st.floats(0.02, 15).map(_waited),
    st.builds(_heard, _LANE, _TEXT, st.floats(0, 3), st.none() | st.floats(0, 1)),
    st.builds(
        lambda lane, text: _put(lambda at: events.Partial(at=at, lane=lane, text=text)),
        _LANE,
        _TEXT,
    ),
    st.booleans().map(lambda on: _put(lambda at: events.Speech(at=at, on=on, since=at))),
    st.integers(0, 40).map(lambda key: _put(lambda at: events.Sounded(at=at, key=key))),
    _FAULT.map(lambda what: _put(lambda at: events.Fault(at=at, what=what, action="waiting"))),
    st.booleans().map(lambda ok: _put(lambda at: events.StoreReady(at=at, ok=ok))),
    st.booleans().map(lambda ok: _put(lambda at: events.Kept(at=at, ok=ok, type="free"))),
    st.sampled_from([None, (), ("",), ("a word", "{b}")]).map(
        lambda found: _put(lambda at: events.Recalled(at=at, passages=found))
    ),
    st.booleans().map(
        lambda closed: _put(lambda at: events.HeardUpTo(at=at, up_to=at, closed=closed))
    ),
    st.just(_put(lambda at: events.Now(at=at, local="2026-01-01T09:00:00+00:00"))),
    st.just(_put(lambda at: events.Begin(at=at))),
    st.just(_put(lambda at: events.End(at=at))),
)


@settings(max_examples=150, deadline=None)
@given(steps=st.lists(_STEPS, max_size=14))
def test_whatever_arrives_the_core_stays_whole(steps: list[Step]) -> None:
    """Nothing raises; keys are unique; the mode told is the mode; paused, no cue; and it ends."""
    talk = Watched()
    talk.put(events.Begin(at=0))
    for step in steps:
        step(talk)
    talk.put(events.Speech(at=talk.at, on=False, since=talk.at))
    talk.put(events.End(at=talk.at))
    talk.wait(60)
    assert not talk.core.busy
    assert talk.core.mode == "idle"


@pytest.mark.parametrize(
    "before",
    [
        (),
        ("box breathing",),
        ("box breathing", "+20"),
        ("box breathing", "+20", "pause"),
        ("box breathing", "+20", "help"),
        ("box breathing", "+20", "get help"),
        ("new journal entry", "+6", "a long day"),
        ("new journal entry", "+6", "a long day", "help"),
        ("new journal entry", "+6", "a long day", "throw it away", "+2"),
        ("read my last entry", "+3"),
        ("read my last entry", "+3", "help"),
        ("read my last entry", "+3", "yes", "+1"),
    ],
)
def test_leaving_ends_everything_and_says_goodbye_last(
    shipped: App, before: tuple[str, ...]
) -> None:
    """When the person goes, words are kept, what sounds is ended, and goodbye is the last word."""
    talk = Conversation(shipped)
    for text in before:
        if text.startswith("+"):
            talk.wait(float(text))
        else:
            talk.enter(text)
    talk.put(events.End(at=talk.at))
    talk.wait(20)
    assert not talk.core.busy
    assert talk.lines()[-1] == "goodbye"
    assert talk.lines().count("goodbye") == 1
    if "a long day" in before:
        assert talk.draft() == ["a long day"]
        assert len(talk.of(events.Keep)) == 1


def _in(built: App, mode: Mode) -> Conversation:
    talk = Conversation(built)
    ways: dict[Mode, tuple[str, ...]] = {
        "practice": ("box breathing",),
        "practice_paused": ("box breathing", "pause"),
        "dictation": ("new journal entry", "a long day"),
        "question": ("read my last entry",),
    }
    for text in ways.get(mode, ()):
        talk.enter(text)
        talk.wait(15 if mode.startswith("practice") else 5)
    assert talk.core.mode == mode
    talk.effects.clear()
    return talk


MODES: Final[tuple[Mode, ...]] = ("idle", "practice", "practice_paused", "dictation", "question")


@pytest.mark.parametrize("mode", MODES)
def test_every_help_phrase_is_answered_in_every_mode(shipped: App, mode: Mode) -> None:
    """Typed as people type it, each phrase gives the one fixed line at once, twice in a row too."""
    help_file = content.files("safety")["help"].read_text(encoding="utf-8")
    phrases = tomllib.loads(help_file)["phrases"]
    assert "get help" in phrases
    for phrase in phrases:
        talk = _in(shipped, mode)
        for said in (phrase, f"  {phrase.capitalize()}! "):
            talk.enter(said)
            assert talk.of(events.Say)[-1].line == "safety.help"
            assert talk.of(events.Say)[-1].at == talk.at
            talk.wait(19)  # the line takes 14 s, and what follows it in a practice 4 s
        assert talk.lines().count("safety.help") == 2
        assert talk.of(events.Segment) == []


def test_help_asked_again_during_the_last_words_is_answered_again(shipped: App) -> None:
    """While "It's paused" sounds, the numbers are over: asked again, they are said again."""
    talk = _in(shipped, "practice")
    talk.enter("get help")
    talk.wait(15)
    assert talk.lines()[-1] == "help.practice_paused.1"
    talk.enter("get help")
    talk.wait(1)
    assert talk.lines().count("safety.help") == 2


def test_each_session_listens_for_itself(shipped: App) -> None:
    """Help asked for in one session does not deafen the next: a core begins with nothing heard."""
    first = Conversation(shipped)
    first.wait(100)
    first.enter("get help")
    second = Conversation(shipped)
    second.wait(10)
    second.enter("get help")
    assert second.lines() == ["safety.help"]


def test_words_under_way_when_the_person_leaves_start_nothing(shipped: App) -> None:
    """A command whose turn is still open when the session ends is not begun after goodbye."""
    talk = Conversation(shipped)
    talk.speak("box breathing", "box breathing")
    talk.put(events.End(at=talk.at))
    talk.wait(30)
    assert talk.lines() == ["goodbye"]
    assert not talk.core.busy


@pytest.mark.parametrize("mode", MODES)
def test_all_that_help_causes_is_marked(shipped: App, mode: Mode) -> None:
    """Until the floor is given back, every effect carries the mark that keeps it out of logs."""
    talk = _in(shipped, mode)
    talk.enter("get help")
    talk.wait(14)
    unmarked = [e for e in talk.effects if not e.safety and not isinstance(e, events.Chime)]
    assert unmarked == []


def test_after_help_a_practice_stays_paused(shipped: App) -> None:
    """No breath is counted while numbers are said; the practice waits for "resume", and says so."""
    talk = _in(shipped, "practice")
    talk.enter("get help")
    talk.wait(60)
    assert talk.lines() == ["safety.help", "help.practice_paused.1"]
    assert talk.cues() == []
    assert talk.core.mode == "practice_paused"
    talk.enter("resume")
    talk.wait(3)
    assert talk.cues()[0].phase == "in"


def test_after_help_a_dictation_goes_on(shipped: App) -> None:
    """What was dictated before is there, what is dictated after is added."""
    talk = _in(shipped, "dictation")
    talk.enter("i need help")
    talk.wait(16)
    talk.enter("still here")
    talk.enter("that's all")
    talk.wait(3)
    assert talk.draft() == ["still here"]  # since the effects were cleared
    assert talk.of(events.Scratch)[:-1] == []
    assert len(talk.of(events.Keep)) == 1


@pytest.mark.parametrize("open_first", [False, True])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("free", "alternatives", "believed"),
    [
        ("good hill", ("good hill", "got help"), True),
        ("get help", ("get help",), True),
        ("get hill", ("get hill", "good hell"), False),
        ("the weather is fine", ("the weather is fine",), False),
    ],
)
def test_a_small_ear_alone_is_not_believed(  # noqa: PLR0913, PLR0917 - each a parameter
    shipped: App,
    mode: Mode,
    free: str,
    alternatives: tuple[str, ...],
    believed: bool,  # noqa: FBT001 - pytest's parameters are positional
    open_first: bool,  # noqa: FBT001 - as above
) -> None:
    """A help phrase from the small ear counts when the open ear's alternatives hold a help word."""
    talk = _in(shipped, mode)
    talk.speak("get help", free, alternatives=alternatives, open_first=open_first)
    talk.wait(0.5)
    assert ("safety.help" in talk.lines()) == believed


def test_a_small_ear_without_the_open_one_is_not_believed(shipped: App) -> None:
    """A help phrase that no other ear heard anything of says nothing."""
    talk = _in(shipped, "practice")
    talk.speak("get help", None)
    talk.wait(5)
    assert talk.lines() == []


@pytest.mark.parametrize(
    "said", ["i need help with the dishes", "she was a great help", "the crisis in the news"]
)
def test_help_within_a_sentence_is_no_call(shipped: App, said: str) -> None:
    """Standing help is a whole utterance."""
    talk = _in(shipped, "dictation")
    talk.enter(said)
    talk.wait(1)
    assert talk.lines() == []
    assert talk.draft() == [said]


def test_a_command_for_help_is_not_dictated(shipped: App) -> None:
    """The command "help" in a dictation is answered, and is not part of the entry."""
    talk = _in(shipped, "dictation")
    talk.enter("help")
    talk.wait(15)
    assert talk.lines() == ["help.dictation.1", "help.dictation.2", "help.dictation.3"]
    assert talk.draft() == []
    assert talk.core.mode == "dictation"


@pytest.mark.parametrize("mode", MODES)
def test_help_names_what_can_be_said_here(shipped: App, mode: Mode) -> None:
    """In every mode "help" is answered with that mode's own lines."""
    talk = _in(shipped, mode)
    talk.enter("help")
    talk.wait(12)
    wanted = [line for line in shipped.parts.lines if line.startswith(f"help.{mode}.")]
    assert wanted
    assert talk.lines()[: len(wanted)] == wanted


@pytest.mark.parametrize("mode", ["practice", "practice_paused", "question"])
def test_the_ear_that_never_waits_stops_at_once(shipped: App, mode: Mode) -> None:
    """A stop word acts in the same moment, without waiting for the end of a turn."""
    talk = _in(shipped, mode)
    talk.hear("stop", "stop", talk.at - samples(0.4))
    assert talk.core.mode != mode or talk.lines()[-1:] == ["practice.stopped"]
    talk.wait(3)
    assert talk.core.mode == "idle"
    assert talk.cues() == []


def test_stop_over_a_line_hushes_it(shipped: App) -> None:
    """While a line sounds, "stop" silences it."""
    talk = Conversation(shipped)
    talk.put(events.Begin(at=0))
    talk.wait(1)
    talk.hear("stop", "stop", talk.at - samples(0.4))
    assert [seconds(hush.at) for hush in talk.of(events.Hush)] == [1.0]
    talk.wait(2)
    assert not talk.core.busy


def test_a_lost_microphone_is_told_once_and_never_into_a_breath(shipped: App) -> None:
    """The line is said where nothing else sounds; in a practice the breath goes on."""
    talk = _in(shipped, "idle")
    talk.put(events.Fault(at=talk.at, what="microphone lost", action="trying again"))
    assert talk.lines() == ["hearing.lost"]
    talk = _in(shipped, "practice")
    talk.put(events.Fault(at=talk.at, what="microphone lost", action="trying again"))
    assert talk.lines() == []


def test_a_full_disk_loses_no_word_and_says_so(shipped: App) -> None:
    """While dictating, words that wait in memory are told of; an entry not filed is not "kept"."""
    talk = _in(shipped, "dictation")
    what = events.WORDS_WAIT
    talk.put(events.Fault(at=talk.at, what=what, action="trying again"))
    assert talk.lines() == ["journal.waiting"]
    talk = Conversation(shipped)
    talk.enter("new journal entry")
    talk.wait(5)
    talk.enter("a long day")
    talk.store_ok = False
    talk.enter("that's all")
    talk.wait(5)
    assert talk.lines()[-1] == "journal.not_kept"
    assert "kept" not in talk.chimes()
    assert talk.draft() == ["a long day"]


def test_an_answer_for_a_held_conversation_waits(shipped: App) -> None:
    """The journal opens while the numbers are said: the dictation begins after them."""
    talk = Conversation(shipped)
    talk.core.receive(events.Typed(at=talk.at, text="new journal entry"))
    talk.enter("get help")
    talk.wait(2)
    talk.put(events.StoreReady(at=talk.at, ok=True))
    talk.wait(1)
    assert talk.lines() == ["safety.help"]
    talk.wait(20)
    assert talk.lines() == ["safety.help", "journal.open"]


def test_a_voice_in_the_room_does_not_hold_a_leaving_person(shipped: App) -> None:
    """After the input has ended, talk goes unheard: goodbye is said once, and it ends."""
    talk = Conversation(shipped)
    talk.put(events.End(at=talk.at))
    for _ in range(4):
        talk.speak("[unk]", "somebody on television")
    talk.wait(5)
    assert talk.lines() == ["goodbye"]
    assert not talk.core.busy


def test_a_question_answered_over_help_ends_as_any_other(shipped: App) -> None:
    """Help is being said over the question; a no takes the floor back, and the entry is kept."""
    talk = _in(shipped, "dictation")
    talk.enter("a thing i may regret")
    talk.enter("throw it away")
    talk.wait(3)
    talk.enter("help")
    talk.enter("no")
    talk.wait(2)
    assert talk.core.mode == "dictation"
    talk.enter("that's all")
    talk.wait(5)
    assert talk.lines()[-1] == "journal.kept"
    assert not talk.core.busy


def test_a_stop_over_help_over_a_question_keeps_the_entry(shipped: App) -> None:
    """Two deep, a stop unwinds both and the words are kept, with no answer left waiting."""
    talk = _in(shipped, "dictation")
    talk.enter("a thing i may regret")
    talk.enter("throw it away")
    talk.wait(3)
    talk.enter("help")
    talk.enter("stop")
    talk.wait(5)
    assert talk.draft() == ["a thing i may regret"]
    assert talk.lines()[-1] == "journal.kept"
    assert not talk.core.busy
