"""The one loader: finds every TOML file through ordered roots, and reads it against its schema.

Roots, later ones winning file by file: what is shipped, installed packs, the person's own folder.
A file of a language lies under `<root>/<language>/`; what a language lacks is taken from English.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from voice import places
from voice.errors import ContentBroken

if TYPE_CHECKING:
    from pathlib import Path

FALLBACK_LANGUAGE: Final = "en"


class Content(BaseModel):
    """Base of every content schema: frozen, and unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Schema = TypeVar("Schema", bound=Content)


def roots() -> list[Path]:
    """Folders that hold `<language>/` trees, in ascending order of authority."""
    packs = places.data() / "packs"
    return [
        places.shipped() / "intents",
        *(sorted(pack / "intents" for pack in packs.iterdir()) if packs.is_dir() else []),
        places.config() / "intents",
    ]


def files(folder: str = ".", *, language: str = FALLBACK_LANGUAGE) -> dict[str, Path]:
    """TOML files of one folder of a language, by name without suffix; later roots win.

    Args:
        folder: below the language's folder, for instance `practices`; `.` is that folder itself.
        language: two letters.
    """
    found: dict[str, Path] = {}
    for tongue in dict.fromkeys((FALLBACK_LANGUAGE, language)):
        for root in roots():
            found |= {path.stem: path for path in sorted((root / tongue / folder).glob("*.toml"))}
    return found


def shipped_files(language: str = FALLBACK_LANGUAGE) -> list[Path]:
    """The intent files that come with the program, whatever stands in for them."""
    return sorted((roots()[0] / language).glob("*.toml"))


def read(path: Path, schema: type[Schema]) -> Schema:
    """Read one file.

    Raises:
        ContentBroken: it is not TOML, or does not fit `schema`; names file, line and key.
    """
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ContentBroken(path, "the file", str(problem), "make it readable UTF-8") from problem
    try:
        return schema.model_validate(tomllib.loads(source))
    except tomllib.TOMLDecodeError as problem:
        raise ContentBroken(path, *_split_syntax(str(problem)), "mend the TOML there") from problem
    except ValidationError as problem:
        first = problem.errors()[0]
        location = tuple(part for part in first["loc"] if "[" not in str(part))
        raise broken(path, location, _plain(first), _mend(first)) from problem


def broken(path: Path, location: tuple[str | int, ...], what: str, mend: str) -> ContentBroken:
    """A fault at a key of a file, with the line where that key stands.

    Args:
        path: the file.
        location: keys and indices from the top, such as `("cycle", 2, "s")`.
        what: what is wrong there.
        mend: what to do.
    """
    key = ".".join(str(part) for part in location) or "the file"
    line = _line_of(path.read_text(encoding="utf-8").splitlines(), location)
    return ContentBroken(path, f"line {line}: {key}" if line else key, what, mend)


def fingerprint(language: str = FALLBACK_LANGUAGE) -> str:
    """A short hash over every content file in use, for the header of a log."""
    digest = hashlib.sha256()
    for folder in (".", "practices", "safety"):
        for name, path in sorted(files(folder, language=language).items()):
            digest.update(f"{folder}/{name}".encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


def _split_syntax(message: str) -> tuple[str, str]:
    where = re.search(r"\(at (line \d+), column \d+\)", message)
    what = re.sub(r"\s*\(at .*\)", "", message)
    return (where[1] if where else "the end of the file"), what


def _line_of(lines: list[str], location: tuple[str | int, ...]) -> int | None:
    """The line of the innermost part of a location that can be found, searched from outside in."""
    found, start, end = None, 0, len(lines)
    path: list[str] = []
    for part in location:
        if isinstance(part, int):
            items = [n for n in range(start, end) if re.match(r"""\s*[{"']""", lines[n])]
            if found is not None and part < len(items):
                found = start = items[part]
                end = start + 1
            continue
        path.append(re.escape(part))
        header = re.compile(rf"""\s*\[+\s*{_dotted(path)}\s*[\].]""")
        key = re.compile(rf"""(?:^|.*[{{,])\s*["']?{path[-1]}["']?\s*=""")
        section = next((n for n, line in enumerate(lines) if header.match(line)), None)
        entry = next((n for n in range(start, end) if key.match(lines[n])), None)
        if section is not None:
            found = start = section
            end = _next_header(lines, section)
        elif entry is not None:
            found = start = entry
    return None if found is None else found + 1


def _dotted(path: list[str]) -> str:
    return r"\s*\.\s*".join(rf"""["']?{part}["']?""" for part in path)


def _next_header(lines: list[str], after: int) -> int:
    later = (
        n for n in range(after + 1, len(lines)) if re.match(r"\s*\[[^\]]*\]\s*(#|$)", lines[n])
    )
    return next(later, len(lines))


def _plain(error: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails, whose ctx and input are Any
    if error["type"] == "extra_forbidden":
        return "this key is not known here"
    if error["type"] == "missing":
        return "this key is missing"
    what = f"{error['msg'][0].lower()}{error['msg'][1:]}"
    if isinstance(error["input"], str | int | float):
        what += f", and {error['input']!r} stands there"
    return what


def _mend(error: Any) -> str:  # noqa: ANN401 - as above
    if error["type"] == "extra_forbidden":
        return "take it out, or check its spelling"
    if error["type"] == "missing":
        return "add it"
    return "write a value that fits"
