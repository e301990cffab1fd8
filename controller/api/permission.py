"""Refuses what the caller may not, and writes down what was to be changed."""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.access.audit_line import Audited
from controller.access.authentication import Peer
from controller.api.access_control import AuditLog
from controller.api.asked import READING, Asked
from controller.api.caller import Caller
from controller.api.errors import ApiError, answer

_NOT_ANSWERED: Final = 500


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
    """

    def __init__(self, app: ASGIApp, log: AuditLog, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._log = log
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        state = scope.get("state", {})
        if scope["type"] != "http" or scope["method"] in READING or state["asked"] is None:
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
                self._log.append(self._line(scope, message["status"]))
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            if not is_noted:  # a fault of ours, or the end of this program: it may have been done all the same
                self._log.append(self._line(scope, _NOT_ANSWERED))

    def _line(self, scope: Scope, code: int) -> Audited:
        caller: Caller = scope["state"]["caller"]
        asked: Asked = scope["state"]["asked"]
        peer: Peer = scope["state"]["peer"]
        named = (f"{asked.kind}/{asked.name}",) if asked.kind and asked.name else (scope["path"],)
        dry = ", dry run" if "dryRun" in parse_qs(scope["query_string"].decode("latin-1")) else ""
        verb = asked.verb.value + dry
        source = peer.address or "unix"
        return Audited(self._clock(), caller.identity, source, verb, caller.objects or named, code, caller.revision)
