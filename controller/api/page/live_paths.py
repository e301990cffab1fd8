"""The paths that keep the page live: everything at once, and what changes from then on."""

import gzip

from fastapi import Request
from fastapi.responses import Response

from controller.api.caller import caller_of
from controller.api.errors import bad_request
from controller.api.page.feed import Feed
from controller.api.page.seen import sights_of
from controller.api.page.snapshots import Snapshots
from controller.api.query import number
from controller.api.routing import Router
from controller.api.watch import WatchResponse, WatchSlots
from pages.static_files import takes_gzip

_NOT_KEPT = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class LivePaths:
    """Answers with rows, and with streams of them, which count among the watches."""

    def __init__(self, feed: Feed, snapshots: Snapshots, slots: WatchSlots) -> None:
        self._feed = feed
        self._snapshots = snapshots
        self._slots = slots
        self.router = Router("/fleet/v1")
        self.router.add("/snapshot", self._snapshot, "GET")
        self.router.add("/stream", self._stream, "GET")

    async def _snapshot(self, request: Request) -> Response:
        packed = await self._snapshots.compressed(sights_of(caller_of(request)), self._feed.version)
        headers = {**_NOT_KEPT, "Vary": "Accept-Encoding"}
        if takes_gzip(request.headers.get("accept-encoding", "")):
            return Response(packed, headers={**headers, "Content-Encoding": "gzip"}, media_type="application/json")
        return Response(gzip.decompress(packed), headers=headers, media_type="application/json")

    async def _stream(self, request: Request) -> Response:
        # A browser that comes again by itself says so; the address that it comes back to is that of the beginning.
        last = request.headers.get("last-event-id", "")
        if last and not (last.isascii() and last.isdigit() and len(last) <= 19):
            raise bad_request(f"Last-Event-ID is {last[:40]!r}, expected the version of an event")
        after = int(last) if last else number(request, "after")
        events = self._feed.events(sights_of(caller_of(request)), after)
        response = WatchResponse(events, self._slots, media_type="text/event-stream")
        response.headers.update({**_NOT_KEPT, "X-Accel-Buffering": "no"})
        return response
