"""Models: the catalogue, the shelves, the checks, and installing against a real server."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import shutil
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.model_server import ModelServer, alone, serving
from voice import places, settings
from voice.errors import ContentBroken, Failed, InputUnusable, ModelMissing, UsageProblem
from voice.models_store import catalogue as catalogues
from voice.models_store import install as installing
from voice.models_store import shelf, store, trial, unpack
from voice.models_store.catalogue import ModelEntry, catalogue
from voice.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

SHIPPED = places.shipped() / "models" / "en-small"
NAME = "vosk-model-test"


@pytest.fixture(scope="session")
def payload() -> bytes:
    """A zip of a real model: ours, under another name."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(SHIPPED.rglob("*")):
            archive.write(file, f"{NAME}/{file.relative_to(SHIPPED)}")
    return zipped.getvalue()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own, and no proxy between it and the loopback."""
    alone(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def server(payload: bytes) -> Iterator[ModelServer]:
    """The model's host."""
    with serving(payload) as running:
        yield running


def told(_step: str, _done_bytes: int, _total_bytes: int) -> None:
    """Progress that nobody watches."""


def entry_for(payload: bytes, server: ModelServer, name: str = NAME) -> ModelEntry:
    """A catalogue entry that knows `payload`."""
    return ModelEntry.model_validate(
        {
            "name": name,
            "language": "en-US",
            "licence": "test",
            "about": "A test.",
            "download": {
                "host": server.address,
                "path": f"models/{name}.zip",
                "size_bytes": len(payload),
                "sha256": hashlib.sha256(payload).hexdigest(),
            },
        }
    )


def zip_of(**files: str | bytes) -> bytes:
    """A small zip, with `__` in names for `/`."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return zipped.getvalue()


def on_shelf() -> list[str]:
    """Everything that can be seen on our shelf."""
    return sorted(path.name for path in shelf.own().iterdir() if path.name != ".lock")


def part() -> Path:
    """Where a download waits to be gone on with."""
    return shelf.own() / f"{NAME}.zip.part"


def copied(to: Path, **cut: int) -> Path:
    """A copy of our model with files cut to so many bytes; `__` in names for `/`, `_` kept."""
    shutil.copytree(SHIPPED, to)
    for name, size_bytes in cut.items():
        (file,) = (f for f in to.rglob("*") if f.name.replace(".", "_") == name)
        os.truncate(file, size_bytes)
    return to


# The catalogue


def test_the_catalogue_holds_ours_and_the_official_ones() -> None:
    """Every model has a licence, and each download a whole digest."""
    assert list(catalogue()) == [
        "en-small",
        "vosk-model-small-en-us-0.15",
        "vosk-model-en-us-0.22-lgraph",
    ]
    for entry in catalogue().values():
        assert entry.licence
        assert entry.download is None or len(entry.download.sha256) == 64


def test_our_model_is_the_one_of_the_catalogue() -> None:
    """Every file Vosk reads of the shipped model has the digest that the catalogue names."""
    files = {str(f.relative_to(SHIPPED)) for f in SHIPPED.rglob("*") if f.is_file()} - {"README"}
    assert files == set(catalogue()["en-small"].files)
    shelf.check(SHIPPED, deep=True)


OWN = """
[[model]]
name = "{name}"
language = "en-US"
licence = "test"
about = "A test."
[model.download]
host = "https://example.org"
path = "a.zip"
size_bytes = 1
sha256 = "{sha256}"
"""


@pytest.mark.parametrize(
    ("name", "sha256", "line"),
    [
        ("own", "a" * 63, "a sha256 has 64 digits, not 63"),
        ("own", "", "a sha256 has 64 digits, not 0"),
        ("own", "A" * 64, "only the digits 0 to 9 and a to f"),
        ("../own", "a" * 64, "name"),
        ("en-small", "a" * 64, "this name is taken"),
    ],
)
def test_a_catalogue_takes_whole_digests_and_plain_new_names(
    name: str, sha256: str, line: str
) -> None:
    """What could not be told from a bad download, or lead elsewhere, is refused in one line."""
    (places.config() / catalogues.FILE).write_text(OWN.format(name=name, sha256=sha256))
    with pytest.raises(ContentBroken, match=line) as broken:
        catalogue()
    assert "\n" not in str(broken.value)


def test_ones_own_models_join_the_catalogue() -> None:
    """A models.toml in the settings folder adds to what is shipped."""
    (places.config() / catalogues.FILE).write_text(OWN.format(name="own", sha256="a" * 64))
    assert list(catalogue())[-1] == "own"


# The shelves


def test_the_shipped_model_is_in_use_until_another_is_chosen() -> None:
    """Without a choice, ours listens."""
    assert shelf.in_use(Settings()) == SHIPPED


def test_models_are_looked_for_where_vosk_looks(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VOSK_MODEL_PATH comes first, then our data folder, then Vosk's own places."""
    for place in ("user/.cache/vosk", "home/data/models", "named"):
        monkeypatch.setenv("VOSK_MODEL_PATH", str(home / "named"))
        copied(home / place / NAME)
        assert shelf.find(NAME) == home / place / NAME
    assert [model.name for model in shelf.installed()] == ["en-small", NAME]


def test_a_broken_model_does_not_hide_a_whole_one(home: Path) -> None:
    """Of two with one name, the first that is whole is found."""
    copied(home / "home/data/models" / NAME, Gr_fst=0)
    whole = copied(home / "user/.cache/vosk" / NAME)
    assert shelf.find(NAME) == whole


@pytest.mark.parametrize(
    "name", ["..", ".", "", "../en-small", "/etc", "en-small/am", ".lock", "x" * 300]
)
def test_a_name_never_leads_off_the_shelf(name: str) -> None:
    """Only plain names are looked for."""
    assert shelf.find(name) is None


def test_a_chosen_model_that_is_gone_is_told_with_what_to_do() -> None:
    """The line names the model and the command."""
    with pytest.raises(ModelMissing, match="run: interlude models use en-small"):
        shelf.in_use(Settings(model="gone"))
    with pytest.raises(ModelMissing, match="run: interlude models install vosk-model-small"):
        shelf.in_use(Settings(model="vosk-model-small-en-us-0.15"))


# The checks


def test_what_is_no_model_is_told_apart(home: Path) -> None:
    """A missing folder, a file, and a folder with something else each have their own line."""
    (home / "a.zip").touch()
    for place, line in (
        (home / "nowhere", "there is no folder"),
        (home / "a.zip", "is a file; for a zip"),
        (home, "it is not a speech model"),
    ):
        with pytest.raises(ModelMissing, match=line):
            shelf.check(place)


@pytest.mark.parametrize(
    "cut", [{"final_mdl": 3_000_000}, {"Gr_fst": 100_000}, {"words_txt": 0}, {"model_conf": 0}]
)
def test_our_model_cut_short_is_seen_without_loading_it(home: Path, cut: dict[str, int]) -> None:
    """The look at every start knows the sizes of our own model."""
    with pytest.raises(ModelMissing, match="cut short"):
        shelf.check(copied(home / "en-small", **cut))


def test_a_changed_byte_of_our_model_is_seen_by_the_deep_check(home: Path) -> None:
    """Same size, other content: only the digest tells."""
    folder = copied(home / "en-small")
    with (folder / "graph/Gr.fst").open("r+b") as file:
        file.seek(1_000_000)
        file.write(b"\0\1\2\3")
    shelf.check(folder)
    with pytest.raises(ModelMissing, match=r"Gr\.fst has another sha256"):
        shelf.check(folder, deep=True)


@pytest.mark.parametrize(
    "cut", [{"final_mdl": 3_000_000}, {"Gr_fst": 100_000}, {"HCLr_fst": 9}, {"words_txt": 99_999}]
)
def test_any_model_cut_short_is_seen_by_loading_it(home: Path, cut: dict[str, int]) -> None:
    """For a model we know nothing of, Vosk itself tells, and we say it in one line."""
    folder = copied(home / NAME, **cut)
    with pytest.raises(ModelMissing, match="Vosk cannot load it, it may be cut short") as missing:
        shelf.check(folder, deep=True)
    assert "\n" not in str(missing.value)


def test_a_model_that_aborts_vosk_does_not_abort_us(home: Path) -> None:
    """A settings file without silence phones makes libvosk abort; the trial's process takes it."""
    folder = copied(home / NAME)
    (folder / "conf/model.conf").write_text("--beam=10.0\n")
    assert "Vosk cannot load it" in (trial.fault(folder) or "")
    assert not list(home.rglob("core*"))


def test_a_model_that_never_ends_is_given_up(home: Path) -> None:
    """A cut-short disambig_tid.int makes Vosk decode for ever; the trial has a limit."""
    folder = copied(home / NAME, disambig_tid_int=2)
    assert trial.fault(folder, limit_s=4.0) == "Vosk does not finish with it in 4 seconds"


def test_an_old_model_with_all_files_side_by_side_is_one(home: Path) -> None:
    """The flat layout of early Vosk models passes the checks, and loads."""
    flat = home / NAME
    flat.mkdir()
    for file in SHIPPED.rglob("*.*"):
        if file.name != "model.conf":
            shutil.copy(file, flat)
    shelf.check(flat, deep=True)


# Installing


def test_a_model_is_fetched_checked_and_put_on_the_shelf(
    payload: bytes, server: ModelServer
) -> None:
    """Every step is told, the folder holds every file, and nothing else is left."""
    steps: list[str] = []

    def watch(step: str, done_bytes: int, total_bytes: int) -> None:
        steps.append(step)
        assert 0 <= done_bytes <= total_bytes

    folder = installing.install(entry_for(payload, server), watch)
    assert folder == shelf.own() / NAME == shelf.find(NAME)
    assert list(dict.fromkeys(steps)) == ["fetching", "comparing", "unpacking", "loading"]
    assert (folder / "graph/Gr.fst").read_bytes() == (SHIPPED / "graph/Gr.fst").read_bytes()
    assert on_shelf() == [NAME]
    assert server.asked == [(f"/models/{NAME}.zip", None)]


def test_the_named_folder_is_installed_into(
    payload: bytes, server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """VOSK_MODEL_PATH is where models go, made when it is not there."""
    monkeypatch.setenv("VOSK_MODEL_PATH", str(home / "a/b"))
    assert installing.install(entry_for(payload, server), told) == home / "a/b" / NAME


def test_a_mirror_stands_in_for_the_host(
    payload: bytes, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INTERLUDE_MODELS_HOST replaces scheme and host, and keeps the path."""
    entry = entry_for(payload, server)
    assert entry.download
    away = entry.download.model_copy(update={"host": "https://example.org"})
    monkeypatch.setenv("INTERLUDE_MODELS_HOST", f"{server.address}/")
    installing.install(entry.model_copy(update={"download": away}), told)
    assert server.asked == [(f"/models/{NAME}.zip", None)]
    monkeypatch.setenv("INTERLUDE_MODELS_HOST", "mirror")
    with pytest.raises(UsageProblem, match="write it as https://host"):
        installing.install(entry, told)


def test_a_connection_that_breaks_is_gone_on_from(payload: bytes, server: ModelServer) -> None:
    """What came is kept, the line says so, and the next try asks for the rest alone."""
    entry = entry_for(payload, server)
    server.stop_after = 5_000_000
    with pytest.raises(Failed, match="run the same command again to go on from there"):
        installing.install(entry, told)
    assert on_shelf() == [part().name]
    kept = part().stat().st_size
    assert 0 < kept <= 5_000_000
    server.stop_after = None
    installing.install(entry, told)
    assert server.asked[-1][1] == f"bytes={kept}-"
    assert on_shelf() == [NAME]


def test_an_answer_without_length_that_ends_early_is_gone_on_from(
    payload: bytes, server: ModelServer
) -> None:
    """Nothing but our own count tells that such an answer is short."""
    server.stop_after, server.says_length = 70_000, False
    with pytest.raises(Failed, match="stopped after 70,000 of"):
        installing.install(entry_for(payload, server), told)
    assert part().read_bytes() == payload[:70_000]


def test_an_interrupt_keeps_what_came(payload: bytes, server: ModelServer) -> None:
    """Ctrl-C in the middle of a download leaves the part and nothing else."""

    def interrupt(_step: str, done_bytes: int, _total_bytes: int) -> None:
        if done_bytes > 1_000_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        installing.install(entry_for(payload, server), interrupt)
    assert on_shelf() == [part().name]
    assert payload.startswith(part().read_bytes())
    installing.install(entry_for(payload, server), told)
    assert server.asked[-1][1] is not None


@pytest.mark.parametrize("step", ["unpacking", "loading"])
def test_an_interrupt_later_leaves_nothing_half_done(
    payload: bytes, server: ModelServer, step: str
) -> None:
    """Ctrl-C while unpacking or loading leaves the whole zip to go on from, and no folder."""

    def interrupt(now: str, _done_bytes: int, _total_bytes: int) -> None:
        if now == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        installing.install(entry_for(payload, server), interrupt)
    assert on_shelf() == [part().name]
    installing.install(entry_for(payload, server), told)
    assert len(server.asked) == 1


def test_a_server_that_cannot_resume_sends_all_again(payload: bytes, server: ModelServer) -> None:
    """A 200 to a Range is taken from its first byte."""
    shelf.own().mkdir(parents=True)
    part().write_bytes(b"x" * 1000)
    server.heeds_range = False
    installing.install(entry_for(payload, server), told)
    assert on_shelf() == [NAME]


def test_a_wrong_checksum_is_deleted(payload: bytes, server: ModelServer) -> None:
    """One changed byte: one line, nothing kept."""
    server.payload = payload[:-1] + b"x"
    with pytest.raises(Failed, match="another sha256 than the catalogue; it is deleted"):
        installing.install(entry_for(payload, server), told)
    assert on_shelf() == []


def test_a_spoilt_part_is_found_out(payload: bytes, server: ModelServer) -> None:
    """A part that was never ours is resumed, found wrong, deleted, and the next try is clean."""
    shelf.own().mkdir(parents=True)
    part().write_bytes(b"x" * 1000)
    with pytest.raises(Failed, match="it is deleted"):
        installing.install(entry_for(payload, server), told)
    assert on_shelf() == []
    part().write_bytes(b"x" * (len(payload) + 1))
    installing.install(entry_for(payload, server), told)
    assert on_shelf() == [NAME]


@pytest.mark.parametrize("says_length", [True, False])
def test_a_file_of_another_size_is_not_taken(
    payload: bytes, server: ModelServer, *, says_length: bool
) -> None:
    """More than the catalogue says is refused, announced or not, and not kept."""
    server.payload, server.says_length = payload + b"more", says_length
    with pytest.raises(Failed, match="catalogue"):
        installing.install(entry_for(payload, server), told)
    assert on_shelf() == []


@pytest.mark.parametrize(("status", "line"), [(404, r"\(404\)"), (503, "status 503")])
def test_a_server_that_refuses_is_quoted(
    payload: bytes, server: ModelServer, status: int, line: str
) -> None:
    """Its status stands in the line; a part that waits is left alone."""
    shelf.own().mkdir(parents=True)
    part().write_bytes(payload[:1000])
    server.status = status
    with pytest.raises(Failed, match=line):
        installing.install(entry_for(payload, server), told)
    assert part().read_bytes() == payload[:1000]


def test_a_server_that_is_gone_is_told(payload: bytes) -> None:
    """A refused connection is one line that names the host."""
    with serving(b"") as gone:
        entry = entry_for(payload, gone)
    with pytest.raises(Failed, match=r"127\.0\.0\.1:\d+ cannot be reached"):
        installing.install(entry, told)
    assert on_shelf() == []


def test_a_failed_download_leaves_the_model_in_use(payload: bytes, server: ModelServer) -> None:
    """Whatever a download does, what listened before listens after."""
    installing.install(entry_for(payload, server), told)
    settings.save(Settings(model=NAME))
    server.payload = payload[:-1] + b"x"
    with pytest.raises(Failed):
        installing.install(entry_for(payload, server), told)
    assert shelf.in_use(settings.load()) == shelf.own() / NAME


def test_a_broken_model_is_replaced(payload: bytes, server: ModelServer) -> None:
    """Installing is the mend for an installed model that is cut short."""
    entry = entry_for(payload, server)
    copied(shelf.own() / NAME, Gr_fst=0)
    assert installing.ready(entry) is None
    installing.install(entry, told)
    assert installing.ready(entry) == shelf.own() / NAME
    assert on_shelf() == [NAME]


def test_one_install_at_a_time(payload: bytes, server: ModelServer) -> None:
    """A second one is refused in a line, and what a killed one left is swept."""
    left = shelf.own() / ".unfinished-killed"
    left.mkdir(parents=True)
    with store.held():
        assert not left.exists()
        with pytest.raises(Failed, match="another Interlude"):
            installing.install(entry_for(payload, server), told)
    assert server.asked == []


def test_a_move_that_fails_puts_the_old_one_back(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old folder is in place again when the new one cannot be moved there."""
    fresh, place = home / "room/m", home / "m"
    for folder in (fresh, place):
        folder.mkdir(parents=True)
    (place / "old").touch()
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if self == fresh:
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(Failed, match="cannot be written"):
        store.put(fresh, place)
    assert (place / "old").exists()


@pytest.fixture
def tiny_disk(home: Path) -> Iterator[Path]:
    """A real disk of 8 MB."""
    disk = home / "tiny"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here (needs root)")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_really_full_disk_keeps_the_part(
    payload: bytes, server: ModelServer, tiny_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk of 8 MB the line says what to do, and the part goes on elsewhere."""
    monkeypatch.setenv("VOSK_MODEL_PATH", str(tiny_disk))
    with pytest.raises(Failed, match="make room there and run the same command again"):
        installing.install(entry_for(payload, server), told)
    assert on_shelf() == [part().name]
    assert payload.startswith(part().read_bytes())


@pytest.mark.parametrize("file", ["Gr.fst", f"{NAME}.zip.part"])
def test_a_full_disk_leaves_nothing_half_done(
    payload: bytes, server: ModelServer, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    """Full while fetching or while unpacking: only the part stays, and the next try goes on."""
    opens = Path.open

    class Full(io.BytesIO):
        def write(self, _block: object) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    def refuse(self: Path, mode: str = "r") -> object:
        return Full() if self.name == file and mode != "rb" else opens(self, mode)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse)
        with pytest.raises(Failed, match="the disk is full"):
            installing.install(entry_for(payload, server), told)
    assert set(on_shelf()) <= {part().name}
    installing.install(entry_for(payload, server), told)
    assert on_shelf() == [NAME]


def test_a_model_that_vosk_refuses_is_not_installed(payload: bytes, server: ModelServer) -> None:
    """Right digest, useless content: deleted, told, nothing on the shelf."""
    server.payload = zip_of(**{f"{NAME}__am__final.mdl": "no", f"{NAME}__README": "no"})
    with pytest.raises(Failed, match="cannot be used and is deleted"):
        installing.install(entry_for(server.payload, server), told)
    server.payload = payload
    with pytest.raises(Failed, match=f"holds {NAME}, not other"):
        installing.install(entry_for(payload, server, "other"), told)
    assert on_shelf() == []


# Zips


def test_a_zip_in_hand_is_added(payload: bytes, home: Path) -> None:
    """A zip the catalogue does not know is taken; a second one of that name is not."""
    archive = home / "given.zip"
    archive.write_bytes(payload)
    assert installing.add(archive, told) == shelf.own() / NAME
    with pytest.raises(Failed, match="is there already"):
        installing.add(archive, told)
    assert on_shelf() == [NAME]


def test_a_zip_that_pretends_to_be_an_official_model_is_not_added(home: Path) -> None:
    """The name of a catalogue's model needs its digest."""
    archive = home / "given.zip"
    archive.write_bytes(zip_of(**{"vosk-model-small-en-us-0.15__README": "no"}))
    with pytest.raises(InputUnusable, match="another sha256"):
        installing.add(archive, told)


@pytest.mark.parametrize(
    "name",
    [
        "../evil",
        "m/../../evil",
        "/evil",
        "C:/evil",
        "m\\..\\..\\evil",
        "m//evil",
        "m/.evil",
        "m/",
    ],
)
def test_no_entry_leads_out_of_its_folder(home: Path, name: str) -> None:
    """Such a zip is refused whole, before anything is written."""
    archive = home / "given.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("m/README", "fine")
        zipped.writestr(f"{name}/x" if name == "m/" else name, "evil")
    with pytest.raises(InputUnusable, match="a name that leads elsewhere"):
        installing.add(archive, told)
    assert not shelf.own().exists()
    assert not list(home.rglob("*evil*"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_no_links_and_no_devices(home: Path, kind: int) -> None:
    """A link in a zip is refused, wherever it points."""
    archive = home / "given.zip"
    link = zipfile.ZipInfo("m/link")
    link.create_system, link.external_attr = 3, (kind | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr(link, "/etc/passwd")
    with pytest.raises(InputUnusable, match="is a link or a device"):
        installing.add(archive, told)


def test_a_bomb_is_not_unpacked(home: Path) -> None:
    """Sizes beyond the limit are refused from the index, before anything is written."""
    archive = home / "given.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        for number in range(3):
            zipped.writestr(f"m/{number}", bytes(1 << 20))
        for info in zipped.infolist():
            info.file_size = unpack.UNPACKED_LIMIT_BYTES // 2
    with pytest.raises(InputUnusable, match="more than any model has"):
        installing.add(archive, told)
    assert not shelf.own().exists()


def test_an_index_that_lies_about_sizes_gains_nothing(home: Path) -> None:
    """A file that unpacks to more than its index says is taken for damage, and nothing stays."""
    archive = home / "given.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("m/0", bytes(1 << 20))
        zipped.infolist()[0].file_size = 10
    with pytest.raises(InputUnusable, match="is not a whole zip"):
        installing.add(archive, told)
    assert on_shelf() == []


def test_too_many_files_are_not_unpacked(home: Path) -> None:
    """A zip of very many empty files is refused."""
    archive = home / "given.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        for number in range(unpack.FILES_LIMIT + 1):
            zipped.writestr(f"m/{number}", b"")
    with pytest.raises(InputUnusable, match="more than any model has"):
        installing.add(archive, told)


def test_a_zip_cut_short_anywhere_is_one_line(payload: bytes, home: Path) -> None:
    """Whatever is missing from a zip, or spoilt in it, is told and leaves nothing."""
    archive = home / "given.zip"
    spoilt = bytearray(payload)
    spoilt[3_000_000:3_000_010] = bytes(10)
    for wrong in (b"", b"PK", payload[:100], payload[:-30], bytes(spoilt)):
        archive.write_bytes(wrong)
        with pytest.raises(InputUnusable, match="is not a whole zip; fetch it again"):
            installing.add(archive, told)
    assert not shelf.own().exists() or on_shelf() == []
    with pytest.raises(InputUnusable, match="No such file"):
        installing.add(home / "none.zip", told)


@pytest.mark.parametrize("files", [{"README": "x"}, {"a__x": "", "b__x": ""}, {}])
def test_a_zip_without_one_folder_is_refused(home: Path, files: dict[str, str]) -> None:
    """The model's folder itself is what belongs into a zip."""
    archive = home / "given.zip"
    archive.write_bytes(zip_of(**files))
    with pytest.raises(InputUnusable, match="does not hold one folder"):
        installing.add(archive, told)


def test_what_the_finder_adds_is_left_out(payload: bytes, home: Path) -> None:
    """A zip made on a Mac is still one folder."""
    archive = home / "given.zip"
    archive.write_bytes(payload)
    with zipfile.ZipFile(archive, "a") as zipped:
        zipped.writestr(f"__MACOSX/{NAME}/._README", "x")
        zipped.writestr(f"{NAME}/.DS_Store", "x")
    folder = installing.add(archive, told)
    assert not (folder / ".DS_Store").exists()


def test_the_network_client_is_loaded_by_fetching_alone() -> None:
    """Importing every module of the room, and looking at a model, loads no network client."""
    code = (
        "import sys; from voice.models_store import install, shelf; shelf.installed();"
        "sys.exit(bool({'requests', 'urllib3', 'http.client', 'vosk'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
