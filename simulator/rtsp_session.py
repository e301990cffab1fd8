"""The server's side of one RTSP connection (RFC 2326), as far as a camera needs it: video over TCP or UDP, passwords, faults."""

import asyncio
import contextlib
import itertools
import re
import secrets
import socket
import struct
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from simulator.authentication import challenges
from simulator.camera_path import CLOCK_JUMP_S, SHOWS_OTHERS, SILENT, SLOWNESS, CameraPath, Fault
from simulator.clip_reader import AccessUnit, Clip
from simulator.faulty_pictures import faulty_clip
from simulator.rtp import TRACK, Packetizer, damaged, describe

_METHODS: Final = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"

# A receiver that does not read must not make us remember: from here on its pictures are dropped up to the next key frame.
_UNSENT_MOST: Final = 1 << 20

_BODY_MOST: Final = 1 << 16

_UNICAST: Final = re.compile(r"RTP/AVP(?:/UDP)?;(?:.*;)?client_port=(?P<port>[1-9][0-9]{3,4})")


@dataclass(frozen=True)
class _Request:
    method: str
    url: str
    headers: dict[str, str]

    @property
    def cameras(self) -> tuple[str, ...]:
        """The names that may be meant: clients put the track behind the path, or behind all that they asked for."""
        parts = urllib.parse.urlsplit(self.url)
        path, query = parts.path.strip("/"), parts.query.rstrip("/")
        paths = (path, path.removesuffix(f"/{TRACK}").removesuffix(TRACK))
        queries = (query, query.removesuffix(f"/{TRACK}"))
        names = [f"{one}?{other}" if other else one for one in paths for other in queries]
        return tuple(dict.fromkeys(urllib.parse.unquote(name) for name in names))


class RtspSession:
    """Answers one client until it leaves or is thrown out.

    Attributes:
        ended: Set once it has.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, find: Callable[[str], CameraPath | None]
    ) -> None:
        self.ended = asyncio.Event()
        self._reader = reader
        self._writer = writer
        self._find = find
        self._path: CameraPath | None = None
        self._channel = 0
        self._datagrams: socket.socket | None = None
        self._id = secrets.token_hex(8)
        self._nonce = secrets.token_hex(16)
        self._playing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Answers requests; ends without an error however the client leaves."""
        try:
            with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                while (request := await self._request()) is not None and self._answer(request):
                    await self._writer.drain()
        finally:
            if self._playing is not None:
                self._playing.cancel()
            if self._path is not None:
                self._path.sessions.discard(self)
            if self._datagrams is not None:
                self._datagrams.close()
            self._writer.close()
            self.ended.set()

    def reset(self) -> None:
        """Breaks the connection as a camera does that loses power and comes back: with a reset, not a goodbye."""
        connection = self._writer.get_extra_info("socket")
        with contextlib.suppress(OSError):
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()

    async def _request(self) -> _Request | None:
        """Reads the next request, over whatever the client reports about its reception in between."""
        while (first := await self._reader.read(1)) == b"$":
            _, length = struct.unpack("!BH", await self._reader.readexactly(3))
            await self._reader.readexactly(length)
        if not first:
            return None
        text = (first + await self._reader.readuntil(b"\r\n\r\n")).decode()
        start, *lines = text.rstrip().split("\r\n")
        method, url, _ = start.split(" ", 2)
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        length = int(headers.get("content-length", "0"))
        if not 0 <= length <= _BODY_MOST:
            raise ValueError("a body of that length is not for a camera")
        await self._reader.readexactly(length)
        return _Request(method, url, headers)

    def _answer(self, request: _Request) -> bool:
        """Answers a request; False if the connection is to be closed now."""
        path = next((found for name in request.cameras if (found := self._find(name)) is not None), None)
        if path is None or path.fault is Fault.GONE:
            self._reply(request, "404 Not Found")
            return True
        if self._path is not None and path is not self._path:
            self._reply(request, "459 Aggregate Operation Not Allowed")
            return True
        self._path = path
        path.sessions.add(self)
        if path.fault is Fault.MUTE:
            return True
        if request.method != "OPTIONS" and not self._admits(path, request):
            self._reply(request, "401 Unauthorized", *challenges(self._nonce))
            return True
        return self._perform(request, path)

    def _admits(self, path: CameraPath, request: _Request) -> bool:
        if path.fault is Fault.LOCKED:
            return False
        authorization = request.headers.get("authorization", "")
        return path.login is None or path.login.admits(authorization, request.method, self._nonce)

    def _perform(self, request: _Request, path: CameraPath) -> bool:
        session = f"Session: {self._id};timeout=60"
        match request.method:
            case "OPTIONS":
                self._reply(request, "200 OK", f"Public: {_METHODS}")
            case "DESCRIBE":
                base = f"Content-Base: {request.url.rstrip('/')}/"
                sdp = describe(path.clip, path.name, lying=path.fault is Fault.WRONG_CODEC)
                self._reply(request, "200 OK", base, "Content-Type: application/sdp", body=sdp)
            case "SETUP":
                offer = self._transport(request.headers.get("transport", ""))
                if offer is None:
                    self._reply(request, "461 Unsupported Transport")
                else:
                    self._reply(request, "200 OK", f"Transport: {offer}", session)
            case "PLAY":
                self._reply(request, "200 OK", session, "Range: npt=0.000-")
                if self._playing is None:
                    self._playing = asyncio.create_task(self._play(path))
            case "GET_PARAMETER":
                self._reply(request, "200 OK", session)
            case "TEARDOWN":
                self._reply(request, "200 OK", session)
                return False
            case _:
                self._reply(request, "501 Not Implemented")
        return True

    def _transport(self, asked: str) -> str | None:
        """How the video is going to be sent; None for a way that this camera has not."""
        if "RTP/AVP/TCP" in asked:
            _, _, channels = asked.partition("interleaved=")
            self._channel = int(channels.partition("-")[0] or "0") & 0xFE
            return f"RTP/AVP/TCP;unicast;interleaved={self._channel}-{self._channel + 1}"
        found = _UNICAST.search(asked)
        if found is None or "multicast" in asked or self._datagrams is not None:
            return None
        connection = self._writer.get_extra_info("socket")
        datagrams = socket.socket(connection.family, socket.SOCK_DGRAM)
        self._datagrams = datagrams
        datagrams.setblocking(False)
        # To whom the connection belongs, and nobody else.
        datagrams.connect((connection.getpeername()[0], int(found["port"])))
        server, client = datagrams.getsockname()[1], int(found["port"])
        return f"RTP/AVP;unicast;client_port={client}-{client + 1};server_port={server}-{server + 1}"

    def _reply(self, request: _Request, status: str, *headers: str, body: str = "") -> None:
        lines = [f"RTSP/1.0 {status}", f"CSeq: {request.headers.get('cseq', '0')}", *headers]
        if body:
            lines.append(f"Content-Length: {len(body.encode())}")
        self._writer.write("\r\n".join([*lines, "", body]).encode())

    async def _play(self, path: CameraPath) -> None:
        """Sends the clip over and over, each picture at its moment."""
        loop = asyncio.get_running_loop()
        # Random, as the standard asks; libavformat takes a 0 for no time at all.
        packetizer = Packetizer(path.clip.codec, secrets.randbits(32), first_stamp=secrets.randbits(31) + 1)
        began, shown_s = loop.time(), 0.0
        waiting_for_key = False
        own, others = itertools.cycle(_with_durations(path.clip)), None
        fault = Fault.OK
        while True:
            if path.fault is not fault:
                # What was shown before is no picture that these refer to.
                waiting_for_key = waiting_for_key or others is not None
                fault = path.fault
                others = None
                if fault in SHOWS_OTHERS:
                    clip = await asyncio.to_thread(faulty_clip, path.clip, fault)
                    others = itertools.cycle(_with_durations(clip))
            unit, lasts_s = next(others or own)
            await asyncio.sleep(began + shown_s - loop.time())
            full = self._writer.transport.get_write_buffer_size() > _UNSENT_MOST
            waiting_for_key = full or path.fault in SILENT or (waiting_for_key and not unit.is_key)
            if not waiting_for_key and not self._writer.is_closing():
                stamp_s = shown_s + (CLOCK_JUMP_S if path.fault is Fault.CLOCK_JUMP else 0.0)
                packets = packetizer.packets(unit, stamp_s)
                if path.fault is Fault.BROKEN:
                    packets = damaged(packets)
                self._send(packets)
            shown_s += lasts_s * (SLOWNESS if path.fault is Fault.SLOW else 1)

    def _send(self, packets: Iterator[bytes]) -> None:
        if self._datagrams is None:
            self._writer.write(b"".join(self._interleaved(packet) for packet in packets))
            return
        for packet in packets:
            # A receiver that is gone, or a network that is full: nobody waits for datagrams.
            with contextlib.suppress(OSError):
                self._datagrams.send(packet)

    def _interleaved(self, packet: bytes) -> bytes:
        return b"$" + struct.pack("!BH", self._channel, len(packet)) + packet


def _with_durations(clip: Clip) -> list[tuple[AccessUnit, float]]:
    """Returns the pictures, each with the seconds until the next one; after the last comes the first again."""
    ends = [*(unit.at_s for unit in clip.units[1:]), clip.length_s]
    return [(unit, end - unit.at_s) for unit, end in zip(clip.units, ends, strict=True)]
