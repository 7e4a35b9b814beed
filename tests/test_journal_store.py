"""The journal keeps every word it acknowledged, shows none to strangers, and says what is wrong.

`INTERLUDE_KILL_ROUNDS=100` runs the kill test a hundred times instead of twenty.
"""

from __future__ import annotations

import errno
import json
import os
import random
import select
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import keyring
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from keyring.backend import KeyringBackend
from keyring.backends import fail, null

from voice.errors import Failed, StoreClosed
from voice.journal import database, key, records, seal, store
from voice.journal.drafts import Draft
from voice.journal.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KILL_ROUNDS = int(os.environ.get("INTERLUDE_KILL_ROUNDS", "20"))
AT = "2025-03-02T18:04:05"
PAGE_BYTES = 4096


class _Remembering(KeyringBackend):
    """A keyring that works, in memory."""

    priority: float = 9  # what the library recommends ranks 1 or more

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library leaves it untyped
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


def _none_here(kind: type[KeyringBackend] = fail.Keyring) -> KeyringBackend:
    return kind()


@pytest.fixture(autouse=True)
def _no_keyring() -> Iterator[None]:
    """The machine's own keyring is never touched."""
    before = keyring.get_keyring()
    keyring.set_keyring(_none_here())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the key file is or will be; `INTERLUDE_KEY_FILE` names it."""
    path = tmp_path / "key"
    monkeypatch.setenv(key.VARIABLE, str(path))
    return path


@pytest.fixture
def no_key_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """`INTERLUDE_KEY_FILE` is not set."""
    monkeypatch.delenv(key.VARIABLE, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The journal's folder, not made yet."""
    return tmp_path / "journal"


def _typing(*answers: str) -> tuple[Callable[[str], str], list[str]]:
    """Somebody at the keyboard who types these, and the prompts they have seen."""
    left, prompts = list(answers), list[str]()

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return left.pop(0)

    return ask, prompts


def _said(folder: Path, public: bytes, *texts: str) -> Draft:
    draft = Draft.open(folder, public)
    for text in texts:
        draft.append(text, AT)
    return draft


def _made(folder: Path, *texts: str) -> bytes:
    """A journal with one entry of these segments (none: an empty one); returns its public key."""
    with closing(Store.open(folder)) as opened:
        if texts:
            opened.keep(_said(folder, opened.public_key, *texts))
        return opened.public_key


def _texts(folder: Path) -> list[str]:
    with closing(Store.open(folder)) as opened:
        return [entry.text for entry in reversed(opened.entries(1000))]


def _flip(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 0x10
    path.write_bytes(content)


# --- what goes in comes out -----------------------------------------------------------------


@pytest.mark.usefixtures("key_file")
def test_round_trip(folder: Path) -> None:
    """An entry comes back word for word, segment by segment, from a journal opened anew."""
    with closing(Store.open(folder)) as opened:
        draft = _said(folder, opened.public_key, "i slept badly", "and woke at three ☾")
        draft.paragraph()
        draft.append("then it rained", "2025-03-02T18:05:00")
        number = opened.keep(draft)

    with closing(Store.open(folder)) as opened:
        entry = opened.last()
        assert entry is not None
        assert (entry.id, entry.kind, entry.said_at, entry.recovered) == (number, "free", AT, False)
        assert entry.text == "i slept badly and woke at three ☾\n\nthen it rained"
        assert [segment.at_local[-5:] for segment in entry.segments] == ["04:05", "04:05", "05:00"]
        assert opened.faults == ()
        assert "rained" not in repr(entry)


@pytest.mark.usefixtures("key_file")
def test_newest_first(folder: Path) -> None:
    """Entries come newest first, no more than asked for; an empty journal has none."""
    with closing(Store.open(folder)) as opened:
        assert opened.last() is None
        for text in ("one", "two", "three"):
            opened.keep(_said(folder, opened.public_key, text), kind="mood")

        assert [(entry.text, entry.kind) for entry in opened.entries(2)] == [
            ("three", "mood"),
            ("two", "mood"),
        ]


@pytest.mark.usefixtures("key_file")
def test_scratch(folder: Path) -> None:
    """What was scratched is in neither the kept nor the recovered entry; a paragraph stays one."""
    with closing(Store.open(folder)) as opened:
        kept = Draft.open(folder, opened.public_key)
        left = Draft.open(folder, opened.public_key)
        for draft in (kept, left):
            draft.scratch_last()
            draft.append("stay", AT)
            draft.paragraph()
            draft.append("go", AT)
            draft.scratch_last()
            draft.append("come", AT)
        opened.keep(kept)
        left.close()

    assert _texts(folder) == ["stay\n\ncome"] * 2


@pytest.mark.usefixtures("key_file")
def test_half_characters_are_kept(folder: Path) -> None:
    """A keyboard's broken character neither stops an entry nor the words around it."""
    _made(folder, "before \udcff after")

    assert _texts(folder) == [r"before \udcff after"]


@pytest.mark.usefixtures("key_file")
def test_empty_draft_is_no_entry(folder: Path) -> None:
    """Nothing said is refused by `keep` and leaves no entry behind, nor does a discarded draft."""
    with closing(Store.open(folder)) as opened:
        empty = Draft.open(folder, opened.public_key)
        with pytest.raises(Failed, match="Nothing is said"):
            opened.keep(empty)
        empty.close()
        _said(folder, opened.public_key, "never mind").discard()

    assert _texts(folder) == []
    assert list((folder / "drafts").iterdir()) == []


@pytest.mark.usefixtures("key_file")
def test_kept_once(folder: Path) -> None:
    """Killed between storing and removing the draft, a journal has the entry once."""
    with closing(Store.open(folder)) as opened:
        draft = _said(folder, opened.public_key, "only once")
        (file,) = (folder / "drafts").iterdir()
        sealed = file.read_bytes()
        number = opened.keep(draft)
        assert opened.keep(draft) == number
    file.write_bytes(sealed)
    assert _texts(folder) == ["only once"]
    assert not file.exists()

    with closing(Store.open(folder)) as opened:
        file.write_bytes(sealed)
        opened.delete(number)
        with pytest.raises(Failed, match="no entry"):
            opened.delete(number)
        assert opened.keep(_said(folder, opened.public_key, "later")) > number
    assert _texts(folder) == ["later"]


@pytest.mark.usefixtures("key_file")
def test_one_worker_thread(folder: Path) -> None:
    """A journal opened in a worker thread is used and closed there."""
    with ThreadPoolExecutor(1) as worker:
        opened = worker.submit(Store.open, folder).result()
        draft = _said(folder, opened.public_key, "from another thread")
        worker.submit(opened.keep, draft).result()
        entry = worker.submit(opened.last).result()
        worker.submit(opened.close).result()

    assert entry is not None
    assert entry.text == "from another thread"


# --- nobody else reads it -------------------------------------------------------------------


def _files_with(folder: Path, *words: bytes) -> list[str]:
    return [
        path.name
        for path in sorted(folder.rglob("*"))
        if path.is_file() and any(word in path.read_bytes().lower() for word in words)
    ]


@pytest.mark.usefixtures("key_file")
def test_no_words_in_the_files(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No word that was said, no kind and no table's name is readable in any file, log included."""
    monkeypatch.setattr(database, "settle", lambda _: None)  # so that the log stays full
    canaries = (b"xylophone", b"zeppelin", b"saskatchewan", b"paragraph", b"segment", b"free")
    with closing(Store.open(folder)) as opened:
        opened.keep(_said(folder, opened.public_key, "xylophone one", "zeppelin two"))
        draft = _said(folder, opened.public_key, "Saskatchewan three")
        assert (folder / "journal.db-wal").stat().st_size > PAGE_BYTES

        assert _files_with(folder, *canaries, b"entries", b"sqlite") == []
        draft.close()
    assert _files_with(folder, *canaries, b"entries", b"sqlite") == []

    (folder / "note").write_bytes(b"A Xylophone")
    assert _files_with(tmp_path, *canaries) == ["note"]


def test_owner_only(folder: Path, key_file: Path) -> None:
    """Every file and folder is closed to others, whatever the umask and the folder were before."""
    before = os.umask(0)
    try:
        folder.mkdir(mode=0o777)
        (folder / "journal.db").touch(0o666)
        with closing(Store.open(folder)) as opened:
            draft = _said(folder, opened.public_key, "mine")
            paths = [key_file, folder, *folder.rglob("*")]
            modes = {path.name: path.stat().st_mode & 0o777 for path in paths}
            draft.close()
    finally:
        os.umask(before)

    assert {"journal", "journal.db", "journal.db-wal", "drafts.pub", "lock"} < set(modes)
    assert {mode for name, mode in modes.items() if name in ("journal", "drafts")} == {0o700}
    assert {mode for name, mode in modes.items() if name not in ("journal", "drafts")} == {0o600}


# --- the key --------------------------------------------------------------------------------


def test_key_file_is_made_once(folder: Path, key_file: Path) -> None:
    """A key file that is not there yet is made with 64 hex digits, and never again or changed."""
    assert store.state(folder) == "no journal yet"
    _made(folder, "kept")
    made = key_file.read_bytes()
    assert len(bytes.fromhex(made.decode())) == 32
    assert store.state(folder) == "key from file"
    assert _texts(folder) == ["kept"]
    assert key_file.read_bytes() == made

    key_file.unlink()
    with pytest.raises(StoreClosed, match="is not there"):
        Store.open(folder)
    assert not key_file.exists()


def _others_may_read(path: Path) -> None:
    path.write_text("ab" * 32)
    path.chmod(0o644)


def _a_link(path: Path) -> None:
    target = path.with_name("target")
    target.write_text("ab" * 32)
    target.chmod(0o600)
    path.symlink_to(target)


def _too_short(path: Path) -> None:
    path.write_text("ab" * 31)
    path.chmod(0o600)


@pytest.mark.parametrize(
    ("lay", "line"),
    [
        (_others_may_read, "chmod 600"),
        (_a_link, "plain file"),
        (_too_short, "64 hex digits"),
        (Path.mkdir, "plain file"),
        (lambda path: os.mkfifo(path, 0o600), "plain file"),
    ],
)
def test_bad_key_file(folder: Path, key_file: Path, lay: Callable[[Path], None], line: str) -> None:
    """A key file that others can read, or that is none, is refused in one line, nothing begun."""
    lay(key_file)

    with pytest.raises(StoreClosed, match=line) as caught:
        Store.open(folder)

    assert "\n" not in str(caught.value)
    assert store.state(folder) == "no journal yet"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")
def test_key_file_of_another(folder: Path, key_file: Path) -> None:
    """A key file that belongs to somebody else is refused."""
    _too_short(key_file)
    os.chown(key_file, 12345, 12345)

    with pytest.raises(StoreClosed, match="plain file of yours"):
        Store.open(folder)


def test_key_file_nowhere(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key file that cannot be made is one line, as is a journal whose folder is a file."""
    monkeypatch.setenv(key.VARIABLE, str(tmp_path / "absent" / "key"))
    with pytest.raises(StoreClosed, match="No key file can be made"):
        Store.open(folder)

    (tmp_path / "file").write_text("")
    with pytest.raises(StoreClosed, match="cannot be opened"):
        Store.open(tmp_path / "file")


def test_wrong_key(folder: Path, key_file: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Another key opens nothing, spoils nothing, and SQLCipher's own noise reaches nobody."""
    public = _made(folder, "first")
    right = key_file.read_bytes()
    _said(folder, public, "second").close()
    key_file.write_text("cd" * 32)

    with pytest.raises(StoreClosed, match="key does not open"):
        Store.open(folder)

    assert capfd.readouterr() == ("", "")
    key_file.write_bytes(right)
    assert _texts(folder) == ["first", "second"]


@pytest.mark.usefixtures("no_key_file")
def test_three_wrong_passphrases(folder: Path) -> None:
    """Words said while locked survive three wrong passphrases, encrypted, until the right one."""
    ask, prompts = _typing("café au lait", "café au lait")
    Store.open(folder, ask).close()
    assert len(prompts) == 2
    assert store.state(folder) == "locked with a passphrase"
    assert (folder / "key.wrapped").stat().st_mode & 0o777 == 0o600

    draft = _said(folder, seal.read_public(folder), "said while locked")
    draft.close()
    ask, prompts = _typing("cafe au lait", "coffee", "")
    with pytest.raises(StoreClosed, match="None of the passphrases"):
        Store.open(folder, ask)
    assert len(prompts) == 3
    assert _files_with(folder, b"locked") == []

    ask, _ = _typing("cafe\u0301 au lait")  # the same, as another keyboard types it
    with closing(Store.open(folder, ask)) as opened:
        entry = opened.last()
        assert entry is not None
        assert (entry.text, entry.recovered) == ("said while locked", True)


@pytest.mark.usefixtures("no_key_file")
def test_no_passphrase_no_journal(folder: Path) -> None:
    """Too short, or not the same twice, makes no key; asked no more than three times."""
    ask, prompts = _typing("short", "long enough", "not the same", "tiny")

    with pytest.raises(StoreClosed, match="No passphrase was set"):
        Store.open(folder, ask)

    assert len(prompts) == 4
    assert not (folder / "key.wrapped").exists()


def _hung_up(_: str) -> str:
    raise EOFError


@pytest.mark.usefixtures("no_key_file")
@pytest.mark.parametrize("backend", [fail.Keyring, null.Keyring])
@pytest.mark.parametrize("ask", [None, _hung_up])
def test_nobody_to_ask(folder: Path, backend: type[KeyringBackend], ask: key.Ask | None) -> None:
    """With no keyring, no file and nobody to ask, one line says what to do; no key lies about."""
    keyring.set_keyring(_none_here(backend))

    with pytest.raises(StoreClosed, match=key.VARIABLE):
        Store.open(folder, ask)

    assert [path.name for path in folder.iterdir()] == ["lock"]


class _PlainFile(_Remembering):
    """A keyring of the kind that the library itself does not recommend."""

    priority = 0.5


@pytest.mark.usefixtures("no_key_file")
def test_weak_keyring(folder: Path) -> None:
    """A keyring that keeps secrets in the open is not given the key."""
    backend = _PlainFile()
    keyring.set_keyring(backend)

    with pytest.raises(StoreClosed, match="nobody to ask"):
        Store.open(folder)

    assert backend.held == {}


@pytest.mark.usefixtures("no_key_file")
def test_damaged_wrapped_key(folder: Path) -> None:
    """A broken `key.wrapped` is named; no passphrase is asked for in vain."""
    folder.mkdir()
    (folder / "key.wrapped").write_text('{"version": 1}')
    ask, prompts = _typing("whatever it was")

    with pytest.raises(StoreClosed, match=r"key\.wrapped is damaged"):
        Store.open(folder, ask)

    assert prompts == []


@pytest.mark.usefixtures("no_key_file")
def test_keyring(folder: Path, tmp_path: Path) -> None:
    """A working keyring holds the key under a neutral name, one a journal, and nobody is asked."""
    backend = _Remembering()
    keyring.set_keyring(backend)
    _made(folder, "by keyring")
    _made(tmp_path / "other", "another journal")
    assert _texts(folder) == ["by keyring"]
    assert store.state(folder) == "key in the keyring"
    assert [service for service, _ in backend.held] == ["interlude", "interlude"]
    assert len(set(backend.held.values())) == 2
    assert _files_with(tmp_path, *(held.encode() for held in backend.held.values())) == []

    keyring.set_keyring(_none_here())
    with pytest.raises(StoreClosed, match="keyring"):
        Store.open(folder, _typing("a passphrase")[0])


def test_key_file_not_named(folder: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal made with a key file gets no second key when the variable is missing."""
    _made(folder)
    monkeypatch.delenv(key.VARIABLE)

    assert key.VARIABLE in store.state(folder)
    with pytest.raises(StoreClosed, match=key.VARIABLE):
        Store.open(folder, _typing("a passphrase", "a passphrase")[0])
    assert key_file.exists()


# --- damage ---------------------------------------------------------------------------------

PRIVATE = seal.private_key(b"\7" * 32)
PUBLIC = PRIVATE.public_key().public_bytes_raw()
WORDS = ("alpha", "bravo", "gamma")  # of one length, so that heads can be put before others
HEAD_BYTES = 16


def _packed(draft_id: str = "d") -> list[bytes]:
    return [
        records.pack(
            records.Record(kind="segment", at_local=AT, text=word), draft_id, number, PUBLIC
        )
        for number, word in enumerate(WORDS)
    ]


def _unpacked(content: bytes, private: X25519PrivateKey = PRIVATE) -> tuple[list[str], bool]:
    found, whole = records.unpack(content, "d", private)
    return [record.text for record in found.values()], whole


def test_every_flipped_bit_is_noticed() -> None:
    """Whichever byte of a draft changes, it is noticed, and the other records are still read."""
    parts = _packed()
    whole = b"".join(parts)
    ends = [sum(map(len, parts[: count + 1])) for count in range(len(parts))]
    assert _unpacked(whole) == (list(WORDS), True)

    for at in range(len(whole)):
        content = bytearray(whole)
        content[at] ^= 1 << at % 8
        hit = next(index for index, end in enumerate(ends) if at < end)
        others = [word for index, word in enumerate(WORDS) if index != hit]
        assert _unpacked(bytes(content)) == (others, False), at


def test_every_torn_end_is_ignored() -> None:
    """Wherever a sudden end cuts the last record, all before it is there, and nothing is amiss."""
    parts = _packed()
    whole = b"".join(parts)

    for length in range(len(whole)):
        complete = sum(length >= sum(map(len, parts[: count + 1])) for count in range(3))
        assert _unpacked(whole[:length]) == (list(WORDS[:complete]), True), length


def test_records_cannot_be_moved() -> None:
    """A record dropped, swapped, repeated, or taken from another draft does not pass as whole."""
    one, two, three = _packed()
    strange = _packed("e")[1]
    two_as_one = one[:HEAD_BYTES] + two[HEAD_BYTES:]
    one_as_two = two[:HEAD_BYTES] + one[HEAD_BYTES:]

    assert _unpacked(one + three) == (["alpha", "gamma"], False)
    assert _unpacked(one + three + two) == (list(WORDS), False)
    assert _unpacked(one + two + two + three) == (list(WORDS), False)
    assert _unpacked(one + strange + three) == (["alpha", "gamma"], False)
    assert _unpacked(two_as_one + one_as_two + three) == (["gamma"], False)
    assert _unpacked(one, X25519PrivateKey.generate()) == ([], False)


@pytest.mark.usefixtures("key_file")
def test_damaged_draft(folder: Path) -> None:
    """Of a damaged draft the rest becomes an entry, the file is set aside, and it is said once."""
    public = _made(folder)
    draft = _said(folder, public, *WORDS)
    draft.close()
    (file,) = (folder / "drafts").iterdir()
    _flip(file, file.stat().st_size // 2)

    with closing(Store.open(folder)) as opened:
        entry = opened.last()
        assert entry is not None
        assert entry.text == "alpha gamma"
        assert [draft.id in line for line in opened.faults] == [True]
    with closing(Store.open(folder)) as opened:
        assert opened.faults == ()
        assert [path.name for path in (folder / "drafts").iterdir()] == [f"{draft.id}.damaged"]
        opened.delete(entry.id)
    assert list((folder / "drafts").iterdir()) == []


def _complaint(folder: Path) -> str:
    """What opening the journal finds amiss, be it open then or not."""
    try:
        with closing(Store.open(folder)) as opened:
            return "".join(opened.faults)
    except StoreClosed as fault:
        return str(fault)


@pytest.mark.usefixtures("key_file")
def test_damaged_database(folder: Path) -> None:
    """A byte flipped in any page of the database is noticed at opening, and none such is read."""
    _made(folder, *("many words to fill pages " * 30 for _ in range(20)))
    file = folder / "journal.db"
    sound = file.read_bytes()
    pages = len(sound) // PAGE_BYTES
    assert pages > 8

    for page in range(pages):
        file.write_bytes(sound)
        _flip(file, page * PAGE_BYTES + (page * 997) % PAGE_BYTES)
        assert "damaged" in _complaint(folder), page

    file.write_bytes(sound)
    _flip(file, PAGE_BYTES + 5)
    with closing(Store.open(folder)) as opened, pytest.raises(Failed, match="damaged"):
        opened.last()
    file.write_bytes(sound)
    assert len(_texts(folder)) == 1


@pytest.mark.usefixtures("key_file")
def test_lost_database(folder: Path) -> None:
    """A journal whose database is gone or emptied is not quietly begun anew."""
    _made(folder, "was here")
    (folder / "journal.db").write_bytes(b"")

    for _ in range(2):
        with pytest.raises(StoreClosed, match="is gone"):
            Store.open(folder)
        (folder / "journal.db").unlink(missing_ok=True)


@pytest.mark.usefixtures("key_file")
def test_damaged_public_key(folder: Path) -> None:
    """No words are sealed to a damaged public key, and opening the journal mends it."""
    with pytest.raises(StoreClosed, match="no journal"):
        seal.read_public(folder)
    public = _made(folder)
    assert seal.read_public(folder) == public
    _flip(folder / "drafts.pub", 3)
    with pytest.raises(StoreClosed, match="damaged"):
        seal.read_public(folder)

    _made(folder)

    assert seal.read_public(folder) == public


def test_newer_journal(folder: Path, key_file: Path) -> None:
    """A journal of a newer program is left alone."""
    _made(folder)
    master = bytes.fromhex(key_file.read_text())
    with ExitStack() as held:
        opened = database.connect(folder, key.subkey(master, "database"), held, proven=True)
        opened.execute("PRAGMA user_version = 99")

    with pytest.raises(StoreClosed, match="newer program"):
        Store.open(folder)


# --- full disks -----------------------------------------------------------------------------


@pytest.mark.usefixtures("key_file")
def test_write_cut_short(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A write that the disk takes half of is refused, leaves no trace, and can be tried again."""
    public = _made(folder)
    draft = _said(folder, public, "before")
    really = os.pwrite
    calls = []

    def full(handle: int, content: bytes, at: int) -> int:
        calls.append(at)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return really(handle, content[:-10], at)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(Failed, match="full; free some space"):
            draft.append("a much longer stretch of words that does not fit", AT)
    assert len(calls) == 2
    assert [segment.text for segment in draft.segments] == ["before"]
    draft.append("after", AT)
    draft.close()

    with closing(Store.open(folder)) as opened:
        entry = opened.last()
        assert entry is not None
        assert (entry.text, opened.faults) == ("before after", ())


ON_A_SMALL_DISK = """
import json, os, subprocess, sys
from pathlib import Path
from voice.errors import Failed, StoreClosed
from voice.journal.drafts import Draft
from voice.journal.store import Store

disk = Path(sys.argv[1])
folder, ballast = disk / "journal", disk / "ballast"
facts = {}

def refused(call, *given):
    try:
        call(*given)
    except Failed as fault:
        return type(fault).__name__ + ": " + str(fault)

def fill():
    try:
        with ballast.open("ab", buffering=0) as file:
            while file.write(bytes(1024)):
                pass
    except OSError:
        pass

store = Store.open(folder)
first = Draft.open(folder, store.public_key)
first.append("first", "at")
store.keep(first)
second = Draft.open(folder, store.public_key)
second.append("second", "at")
acknowledged = 1
fill()
while (full := refused(second.append, "w" * 100, "at")) is None:
    acknowledged += 1
facts["append"] = full
facts["keep"] = refused(store.keep, second)
facts["readable"] = store.last().text
second.close()
store.close()
fill()
store = Store.open(folder)
facts["reopened"] = [entry.text for entry in store.entries(9)]
facts["faults"] = store.faults
store.close()
ballast.unlink()
store = Store.open(folder)
facts["after"] = [len(entry.segments) for entry in store.entries(9)]
facts["acknowledged"] = acknowledged
store.close()
subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
facts["read only"] = refused(Store.open, folder)
print(json.dumps(facts))
"""


@pytest.mark.usefixtures("key_file")
def test_full_disk(tmp_path: Path) -> None:
    """On a full disk all that was kept stays readable and all acknowledged words wait."""
    disk = tmp_path / "disk"
    disk.mkdir()
    alone = ["unshare", "--map-root-user", "--mount"]  # the mount is gone with the process
    if subprocess.run([*alone, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a small disk")
    script = 'mount -t tmpfs -o size=96k tmpfs "$0" && exec "$1" -c "$2" "$0"'
    root = Path(store.__file__).parents[2]

    done = subprocess.run(
        [*alone, "sh", "-c", script, disk, sys.executable, ON_A_SMALL_DISK],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(root)},
    )

    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    for refusal in ("append", "keep"):
        assert facts[refusal].startswith("Failed: ")
        assert "full; free some space" in facts[refusal].replace("is full", "full")
    assert facts["readable"] == "first"
    assert facts["reopened"] == ["first"]
    assert ["full" in line for line in facts["faults"]] == [True]
    assert facts["after"] == [facts["acknowledged"], 1]
    assert facts["read only"].startswith("StoreClosed: ")
    assert "cannot be written" in facts["read only"]


# --- other programs, and sudden ends --------------------------------------------------------


@contextmanager
def _apart(
    work: Callable[[Callable[[str], None]], None], told: list[str] | None = None
) -> Iterator[int]:
    """Meanwhile do this in a process of its own, which is killed at the end.

    The process gets a `tell`; what it tells can be read from the pipe given here, and what nobody
    has read by the end is added to `told`.
    """
    out, into = os.pipe()
    child = os.fork()
    if not child:
        try:
            with os.fdopen(into, "w", buffering=1) as telling:
                work(lambda line: print(line, file=telling))
        finally:
            os._exit(1)  # never back into pytest
    os.close(into)
    try:
        yield out
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(out) as rest:
            lines = rest.read().splitlines()
    if told is not None:
        told.extend(lines)


@pytest.mark.usefixtures("key_file")
def test_second_program(folder: Path) -> None:
    """A second program gets one line, in the same process or another, until the first is gone."""
    _made(folder)

    def hold(tell: Callable[[str], None]) -> None:
        Store.open(folder)
        tell("open")
        signal.pause()

    with _apart(hold) as out:
        assert os.read(out, 5) == b"open\n"
        with pytest.raises(StoreClosed, match="another program"):
            Store.open(folder)

    with closing(Store.open(folder)), pytest.raises(StoreClosed, match="another program"):
        Store.open(folder)


@pytest.mark.usefixtures("key_file")
def test_living_draft_is_not_recovered(folder: Path) -> None:
    """A draft that another program still writes is left to it; killed, it is recovered whole."""
    public = _made(folder)

    def dictate(tell: Callable[[str], None]) -> None:
        draft = _said(folder, public, "still", "talking")
        tell("said")
        signal.pause()
        draft.close()

    with _apart(dictate) as out:
        assert os.read(out, 5) == b"said\n"
        assert _texts(folder) == []
        assert len(list((folder / "drafts").iterdir())) == 1

    assert _texts(folder) == ["still talking"]
    assert list((folder / "drafts").iterdir()) == []


def _write_for_ever(folder: Path, name: str) -> Callable[[Callable[[str], None]], None]:
    """Dictate, scratch and keep without end; tells what is about to be and what is acknowledged."""

    def work(tell: Callable[[str], None]) -> None:
        chance = random.Random(name)  # noqa: S311 - a repeatable order of events, no secret
        opened = Store.open(folder)
        number = 0
        while True:
            draft = Draft.open(folder, opened.public_key)
            for _ in range(chance.randint(1, 5)):
                number += 1
                draft.append(f"{name}.{number}", AT)
                tell(f"said {name}.{number}")
            if chance.random() < 0.3:
                tell(f"scratching {name}.{number}")
                draft.scratch_last()
                tell(f"scratched {name}.{number}")
            if draft.segments:
                opened.keep(draft)
            else:
                draft.discard()

    return work


@pytest.mark.usefixtures("key_file")
def test_kill_at_any_moment(folder: Path) -> None:
    """Killed at any moment, writing or recovering, the journal has every acknowledged word once."""
    _made(folder)
    chance = random.Random(7)  # noqa: S311 - a repeatable order of events, no secret
    said, scratching, scratched = set[str](), set[str](), set[str]()
    for turn in range(KILL_ROUNDS):
        told = list[str]()
        with _apart(_write_for_ever(folder, f"round{turn}"), told) as out:
            if turn % 4:  # every fourth may die before its first word
                select.select([out], [], [], 10)
            time.sleep(chance.uniform(0, 0.12))
        for line in told:
            did, word = line.split()
            {"said": said, "scratching": scratching, "scratched": scratched}[did].add(word)
        with _apart(lambda _: Store.open(folder).close()):
            time.sleep(chance.uniform(0, 0.015))

        with closing(Store.open(folder)) as opened:
            assert opened.faults == ()
            found = [part.text for entry in opened.entries(9999) for part in entry.segments]
        assert len(found) == len(set(found))
        assert said - scratching <= set(found)
        assert not scratched & set(found)
        # Beyond that, at most the one word a round that was written but not acknowledged.
        assert len(set(found) - said) <= turn + 1
        assert list((folder / "drafts").iterdir()) == []
    assert len(said) >= KILL_ROUNDS // 2
