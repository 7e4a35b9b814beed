"""The catalogue: which models there are, and how to know one when it arrives."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field, PositiveInt, ValidationInfo, field_validator

from voice import content, places
from voice.errors import ContentBroken

FILE: Final = "models.toml"
"""The catalogue's name: with the shipped models, and in the settings folder for one's own."""

_DIGEST_DIGITS: Final = 64


def _full_digest(digest: str) -> str:
    if not re.fullmatch(r"[0-9a-f]*", digest):
        raise ValueError("a sha256 has only the digits 0 to 9 and a to f")
    if len(digest) != _DIGEST_DIGITS:
        raise ValueError(f"a sha256 has {_DIGEST_DIGITS} digits, not {len(digest)}")
    return digest


Digest = Annotated[str, AfterValidator(_full_digest)]
"""A whole sha256: with less, a good download cannot be told from a bad one."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
"""One folder's name: it can never lead out of the folder it lies in."""


class Download(content.Content):
    """Where a model's zip lies, and how to know it."""

    host: Annotated[str, Field(pattern=r"^https?://[^/]+$")]
    """Scheme and host."""

    path: Annotated[str, Field(pattern=r"^[^/].*\.zip$")]
    """Path of the zip on that host."""

    size_bytes: PositiveInt
    """Of the zip."""

    sha256: Digest
    """Of the zip."""


class KnownFile(content.Content):
    """One file of an unpacked model."""

    size_bytes: PositiveInt
    """Exact size."""

    sha256: Digest
    """Of the whole file."""


class ModelEntry(content.Content):
    """One model of the catalogue."""

    name: Name
    """Its folder's name, and what a person types."""

    language: Annotated[str, Field(min_length=2)]
    """Language tag: `en-US`."""

    licence: Annotated[str, Field(min_length=1)]
    """SPDX name, or where the notes are."""

    about: Annotated[str, Field(min_length=1)]
    """One line for a person who chooses."""

    download: Download | None = None
    """Absent for a model that comes with Interlude."""

    files: dict[str, KnownFile] = Field(default_factory=dict, validate_default=True)
    """What must lie in the unpacked folder, by path."""

    @field_validator("files")
    @classmethod
    def _known_somehow(
        cls, files: dict[str, KnownFile], given: ValidationInfo
    ) -> dict[str, KnownFile]:
        if not files and given.data.get("download", ...) is None:
            raise ValueError("a model without a download needs its files")
        return files

    @property
    def size_bytes(self) -> int:
        """Bytes to fetch; for a model that comes with Interlude, bytes on disk."""
        if self.download:
            return self.download.size_bytes
        return sum(file.size_bytes for file in self.files.values())


class _Catalogue(content.Content):
    model: tuple[ModelEntry, ...]


def catalogue() -> dict[str, ModelEntry]:
    """Every model we know of, by name: the shipped catalogue, then the person's own.

    Raises:
        ContentBroken: a catalogue breaks the schema, or names a model twice.
    """
    entries: dict[str, ModelEntry] = {}
    for file in (places.shipped() / "models" / FILE, places.config() / FILE):
        if not file.exists():
            continue
        for entry in content.read(file, _Catalogue).model:
            if entry.name in entries:
                raise ContentBroken(
                    file, entry.name, "this name is taken", "give the model another name"
                )
            entries[entry.name] = entry
    return entries
