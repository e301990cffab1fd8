"""Refuses what the caller may not, and writes down what was to be changed."""

from collections.abc import Callable, Hashable
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.access.audit_line import Audited
from controller.access.authentication import Peer
from controller.access.buckets import MOST_CLIENTS, Buckets, Rate
from controller.access.roles import Verb
from controller.api.access_control import AuditLog
from controller.api.asked import LOOKING, READING, Asked
from controller.api.caller import Caller
from controller.api.errors import ApiError, answer

NOTHING_RATE: Final = Rate(per_second=1, burst=1000)
"""Of lines about requests that came to nothing, for each client. `kubectl diff` of a thousand objects has them all."""
_REFUSED: Final = 400
_NOT_ANSWERED: Final = 500
_OF_OBJECTS: Final = frozenset({Verb.CREATE, Verb.UPDATE, Verb.PATCH, Verb.DELETE})


class Permission:
    """Lets through what the caller may, as far as method and path tell.

    Whose labels a change would make others is asked where the change is known: `Caller.require_change`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "http":
            caller: Caller | None = scope["state"]["caller"]
            asked: Asked | None = scope["state"]["asked"]
            if caller is not None and asked is not None:
                try:
                    caller.require_asked(asked)
                except ApiError as error:
                    await answer(error)(scope, receive, send)
                    return
        await self._app(scope, receive, send)


class Auditing:
    """Writes down each request that was to change something, and what became of it.

    While that cannot be written, nothing is changed: what nobody can be asked about later is worse than a change that waits
    until there is room on the disk. The request that found the disk full is answered, and its line is written first.

    Of requests that came to nothing each client has a line a second, after some hundred: else a viewer who is refused again and
    again pushes all others out of the log within minutes.
    """

    def __init__(
        self, app: ASGIApp, log: AuditLog, clock: Callable[[], datetime], monotonic: Callable[[], float]
    ) -> None:
        self._app = app
        self._log = log
        self._clock = clock
        self._monotonic = monotonic
        self._buckets = Buckets()
        self._left_out: dict[Hashable, int] = {}
        """Requests that are in no line, since the last line of the same client."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        state = scope.get("state", {})
        if scope["type"] != "http" or scope["method"] in READING or _changes_nothing(state["asked"]):
            await self._app(scope, receive, send)
            return
        try:
            self._log.require_room()
        except OSError as error:
            message = (
                f"nothing is changed while the audit log cannot be written: {error.strerror}: make room on its disk"
            )
            await answer(ApiError(507, "InsufficientStorage", message))(scope, receive, send)
            return

        is_noted = False

        async def noted(message: Message) -> None:
            nonlocal is_noted
            if message["type"] == "http.response.start":
                is_noted = True
                self._note(scope, message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if not is_noted:  # a fault of ours, or the end of this program: it may have been done all the same
                self._note(scope, _NOT_ANSWERED)

    def _note(self, scope: Scope, code: int) -> None:
        caller: Caller = scope["state"]["caller"]
        client = (caller.identity.credential, caller.identity.name)
        if _came_to_nothing(caller, scope["state"]["asked"], code) and self._buckets.wait_seconds(
            client, NOTHING_RATE, self._monotonic()
        ):
            if len(self._left_out) >= MOST_CLIENTS:
                self._left_out.clear()
            self._left_out[client] = self._left_out.get(client, 0) + 1
            return
        self._log.append(self._line(scope, code, self._left_out.pop(client, 0)))

    def _line(self, scope: Scope, code: int, left_out: int) -> Audited:
        caller: Caller = scope["state"]["caller"]
        asked: Asked = scope["state"]["asked"]
        peer: Peer = scope["state"]["peer"]
        named = (f"{asked.kind}/{asked.name}",) if asked.kind and asked.name else (scope["path"],)
        is_dry = caller.is_dry or "dryRun" in parse_qs(scope["query_string"].decode("latin-1"))
        dry = ", dry run" if is_dry else ""
        verb = asked.verb.value + dry
        source = peer.address or "unix"
        objects = caller.objects or named
        return Audited(self._clock(), caller.identity, source, verb, objects, code, caller.revision, left_out)


def _changes_nothing(asked: Asked | None) -> bool:
    return asked is None or asked.verb in LOOKING


def _came_to_nothing(caller: Caller, asked: Asked, code: int) -> bool:
    """True when nothing became another: it was refused, a dry run, or so already."""
    if _REFUSED <= code < _NOT_ANSWERED or caller.is_dry:
        return True
    return code < _REFUSED and asked.verb in _OF_OBJECTS and not caller.revision and not caller.objects
