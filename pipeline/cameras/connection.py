"""One open camera: how it is reached, how long it may be silent, and what went wrong, in words that name no address."""

import errno
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard
from av.video.stream import VideoStream

from pipeline.cameras.protocols import opening_of, sends_no_times
from pipeline.files.source import Source

_OPEN_TIMEOUT_S: Final = 3.0

# Opening reads one frame, and the library knows the end of a frame by the beginning of the next: two intervals pass, and a
# little more.
_INTERVALS_TO_OPEN: Final = 2.5

# How long the first connection to a camera that allows for long pauses may take.
_PATIENT_OPEN_MOST_S: Final = 10.0

# A camera that stops sending is noticed by its thread before it counts as not reachable, so the reason is known by then.
_SILENCE_SHARE: Final = 0.8

# Below, short pauses of a busy network would break connections that are fine.
_SILENCE_LEAST_S: Final = 1.5

# A connection whose other end is gone without a word is noticed after so long, however patient the settings are.
_SILENCE_MOST_S: Final = 30.0

_CODEC_NAMES: Final = {"h264": "h264", "h265": "hevc", "mjpeg": "mjpeg", "mpeg4": "mpeg4"}


class CaptureError(Exception):
    """The camera cannot be used; the message says why and holds nothing of its address."""


def silence_allowed_s(not_reachable_after_s: float) -> float:
    """Returns after how long without a frame a connection is given up: 80 % of the limit, 1.5 s at least and 30 s at most."""
    return max(_SILENCE_LEAST_S, min(_SILENCE_SHARE * not_reachable_after_s, _SILENCE_MOST_S))


def open_timeout_s(not_reachable_after_s: float, interval_s: float | None, failures: int) -> float:
    """Returns how long an attempt to open a camera may take.

    Opening includes the first frames, so it takes long if they come slowly; but a camera that does not answer must be tried
    again soon, to be back soon.

    Args:
        not_reachable_after_s: The limit of the camera.
        interval_s: Seconds from one of its frames to the next, as seen before; None if it never sent any. Then every other
            attempt is as patient as the limit allows.
        failures: Attempts that failed since it last worked.
    """
    if interval_s is not None:
        return max(_OPEN_TIMEOUT_S, min(_INTERVALS_TO_OPEN * interval_s, _SILENCE_MOST_S))
    if failures % 2:
        return max(_OPEN_TIMEOUT_S, min(_SILENCE_SHARE * not_reachable_after_s, _PATIENT_OPEN_MOST_S))
    return _OPEN_TIMEOUT_S


def reason_of(error: Exception) -> str:
    """Says what went wrong without the error's own text, which would hold the address and with it the password."""
    if isinstance(error, CaptureError):
        return str(error)
    if isinstance(error, av.FFmpegError | OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


class Connection:
    """A camera or a file that is open, to be used in a ``with`` statement.

    Attributes:
        stream: Its video.
        is_timed: Whether its frames say when they are to be shown; frames of MJPEG over HTTP do not.
    """

    def __init__(self, container: InputContainer, source: Source, silence_s: float) -> None:
        """Takes what ``open_source`` has opened with this time-out for reading.

        Raises:
            CaptureError: If there is no video in it, or not the one that the source speaks of. It is closed then.
        """
        self._container = container
        self._silence_s = silence_s
        self._ends_by_closing = source.type in ("http", "rtmp")
        self.is_timed = not sends_no_times(container.format.name)
        try:
            self.stream = _video_of(container, source)
        except CaptureError:
            container.close()
            raise
        self._packets = container.demux(self.stream)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._container.close()

    def read(self) -> "Packet[VideoStream] | None":
        """Returns the next frame, not decoded; an empty one at the end of a file, and None after that.

        Raises:
            CaptureError: If nothing came for too long.
            av.FFmpegError: If the connection broke.
        """
        asked_s = time.monotonic()
        silent = CaptureError(f"nothing sent for {self._silence_s:g} s")
        try:
            packet = next(self._packets, None)
        except av.FFmpegError as error:
            if time.monotonic() - asked_s >= self._silence_s:
                raise silent from None
            # What the library calls the end of a connection of HTTP or RTMP.
            if self._ends_by_closing and error.errno == errno.EIO:
                raise CaptureError("the camera ended the stream") from None
            raise
        if time.monotonic() - asked_s >= self._silence_s:
            # No sign of life: the library holds the last frame back until the next one begins, and hands it out when the
            # reading times out.
            raise silent
        if packet is not None and not self.is_timed:
            packet.pts = packet.dts = None
        return packet


def open_source(source: Source, timeout_s: float, silence_s: float) -> Connection:
    """Opens a camera or a file.

    Args:
        source: What to open.
        timeout_s: Within this time it must answer and send a first frame.
        silence_s: Later on, it must send a frame at least so often; the library knows no way to change that.

    Raises:
        CaptureError: If it is not what the source says, or does not answer.
        av.FFmpegError: If it cannot be opened.
    """
    timeout = (timeout_s, silence_s)
    if source.type == "file":
        # What is not a plain file could block the open for ever: a pipe, a device.
        path = Path(source.address)
        if path.exists() and not path.is_file():
            raise CaptureError("not a file")
    asked_s = time.monotonic()
    opening = opening_of(source)
    try:
        container = av.open(opening.url, "r", options=opening.options, timeout=timeout)
    except av.FFmpegError as error:
        if source.type == "file":
            raise
        # The library calls its own time-out "invalid data".
        if time.monotonic() - asked_s >= timeout_s:
            # The same for patient attempts and others: a reason that changes reads like news.
            raise CaptureError(f"no answer within {min(timeout_s, _OPEN_TIMEOUT_S):g} s") from None
        if isinstance(error, av.InvalidDataError) and source.type == "http":
            raise CaptureError("what it answers is no video, or a playlist without any") from None
        raise
    return Connection(container, source, silence_s)


def _video_of(container: InputContainer, source: Source) -> VideoStream:
    if not container.streams.video:
        raise CaptureError("no video in it")
    stream = container.streams.video[0]
    codec, wanted = stream.codec_context.name, source.encode_type
    if wanted is not None and codec != _CODEC_NAMES[wanted]:
        raise CaptureError(f"it is {codec}, but encode_type says {wanted}")
    for other in container.streams:
        # A playlist offers the same at several sizes, and each that nobody wants would be fetched as well.
        if source.type == "http" and other is not stream:
            other.discard = Discard.all
    # One thread per camera: the cameras keep all cores busy together, and each core more per camera is a frame more of latency.
    stream.thread_type = "NONE"
    stream.codec_context.thread_count = 1
    return stream
