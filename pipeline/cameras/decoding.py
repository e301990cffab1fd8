"""Which frames are decoded: all that are needed to show the ones that are due, and not one more."""

import statistics
from collections import deque
from typing import Final

from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

# Distances of key frames that are looked at; the median of so many survives one that is out of line.
_DISTANCES: Final = 5

# Frames do not arrive as evenly as they were sent.
_TOLERANCE: Final = 0.05


class KeyFrameDistance:
    """Measures how far apart the key frames of a camera are; what is known holds for its next connection too."""

    def __init__(self) -> None:
        self._last_s: float | None = None
        self._distances_s: deque[float] = deque(maxlen=_DISTANCES)

    def interrupted(self) -> None:
        """The next key frame has nothing to do with the last one."""
        self._last_s = None

    def key_frame(self, now_s: float) -> None:
        """A key frame came."""
        if self._last_s is not None:
            self._distances_s.append(now_s - self._last_s)
        self._last_s = now_s

    def is_at_most(self, delay_s: float) -> bool:
        """Tells whether key frames alone come often enough; not before two have come."""
        if not self._distances_s:
            return False
        return statistics.median(self._distances_s) * (1 - _TOLERANCE) <= delay_s


class PictureDecoder:
    """Decodes the frames of one connection.

    Where key frames come often enough, only those that are due are decoded, each by itself: frames in between refer to others,
    so of them all or none must be decoded. (The decoder's own ``skip_frame`` would do the same later: where pictures may be
    reordered it holds each back until the next key frame has come.)
    """

    def __init__(self, stream: VideoStream, distance: KeyFrameDistance) -> None:
        self._codec = stream.codec_context
        self._distance = distance
        distance.interrupted()
        # Unlike a camera's usual key frames, those of a stream that is refreshed bit by bit are no picture by themselves.
        self._key_frames_suffice = True
        self._left_out = False

    def wants(self, packet: "Packet[VideoStream]", now_s: float, delay_s: float, *, due: bool) -> bool:
        """Tells whether the frame that comes now is to be decoded, if pictures are wanted so far apart.

        Args:
            packet: The frame.
            now_s: When it came, in monotonic seconds.
            delay_s: Seconds from one wanted picture to the next.
            due: Whether one is wanted now.
        """
        if packet.is_keyframe:
            self._distance.key_frame(now_s)
        return not self._alone(delay_s) or (packet.is_keyframe and due)

    def pictures(self, packet: "Packet[VideoStream]", delay_s: float) -> list[VideoFrame]:
        """Decodes the frame; an empty one brings out what is left at the end of a file.

        Raises:
            av.InvalidDataError: If it is broken.
        """
        if self._left_out:
            # What is still in it refers to frames that it never saw.
            self._codec.flush_buffers()
            self._left_out = False
        if not self._alone(delay_s):
            return packet.decode()
        pictures = packet.decode()
        pictures += self._codec.decode(None)
        self._codec.flush_buffers()
        self._key_frames_suffice = bool(pictures)
        for picture in pictures:
            # What is brought out of a decoder is not told it.
            picture.time_base = packet.time_base
        return pictures[-1:]

    def leave_out(self) -> None:
        """A frame is left out; the next one that is not must be a key frame."""
        self._distance.interrupted()
        self._left_out = True

    def _alone(self, delay_s: float) -> bool:
        return self._key_frames_suffice and self._distance.is_at_most(delay_s)
