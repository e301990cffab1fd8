"""Clients of simulated cameras: one that says what it is told to, and one that looks at the video."""

import socket
from collections.abc import Iterator
from typing import Self

import av

from tests.patience import patient

OPTIONS = {"rtsp_transport": "tcp", "analyzeduration": "0", "probesize": "32", "fpsprobesize": "0"}


def talk(port: int, *requests: bytes) -> bytes:
    """What a server answers to bytes, whatever they are."""
    with socket.create_connection(("127.0.0.1", port), timeout=patient(5)) as connection:
        connection.settimeout(0.3)
        answer = b""
        for request in requests:
            connection.sendall(request)
            try:
                while more := connection.recv(1 << 16):
                    answer += more
            except (TimeoutError, ConnectionResetError):
                continue
        return answer


def request(method: str, port: int, name: str, *headers: str) -> bytes:
    lines = [f"{method} rtsp://127.0.0.1:{port}/{name} RTSP/1.0", "CSeq: 7", *headers, "", ""]
    return "\r\n".join(lines).encode()


class Viewer:
    """Watches a camera with libavformat; to be used in a ``with`` statement."""

    def __init__(self, url: str, timeout_s: float = 10.0) -> None:
        self._container = av.open(url, options=OPTIONS, timeout=timeout_s)
        self.stream = self._container.streams.video[0]
        self._packets = self._container.demux(self.stream)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._container.close()

    def times(self) -> Iterator[float]:
        """When each picture is shown, as the camera says; libavformat gives the first one of a session no time."""
        for packet in self._packets:
            if packet.size and packet.pts is not None and packet.time_base is not None:
                yield float(packet.pts * packet.time_base)

    def steps(self) -> Iterator[float]:
        """The seconds between pictures."""
        before: float | None = None
        for at_s in self.times():
            if before is not None:
                yield at_s - before
            before = at_s

    def picture(self) -> av.VideoFrame:
        """The next one that can be decoded."""
        return next(picture for packet in self._packets for picture in packet.decode())

    def sees_nothing(self) -> bool:
        """Whether nothing comes that can be decoded: no packet in time, or one without a picture."""
        try:
            return not next(self._packets).decode()
        except (av.FFmpegError, StopIteration):
            return True

    def sees_damage(self) -> bool:
        """Whether the next picture cannot be decoded, or only with gaps."""
        try:
            return any(picture.is_corrupt for picture in next(self._packets).decode())
        except av.InvalidDataError:
            return True
