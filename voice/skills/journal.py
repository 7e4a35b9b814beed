"""The journal's first conversations: dictate an entry, and hear the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voice import events
from voice.dialogue.stack import Stopped

if TYPE_CHECKING:
    from voice.dialogue.talk import Talk


async def dictate(talk: Talk) -> None:
    """Take down an entry; nothing but the person, or a long silence, ends it."""
    if not await talk.store_ready():  # the key comes before the first word
        await talk.say("journal.no_key")
        return
    talk.mode("dictation")
    listening = talk.listen("journal.open")
    closed = await listening
    if listening.dictation.empty:
        talk.emit(lambda at: events.Discard(at=at))
        await talk.say("journal.nothing")
    elif closed and closed.intent == "dictation_cancel" and await _really_discard(talk):
        talk.emit(lambda at: events.Discard(at=at))
        await talk.say("journal.discarded")
    elif not await talk.keep("entry"):
        await talk.say("journal.not_kept")
    else:
        talk.chime("kept")
        await talk.say("journal.kept" if closed else "journal.kept_more")


async def _really_discard(talk: Talk) -> bool:
    try:
        return await talk.ask("journal.discard") is True
    except Stopped:
        return False


async def read_last(talk: Talk) -> None:
    """Read the newest entry aloud, after a yes."""
    if not await talk.store_ready():
        await talk.say("journal.no_key")
        return
    text = await talk.recall()
    if text is None:
        await talk.say("journal.empty")
    elif await talk.ask("journal.read"):
        for passage in _passages(text):
            await talk.say("journal.read_text", private=True, text=passage)
    else:
        await talk.say("journal.not_read")


def _passages(text: str, longest_words: int = 12) -> list[str]:
    """Pieces short enough that "stop" can land between them."""
    pieces = []
    for line in text.splitlines():
        words = line.split()
        pieces += [
            " ".join(words[start : start + longest_words])
            for start in range(0, len(words), longest_words)
        ]
    return pieces
