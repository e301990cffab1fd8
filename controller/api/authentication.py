"""Says of each request who sent it, or refuses it; and refuses more of them than anybody needs."""

import math
from collections.abc import Callable
from datetime import datetime

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from controller.access.authentication import Openness, Peer, Unauthenticated, identified, peer_at
from controller.access.buckets import Buckets
from controller.access.identity import Identity
from controller.access.session_cookie import SESSION_COOKIE
from controller.api.access_control import AccessControl
from controller.api.asked import is_public, what_is_asked
from controller.api.caller import Caller, LabelledObjects
from controller.api.errors import ApiError, answer
from controller.picture.store import ObjectStore


class Authentication:
    """Puts `identity`, `caller` and `asked` into the state of each request."""

    def __init__(
        self,
        app: ASGIApp,
        control: AccessControl,
        objects: ObjectStore,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
    ) -> None:
        self._app = app
        self._control = control
        self._objects = LabelledObjects(objects)
        self._clock = clock
        self._monotonic = monotonic
        self._buckets = Buckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        peer = state.get("peer") or peer_at((scope.get("client") or ("",))[0])
        # What the server did not put there, nobody has.
        state.update(peer=peer, identity=None, caller=None, asked=None)
        try:
            identity = self._identified(scope, peer)
        except Unauthenticated as error:
            await self._unknown(scope, receive, send, error)
            return
        # Programs on this machine that need no credential need not ask us either for the time of its processor.
        if identity.credential != "unix" and (identity.credential or not peer.is_local):
            client = identity.credential if identity.credential.startswith("token/") else (peer.network, identity.name)
            if wait := self._buckets.wait_seconds(client, self._control.known_rate, self._monotonic()):
                await answer(_slow_down(wait))(scope, receive, send)
                return
        state["identity"] = identity
        state["caller"] = Caller(identity, self._objects)
        state["asked"] = what_is_asked(scope["method"], scope["path"], scope["query_string"])
        await self._as_long_as_he_is_who_he_was(scope, receive, send, identity)

    def _identified(self, scope: Scope, peer: Peer) -> Identity:
        shown = [value for name, value in scope["headers"] if name.lower() == b"authorization"]
        if len(shown) > 1:
            raise Unauthenticated("there are two Authorization headers", "invalid_request")
        header = shown[0].decode("latin-1") if shown else None
        if session := SESSION_COOKIE.found_in(scope["headers"]):
            header = f"Bearer {session}"
        return identified(self._control.access.current, peer, header, self._control.openness, self._clock())

    async def _unknown(self, scope: Scope, receive: Receive, send: Send, error: Unauthenticated) -> None:
        peer: Peer = scope["state"]["peer"]
        if wait := self._buckets.wait_seconds(peer.network, self._control.unknown_rate, self._monotonic()):
            await answer(_slow_down(wait))(scope, receive, send)
        elif is_public(scope["path"]):
            await self._app(scope, receive, send)
        else:
            refusal = _unauthorized(error)
            if SESSION_COOKIE.found_in(scope["headers"]):
                # Where no login is needed, or the cookie is that of another controller on this machine, all is well without it.
                refusal.headers["Set-Cookie"] = SESSION_COOKIE.closed(secure=scope["scheme"] == "https")
            await answer(refusal)(scope, receive, send)

    async def _as_long_as_he_is_who_he_was(
        self, scope: Scope, receive: Receive, send: Send, identity: Identity
    ) -> None:
        """Ends an answer that goes on for long, as a watch does, when whoever asked would not be the same today.

        His token was revoked or has expired, he was given something else, or he came without one before there were any.
        """
        known = self._control.access.current
        token = known.token(identity.credential.removeprefix("token/")) if known else None

        async def checked(message: Message) -> None:
            nonlocal known
            if message["type"] == "http.response.body" and message.get("more_body"):
                now_known = self._control.access.current
                if now_known is not known or (token and token.has_expired(self._clock())):
                    if not self._is_still(scope, identity):
                        await send({"type": "http.response.body", "body": b"", "more_body": False})
                        raise _Ended
                    known = now_known
            await send(message)

        try:
            await self._app(scope, receive, checked)
        except _Ended:
            return

    def _is_still(self, scope: Scope, identity: Identity) -> bool:
        try:
            return self._identified(scope, scope["state"]["peer"]) == identity
        except Unauthenticated:
            return False


class _Ended(Exception):  # noqa: N818 - says what happened
    """The rest of the answer is not for this client any more."""


def _unauthorized(error: Unauthenticated) -> ApiError:
    refusal = ApiError(401, "Unauthorized", str(error))
    said = f', error="{error.error}"' if error.error else ""
    refusal.headers["WWW-Authenticate"] = f'Bearer realm="fleet"{said}'
    return refusal


def _slow_down(wait_seconds: float) -> ApiError:
    seconds = max(1, math.ceil(wait_seconds))
    message = "this client sends more requests than it may: wait, then go on"
    refusal = ApiError(429, "TooManyRequests", message, {"retryAfterSeconds": seconds})
    refusal.headers["Retry-After"] = str(seconds)
    return refusal


def warnings_for(openness: Openness, *, has_access: bool, is_loopback: bool, has_tls: bool) -> list[str]:
    """What a person should know who starts a controller like this: who gets in, and what to do about it.

    Args:
        openness: who needs no credential.
        has_access: True when there is an access file.
        is_loopback: True when other machines do not reach it.
        has_tls: True when what is said cannot be read on the way.
    """
    said = []
    if openness.everybody:
        said.append("whoever reaches the API may do everything: --insecure-no-auth asks no one for a credential")
    elif openness.loopback:
        said.append("every program on this machine may do everything without a token, as `fleet up` wants it")
    elif not has_access:
        others = "" if is_loopback else ", and everybody else who reaches it may read everything"
        said.append(
            f"there are no tokens: every program on this machine may do everything{others}; `fleet token create --role admin` ends that"
        )
    if not is_loopback and not has_tls:
        said.append(
            "without TLS whoever is on the way reads tokens, and kubectl sends none: give --tls, or --tls-cert and --tls-key"
        )
    return said
