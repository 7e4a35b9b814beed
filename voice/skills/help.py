"""Greeting, parting, and help of both kinds: what can be said here, and whom to call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice.dialogue.talk import Talk


async def greet(talk: Talk) -> None:
    """Say that it listens, and the one word that leads to all others."""
    await talk.say("greeting")


async def part(talk: Talk) -> None:
    """Say goodbye, and nothing more."""
    await talk.say("goodbye")


async def say_what_can_be_said(talk: Talk) -> None:
    """Name the few things that can be said in the mode the person is in."""
    for line in talk.lines.numbered(f"help.{talk.slots['mode']}"):
        await talk.say(line)


async def give_numbers(talk: Talk) -> None:
    """Say the one fixed line; a practice beneath stays paused, and the person hears that."""
    await talk.say("safety.help")
    if talk.slots["paused"]:
        await talk.say("help.practice_paused.1")
