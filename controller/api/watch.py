"""Watches: the changes of objects as a stream of JSON lines."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from controller.api.errors import answer, expired, too_many
from controller.api.pieces import in_pieces
from controller.api.resources import Resource
from controller.api.selection import Selection
from controller.api.table import TABLE_END, Rows, TableForm
from controller.picture.store import Change, Cursor, Expired, ObjectStore, Stored

BOOKMARK_SECONDS = 60.0
"""Clients that want bookmarks get one so often while nothing happens."""
DEFAULT_TIMEOUT_SECONDS = 1800.0
WATCH_LIMIT = 500
"""Open at the same time. Each holds a connection, of which there are 700 at most, and lists must get through beside them."""
_INITIAL_EVENTS_END = {"k8s.io/initial-events-end": "true"}


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

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.taken = 0


class WatchResponse(StreamingResponse):
    """The answer that a watch is; 429 when too many are open. A slot is taken as it begins, and given back as it ends."""

    def __init__(self, lines: AsyncIterator[bytes], slots: WatchSlots) -> None:
        super().__init__(lines, media_type="application/json")
        self._slots = slots

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if self._slots.taken >= self._slots.limit:
            message = f"{self._slots.limit} watches are open already: try again later"
            await answer(too_many(429, "TooManyRequests", message))(scope, receive, send)
            return
        self._slots.taken += 1
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._slots.taken -= 1


class Watch:
    """One open watch."""

    def __init__(
        self,
        request: WatchRequest,
        store: ObjectStore,
        rows: Rows,
        *,
        clock: Callable[[], datetime],
        bookmark_seconds: float,
    ) -> None:
        self._bookmark_seconds = bookmark_seconds
        self._rows = rows
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

    async def _follow(self, cursor: Cursor) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + self._request.timeout_seconds
        bookmark_at = loop.time() + self._bookmark_seconds
        while not self._store.ended:
            async for some in in_pieces(line for change in cursor.take() for line in self._told(change)):
                yield some
            if loop.time() >= ends_at:
                return
            if loop.time() >= bookmark_at:
                bookmark_at = loop.time() + self._bookmark_seconds
                if self._request.bookmarks:
                    yield self._bookmark(cursor.version, {})
            with suppress(TimeoutError):
                async with asyncio.timeout_at(min(ends_at, bookmark_at)):
                    await cursor.wait()

    def _told(self, change: Change) -> Iterator[bytes]:
        """The event for a change, if the client should see one; an object that leaves its selection is gone for it."""
        matches = self._request.selection.matches
        was = change.old if change.old and matches(change.old) else None
        is_now = change.new if change.new and matches(change.new) else None
        if is_now:
            yield self._event("MODIFIED" if was else "ADDED", is_now)
        elif was:
            yield self._event("DELETED", was.gone_at(change.version))

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


def _line(kind: str, shown: bytes | Mapping[str, Any]) -> bytes:
    encoded = shown if isinstance(shown, bytes) else json.dumps(shown, separators=(",", ":")).encode()
    return b'{"type":"' + kind.encode() + b'","object":' + encoded + b"}\n"
