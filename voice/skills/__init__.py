"""Skills: one module a conversation. Adding one is adding a file here and its intent file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice.skills import help as help_skill
from voice.skills import journal, practice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from voice.dialogue.stack import Conversation
    from voice.dialogue.talk import Talk

SKILLS: Mapping[str, Callable[[Talk], Conversation]] = {
    "greet": help_skill.greet,
    "part": help_skill.part,
    "help": help_skill.say_what_can_be_said,
    "crisis_help": help_skill.give_numbers,
    "practice_start": practice.practise,
    "journal_start": journal.dictate,
    "journal_read_last": journal.read_last,
}
"""Intent id to the conversation it starts."""
