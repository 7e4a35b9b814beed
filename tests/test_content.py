"""Content files: found, checked, told about by name; and what every shipped line must be."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import voice
from voice import app, content, places
from voice.errors import ContentBroken
from voice.practices import practice
from voice.settings import Settings
from voice.skills import SKILLS

if TYPE_CHECKING:
    from tests.conftest import Run
    from voice.app import App

SHIPPED: Final = places.shipped() / "intents" / "en"
BOX: Final = (SHIPPED / "practices" / "box-breathing.toml").read_text(encoding="utf-8")

INTERNAL: Final = {"greet", "part", "crisis_help"}
"""Conversations that no intent file starts: the edges and the safety lane do."""

UNHEARABLE: Final = {
    "yep": "people type it; spoken, the open ear hears a yes",
    "nope": "people type it; spoken, the open ear hears a no",
}
"""Words of grammars that the shipped model does not know, and why they may stand there."""

BANNED: Final = {"should", "just", "amazing", "sorry", "error", "invalid"}
"""House tone (voice design, F.10 and F.6)."""


def _write(root: Path, name: str, text: str) -> Path:
    path = root / "intents" / "en" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


# Finding and checking


def test_later_roots_win_file_by_file() -> None:
    """A pack's file replaces the shipped one, the person's own replaces the pack's."""
    assert practice.load()["box-breathing"].name == "Box breathing"
    pack = places.data() / "packs" / "calm"
    _write(pack, "practices/box-breathing.toml", BOX.replace('"Box breathing"', '"From the pack"'))
    _write(pack, "practices/other.toml", BOX.replace('"Box breathing"', '"Another"'))
    assert {p.name for p in practice.load().values()} == {"From the pack", "Another"}
    own = _write(places.config(), "practices/box-breathing.toml", BOX.replace("Box b", "My own b"))
    assert {p.name for p in practice.load().values()} == {"My own breathing", "Another"}
    assert content.files("practices")["box-breathing"] == own


def test_a_language_without_a_file_falls_back_to_english() -> None:
    """What a language lacks is taken from English; what it has is its own."""
    own = places.config() / "intents" / "nl" / "practices" / "box-breathing.toml"
    own.parent.mkdir(parents=True)
    own.write_text(BOX.replace('"Box breathing"', '"Vierkant"'), encoding="utf-8")
    assert practice.load("nl")["box-breathing"].name == "Vierkant"
    assert practice.load("de")["box-breathing"].name == "Box breathing"


def test_the_fingerprint_changes_with_any_file() -> None:
    """A log's content hash tells whether the same content was in use."""
    before = content.fingerprint()
    own = _write(places.config(), "practices/box-breathing.toml", BOX)
    assert content.fingerprint() == before
    own.write_text(BOX + "\n", encoding="utf-8")
    assert content.fingerprint() != before


def test_adding_a_practice_is_adding_one_file(run: Run) -> None:
    """A file in the person's own folder can be asked for by its alias, and is guided."""
    text = BOX.replace("box breathing", "tide breathing").replace("Box breathing", "Tide breathing")
    aliases = 'aliases = ["tide breathing"]'
    _write(places.config(), "practices/tide.toml", re.sub(r"aliases = .*", aliases, text))
    told = run("talk", "--text", stdin="start tide breathing for one minute\n")
    assert told.returncode == 0, told.stderr
    assert "Tide breathing, about one minute." in told.stdout.splitlines()
    assert told.stdout.count("    In\n") == 4


_BROKEN: Final = {
    "an unknown key": (BOX.replace("kind =", "kid = 1\nkind ="), ["line 4", "kid"]),
    "a value that does not fit": (BOX.replace("s = 4.0", "s = -4.0", 1), ["cycle.0.s", "line 12"]),
    "a missing key": (re.sub(r"(?m)^default_s.*$", "", BOX), ["default_s"]),
    "no TOML": (BOX + "\n= 3\n", ["line 34"]),
    "a length out of range": (BOX.replace("default_s = 240", "default_s = 24"), ["range_s"]),
    "an unknown value in a line": (BOX.replace("{length}", "{lenght}"), ["lenght"]),
    "an unclosed value in a line": (BOX.replace("{length}", "{length"), ["{length"]),
}


@pytest.mark.parametrize("case", _BROKEN)
def test_a_broken_practice_is_told_in_one_line(case: str) -> None:
    """One line names the file, the place and the mend, before anything is said."""
    text, named = _BROKEN[case]
    path = _write(places.config(), "practices/box-breathing.toml", text)
    with pytest.raises(ContentBroken) as caught:
        app.build(Settings())
    line = str(caught.value)
    assert str(path) in line
    for name in named:
        assert name in line
    assert "\n" not in line
    assert "; " in line  # what to do


def test_broken_content_ends_the_program_with_one_line(run: Run) -> None:
    """Status 4, the one line on standard error, and nothing said."""
    text, named = _BROKEN["an unknown key"]
    _write(places.config(), "practices/box-breathing.toml", text)
    told = run("talk", "--text", stdin="box breathing\n")
    assert (told.returncode, told.stdout) == (4, "")
    (line,) = told.stderr.splitlines()
    assert line.startswith("interlude: ")
    assert named[0] in line


_WRONG_INTENTS: Final = {
    "an unknown slot": ('[intent.x]\nmodes = ["idle"]\nsay = ["a {colour}"]\n', "colour"),
    "an unknown rule": ('[intent.x]\nmodes = ["idle"]\nsay = ["<pleese> a"]\n', "pleese"),
    "an unbalanced template": ('[intent.x]\nmodes = ["idle"]\nsay = ["(a|b"]\n', "intent.x"),
    "an unknown mode": ('[intent.x]\nmodes = ["idel"]\nsay = ["a"]\n', "idel"),
    "no template": ('[intent.x]\nmodes = ["idle"]\nsay = []\n', "say"),
    "an unknown key": ('[intent.x]\nmodes = ["idle"]\nsay = ["a"]\ncolour = 1\n', "line 4"),
    "an empty template": ('[intent.x]\nmodes = ["idle"]\nsay = [""]\n', "intent.x"),
}


@pytest.mark.parametrize("case", _WRONG_INTENTS)
def test_a_broken_intent_is_named(case: str) -> None:
    """The file and the key are named, in one line with a mend."""
    text, named = _WRONG_INTENTS[case]
    path = _write(places.config(), "mine.toml", text)
    with pytest.raises(ContentBroken) as caught:
        app.build(Settings())
    line = str(caught.value)
    assert str(path) in line
    assert named in line
    assert "\n" not in line
    assert "; " in line  # what to do


def test_a_file_that_lacks_a_line_is_told_in_one_line(run: Run) -> None:
    """Replacing a shipped file by one that lacks a line the program says is no traceback."""
    text = (SHIPPED / "system.toml").read_text(encoding="utf-8")
    assert "[line.greeting]" in text
    _write(places.config(), "system.toml", text.replace("[line.greeting]", "[line.hello]"))
    told = run("talk", "--text", stdin="help\n")
    assert told.returncode == 4, told.stderr[-500:]
    assert len(told.stderr.splitlines()) == 1
    assert "greeting" in told.stderr


# What is shipped


def _sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.?:])\s+", text) if part]


def test_every_line_is_short(shipped: App) -> None:
    """At most two sentences of at most twelve words, so that "stop" can land between lines."""
    long = {}
    for line in shipped.parts.lines:
        if line == "safety.help":
            continue
        parts = re.split(r"(?<=[.?])\s+", shipped.parts.lines.spec(line).say)
        if len(parts) > 2 or max(len(part.split()) for part in parts) > 12:
            long[line] = parts
    assert long == {}


def test_every_line_keeps_the_tone(shipped: App) -> None:
    """No exclamation, none of the words that judge, inflate or blame."""
    loud = {
        line: say
        for line in shipped.parts.lines
        if "!" in (say := shipped.parts.lines.spec(line).say)
        or BANNED & set(re.findall(r"[a-z']+", say.lower()))
    }
    assert loud == {}


def test_a_sentence_with_a_stop_phrase_is_short(shipped: App) -> None:
    """It masks the stop words while it sounds: at most 2 s, estimated as words * 60 / wpm."""
    lines, phrases = shipped.parts.lines, shipped.intents.at_once()
    long = {}
    for line in lines:
        for sentence in _sentences(lines.spec(line).say):
            words = re.findall(r"[a-z']+", sentence.lower())
            said = f" {' '.join(words)} "
            if any(f" {phrase} " in said for phrase in phrases):
                lasting_s = len(words) * 60 / lines.wpm(line)
                if lasting_s > 2:
                    long[line] = (sentence, round(lasting_s, 2))
    assert long == {}


def test_a_cue_is_short(shipped: App) -> None:
    """At most three words and 1 s, and at most 30% of its phase, estimated by words a minute."""
    for found in shipped.parts.practices.values():
        for phase in found.cycle:
            cue_s = len(phase.cue.split()) * 60 / shipped.parts.lines.guidance_wpm
            assert len(phase.cue.split()) <= 3
            assert cue_s <= min(1.0, 0.3 * phase.s)


def test_every_word_of_every_grammar_can_be_heard(shipped: App) -> None:
    """A word that the model does not know is dropped by the recogniser without a word."""
    table = places.shipped() / "models" / "en-small" / "graph" / "words.txt"
    known = {line.split()[0] for line in table.read_text(encoding="utf-8").splitlines()}
    stop = shipped.stop_words()
    phrases = {*stop.phrases, *stop.decoys}
    for grammar in shipped.grammars().values():
        phrases |= set(grammar)
    unknown = {word for phrase in phrases for word in phrase.split()} - known - {"[unk]"}
    assert unknown == set(UNHEARABLE)


def test_every_skill_is_started_by_an_intent(shipped: App) -> None:
    """A conversation that nothing starts is dead; each is an intent's, or one of the internal."""
    assert set(SKILLS) - INTERNAL <= set(shipped.intents.intents)
    assert set(SKILLS) >= INTERNAL
    assert not INTERNAL & set(shipped.intents.intents)


def _line_literals() -> set[str]:
    """What skills and dialogue give to `say`, `ask` or `listen`, and words joined by dots."""
    found: set[str] = set()
    root = Path(voice.__file__).parent
    for path in [*(root / "skills").glob("*.py"), *(root / "dialogue").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Constant(value=str(text)) if re.fullmatch(r"[a-z_]+(\.[a-z_0-9]+)+", text):
                    found.add(text)
                case ast.Call(func=ast.Attribute(attr="say" | "ask" | "listen"), args=[first, *_]):
                    found |= {
                        part.value
                        for part in ast.walk(first)
                        if isinstance(part, ast.Constant) and isinstance(part.value, str)
                    }
    return found


def test_every_line_that_is_named_exists(shipped: App) -> None:
    """What a skill says, and what the dialogue says of a fault, stands in a content file."""
    named = _line_literals()
    assert {"greeting", "journal.open", "practice.stopped"} <= named
    modules = {name for name in named if name.startswith("voice.")}
    assert {name for name in named - modules if name not in shipped.parts.lines} == set()


def test_every_mode_with_commands_has_help(shipped: App) -> None:
    """Wherever something can be said, "help" has at least one line to say it."""
    for mode in shipped.grammars():
        assert shipped.parts.lines.numbered(f"help.{mode}"), mode


def test_every_help_number_names_its_source() -> None:
    """No number is from memory: each names where it comes from, and when it was compared."""
    from voice.safety.standing import HelpFile  # noqa: PLC0415 - used by this test alone

    found = content.read(content.files("safety")["help"], HelpFile)
    for numbers in (found.anywhere, *found.country.values()):
        assert numbers.source
        assert numbers.verified_by
        assert re.search(r"\d", numbers.say)
