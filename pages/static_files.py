"""The files of a page, as they are sent: read once, and compressed once."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
"""What the page may load: only what comes from here, and no script or style that stands in a document."""
SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_NAMED_BY_CONTENT: Final = re.compile(r"-[0-9A-Za-z]{8,}\.[a-z]+")
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK_AGAIN: Final = "no-cache"
"""A browser may keep it, and asks each time whether it is still so."""
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_PACKED_ALREADY: Final = frozenset({".png"})


@dataclass(frozen=True)
class StaticFile:
    """One file."""

    content: bytes
    compressed: bytes | None
    """By gzip; None where that saves nothing."""
    etag: str
    media_type: str
    cache_control: str


def read_static_files(folder: Path) -> Mapping[str, StaticFile]:
    """All files of a folder, by name.

    Raises:
        OSError: they cannot be read.
    """
    return {path.name: static_file(path.name, path.read_bytes()) for path in sorted(folder.iterdir()) if path.is_file()}


def static_file(name: str, content: bytes) -> StaticFile:
    """A file as it is sent.

    Args:
        name: its name, which may hold a digest of its content: then it is never asked for again.
        content: what is in it.
    """
    ending = Path(name).suffix
    compressed = None if ending in _PACKED_ALREADY else gzip.compress(content, 9, mtime=0)
    return StaticFile(
        content,
        compressed if compressed is not None and len(compressed) < len(content) else None,
        f'W/"{hashlib.sha256(content).hexdigest()[:32]}"',
        _MEDIA_TYPES.get(ending, "application/octet-stream"),
        _FOR_EVER if _NAMED_BY_CONTENT.search(name) else _ASK_AGAIN,
    )


@dataclass(frozen=True)
class FileAnswer:
    """What is sent to who asked for a file."""

    status: int
    content: bytes
    headers: Mapping[str, str]


def answer_with(file: StaticFile, *, if_none_match: str, accept_encoding: str) -> FileAnswer:
    """The answer to a request for a file, with the headers that keep the page from all but its own server.

    Args:
        file: the file.
        if_none_match: the header of this name; empty when there is none.
        accept_encoding: the header of this name; empty when there is none.
    """
    headers = {**SECURITY_HEADERS, "Cache-Control": file.cache_control, "ETag": file.etag, "Vary": "Accept-Encoding"}
    if is_known(file, if_none_match):
        return FileAnswer(304, b"", headers)
    headers["Content-Type"] = file.media_type
    if file.compressed is not None and takes_gzip(accept_encoding):
        return FileAnswer(200, file.compressed, {**headers, "Content-Encoding": "gzip"})
    return FileAnswer(200, file.content, headers)


def takes_gzip(accept_encoding: str) -> bool:
    """True when a client takes what is compressed by gzip.

    Args:
        accept_encoding: the header of this name.
    """
    for clause in accept_encoding.split(","):
        coding, _, weight = clause.replace(" ", "").partition(";q=")
        if coding.lower() in ("gzip", "*"):
            return weight.strip("0.") != "" if weight else True
    return False


def is_known(file: StaticFile, if_none_match: str) -> bool:
    """True when a client has the file as it is.

    Args:
        file: the file.
        if_none_match: the header of this name.
    """
    return any(one.strip() in (file.etag, file.etag.removeprefix("W/"), "*") for one in if_none_match.split(","))
