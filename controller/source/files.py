"""Which files of a source hold manifests, and how their bytes become text."""

import hashlib
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

from controller.model import Position, Problem

MOST_BYTES_OF_A_FILE: Final = 1 << 20
# What a fleet of 60,000 cameras needs twice over; beyond it the source is not a directory of manifests.
MOST_BYTES: Final = 64 << 20
MOST_FILES: Final = 100_000
MOST_DOCUMENTS_OF_A_FILE: Final = 10_000
# The parser takes quadratic time for some kinds of very long lines.
MOST_CHARACTERS_OF_A_LINE: Final = 1 << 16

_BOMS = (
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)

# What git writes around both sides, https://git-scm.com/docs/git-merge#_how_conflicts_are_presented. Nothing of a manifest
# begins like that in the first column.
_CONFLICT_MARK = re.compile(r"^(?:<{7,}|\|{7,}|>{7,}|={7})(?: [^\n]*)?\r?$", re.MULTILINE)
_CONFLICT_MARKS: Final = ("<<<<<<<", "|||||||", ">>>>>>>", "=======")
_MARKS_SHOWN: Final = 10
_LONGEST_MARK: Final = 60


@dataclass(frozen=True, init=False)
class SourceFile:
    """One file of a source: its bytes, which are kept compressed, or why it has none."""

    path: bytes
    """Relative to the source, `/` between its parts, in the bytes of the file system."""
    refusal: str
    """Why the file cannot belong to a revision; empty for a file that can."""
    _compressed: bytes

    def __init__(self, path: bytes, content: bytes = b"", refusal: str = "") -> None:
        """See the attributes."""
        object.__setattr__(self, "path", path)
        object.__setattr__(self, "refusal", refusal)
        object.__setattr__(self, "_compressed", zlib.compress(content, level=1))

    @property
    def content(self) -> bytes:
        """Its bytes; none when it is refused."""
        return zlib.decompress(self._compressed)

    @cached_property
    def entry(self) -> bytes:
        """What the id of a directory is made of: the path, and the digest of all else."""
        content = hashlib.sha256(b"%d\0%b" % (len(self.refusal), self.refusal.encode()))
        content.update(self.content)
        # A path holds no NUL, and a digest has one length: one file's end is never another one's beginning.
        return self.path + b"\0" + content.digest()


def is_manifest_path(path: bytes) -> bool:
    """True for `*.yaml` and `*.yml` with no hidden part; what editors leave behind ends or begins otherwise."""
    parts = path.split(b"/")
    name = parts[-1].lower()
    return name.endswith((b".yaml", b".yml")) and not any(part.startswith((b".", b"#", b"~")) for part in parts)


def shown(path: bytes) -> str:
    """The path as text that a terminal can print: whatever is not printable is escaped."""
    text = path.decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def position_in(root: str, path: bytes, line: int = 1, column: int = 1) -> Position:
    """A place in a file of a source, as an editor finds it.

    Args:
        root: the directory as it was given; empty for the top of a repository.
        path: the file, relative to it.
        line: from 1.
        column: from 1.
    """
    return Position(str(PurePosixPath(root) / shown(path)), line, column)


def too_large(size: int) -> str:
    """Why a file of this many bytes is refused; empty when it is not."""
    if size <= MOST_BYTES_OF_A_FILE:
        return ""
    return f"the file has {size:,} bytes; at most {MOST_BYTES_OF_A_FILE:,} are read: split it"


def text_of(root: str, file: SourceFile) -> str | Problem:
    """The text of a file, without a byte order mark, or what keeps it from being read."""
    text = _decoded(file)
    fault = text if isinstance(text, tuple) else _conflict(text) or _too_much(text)
    if fault:
        line, column, message = fault
        return Problem(position_in(root, file.path, line, column), "", message)
    return str(text)


# Line and column from 1, and what is wrong there.
_Fault = tuple[int, int, str]


def _decoded(file: SourceFile) -> str | _Fault:
    content = file.content
    if refusal := file.refusal or too_large(len(content)):
        return (1, 1, refusal)
    if not content.removeprefix(b"\xef\xbb\xbf").strip():
        # Half a save looks like this, and so does a full disk: it must not take away what stood in the file.
        return (1, 1, "the file is empty: delete it if nothing belongs into it")
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return (1, 1, f"the file is written in {encoding}: save it as UTF-8")
    try:
        return content.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        message = f"the byte 0x{content[error.start]:02X} (number {error.start:,} of the file) is not UTF-8: save the file as UTF-8"
        return (before.count(b"\n") + 1, column, message)


def _conflict(text: str) -> _Fault | None:
    """The marks that a merge left; nothing of such a file is read, since both sides stand in it."""
    if not any(mark in text for mark in _CONFLICT_MARKS):
        return None
    marks = list(_CONFLICT_MARK.finditer(text))
    if not marks:
        return None
    lines = [text.count("\n", 0, mark.start()) + 1 for mark in marks[:_MARKS_SHOWN]]
    more = f"; others stand in line {', '.join(map(str, lines[1:]))}" if lines[1:] else ""
    more += " and below" if len(marks) > len(lines) else ""
    mark = marks[0][0].strip()
    return (
        lines[0],
        1,
        f"{mark[:_LONGEST_MARK]!r} is a mark of a merge conflict{more}: keep one side, and remove the marks",
    )


def cut_off(text: str) -> tuple[int, int] | None:
    """Where a text ends in the middle of a line, line and column from 1; None when it ends with one."""
    if text.endswith("\n"):
        return None
    return text.count("\n") + 1, len(text) - text.rfind("\n")


def _too_much(text: str) -> _Fault | None:
    if text.count("\n---") >= MOST_DOCUMENTS_OF_A_FILE:
        return (1, 1, f"the file has more than {MOST_DOCUMENTS_OF_A_FILE:,} documents: split it")
    if len(text) > MOST_CHARACTERS_OF_A_LINE and max(map(len, text.split("\n"))) > MOST_CHARACTERS_OF_A_LINE:
        for number, line in enumerate(text.split("\n"), 1):
            if len(line) > MOST_CHARACTERS_OF_A_LINE:
                limit = MOST_CHARACTERS_OF_A_LINE
                return (number, 1, f"the line has {len(line):,} characters; at most {limit:,} are read")
    return None


def digest_of(files: Iterable[SourceFile]) -> str:
    """SHA-256 over the paths and digests of files, in the order of their paths, written as `sha256:` and 64 digits."""
    return "sha256:" + hashlib.sha256(b"".join(sorted(file.entry for file in files))).hexdigest()
