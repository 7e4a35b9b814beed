"""The journal in a session: what is kept when keeping fails."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from voice import events
from voice.errors import Failed
from voice.journal.drafts import Draft
from voice.journal.store import Store
from voice.keeper import Keeper

if TYPE_CHECKING:
    from pathlib import Path


def _keeper(folder: Path) -> Keeper:
    return Keeper(folder, None, lambda _: dt.datetime(2026, 1, 1, 9, tzinfo=dt.UTC))


def _kept(folder: Path) -> list[str]:
    store = Store.open(folder)
    try:
        return [entry.text for entry in store.entries(10)][::-1]
    finally:
        store.close()


def test_an_entry_that_could_not_be_filed_is_out_of_reach_of_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filing fails: the words are safe, and discarding the next entry does not touch them."""
    folder = tmp_path / "journal"
    keeper = _keeper(folder)
    keeper.perform(events.OpenStore(at=0))
    keeper.perform(events.Segment(at=0, text="the first entry"))
    with monkeypatch.context() as broken:
        broken.setattr(Store, "keep", _refuse)
        answers = list(keeper.perform(events.Keep(at=0, type="free")))
    assert answers[-1] == events.Kept(at=0, ok=False, type="free", safe=True)
    keeper.perform(events.Segment(at=0, text="the second"))
    keeper.perform(events.Discard(at=0))
    keeper.perform(events.Segment(at=0, text="the third"))
    keeper.perform(events.Keep(at=0, type="free"))
    keeper.close()
    assert sorted(_kept(folder)) == ["the first entry", "the third"]


def test_words_that_found_no_room_are_tried_once_more_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No room for the words: it is said that they are not safe, and they are tried again."""
    folder = tmp_path / "journal"
    keeper = _keeper(folder)
    keeper.perform(events.OpenStore(at=0))
    with monkeypatch.context() as full:
        full.setattr(Draft, "append", _refuse)
        told = list(keeper.perform(events.Segment(at=0, text="no room for this")))
        assert isinstance(told[-1], events.Fault)
        assert told[-1].what == events.WORDS_WAIT
        answers = list(keeper.perform(events.Keep(at=0, type="free")))
        assert answers[-1] == events.Kept(at=0, ok=False, type="free", safe=False)
    keeper.close()
    assert _kept(folder) == ["no room for this"]


def test_words_that_are_lost_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Still no room at the end: the program says how much is lost, and fails."""
    keeper = _keeper(tmp_path / "journal")
    keeper.perform(events.OpenStore(at=0))
    monkeypatch.setattr(Draft, "append", _refuse)
    keeper.perform(events.Segment(at=0, text="one"))
    keeper.perform(events.Segment(at=0, text="two"))
    with pytest.raises(Failed, match="last 2 pieces"):
        keeper.close()


def _refuse(*_: object, **__: object) -> None:
    raise Failed("the disk is full; make room")
