"""Everything that can go wrong and be told to a person, drawn as one tree.

InterludeError ................ status 1  something asked for failed
├── Failed .................... status 1  a download, a check, a file that cannot be written
│   └── StoreClosed ........... status 1  the journal cannot be opened (locked, wrong key, broken)
├── UsageProblem .............. status 2  the command line asks for something that does not exist
├── Missing ................... status 3  a needed part is not there
│   ├── ModelMissing .......... status 3  no speech model, or a folder that is not one
│   ├── VoiceMissing .......... status 3  no speech synthesiser
│   └── DeviceMissing ......... status 3  no sound device, or it was refused
└── InputUnusable ............. status 4  what was given cannot be used
    ├── AudioUnusable ......... status 4  not audio, empty, or cut short
    ├── ContentBroken ......... status 4  a TOML file, named with line and key
    └── LogUnusable ........... status 4  a log that cannot be replayed

Each message is one line in two halves: what is wrong, and what to do.
130 (interrupted) is not an error of ours and has no class here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from pathlib import Path


class InterludeError(Exception):
    """The root: `str(error)` is the one line a person reads."""

    exit_status: ClassVar[int] = 1


class Failed(InterludeError):
    """Something asked for did not work."""


class StoreClosed(Failed):
    """The journal cannot be opened now; nothing in it was touched."""


class UsageProblem(InterludeError):
    """The command line names something that does not exist."""

    exit_status = 2


class Missing(InterludeError):
    """A part that is needed is not on this machine."""

    exit_status = 3


class ModelMissing(Missing):
    """There is no speech model where one was looked for, or it is broken."""


class VoiceMissing(Missing):
    """The speech synthesiser is not there or does not answer."""


class DeviceMissing(Missing):
    """A sound device is not there, or was refused."""


class InputUnusable(InterludeError):
    """What was given as input cannot be used."""

    exit_status = 4


class AudioUnusable(InputUnusable):
    """A file that should hold audio does not."""


class LogUnusable(InputUnusable):
    """A session log that cannot be read or replayed."""


class ContentBroken(InputUnusable):
    """A content file breaks its schema.

    Args:
        file: the file.
        where: the key or the line, as an author would look for it (`line 12`, `cycle.0.s`).
        what: what is wrong there.
        mend: what to write instead.
    """

    def __init__(self, file: Path, where: str, what: str, mend: str) -> None:
        self.file, self.where, self.what, self.mend = file, where, what, mend
        super().__init__(f"{file}: {where}: {what}; {mend}")
