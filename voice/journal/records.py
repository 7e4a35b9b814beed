"""The records of a draft file: how they are laid out, written as bytes, and found again.

Each is a head in the clear and a sealed box (seal.py):

    head  4 bytes mark, then three big-endian 32-bit numbers: sequence from 0, length of the box
          in bytes, CRC-32 of what stands before
    box   JSON: kind (`segment`; `paragraph`, a segment that begins one; `scratch`), civil time,
          text

The box is bound to the draft's id and its sequence, so no record can be moved within a draft or
between two. The head tells a record cut short by a sudden end (the last one, never acknowledged)
from a damaged one, and shows where reading can go on after damage.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voice.journal import seal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

_MARK = b"\xd1\x0fw\n"
_HEAD = struct.Struct(">4sIII")
_CHECKED = _HEAD.size - 4


class Record(BaseModel):
    """What one append wrote."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["segment", "paragraph", "scratch"]
    at_local: str
    """Civil time, ISO 8601."""
    text: str = Field(repr=False)
    """The words, or for `scratch` the sequence of the record taken back."""


def pack(record: Record, draft_id: str, number: int, public_key: bytes) -> bytes:
    """A record as the bytes to append; `number` is its sequence."""
    box = seal.seal(record.model_dump_json().encode(), public_key, _bound(draft_id, number))
    head = _HEAD.pack(_MARK, number, len(box), 0)[:_CHECKED]
    return head + zlib.crc32(head).to_bytes(4, "big") + box


def unpack(
    content: bytes, draft_id: str, private_key: X25519PrivateKey
) -> tuple[dict[int, Record], bool]:
    """The records of a draft file by sequence, and whether that is all of it.

    A last record cut short does not count as missing; a file cut off between two records cannot
    be told from one that ended there.
    """
    found: dict[int, Record] = {}
    order: list[int | None] = []
    for frame in _frames(content):
        record = _opened(*frame, draft_id, private_key) if frame else None
        order.append(frame[0] if frame and record else None)
        if frame and record:
            found[frame[0]] = record
    return dict(sorted(found.items())), order == list(range(len(order)))


def _bound(draft_id: str, number: int) -> bytes:
    return f"interlude draft 1 {draft_id} {number}".encode()


def _opened(number: int, box: bytes, draft_id: str, key: X25519PrivateKey) -> Record | None:
    words = seal.unseal(box, key, _bound(draft_id, number))
    try:
        return Record.model_validate_json(words) if words is not None else None
    except ValidationError:
        return None


def _frames(content: bytes) -> Iterator[tuple[int, bytes] | None]:
    """Sequence and box of each record; None for a damaged stretch; the torn end is left out."""
    at = 0
    while at + _HEAD.size <= len(content):
        mark, number, length, check = _HEAD.unpack_from(content, at)
        if mark == _MARK and check == zlib.crc32(content[at : at + _CHECKED]):
            end = at + _HEAD.size + length
            if end > len(content):
                return
            yield number, content[at + _HEAD.size : end]
            at = end
        else:
            yield None
            at = content.find(_MARK, at + 1)
            if at < 0:
                return
