"""What an intent file may hold: intents, slots, rules, and the lines that answer them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from voice.content import Content
from voice.events import Mode
from voice.lines import LineSpec


class IntentSpec(Content):
    """One thing a person can want."""

    modes: tuple[Mode | Literal["any"], ...]
    """Where it may be heard."""
    say: tuple[str, ...] = Field(min_length=1)
    """Templates: `[optional]`, `(a|b)`, `{slot}`, `{kind:slot}`, `<rule>`, a backslash escapes."""
    at_once: bool = False
    """Also listened for by the ear that never waits for the end of a turn. For stop words only."""
    decoys: tuple[str, ...] = ()
    """Words that sound near: an ear that could not hear them would hear this intent instead."""
    accepts: tuple[str, ...] = ()
    """Utterances that must be understood as this intent."""
    rejects: tuple[str, ...] = ()
    """Utterances that must not."""


class SlotValue(Content):
    """One value of a list slot."""

    say: str
    """A template without slots."""
    means: str


class SlotSpec(Content):
    """A slot of kind list; numbers and durations are built in."""

    values: tuple[SlotValue, ...] = Field(min_length=1)


class IntentFile(Content):
    """One file under `intents/<language>/`."""

    intent: dict[str, IntentSpec] = Field(default_factory=dict)
    slot: dict[str, SlotSpec] = Field(default_factory=dict)
    rule: dict[str, str] = Field(default_factory=dict)
    line: dict[str, LineSpec] = Field(default_factory=dict)
