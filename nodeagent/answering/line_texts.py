"""Lines as they leave the node: with their times, cut, and in parts that a record can hold. Pure."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from nodeagent.engines.log_lines import LogLine

LONGEST_SHOWN: Final = 16 * 1024
"""Characters of a line."""
LARGEST_PART: Final = 40_000
"""Bytes of JSON: a signed record holds them as base64, in 60 KiB."""
LONGEST_SECRET: Final = 4096
"""Characters: of a line that was cut before it was masked so much of the end is not shown, since a secret may be cut there."""
TOO_LATE_NS: Final = 3_000_000_000
"""What follows a log, and is further behind than that, passes lines by until it has caught up."""

_NS: Final = 1_000_000_000
_MARK: Final = "[fleet]"
"""What lines begin with that no app has written."""


@dataclass(frozen=True)
class LeftOut:
    """What was not shown."""

    lines: int = 0
    size: int = 0
    until: datetime | None = None
    """All that was written until then was not even read."""

    @property
    def is_anything(self) -> bool:
        """False when all was shown."""
        return self.lines > 0 or self.until is not None

    def and_also(self, line: LogLine) -> "LeftOut":
        """The same with one line more."""
        return replace(self, lines=self.lines + 1, size=self.size + len(line.text) + line.left_out_bytes + 1)

    def __str__(self) -> str:
        """A line of its own."""
        rest = f", and all that was written after them until {self.until:%Y-%m-%dT%H:%M:%SZ}," if self.until else ""
        return note(
            f"{self.lines:,} lines of {self.size:,} bytes{rest} are left out here: the log grows faster than it can be shown"
        )


def note(text: str) -> str:
    """A line that tells of the log."""
    return f"{_MARK} {text}\n"


def in_time(
    lines: Iterable[LogLine], left_out: LeftOut, begun_ns: int, now_ns: int
) -> tuple[tuple[LogLine, ...], LeftOut]:
    """The lines that are not too late to be shown, and what was left out by then.

    Args:
        lines: what was read just now.
        left_out: what was left out before and not told.
        begun_ns: when somebody began to look: what is older was there then, and is only slowed down.
        now_ns: the time, by the clock that lines have their times from.
    """
    kept = []
    for line in lines:
        if line.at_ns is not None and line.at_ns >= begun_ns and now_ns - line.at_ns > TOO_LATE_NS:
            left_out = left_out.and_also(line)
        else:
            kept.append(line)
    return tuple(kept), left_out


def joined(lines: Sequence[LogLine]) -> str:
    """The texts of some lines, to be masked together: a secret may have several lines."""
    return "\n".join(line.text.decode(errors="replace") for line in lines)


def shown(lines: Sequence[LogLine], masked: str, *, timestamps: bool) -> Iterator[str]:
    """Lines for people, each with its end.

    Args:
        lines: what was read.
        masked: their texts without secrets, as `joined` has given them away.
        timestamps: each begins with its time, where that is known.
    """
    texts = masked.split("\n")
    # A secret of several lines leaves one of them: whose time the others have is not known.
    cut = max(line.left_out_bytes for line in lines)
    whose = lines if len(texts) == len(lines) else [LogLine(b"", lines[0].at_ns, cut)] * len(texts)
    for line, text in zip(whose, texts, strict=True):
        time = f"{_time(line.at_ns)} " if timestamps and line.at_ns is not None else ""
        yield f"{time}{_cut(text, line.left_out_bytes)}\n"


def parts(lines: Iterable[str]) -> Iterator[str]:
    """The same lines in as few texts as fit into records."""
    held: list[str] = []
    size = 0
    for line in lines:
        length = _size(line)
        if held and size + length > LARGEST_PART:
            yield "".join(held)
            held, size = [], 0
        held.append(line)
        size += length
    if held:
        yield "".join(held)


def within(text: str, most_bytes: int) -> str:
    """The beginning of a text, so many bytes of it at most."""
    encoded = text.encode()
    return text if len(encoded) <= most_bytes else encoded[:most_bytes].decode(errors="ignore")


def _cut(text: str, left_out_bytes: int) -> str:
    kept = text[: len(text) - min(len(text), LONGEST_SECRET)] if left_out_bytes else text
    kept = kept[:LONGEST_SHOWN]
    while _size(kept) > LARGEST_PART // 2:
        kept = kept[: len(kept) // 2]
    left_out = left_out_bytes + len(text[len(kept) :].encode())
    return kept if not left_out else f"{kept} {_MARK} {left_out:,} bytes of this line are left out"


def _size(text: str) -> int:
    """What it takes in a message: of control characters JSON makes six."""
    return len(json.dumps(text, ensure_ascii=False).encode())


def _time(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // _NS, UTC):%Y-%m-%dT%H:%M:%S}.{at_ns % _NS:09d}Z"
