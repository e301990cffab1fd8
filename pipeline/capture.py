"""One camera: opened, decoded and counted in a thread of its own, and opened again whenever it breaks."""

import random
import threading
import time
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from pipeline.camera_stats import FRAMES_TO_BE_ALIVE, CameraStats
from pipeline.config import Source
from pipeline.pacing import Pacer

# They only free the thread; the state of the camera is told by the age of its last frame. A camera that stops sending is
# noticed by its thread before it counts as not reachable.
_OPEN_TIMEOUT_S: Final = 3.0
_READ_TIMEOUT_S: Final = 1.5

_RETRY_LEAST_S: Final = 0.5
_RETRY_MOST_S: Final = 5.0

# So long must a connection last for the next failure to count as the first.
_STEADY_S: Final = 5.0

# A live camera may run so far ahead of its time stamps before it is held back.
_LIVE_SLACK_S: Final = 1.0

# Lost packets make a few broken pictures; so many in a row mean that this will not become video any more.
_BROKEN_PACKETS_MOST: Final = 200

# Without probing, a camera opens in 0.1 s instead of 1.9 s. Not fflags=nobuffer: it throws away the key frame that the
# probing has read, so the first picture comes one group of pictures later.
_RTSP_OPTIONS: Final = {"rtsp_transport": "tcp", "analyzeduration": "0", "probesize": "32", "fpsprobesize": "0"}

# A playlist posing as a video must not be able to send us to the network.
_FILE_OPTIONS: Final = {"protocol_whitelist": "file"}

_CODEC_NAMES: Final = {"h264": "h264", "h265": "hevc"}


class CaptureError(Exception):
    """The camera cannot be used; the message says why and holds nothing of its address."""


def retry_delay_s(failures: int, dice: random.Random) -> float:
    """Returns how long to wait after so many failures in a row: 0.5 to 5 s, spread so that many cameras do not retry as one."""
    return dice.uniform(_RETRY_LEAST_S, min(_RETRY_MOST_S, _RETRY_LEAST_S * 2.0 ** min(failures, 10)))


class Capture(threading.Thread):
    """Decodes one camera until told to stop.

    A daemon thread: while the library opens or reads a connection nothing can interrupt it, and it must not keep the program.
    """

    def __init__(self, source: Source, stats: CameraStats, stop: threading.Event) -> None:
        super().__init__(name=f"capture {source.camera_id}", daemon=True)
        self._source = source
        self._stats = stats
        self._stop_asked = stop
        self._dice = random.Random()  # noqa: S311 - spreads retries, guards no secret
        self._pacer = Pacer()
        self._frames = 0

    def run(self) -> None:
        """Opens the camera again and again; a file that was played to its end begins anew at once."""
        failures = 0
        while not self._stop_asked.is_set():
            began = time.monotonic()
            self._frames = 0
            try:
                self._play()
            except Exception as error:  # noqa: BLE001 - whatever the library raises, this camera alone has failed
                failures = 1 if self._frames and time.monotonic() - began >= _STEADY_S else failures + 1
                self._stats.failed(_reason(error), lost=self._frames >= FRAMES_TO_BE_ALIVE)
                self._stop_asked.wait(retry_delay_s(failures, self._dice))
            else:
                failures = 0

    def _play(self) -> None:
        with self._open() as container:
            self._decode(container, self._video_of(container))
        if self._source.type == "rtsp":
            raise CaptureError("the camera ended the stream")
        if not self._frames:
            raise CaptureError("no picture in the file")

    def _open(self) -> InputContainer:
        timeout = (_OPEN_TIMEOUT_S, _READ_TIMEOUT_S)
        if self._source.type == "file":
            # What is not a plain file could block the open for ever: a pipe, a device.
            path = Path(self._source.address)
            if path.exists() and not path.is_file():
                raise CaptureError("not a file")
            return av.open(f"file:{path}", "r", options=dict(_FILE_OPTIONS), timeout=timeout)
        self._pacer = Pacer(slack_s=_LIVE_SLACK_S)
        began = time.monotonic()
        try:
            return av.open(self._source.address, "r", options=dict(_RTSP_OPTIONS), timeout=timeout)
        except av.FFmpegError:
            # The library calls its own time-out "invalid data".
            if time.monotonic() - began >= _OPEN_TIMEOUT_S:
                raise CaptureError(f"no answer within {_OPEN_TIMEOUT_S:g} s") from None
            raise

    def _video_of(self, container: InputContainer) -> VideoStream:
        if not container.streams.video:
            raise CaptureError("no video in it")
        stream = container.streams.video[0]
        codec, wanted = stream.codec_context.name, self._source.encode_type
        if codec != _CODEC_NAMES[wanted]:
            raise CaptureError(f"it is {codec}, but encode_type says {wanted}")
        # One thread per camera: the cameras keep all cores busy together, and each core more per camera is a frame more of latency.
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        return stream

    def _decode(self, container: InputContainer, stream: VideoStream) -> None:
        packets = container.demux(stream)
        broken = 0
        while not self._stop_asked.is_set():
            asked = time.monotonic()
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                if time.monotonic() - asked >= _READ_TIMEOUT_S:
                    raise CaptureError(f"nothing sent for {_READ_TIMEOUT_S:g} s") from None
                raise
            if packet is None:
                return
            began = time.monotonic()
            try:
                frames = packet.decode()
            except av.InvalidDataError:
                broken += 1
                if broken > _BROKEN_PACKETS_MOST:
                    raise
                continue
            latency_s = time.monotonic() - began
            for frame in frames:
                broken = 0
                if self._stop_asked.wait(self._pacer.delay_s(frame.time, time.monotonic())):
                    return
                self._frames += 1
                self._stats.frame(time.monotonic(), latency_s)


def _reason(error: Exception) -> str:
    """Says what went wrong without the error's own text, which would hold the address and with it the password."""
    if isinstance(error, CaptureError):
        return str(error)
    if isinstance(error, av.FFmpegError | OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
