"""The journal's master key: 32 random bytes, and the one place where they are held.

Asked in this order: the file that `INTERLUDE_KEY_FILE` names, the system's keyring, a passphrase
(typed, never spoken). Which of the last two holds it stands in the journal's folder: `key.keyring`
names the keyring's entry, `key.wrapped` is the key itself, locked with the passphrase.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import keyring
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from voice.errors import StoreClosed
from voice.journal import files

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

VARIABLE: Final = "INTERLUDE_KEY_FILE"
"""The environment variable that names a key file."""

Ask = Callable[[str], str]
"""Shows a prompt, gives back what was typed (unseen)."""

_BYTES = 32
_SERVICE = "interlude"
_IN_KEYRING = "key.keyring"
_WRAPPED = "key.wrapped"
_TRIES = 3
_SHORTEST = 8
_LABEL = b"interlude key 1"

_Hex = Annotated[str, Field(pattern=r"^([0-9a-f]{2})+$")]


class _Wrapped(BaseModel):
    """The content of `key.wrapped`: AES-GCM under scrypt's answer to the passphrase."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    salt: _Hex
    nonce: _Hex
    box: _Hex


def obtain(folder: Path, ask: Ask | None, *, fresh: bool) -> bytes:
    """The master key of the journal in this folder; made now if the journal is new.

    Args:
        folder: the journal's folder; it exists.
        ask: shows a prompt and returns what was typed; None when there is nobody to ask.
        fresh: nothing has been encrypted in this folder yet, so a new key loses nothing.

    Returns:
        32 bytes.

    Raises:
        StoreClosed: there is no key to be had; the text says what to do.
        OSError: a new key cannot be written into the folder.
    """
    if named := os.environ.get(VARIABLE):
        return _from_file(Path(named), fresh=fresh)
    if (folder / _IN_KEYRING).exists():
        return _from_keyring(folder)
    if (folder / _WRAPPED).exists():
        return _unwrap(folder / _WRAPPED, ask)
    if not fresh:
        raise StoreClosed(
            f"The journal in {folder} was made with a key file; set {VARIABLE} to that file"
        )
    return _into_keyring(folder) or _choose(folder, ask)


def held(folder: Path) -> str:
    """Where the key of an existing journal is, in a few words; reads no key and asks nobody."""
    if os.environ.get(VARIABLE):
        return "key from file"
    if (folder / _IN_KEYRING).exists():
        return "key in the keyring"
    if (folder / _WRAPPED).exists():
        return "locked with a passphrase"
    return f"made with a key file, and {VARIABLE} is not set"


def subkey(master: bytes, purpose: str) -> bytes:
    """32 bytes for one purpose (HKDF-SHA256), so that no key serves two."""
    return HKDF(SHA256(), _BYTES, salt=None, info=f"interlude {purpose}".encode()).derive(master)


def _from_file(path: Path, *, fresh: bool) -> bytes:
    if fresh and not path.exists():
        try:
            files.write_new(path, secrets.token_hex(_BYTES).encode() + b"\n")
        except FileExistsError:
            pass  # another program was quicker: its key is as good
        except OSError as fault:
            raise StoreClosed(
                f"No key file can be made: {files.reason(fault, path.parent)}"
            ) from fault
    try:
        # Without O_NONBLOCK a pipe of that name would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as fault:
        raise StoreClosed(
            f"The key file {path} is not there; put it back or correct {VARIABLE}"
        ) from fault
    except OSError as fault:
        raise StoreClosed(
            f"The key file {path} cannot be read ({fault.strerror}); name a plain file of yours"
        ) from fault
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_uid != os.geteuid():
            raise StoreClosed(f"The key file {path} is not a plain file of yours; name one that is")
        if facts.st_mode & 0o077:
            raise StoreClosed(f"Others can read the key file {path}; run: chmod 600 {path}")
        content = os.read(handle, 4 * _BYTES).strip()
    finally:
        os.close(handle)
    if not re.fullmatch(rb"[0-9a-fA-F]{64}", content):
        raise StoreClosed(f"The key file {path} does not hold 64 hex digits; bring back its copy")
    return bytes.fromhex(content.decode())


def _backend() -> KeyringBackend | None:
    """The system's keyring; None when there is none worth the name (plain files rank below 1)."""
    backend = keyring.get_keyring()
    return backend if backend.viable and backend.priority >= 1 else None


def _into_keyring(folder: Path) -> bytes | None:
    """A new key, held by the keyring; None when no keyring takes it."""
    key, account = secrets.token_bytes(_BYTES), secrets.token_hex(8)
    try:
        backend = _backend()
        if backend is None:
            return None
        backend.set_password(_SERVICE, account, key.hex())
        if backend.get_password(_SERVICE, account) != key.hex():
            return None
    except Exception:  # noqa: BLE001 - backends raise whatever their system raises; a passphrase does as well
        return None
    files.write_new(folder / _IN_KEYRING, account.encode())
    return key


def _from_keyring(folder: Path) -> bytes:
    account = (folder / _IN_KEYRING).read_text("ascii", errors="replace")
    try:
        backend = _backend()
        found = backend.get_password(_SERVICE, account) if backend else None
    except Exception as fault:  # backends raise whatever their system raises
        raise StoreClosed(
            "The keyring does not give out the journal's key; unlock it and try again"
        ) from fault
    if not re.fullmatch(r"[0-9a-f]{64}", found or ""):
        raise StoreClosed(
            "The keyring that holds the journal's key is not here; "
            "start from the desktop where the journal was made"
        )
    return bytes.fromhex(found or "")


def _choose(folder: Path, ask: Ask | None) -> bytes:
    """A new key under a passphrase chosen now."""
    for _ in range(_TRIES):
        chosen = _typed(ask, f"Choose a passphrase ({_SHORTEST} characters or more): ")
        if len(chosen) >= _SHORTEST and _typed(ask, "The same once more: ") == chosen:
            break
    else:
        raise StoreClosed("No passphrase was set, so no journal is made; start again to choose one")
    key, salt, nonce = secrets.token_bytes(_BYTES), secrets.token_bytes(16), secrets.token_bytes(12)
    box = AESGCM(_stretched(chosen, salt)).encrypt(nonce, key, _LABEL)
    wrapped = _Wrapped(salt=salt.hex(), nonce=nonce.hex(), box=box.hex())
    files.write_new(folder / _WRAPPED, wrapped.model_dump_json().encode())
    return key


def _unwrap(path: Path, ask: Ask | None) -> bytes:
    try:
        wrapped = _Wrapped.model_validate_json(path.read_bytes())
    except ValidationError as fault:
        raise StoreClosed(f"{path} is damaged; bring it back from a copy") from fault
    salt, nonce, box = (bytes.fromhex(part) for part in (wrapped.salt, wrapped.nonce, wrapped.box))
    prompt = "Passphrase: "
    for _ in range(_TRIES):
        lock = AESGCM(_stretched(_typed(ask, prompt), salt))
        try:
            return lock.decrypt(nonce, box, _LABEL)
        except InvalidTag:
            prompt = "That one does not fit. Passphrase: "
    raise StoreClosed("None of the passphrases fits; the journal stays locked, and nothing is lost")


def _typed(ask: Ask | None, prompt: str) -> str:
    """What the person types, in the one form that every keyboard's accents come to."""
    nobody = f"There is nobody to ask for a passphrase; set {VARIABLE} or start in a terminal"
    if ask is None:
        raise StoreClosed(nobody)
    try:
        return unicodedata.normalize("NFKC", ask(prompt))
    except EOFError as fault:
        raise StoreClosed(nobody) from fault


def _stretched(passphrase: str, salt: bytes) -> bytes:
    """32 bytes from a passphrase; 128 MiB and 0.2 to 0.5 s a guess on a desktop processor."""
    typed = passphrase.encode("utf-8", "surrogatepass")
    return Scrypt(salt=salt, length=_BYTES, n=2**17, r=8, p=1).derive(typed)
