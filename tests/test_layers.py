"""The rooms of the program and what each may know of the others."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

import voice

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(voice.__file__).parent
MODULES: Final = sorted(ROOT.rglob("*.py"))
PURE: Final = ("dialogue", "nlu", "practices", "skills", "safety")
TIMELESS: Final = {"time", "threading", "asyncio", "socket", "subprocess"}
LONGEST_LINES: Final = 300
"""House rule: about 250 lines; nothing above this."""


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names=found):
                names |= {name.name.partition(".")[0] for name in found}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module.partition(".")[0])
    return names


def test_the_contracts_of_the_rooms_hold() -> None:
    """import-linter finds every contract of pyproject.toml kept."""
    tool = Path(sys.executable).parent / "lint-imports"
    ran = subprocess.run(
        [tool, "--no-cache"], cwd=ROOT.parent, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert " 0 broken" in ran.stdout


@pytest.mark.parametrize("room", PURE)
def test_the_core_has_no_clock_and_no_threads(room: str) -> None:
    """Nothing that understands or converses imports time, threads, sockets or processes."""
    found = {_name(p): bad for p in (ROOT / room).rglob("*.py") if (bad := _imported(p) & TIMELESS)}
    assert found == {}
    assert list((ROOT / room).rglob("*.py"))


def test_only_the_download_imports_requests() -> None:
    """One module opens the network; no other names a network client.

    The model's loader names `socket` only to keep Vosk's import from trying an IPv6 socket.
    """
    clients = {"requests", "urllib3", "httpx", "aiohttp", "http", "ftplib", "socket"}
    found = {_name(path): bad for path in MODULES if (bad := _imported(path) & clients)}
    assert found == {"models_store/download.py": {"requests"}, "stt/model.py": {"socket"}}


def test_no_module_is_long() -> None:
    """A module that outgrows a few screens holds two nouns."""
    long = {
        _name(path): count
        for path in MODULES
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_LINES
    }
    assert long == {}


def _public(node: ast.AST, inside: str) -> Iterator[tuple[str, bool]]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if child.name.startswith("_"):
            continue
        name = f"{inside}.{child.name}"
        yield name, ast.get_docstring(child) is not None
        if isinstance(child, ast.ClassDef):
            yield from _public(child, name)


def test_everything_public_says_what_it_is() -> None:
    """Each module, and each public class, function and method, has a docstring."""
    silent = []
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            silent.append(_name(path))
        silent += [name for name, told in _public(tree, _name(path)) if not told]
    assert silent == []


def test_nothing_prints_but_the_conversation_itself() -> None:
    """`print` is for voice/cli and for the two places that say so beside the call."""
    found = [
        f"{_name(path)}:{number}"
        for path in MODULES
        if path.parent.name != "cli"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if line.strip().startswith("print(") and "noqa: T201 - " not in line
    ]
    assert found == []
