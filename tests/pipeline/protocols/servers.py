"""Real servers of video for tests: HTTP with what a test puts there, and FFmpeg itself as the server of RTMP."""

import contextlib
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, cast

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.cameras.connection import Connection
from tests.held_ports import hold_port
from tests.patience import patient

Answer = Callable[[BaseHTTPRequestHandler], None]
WIDTH, HEIGHT, FPS = 64, 48, 10


def grey(level: int, form: str = "yuv420p") -> VideoFrame:
    frame = VideoFrame(WIDTH, HEIGHT, form)
    for at, plane in enumerate(frame.planes):
        plane.update(bytes([level if at == 0 else 128]) * plane.buffer_size)
    return frame


def jpegs(count: int = 5, form: str = "yuvj420p") -> list[bytes]:
    """Pictures of MJPEG, each brighter than the one before."""
    codec = cast("VideoCodecContext", av.CodecContext.create("mjpeg", "w"))
    codec.width, codec.height, codec.pix_fmt, codec.time_base = WIDTH, HEIGHT, form, Fraction(1, FPS)
    made = []
    for number in range(count):
        frame = grey(number * 50, form)
        frame.pts = number
        made += [bytes(packet) for packet in codec.encode(frame)]
    return made + [bytes(packet) for packet in codec.encode(None)]


def write_video(path: Path, codec: str, *, container: str | None = None, frames: int = 20, **options: str) -> Path:
    form = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    with av.open(str(path), "w", format=container, options=options) as made:
        coding = {"x264-params": "bframes=0:keyint=10:scenecut=0"} if codec == "libx264" else {}
        stream = cast("VideoStream", made.add_stream(codec, rate=FPS, options=coding))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, form
        for number in range(frames):
            frame = grey(number * 10 % 256, form)
            frame.pts = number
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return path


class VideoServer:
    """An HTTP server; `answers` says by path what it answers, and `asked` what it was asked."""

    def __init__(self, answers: dict[str, Answer | bytes], tls: ssl.SSLContext | None = None) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.url = f"{'http' if tls is None else 'https'}://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(patient(5))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _handler(self, *arguments: Any) -> BaseHTTPRequestHandler:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.asked.append((self.path, self.headers.get("Authorization", "")))
                answer = server.answers.get(self.path)
                with contextlib.suppress(OSError):
                    if answer is None:
                        self.send_error(404)
                    elif isinstance(answer, bytes):
                        send(self, answer)
                    else:
                        answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler(*arguments)


def rest_of(connection: Connection, seen: list[Any] | None = None) -> list[Any]:
    """The packets that are left; of a stream that breaks, those in `seen`."""
    packets = [] if seen is None else seen
    while (packet := connection.read()) is not None:
        packets.append(packet)
    return packets


def send(handler: BaseHTTPRequestHandler, body: bytes, kind: str = "application/octet-stream") -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def redirect(to: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.end_headers()

    return answer


def mjpeg(pictures: list[bytes], every_s: float = 0.02, most: int = 10_000) -> Answer:
    """A camera that sends its pictures as they are taken, one part after another."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        handler.end_headers()
        for number in range(most):
            picture = pictures[number % len(pictures)]
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
            handler.wfile.write(head + picture + b"\r\n")
            time.sleep(every_s)

    return answer


def playlist(*segments: str, ended: bool = True, first: int = 0, seconds: float = 1) -> bytes:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    for segment in segments:
        lines += [f"#EXTINF:{seconds:g},", segment]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if ended else []), ""]).encode()


_SHOW_OVER_RTMP = """
import sys, time, av
clip, url = sys.argv[1:]
# Of PyAV's ways to write, only the muxer tee hands options on to the protocol.
with av.open(clip) as read, av.open(f"[f=flv:listen=1:onfail=abort]{url}", "w", format="tee") as shown:
    stream = shown.add_stream_from_template(read.streams.video[0])
    shown.start_encoding()
    for packet in read.demux(read.streams.video[0]):
        if packet.size:
            packet.stream = stream
            shown.mux(packet)
            time.sleep(0.01)
"""


@contextlib.contextmanager
def rtmp_server(clip: Path) -> Iterator[str]:
    """FFmpeg waits for one viewer, and shows it the clip; the URL. In a process: the waiting holds the interpreter."""
    url = f"rtmp://127.0.0.1:{hold_port()}/live/dock"
    server = subprocess.Popen([sys.executable, "-c", _SHOW_OVER_RTMP, str(clip), url], stderr=subprocess.DEVNULL)
    try:
        yield url
    finally:
        server.kill()
        server.wait(patient(5))
