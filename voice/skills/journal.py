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
    while closed and closed.intent == "dictation_cancel" and not listening.dictation.empty:
        try:
            discard = await talk.ask("journal.discard", about=listening.dictation)
        except Stopped:
            break
        if discard:
            talk.emit(lambda at: events.Discard(at=at))
            await talk.say("journal.discarded")
            return
        listening.dictation.reopen()  # the person goes on
        talk.chime("heard")
        listening.since = talk.at
        closed = await listening
    if listening.dictation.empty:
        talk.emit(lambda at: events.Discard(at=at))
        await talk.say("journal.nothing")
    elif not (kept := await talk.keep("free")).ok:
        await talk.say("journal.not_kept" if kept.safe else "journal.not_saved")
    else:
        await talk.say("journal.kept" if closed else "journal.kept_more")
        talk.chime("kept")


async def read_last(talk: Talk) -> None:
    """Read the newest entry aloud, after a yes."""
    if not await talk.store_ready():
        await talk.say("journal.no_key")
        return
    passages = await talk.recall()
    if passages is None:
        await talk.say("journal.empty")
    elif await talk.ask("journal.read"):
        for passage in _short(passages):
            await talk.say("journal.read_text", {"text": passage}, private=True)
    else:
        await talk.say("journal.not_read")


def _short(passages: tuple[str, ...], longest_words: int = 12) -> list[str]:
    """Pieces short enough that "stop" can land between them."""
    pieces = []
    for passage in passages:
        words = passage.split()
        count = -(-len(words) // longest_words)  # pieces of one passage are about equally long
        pieces += [
            " ".join(words[len(words) * i // count : len(words) * (i + 1) // count])
            for i in range(count)
        ]
    return pieces
