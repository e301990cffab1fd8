"""What an instance prints, asked of its agent while somebody looks at it."""

import contextlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Final

from fastapi import Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from controller.api.apps.words import CONTAINER
from controller.api.core_resources import PODS
from controller.api.errors import ApiError, bad_request, not_found
from controller.api.facade_store import FacadeStore
from controller.api.query import flag, number
from controller.api.watch import WatchResponse, WatchSlots
from controller.asking.base import AgentTooOld, Asking, CannotAsk, NoSuchLog
from controller.asking.wanted import LogsWanted

LOG_LIMIT: Final = 100
"""Logs that are read at the same time. Each holds a connection, and an agent that is asked."""
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_LONGEST: Final = timedelta(days=36_500)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""No line is older, and agents are told of no time before it."""
_LAST_YEAR: Final = 9998


class Logs:
    """Answers requests for logs."""

    def __init__(
        self, pods: FacadeStore, asking: Asking, clock: Callable[[], datetime], limit: int = LOG_LIMIT
    ) -> None:
        self._pods = pods
        self._asking = asking
        self._clock = clock
        self._slots = WatchSlots(limit, "logs")

    async def log(self, request: Request, name: str) -> Response:
        """A GET of `pods/NAME/log`."""
        wanted = _wanted(request, self._clock())
        found = self._pods.get(PODS.kind, name)
        if found is None:
            raise not_found(PODS.plural, PODS.group, name)
        container = request.query_params.get("container") or CONTAINER
        if container != CONTAINER:
            raise bad_request(f"container {container[:63]} is not valid for pod {name}: it has one, {CONTAINER}")
        node = found.document["spec"].get("nodeName")
        if node is None:
            why = f"pod {name} does not have a host assigned: {found.document['status'].get('message', '')}"
            raise bad_request(why.rstrip(": "))
        opened = AsyncExitStack()
        try:
            lines = await opened.enter_async_context(self._asking.logs(node, name, wanted))
        except CannotAsk as error:
            raise _refusal(error, name, wanted) from None
        return _LogResponse(_told(lines), self._slots, opened)


class _LogResponse(WatchResponse):
    """Stops asking when it ends, however it does: when all is said, when whoever looks leaves, and when it never begins."""

    def __init__(self, lines: AsyncIterator[bytes], slots: WatchSlots, opened: AsyncExitStack) -> None:
        super().__init__(lines, slots, media_type="text/plain")
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        async with self._opened:
            await super().__call__(scope, receive, send)


async def _told(lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The lines; what keeps the agent from saying more is a last one, since the code of the answer was said before."""
    try:
        async for some in lines:
            yield some
    except CannotAsk as error:
        yield f"fleet: {error}\n".encode()


def _refusal(error: CannotAsk, name: str, wanted: LogsWanted) -> ApiError:
    """Why there is no log. What does not pass by itself is no 503, so that nobody tries again; the first words are a kubelet's."""
    if isinstance(error, NoSuchLog):
        first = (
            f'previous terminated container "{CONTAINER}" in pod "{name}" not found'
            if wanted.previous
            else f'container "{CONTAINER}" in pod "{name}" has said nothing'
        )
        found = bad_request(f"{first}: {error}")
        found.details["causes"] = [{"reason": "NoSuchLog", "message": str(error)}]
        return found
    if isinstance(error, AgentTooOld):
        return ApiError(501, "NotImplemented", str(error))
    return ApiError(503, "ServiceUnavailable", str(error))


def _wanted(request: Request, now: datetime) -> LogsWanted:
    since, seconds, time = None, number(request, "sinceSeconds"), request.query_params.get("sinceTime", "")
    if seconds is not None and time:
        raise bad_request("sinceSeconds and sinceTime: give one of them")
    if seconds is not None:
        since = max(_EPOCH, now - min(timedelta(seconds=min(seconds, 10**10)), _LONGEST))
    elif time:
        since = _time(time)
    return LogsWanted(
        tail_lines=number(request, "tailLines"),
        since=since,
        previous=flag(request, "previous"),
        follow=flag(request, "follow"),
        timestamps=flag(request, "timestamps"),
        limit_bytes=number(request, "limitBytes"),
    )


def _time(text: str) -> datetime:
    if _TIME.fullmatch(text):
        with contextlib.suppress(ValueError):
            at = datetime.fromisoformat(text.upper())
            if at.year < _LAST_YEAR:
                return max(_EPOCH, at)
    raise bad_request(f"sinceTime is {text[:40]!r}, expected a time as RFC 3339 has it")
