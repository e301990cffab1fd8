"""The texts of a stream, as https://html.spec.whatwg.org/multipage/server-sent-events.html has them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

MOST_BYTES: Final = 64_000
"""Of one event."""
_HEAD_BYTES: Final = 2_000
"""Enough for all that is no row."""


@dataclass(frozen=True)
class Told:
    """What a page is told at once, each row as JSON."""

    rows: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    """Of objects that came or became others, by what rows of a kind are called."""
    gone: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    """The names of objects that are not there any more, likewise."""
    fleet: bytes = b""
    """The fleet as a whole; empty for nothing new."""

    def __bool__(self) -> bool:
        return any(self.rows.values()) or any(self.gone.values()) or bool(self.fleet)


def change(told: Told, after: int, version: int, at: int) -> bytes:
    """Events `change`: one, or as many as it takes.

    Only the last one says that all up to its version is told; those before it say that their reader stands where he stood.

    Args:
        told: what is told.
        after: the version after which all of that happened.
        version: up to which nothing else did.
        at: the time, in milliseconds since 1970.
    """
    parts = list(_parts(told)) or [Told()]
    texts = [_change(part, after, after, at) for part in parts[:-1]]
    return b"".join((*texts, _change(parts[-1], after, version, at)))


def beat(at: int) -> bytes:
    """The event `beat`: all is well."""
    return b'event: beat\ndata: {"at":%d}\n\n' % at


def resync(version: int, at: int) -> bytes:
    """The event `resync`: the page must ask for everything.

    Args:
        version: where a browser goes on that comes again by itself.
        at: the time, in milliseconds since 1970.
    """
    return b'id: %d\nevent: resync\ndata: {"at":%d}\n\n' % (version, at)


def _change(told: Told, after: int, version: int, at: int) -> bytes:
    fields = [b'"after":"%d","version":"%d","at":%d' % (after, version, at)]
    fields += [b'"%s":[%s]' % (name.encode(), b",".join(some)) for name, some in told.rows.items() if some]
    if gone := [b'"%s":[%s]' % (name.encode(), b",".join(some)) for name, some in told.gone.items() if some]:
        fields.append(b'"gone":{%s}' % b",".join(gone))
    if told.fleet:
        fields.append(b'"fleet":%s' % told.fleet)
    return b"id: %d\nevent: change\ndata: {%s}\n\n" % (version, b",".join(fields))


def _parts(told: Told) -> Iterator[Told]:
    """The same in parts that are small enough."""
    part, size = _Part(), len(told.fleet) + _HEAD_BYTES
    for which, name, one in _items(told):
        if size + len(one) + 1 > MOST_BYTES:
            yield Told(part.rows, part.gone)
            part, size = _Part(), len(told.fleet) + _HEAD_BYTES
        getattr(part, which).setdefault(name, []).append(one)
        size += len(one) + 1
    if part.rows or part.gone or told.fleet:
        yield Told(part.rows, part.gone, told.fleet)


@dataclass
class _Part:
    rows: dict[str, list[bytes]] = field(default_factory=dict)
    gone: dict[str, list[bytes]] = field(default_factory=dict)


def _items(told: Told) -> Iterable[tuple[str, str, bytes]]:
    for which in ("rows", "gone"):
        for name, some in getattr(told, which).items():
            yield from ((which, name, one) for one in some)
