"""Watches: the changes of objects as a stream of JSON lines."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from fastapi.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from controller.api.errors import answer, expired, too_many
from controller.api.pieces import AT_ONCE, in_pieces
from controller.api.resources import Resource
from controller.api.selection import Selection
from controller.api.table import TABLE_END, Rows, TableForm
from controller.api.told import Told
from controller.picture.store import Change, Expired, Stored

BOOKMARK_SECONDS = 60.0
"""Clients that want bookmarks get one so often while nothing happens."""
DEFAULT_TIMEOUT_SECONDS = 1800.0
_CLOCK_STEP_SECONDS: Final = 0.001
"""A loop calls what is due up to a step of its clock too early."""
WATCH_LIMIT = 500
"""Open at the same time. Each holds a connection, of which there are 700 at most, and lists must get through beside them."""
SLOW_SECONDS: Final = 60.0
"""Whoever takes nothing of what he is sent for so long, or at most for twice that, does not listen any more. He holds a place that
others wait for."""
_INITIAL_EVENTS_END = {"k8s.io/initial-events-end": "true"}


class Shown(Protocol):
    """Objects that can be looked at and watched: those of a store, or another form of them."""

    @property
    def version(self) -> int:
        """The resource version of the latest change."""
        ...

    @property
    def ended(self) -> bool:
        """True when watches shall end."""
        ...

    def objects(self, kind: str) -> tuple[Stored, ...]:
        """See `ObjectStore.objects`."""
        ...

    def get(self, kind: str, name: str) -> Stored | None:
        """See `ObjectStore.get`."""
        ...

    def cursor(self, kind: str, after: int | None = None) -> "Reader":
        """See `ObjectStore.cursor`."""
        ...


class Reader(Protocol):
    """A place in the changes of a kind: see `controller.picture.store.Cursor`."""

    @property
    def version(self) -> int:
        """Everything up to this version has been taken."""
        ...

    def take(self) -> list[Change]:
        """The changes since the last call."""
        ...

    async def wait(self, *, with_others: bool = False) -> None:
        """Returns when there may be more to take; see `controller.picture.store.Cursor.wait`."""
        ...

    def stir(self) -> None:
        """Ends `wait`."""
        ...


@dataclass(frozen=True)
class WatchRequest:
    """What a client wants to watch, and how it wants to be told."""

    resource: Resource
    selection: Selection
    form: TableForm | None
    after: int | None
    """The version that the client knows; None: all objects come first, as if they had just been added."""
    bookmarks: bool = False
    """True when the client wants to be told the version now and then."""
    mark_initial_end: bool = False
    """True when a bookmark shall say that all the objects of the beginning were sent."""
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS


class WatchSlots:
    """Counts the open watches of a server, so that they are bounded."""

    def __init__(self, limit: int, what: str = "watches") -> None:
        self.limit = limit
        self.what = what
        self.taken = 0


class WatchResponse(StreamingResponse):
    """The answer that a watch is; 429 when too many are open. A slot is taken as it begins, and given back as it ends.

    Who reads, but too slowly, is told so by the watch. Who reads nothing at all can be told nothing: his connection is cut.
    """

    def __init__(
        self,
        lines: AsyncIterator[bytes],
        slots: WatchSlots,
        slow_seconds: float = SLOW_SECONDS,
        media_type: str = "application/json",
    ) -> None:
        super().__init__(lines, media_type=media_type)
        self._slots = slots
        self._slow_seconds = slow_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if self._slots.taken >= self._slots.limit:
            message = f"{self._slots.limit} {self._slots.what} are open already: try again later"
            await answer(too_many(429, "TooManyRequests", message))(scope, receive, send)
            return
        self._slots.taken += 1
        connection = _Minded(scope, send, self._slow_seconds)
        try:
            await super().__call__(scope, receive, connection.send)
        finally:
            connection.forget()
            self._slots.taken -= 1


class _Minded:
    """The connection of a watch, which is cut when its client takes nothing for too long."""

    def __init__(self, scope: Scope, send: Send, slow_seconds: float) -> None:
        self._cut = scope.get("state", {}).get("cut")
        self._send = send
        self._slow_seconds = slow_seconds
        self._loop = asyncio.get_running_loop()
        self._began: float | None = None
        """When that began to be sent which is not taken yet, in seconds of the loop."""
        self._timer = self._loop.call_later(slow_seconds, self._look)

    async def send(self, message: Message) -> None:
        """See ASGI. It waits while the client has not taken what was sent before."""
        self._began = self._loop.time()
        await self._send(message)
        self._began = None

    def forget(self) -> None:
        """It is over."""
        self._timer.cancel()

    def _look(self) -> None:
        if self._cut and self._began is not None and self._loop.time() - self._began >= self._slow_seconds:
            # What waits in `send` goes on when the connection is lost.
            self._cut()
        else:
            self._timer = self._loop.call_later(self._slow_seconds, self._look)


class Watch:
    """One open watch."""

    def __init__(
        self,
        request: WatchRequest,
        store: Shown,
        rows: Rows,
        told: Told,
        *,
        clock: Callable[[], datetime],
        bookmark_seconds: float,
    ) -> None:
        self._bookmark_seconds = bookmark_seconds
        self._rows = rows
        self._shared = told
        self._request = request
        self._store = store
        self._clock = clock
        self._columns_sent = False

    async def lines(self) -> AsyncIterator[bytes]:
        """The events, until the time is up, the server stops, or the client is too slow.

        Errors are events too: clients read the reason there and list again.
        """
        try:
            cursor = self._store.cursor(self._request.resource.kind, self._request.after)
            if self._request.after is None:
                found = self._store.objects(self._request.resource.kind)
                matches = self._request.selection.matches
                async for some in in_pieces(self._event("ADDED", one) for one in found if matches(one)):
                    yield some
                if self._request.mark_initial_end:
                    yield self._bookmark(cursor.version, _INITIAL_EVENTS_END)
            async for line in self._follow(cursor):
                yield line
        except Expired as error:
            yield _line("ERROR", expired(error).document())

    async def _follow(self, cursor: Reader) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._request.timeout_seconds
        bookmark_at = loop.time() + self._bookmark_seconds
        timer = loop.call_at(min(ends_at, bookmark_at), cursor.stir)
        try:
            while not self._store.ended:
                changes = cursor.take()
                for start in range(0, len(changes), AT_ONCE):
                    if start:
                        await asyncio.sleep(0)  # whatever else has to be done has its turn
                    if told := self._together(changes[start : start + AT_ONCE]):
                        yield told
                now = loop.time() + _CLOCK_STEP_SECONDS
                if now >= ends_at:
                    return
                if now >= bookmark_at:
                    bookmark_at = now + self._bookmark_seconds
                    if self._request.bookmarks:
                        yield self._bookmark(cursor.version, {})
                    timer = loop.call_at(min(ends_at, bookmark_at), cursor.stir)
                await cursor.wait(with_others=True)
        finally:
            timer.cancel()

    def _together(self, changes: Sequence[Change]) -> bytes:
        """The events for some changes, one after another, as others who watch in the same way are told them, too."""
        selection, form = self._request.selection, self._request.form
        if selection.sight:
            return self._joined(changes)  # what he may see is only for him
        way = (selection, form, self._columns_sent, self._second()) if form else selection
        told = self._shared.line((way, changes[0], changes[-1], len(changes)), lambda: self._joined(changes))
        self._columns_sent = self._columns_sent or bool(told)
        return told

    def _joined(self, changes: Iterable[Change]) -> bytes:
        return b"".join([line for change in changes for line in self._told(change)])

    def _second(self) -> int:
        """Ages in a table are the same for so long."""
        return int(self._clock().timestamp())

    def _told(self, change: Change) -> Iterator[bytes]:
        """The event for a change, if the client should see one; an object that leaves its selection is gone for it."""
        was, is_now = change.old, change.new
        if selection := self._request.selection:
            matches, read = selection.matches, self._shared.document
            was = was if was and matches(was, read) else None
            is_now = is_now if is_now and matches(is_now, read) else None
        if is_now:
            yield self._shared_event("MODIFIED" if was else "ADDED", is_now)
        elif was:
            yield self._shared_event("DELETED", was, change.version)

    def _shared_event(self, kind: str, stored: Stored, gone_at: int | None = None) -> bytes:
        """An event as others who watch in the same way are told it, too."""
        form, key = self._request.form, (kind, stored, gone_at)
        if form is None:
            return self._shared.line(key, lambda: self._event(kind, _as_it_goes(stored, gone_at)))
        in_table = (*key, form, self._columns_sent, self._second())
        line = self._shared.line(in_table, lambda: self._event(kind, _as_it_goes(stored, gone_at)))
        self._columns_sent = True
        return line

    def _event(self, kind: str, stored: Stored) -> bytes:
        form, resource = self._request.form, self._request.resource
        if form is None:
            return _line(kind, stored.encoded)
        row = self._rows.encoded(resource, stored, form, self._clock())
        return _line(kind, self._table_head(form, stored.version) + row + TABLE_END)

    def _bookmark(self, version: int, annotations: Mapping[str, str]) -> bytes:
        if form := self._request.form:
            return _line("BOOKMARK", self._table_head(form, version) + TABLE_END)
        metadata: dict[str, Any] = {"resourceVersion": str(version), "creationTimestamp": None}
        if annotations:
            metadata["annotations"] = annotations
        resource = self._request.resource
        return _line("BOOKMARK", {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata})

    def _table_head(self, form: TableForm, version: int) -> bytes:
        with_columns, self._columns_sent = not self._columns_sent, True
        return form.head(self._request.resource, str(version), with_columns=with_columns)


def _as_it_goes(stored: Stored, gone_at: int | None) -> Stored:
    return stored if gone_at is None else stored.gone_at(gone_at)


def _line(kind: str, shown: bytes | Mapping[str, Any]) -> bytes:
    encoded = shown if isinstance(shown, bytes) else json.dumps(shown, separators=(",", ":")).encode()
    return b'{"type":"' + kind.encode() + b'","object":' + encoded + b"}\n"
