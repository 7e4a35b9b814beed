"""Sealed boxes: anybody here can drop words in, only the holder of the master key reads them.

RFC 9180 (HPKE) in base mode: X25519, HKDF-SHA256, ChaCha20-Poly1305. A box proves that it was not
changed, not who made it: whoever can write into the folder could add a box of their own.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from voice.errors import StoreClosed
from voice.journal import files
from voice.journal.key import subkey

if TYPE_CHECKING:
    from pathlib import Path

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_FILE = "drafts.pub"
_CHECK_BYTES = 8


def private_key(master: bytes) -> X25519PrivateKey:
    """The key that opens the boxes, drawn from the master key."""
    return X25519PrivateKey.from_private_bytes(subkey(master, "drafts"))


def has_public(folder: Path) -> bool:
    """A public key was put into this folder, whatever has become of it."""
    return (folder / _FILE).exists()


def knows(folder: Path, private: X25519PrivateKey) -> bool:
    """The folder's public key is the other half of this one."""
    path = folder / _FILE
    public = private.public_key().public_bytes_raw()
    return path.exists() and path.read_bytes() == _line(public).encode()


def read_public(folder: Path) -> bytes:
    """The public key of the journal in this folder (32 bytes); needs no secret.

    Raises:
        StoreClosed: there is none yet, or its file is damaged.
    """
    path = folder / _FILE
    try:
        line = path.read_text("ascii", errors="replace").strip()
    except FileNotFoundError as fault:
        raise StoreClosed(
            f"There is no journal in {folder} yet; start once with its key"
        ) from fault
    except OSError as fault:
        raise StoreClosed(
            f"{path} cannot be read ({fault.strerror}); look at who owns it"
        ) from fault
    try:
        public = bytes.fromhex(line)[:-_CHECK_BYTES]
    except ValueError:
        public = b""
    if line != _line(public):
        raise StoreClosed(f"{path} is damaged; unlock the journal once, and it is mended")
    return public


def settle_public(folder: Path, private: X25519PrivateKey) -> bytes:
    """Make `drafts.pub` the public half of this key, and return it (32 bytes).

    Raises:
        OSError: it cannot be written.
    """
    public = private.public_key().public_bytes_raw()
    if not knows(folder, private):
        (folder / _FILE).unlink(missing_ok=True)
        files.write_new(folder / _FILE, _line(public).encode())
    return public


def seal(words: bytes, public: bytes, bound: bytes) -> bytes:
    """A box of 48 bytes more than the words; it opens only where `bound` is the same again."""
    return _SUITE.encrypt(words, X25519PublicKey.from_public_bytes(public), info=bound)


def unseal(box: bytes, private: X25519PrivateKey, bound: bytes) -> bytes | None:
    """What is in the box; None when it was changed, moved, or sealed for another key."""
    try:
        return _SUITE.decrypt(box, private, info=bound)
    except InvalidTag:
        return None


def _line(public: bytes) -> str:
    """The key and a check sum: words sealed to a mistyped key would be lost to everybody."""
    return (public + hashlib.sha256(public).digest()[:_CHECK_BYTES]).hex()
