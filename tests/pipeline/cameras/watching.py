"""A capture, and what is seen of it; and small clips, coded in every way that matters."""

import random
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Self

import av
from av.video.frame import VideoFrame

from pipeline.cameras.camera_stats import CameraSnapshot, CameraState, CameraStats
from pipeline.cameras.capture import Capture
from pipeline.cameras.connection_turns import ConnectionTurns
from pipeline.files.settings import CameraSettings
from pipeline.files.source import EncodeType, Source
from pipeline.model import CapturedFrame

UP = {CameraState.ALIVE, CameraState.SLOW}


class WatchedCapture:
    """A capture with a note of all that it handed on; the pictures are let go, but for the last one."""

    def __init__(
        self,
        address: object,
        settings: CameraSettings,
        turns: ConnectionTurns,
        encode_type: EncodeType | None,
        on_take: Callable[[CapturedFrame], None],
    ) -> None:
        kind = "rtsp" if str(address).startswith("rtsp") else "file"
        self.source = Source("gate", str(address), encode_type, kind, stream=True)
        self.stats = CameraStats(time.monotonic(), settings)
        self.taken: list[tuple[float, int]] = []
        self.last: CapturedFrame | None = None
        self._on_take = on_take
        self.capture = Capture(self.source, settings, self.stats, self._take, turns)

    def _take(self, frame: CapturedFrame) -> None:
        self.taken.append((frame.decoded_at_s, frame.number))
        self.last = frame
        self._on_take(frame)

    def seen(self) -> CameraSnapshot:
        return self.stats.snapshot(time.monotonic())

    def is_up(self) -> bool:
        return self.seen().state in UP

    def is_down(self) -> bool:
        return self.seen().state is CameraState.NOT_REACHABLE

    def numbers_grow(self) -> bool:
        numbers = [number for _, number in self.taken]
        return all(before < after for before, after in pairwise(numbers))


class States:
    """Notes every state that a camera goes through, by looking at it all the while."""

    def __init__(self, camera: WatchedCapture) -> None:
        self._camera = camera
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self.seen: list[CameraState] = []

    def _look(self) -> None:
        while not self._done.wait(0.01):
            state = self._camera.seen().state
            if not self.seen or self.seen[-1] is not state:
                self.seen.append(state)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def encode(path: Path, coding: str, *, codec: str = "libx264", frames: int = 60, rate: Fraction = Fraction(10)) -> Path:
    """Writes a clip whose pictures are all different, coded as the options of x264 or x265 say."""
    noise = random.Random(7).randbytes(1 << 16)
    options = "x264-params" if codec == "libx264" else "x265-params"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=rate, options={"preset": "ultrafast", options: coding})
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        for number in range(frames):
            frame = VideoFrame(128, 96, "yuv420p")
            frame.pts = number
            for plane in frame.planes:
                plane.update(noise[number * 97 :][: plane.buffer_size])
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
