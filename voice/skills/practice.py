"""Being guided through a practice: the player keeps the time, this conversation listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from voice.nlu.numbers import spoken_duration
from voice.practices.player import Aside, Player

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from voice.dialogue.talk import Talk


ENDS_THE_LINE: Final = frozenset(
    {"stop", "practice_stop", "practice_pause", "practice_skip", "practice_repeat"}
)
"""What is wanted at once, whatever is being said."""


async def practise(talk: Talk) -> None:
    """Play a practice to its end; answer what is wanted of it on the way."""
    name, wanted_s = str(talk.slots["practice"]), talk.slots.get("duration_s")
    length_s = wanted_s if isinstance(wanted_s, int | float) else None
    player = Player(name, talk.practices[name], length_s, talk.at)
    player.values = {"length": spoken_duration(player.length_s)}
    talk.mode("practice")
    playing = talk.play(player)
    while wanted := await playing:
        if wanted.intent in ENDS_THE_LINE:
            talk.hush()
            playing.forget_line()
        match wanted.intent:
            case "stop" | "practice_stop":
                await talk.say("practice.stopped")
                talk.chime("end")
                return
            case "practice_pause":
                player.pause(talk.at)
                talk.mode("practice_paused")
                talk.chime("paused")
            case "practice_resume":
                player.resume(talk.at)
                talk.mode("practice")
                talk.chime("begin")
            case "practice_slower" | "practice_faster":
                _change_pace(talk, player, slower=wanted.intent == "practice_slower")
            case "practice_skip" | "practice_repeat":
                _go_on_if_paused(talk, player)
                if wanted.intent == "practice_skip":
                    player.skip(talk.at)
                else:
                    player.repeat(talk.at)
            case "time_left" if player.paused:
                await talk.say("practice.left", _left(player, talk.at))
            case "time_left":
                talk.chime("heard")
                _aside(talk, player, "practice.left", lambda at: _left(player, at))
    talk.chime("end")


def _left(player: Player, at: int) -> Mapping[str, str]:
    return {"left": spoken_duration(player.left_s(at)).capitalize()}


def _change_pace(talk: Talk, player: Player, *, slower: bool) -> None:
    talk.chime("heard")
    if not player.change_pace(slower=slower):
        _aside(talk, player, "practice.slowest" if slower else "practice.fastest", lambda _: {})


def _aside(
    talk: Talk, player: Player, line: str, values: Callable[[int], Mapping[str, str]]
) -> None:
    """Something to say without talking over a breath."""
    player.aside(Aside(line, values, lambda at: talk.lines.about_s(line, values(at))))


def _go_on_if_paused(talk: Talk, player: Player) -> None:
    if player.paused:
        player.resume(talk.at)
        talk.mode("practice")
