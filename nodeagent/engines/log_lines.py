"""Lines of an instance's output, put together from whatever pieces it was read in: pure."""

import re
from dataclasses import dataclass, field
from datetime import datetime

LONGEST_LINE_BYTES = 64 * 1024
"""What is behind that of a line is counted and not kept. Far more than is ever shown, so that a secret is whole when it is masked."""

_TIME = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:\d\d)(?![\w.:])")
_NS = 1_000_000_000


class NoLog(Exception):  # noqa: N818 - says what there is
    """There is no such output; the message says so to people."""


@dataclass(frozen=True)
class LogRange:
    """Which lines are wanted of one run of an instance."""

    tail_lines: int | None = None
    """The last ones of what there is; None for all."""
    since_ns: int = 0
    """Only what was written from then on, in nanoseconds since 1970."""
    previous: bool = False
    """Of what ran before the run that is the newest."""
    follow: bool = False
    """Goes on with what is written, until the run ends."""


@dataclass(frozen=True)
class LogLine:
    """One line."""

    text: bytes
    """Without its end."""
    at_ns: int | None = None
    """When it was written, in nanoseconds since 1970; None where nobody can tell."""
    left_out_bytes: int = 0
    """How much of its end was too much."""


@dataclass(frozen=True)
class LogPiece:
    """Some lines, as they were read in one go."""

    lines: tuple[LogLine, ...]
    lost: str = ""
    """What is missing before them, for people; empty when nothing is."""


def ns_of(time: datetime) -> int:
    """A time in nanoseconds since 1970."""
    return int(time.timestamp()) * _NS + time.microsecond * 1000


def time_at_beginning(text: bytes) -> tuple[int, int] | None:
    """The time, in RFC 3339, that a text begins with: in nanoseconds since 1970, and how long it is; None when it does not."""
    if not text[:4].isdigit() or (found := _TIME.match(text)) is None:
        return None
    zone = b"+00:00" if found[3] == b"Z" else found[3]
    try:
        second = int(datetime.fromisoformat((found[1] + zone).decode()).timestamp())
    except (ValueError, OverflowError):
        return None
    return second * _NS + int((found[2] or b"0").ljust(9, b"0")), found.end()


@dataclass
class LineBuilder:
    """Puts lines together. The time of a line is that of its first piece."""

    _open: bytearray = field(default_factory=bytearray)
    _open_at_ns: int | None = None
    _is_open: bool = False
    _over: int = 0

    def take(self, piece: bytes, at_ns: int | None = None) -> list[LogLine]:
        """The lines that end in this piece, which was written at that time."""
        found = []
        *ended, rest = piece.split(b"\n")
        for part in ended:
            self._add(part, at_ns)
            found.append(self._close())
        if rest:
            self._add(rest, at_ns)
        return found

    def end(self) -> list[LogLine]:
        """The line that never ended, if there is one."""
        return [self._close()] if self._is_open else []

    def _add(self, part: bytes, at_ns: int | None) -> None:
        if not self._is_open:
            self._is_open, self._open_at_ns = True, at_ns
        room = LONGEST_LINE_BYTES - len(self._open)
        self._open += part[:room]
        self._over += max(0, len(part) - room)

    def _close(self) -> LogLine:
        line = LogLine(bytes(self._open), self._open_at_ns, self._over)
        self._open.clear()
        self._open_at_ns, self._is_open, self._over = None, False, 0
        return line
