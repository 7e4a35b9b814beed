"""The wheel: everything the program needs is in it, wherever a person stands."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import speech
from tests.program import PROGRAM, run, told

CHECKOUT = Path(__file__).resolve().parent.parent


class Installed(NamedTuple):
    """A wheel, and the environment it is installed into."""

    wheel: Path
    python: Path
    packages: Path


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """A fresh environment with the wheel, which sees our libraries but not our checkout.

    A folder named in a .pth file is searched, but its own .pth files, the editable install of the
    checkout among them, are not read.
    """
    folder = tmp_path_factory.mktemp("wheel")
    build: list[str | Path] = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "-d",
        folder,
    ]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL, cwd=CHECKOUT)
    (wheel,) = folder.glob("interlude-*.whl")
    venv.create(folder / "env", with_pip=False)
    python = folder / "env/bin/python"
    add: list[str | Path] = [
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--no-deps",
        "--no-index",
        "--quiet",
        wheel,
    ]
    subprocess.run([sys.executable, *add], check=True)
    (packages,) = (folder / "env/lib").glob("python*/site-packages")
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return Installed(wheel, python, packages)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to stand in that is not the checkout."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def test_it_holds_all_content_and_the_model(installed: Installed) -> None:
    """Every file of voice, intents and models is in it, byte for byte, and nothing else of ours."""
    there = {
        f"{place}/{path.relative_to(CHECKOUT / folder)}": path.read_bytes()
        for folder, place in (
            ("voice", "voice"),
            ("intents", "voice/shipped/intents"),
            ("models", "voice/shipped/models"),
        )
        for path in (CHECKOUT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(installed.wheel) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        assert names == set(there)
        assert [name for name in names if wheel.read(name) != there[name]] == []


def test_it_runs_from_another_folder(installed: Installed, elsewhere: Path) -> None:
    """Installed, it imports itself, finds its content and model in itself, hears and answers."""
    found = subprocess.run(
        [installed.python, "-c", "import voice.places as p; print(p.__file__, p.shipped())"],
        capture_output=True,
        text=True,
        check=True,
        cwd=elsewhere,
    )
    assert found.stdout.split() == [
        str(installed.packages / "voice/places.py"),
        str(installed.packages / "voice/shipped"),
    ]
    program = installed.python.with_name("interlude")
    doctor = run("doctor", cwd=elsewhere, program=program)
    assert f"fine: {installed.packages / 'voice/shipped/models/en-small'}" in doctor.out
    assert "voice        fine" in doctor.out
    assert "whole and loads" in run("models", "check", cwd=elsewhere, program=program).out
    talk = run("talk", "--text", typed="help\n", cwd=elsewhere, program=program)
    assert told(talk, 0) == ""
    assert talk.out == run("talk", "--text", typed="help\n", cwd=elsewhere).out
    speech.write(elsewhere / "said.wav", [("new journal entry", 1)], voice="rms")
    hear = run("hear", "said.wav", cwd=elsewhere, program=program)
    assert told(hear, 0) == ""
    assert hear.out.splitlines()[0] == "new journal entry"
    assert list(elsewhere.iterdir()) == [elsewhere / "said.wav"]


def test_its_files_talk_like_the_checkout(installed: Installed, elsewhere: Path) -> None:
    """`talk --in` of the installed program writes the same sound and log as the checkout's."""
    speech.write(elsewhere / "said.wav", [("help", 1)], voice="rms")
    programs = {"wheel": installed.python.with_name("interlude"), "checkout": PROGRAM}
    for name, program in programs.items():
        words = ["talk", "--in", "said.wav", "--out", f"{name}.wav", "--log", f"{name}.jsonl"]
        env = {"INTERLUDE_HOME": str(elsewhere.parent / f"home {name}")}
        assert told(run(*words, cwd=elsewhere, env=env, program=program), 0) == ""
    for ending in ("wav", "jsonl"):
        ours, theirs = ((elsewhere / f"{name}.{ending}").read_bytes() for name in programs)
        assert len(ours) > 100
        assert ours == theirs
