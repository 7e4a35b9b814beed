"""All intent files of a language as one object: intents, their phrases, and the spoken lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from voice import content
from voice.errors import ContentBroken
from voice.nlu.schema import IntentFile, IntentSpec
from voice.nlu.template import Phrase, SlotRef, TemplateProblem, expand

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from voice.events import Mode
    from voice.lines import LineSpec

BUILT_IN: frozenset[str] = frozenset({"duration", "number"})
"""Slot kinds that need no list of values."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One intent with its phrases expanded."""

    name: str
    spec: IntentSpec
    phrases: tuple[Phrase, ...]

    def heard_in(self, mode: Mode | None) -> bool:
        """Whether it may be heard in a mode; without a mode every intent competes."""
        return mode is None or "any" in self.spec.modes or mode in self.spec.modes


@dataclass(frozen=True, slots=True)
class Intents:
    """What can be said, and what is said."""

    intents: Mapping[str, Intent]
    values: Mapping[str, tuple[tuple[str, str], ...]]
    """List slots: kind to pairs of what is said and what it means."""
    lines: Mapping[str, LineSpec]

    def in_mode(self, mode: Mode | None) -> list[Intent]:
        """Intents that may be heard in a mode."""
        return [intent for intent in self.intents.values() if intent.heard_in(mode)]

    def at_once(self) -> frozenset[str]:
        """Phrases for the ear that never waits: wholly of words, from intents marked `at_once`."""
        return frozenset(
            " ".join(str(word) for word in phrase)
            for intent in self.intents.values()
            if intent.spec.at_once
            for phrase in intent.phrases
            if not any(isinstance(item, SlotRef) for item in phrase)
        )

    def decoys(self) -> frozenset[str]:
        """Words that the ear that never waits must be able to hear instead."""
        return frozenset(
            word
            for intent in self.intents.values()
            if intent.spec.at_once
            for word in intent.spec.decoys
        )


def load(
    practices: Mapping[str, tuple[str, ...]],
    language: str = content.FALLBACK_LANGUAGE,
) -> Intents:
    """Read every intent file of a language.

    Args:
        practices: practice id to the names it goes by; becomes the list slot `practice`.
        language: two letters.

    Raises:
        ContentBroken: a file, key or template is wrong; names it.
    """
    read = {p: content.read(p, IntentFile) for p in content.files(language=language).values()}
    rules = {name: rule for file in read.values() for name, rule in file.rule.items()}
    lines = {name: line for file in read.values() for name, line in file.line.items()}
    _check_lines({path.stem: path for path in read}, lines)
    values: dict[str, tuple[tuple[str, str], ...]] = {
        "practice": tuple((name, key) for key, names in practices.items() for name in names)
    }
    for path, file in read.items():
        for kind, slot in file.slot.items():
            values[kind] = tuple(
                (" ".join(str(item) for item in phrase), option.means)
                for option in slot.values
                for phrase in _expanded(path, ("slot", kind, "values"), option.say, rules)
            )
    intents: dict[str, Intent] = {}
    for path, file in read.items():
        for name, spec in file.intent.items():
            phrases = [
                p for say in spec.say for p in _expanded(path, ("intent", name, "say"), say, rules)
            ]
            _check_slots(path, name, phrases, values)
            intents[name] = Intent(name, spec, tuple(dict.fromkeys(phrases)))
    return Intents(intents, values, lines)


def _check_lines(paths: Mapping[str, Path], lines: Mapping[str, LineSpec]) -> None:
    """A file that stands in for a shipped one must say all that the shipped one says."""
    for path in content.shipped_files():
        for name in content.read(path, IntentFile).line:
            if name not in lines:
                raise ContentBroken(
                    paths.get(path.stem, path),
                    f"line.{name}",
                    "this line is missing",
                    f"take it over from {path}",
                )


def _expanded(
    path: Path, location: tuple[str | int, ...], template: str, rules: Mapping[str, str]
) -> list[Phrase]:
    try:
        return expand(template, rules)
    except TemplateProblem as problem:
        raise content.broken(path, location, str(problem), "mend the template") from problem


def _check_slots(
    path: Path, name: str, phrases: list[Phrase], values: Mapping[str, object]
) -> None:
    for item in (item for phrase in phrases for item in phrase if isinstance(item, SlotRef)):
        if item.kind not in BUILT_IN and item.kind not in values:
            raise content.broken(
                path,
                ("intent", name, "say"),
                f"there is no slot {item.kind!r}",
                "name one that exists",
            )
