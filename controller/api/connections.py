"""What anybody may do with a connection before a request of his is at work: not much, and not for long."""

import asyncio
import json
import pwd
import socket
import struct
from typing import Final, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

from controller.access.authentication import Peer, peer_at
from controller.api.errors import RETRY_AFTER_SECONDS, too_many

HEAD_SECONDS: Final = 10.0
"""From the opening of a connection, or from the end of the answer before, until a request has come with all its headers. A
browser or a client on a slow line needs a second or two."""
MOST_CONNECTIONS: Final = 700
"""Open at the same time. Below the 1024 files that a process may have open by default, most of which are left for watches."""
_PEER_CREDENTIALS = struct.Struct("3i")
"""Process, user and group of the other end of a unix socket."""


def _peer(transport: asyncio.BaseTransport) -> Peer:
    """The other end: its address, its certificate when it has shown one, or whose program it is."""
    connected = transport.get_extra_info("socket")
    if connected is not None and connected.family == socket.AF_UNIX:
        credentials = connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER_CREDENTIALS.size)
        _, uid, _ = _PEER_CREDENTIALS.unpack(credentials)
        try:
            return Peer(unix_user=pwd.getpwuid(uid).pw_name)
        except KeyError:
            return Peer(unix_user=f"uid {uid}")
    secured = transport.get_extra_info("ssl_object")
    address = (transport.get_extra_info("peername") or ("",))[0]
    return peer_at(address, secured.getpeercert() if secured else None)


class PatientProtocol(H11Protocol):
    """The protocol of uvicorn, which by itself waits for ever for a head that was sent in part."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        super().connection_made(cast("asyncio.Transport", transport))
        # They get into the state of each request of this connection, which no client can write to.
        self.app_state = {**self.app_state, "peer": _peer(transport), "cut": self.transport.abort}
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse()
        else:
            self._mind_the_head()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        self._mind_the_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._forget_the_head()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Called when an answer was sent, and the next request may come."""
        super().on_response_complete()
        self._mind_the_head()

    def _mind_the_head(self) -> None:
        """The time runs while no request is at work, however many bytes of one come."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._forget_the_head()
        elif self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _forget_the_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse(self) -> None:
        error = too_many(503, "ServiceUnavailable", f"{MOST_CONNECTIONS} connections are open already: try again later")
        body = json.dumps(error.document()).encode()
        head = (
            "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nconnection: close\r\n"
            f"retry-after: {RETRY_AFTER_SECONDS}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
