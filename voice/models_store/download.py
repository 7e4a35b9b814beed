"""Fetching one file: resumed where it stopped, and believed only when size and sha256 agree.

The only module that opens the network, and only when `fetch` is called.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from voice.errors import Failed, UsageProblem
from voice.models_store import store

if TYPE_CHECKING:
    from pathlib import Path

    from requests import Response

    from voice.models_store.catalogue import Download
    from voice.models_store.store import Progress

MIRROR: Final = "INTERLUDE_MODELS_HOST"
"""Environment variable whose scheme and host stand in for the catalogue's."""

_BLOCK_BYTES: Final = 1 << 16
_CONNECT_S: Final = 10
_SILENCE_S: Final = 60
_WHOLE, _PARTIAL, _GONE = 200, 206, 404


def address(download: Download) -> str:
    """The URL to fetch, on the mirror where one is named.

    Raises:
        UsageProblem: the mirror is not a scheme and a host.
    """
    host = os.environ.get(MIRROR) or download.host
    if urlsplit(host).scheme not in {"http", "https"} or not urlsplit(host).netloc:
        raise UsageProblem(f"{MIRROR} is {host!r}; write it as https://host or http://host:port")
    return f"{host.rstrip('/')}/{download.path}"


def fetch(download: Download, part: Path, progress: Progress) -> None:
    """Make `part` the whole file, going on from what it already holds.

    Raises:
        Failed: the network, the server or the disk fails, and `part` keeps what came; or what
            came is wrong, and `part` is deleted.
        UsageProblem: the mirror is not a scheme and a host.
    """
    url = address(download)
    try:
        have = part.stat().st_size if part.exists() else 0
        if have > download.size_bytes:
            part.unlink()
            have = 0
        if have < download.size_bytes:
            _stream(url, download, part, have, progress)
        _compare(url, download, part, progress)
    except OSError as refused:
        raise store.refusal(refused, part) from refused


def _stream(url: str, download: Download, part: Path, have: int, progress: Progress) -> None:
    import requests  # noqa: PLC0415 - no other path of the program may load a network client

    asked = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        with requests.get(
            url, headers=asked, stream=True, timeout=(_CONNECT_S, _SILENCE_S)
        ) as answer:
            _receive(answer, download, part, _start(answer, have, download), progress)
    except requests.RequestException as lost:
        kept = part.stat().st_size if part.exists() else 0
        raise Failed(
            f"{_host(url)} cannot be reached or stopped answering, "
            f"with {kept:,} of {download.size_bytes:,} bytes here; "
            "run the same command again to go on from there"
        ) from lost


def _start(answer: Response, have: int, download: Download) -> int:
    """Where in the file the answer begins: at 0 when the server cannot resume."""
    host = _host(answer.url)
    if answer.status_code == _GONE:
        raise Failed(
            f"{host} does not have {download.path} (404); try later, or name a mirror in {MIRROR}"
        )
    start = {_WHOLE: 0, _PARTIAL: have}.get(answer.status_code)
    if start is None:
        raise Failed(f"{host} answers with status {answer.status_code}; try again later")
    offered = answer.headers.get("Content-Length", "")
    if offered.isdigit() and int(offered) != download.size_bytes - start:
        raise Failed(
            f"{host} has {start + int(offered):,} bytes where the catalogue says "
            f"{download.size_bytes:,}; nothing of it is taken, try another mirror in {MIRROR}"
        )
    return start


def _receive(
    answer: Response, download: Download, part: Path, start: int, progress: Progress
) -> None:
    done = start
    with part.open("ab" if start else "wb") as sink:
        for block in answer.iter_content(_BLOCK_BYTES):
            done += len(block)
            if done > download.size_bytes:
                break
            sink.write(block)
            progress("fetching", done, download.size_bytes)
    if done > download.size_bytes:
        part.unlink()
        raise Failed(
            f"{_host(answer.url)} sends more than the {download.size_bytes:,} bytes of the "
            f"catalogue; it is deleted, try another mirror in {MIRROR}"
        )
    if done < download.size_bytes:
        raise Failed(
            f"{_host(answer.url)} stopped after {done:,} of {download.size_bytes:,} bytes; "
            "run the same command again to go on from there"
        )


def _compare(url: str, download: Download, part: Path, progress: Progress) -> None:
    progress("comparing", 0, download.size_bytes)
    with part.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    if digest != download.sha256:
        part.unlink()
        raise Failed(
            f"what {_host(url)} sent has another sha256 than the catalogue; it is deleted, "
            f"run the same command again or name a mirror in {MIRROR}"
        )
    progress("comparing", download.size_bytes, download.size_bytes)


def _host(url: str) -> str:
    return urlsplit(url).netloc
