"""One camera: opened, read and decoded in a thread of its own, and opened again whenever it breaks."""

import logging
import math
import random
import threading
import time
from collections.abc import Callable
from typing import Final

import av
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from pipeline.cameras.backlog import Backlog
from pipeline.cameras.camera_stats import FRAMES_TO_BE_ALIVE, CameraStats
from pipeline.cameras.connection import (
    CaptureError,
    Connection,
    open_source,
    open_timeout_s,
    reason_of,
    silence_allowed_s,
)
from pipeline.cameras.connection_turns import ConnectionTurns, retry_pause_s
from pipeline.cameras.decoding import KeyFrameDistance, PictureDecoder
from pipeline.cameras.pacing import FrameSchedule, Pacer
from pipeline.damage.judge import ClockJump
from pipeline.damage.stream_clock import StreamClock
from pipeline.files.settings import CameraSettings
from pipeline.files.source import Source
from pipeline.model import CapturedFrame

_LOG = logging.getLogger(__name__)

# So long must a connection last for the next failure to count as the first.
_STEADY_S: Final = 5.0

# A live camera may run so far ahead of its time stamps before it is held back.
_LIVE_SLACK_S: Final = 1.0

# Lost packets make a few broken pictures; so many in a row mean that this will not become video any more.
_BROKEN_FRAMES_MOST: Final = 200


class Capture(threading.Thread):
    """Reads one camera until told to stop, and hands on its pictures.

    All frames are read, so that it is known whether the camera lives and how fast it is; decoded are only those that must be.
    A daemon thread: while the library opens or reads a connection nothing can interrupt it, and it must not keep the program.
    """

    def __init__(
        self,
        source: Source,
        settings: CameraSettings,
        stats: CameraStats,
        take: Callable[[CapturedFrame], None],
        turns: ConnectionTurns,
    ) -> None:
        """Takes what to read, and where to put what was read.

        Args:
            source: The camera, or the file that plays one.
            settings: How it is treated.
            stats: Told of every frame and of every failure.
            take: Called in this thread with each picture that is due. It must return soon, because the camera waits for it;
                what it raises is logged and counted.
            turns: Says when it may be opened, for all cameras together.
        """
        super().__init__(name=f"capture {source.camera_id}", daemon=True)
        self._source = source
        self._settings = settings
        self._stats = stats
        self._take = take
        self._turns = turns
        self._stop_asked = threading.Event()
        self._dice = random.Random()  # noqa: S311 - spreads retries, guards no secret
        self._pacer = Pacer()
        self._schedule = FrameSchedule()
        self._key_frames = KeyFrameDistance()
        self._failures = 0
        self._frames = 0
        self._first_s = 0.0
        self._interval_s: float | None = None
        self._broken = 0
        self._sent = 0
        self._number = 0
        self._taken_well = True

    def stop(self) -> None:
        """Asks the thread to end. It hands nothing on any more, and ends as soon as the library lets it: ``join`` waits."""
        self._stop_asked.set()

    def treat(self, settings: CameraSettings) -> None:
        """Treats the camera, and judges it, by these settings from now on; the time-outs of a connection stay as they are."""
        self._settings = settings
        self._stats.treat(settings)

    def run(self) -> None:
        """Opens the camera again and again; a file that was played to its end begins anew at once."""
        while not self._stop_asked.is_set():
            # Not waited for where the error is at hand: it holds the connection with all its buffers.
            self._stop_asked.wait(self._attempt())

    def _attempt(self) -> float:
        """Plays the camera until it fails; returns how long to wait then."""
        began_s = time.monotonic()
        self._frames = self._broken = 0
        try:
            self._play()
        except Exception as error:  # noqa: BLE001 - whatever the library raises, this camera alone has failed
            spent_s = time.monotonic() - began_s
            self._failures = 1 if self._frames and spent_s >= _STEADY_S else self._failures + 1
            self._stats.failed(reason_of(error), lost=self._frames >= FRAMES_TO_BE_ALIVE)
            return retry_pause_s(self._failures, spent_s, self._dice)
        self._failures = 0
        return 0.0

    def _play(self) -> None:
        if self._source.type == "file":
            connection = self._open()
        else:
            with self._turns.turn(self._stop_asked):
                if self._stop_asked.is_set():
                    return
                connection = self._open()
            # Without times there is nothing to hold a camera to.
            self._pacer = Pacer(slack_s=_LIVE_SLACK_S if connection.is_timed else math.inf)
        with connection:
            ended = self._read(connection)
        if ended and self._source.type != "file":
            raise CaptureError("the camera ended the stream")

    def _open(self) -> Connection:
        limit_s = self._settings.not_reachable_after_s
        return open_source(
            self._source, open_timeout_s(limit_s, self._interval_s, self._failures), silence_allowed_s(limit_s)
        )

    def _read(self, connection: Connection) -> bool:
        """Reads until told to stop, or to the end of what there is; tells whether it was the latter."""
        decoder = PictureDecoder(connection.stream, self._key_frames)
        backlog = None if self._source.type == "file" else Backlog()
        clock = StreamClock()
        decoded = pictures = 0
        while not self._stop_asked.is_set():
            asked_s = time.monotonic()
            packet = connection.read()
            if packet is None:
                if not self._frames or (decoded and not pictures):
                    raise CaptureError("no picture in the file")
                return True
            if packet.size and self._stop_asked.wait(self._pacing_delay_s(packet, backlog)):
                break
            now_s, delay_s = time.monotonic(), self._settings.frame_delay_s
            self._compare_clocks(clock, packet, now_s)
            if backlog and packet.size and backlog.leaves_out(now_s, now_s - asked_s, key_frame=packet.is_keyframe):
                decoder.leave_out()
                self._stats.left_out()
                self._seen(now_s)
                continue
            due = self._schedule.is_due(now_s, delay_s)
            if not decoder.wants(packet, now_s, delay_s, due=due):
                self._seen(now_s)
                continue
            found = self._decode(decoder, packet, delay_s)
            decoded += 1
            pictures += len(found)
            for picture in found:
                self._hand_on(picture, delay_s)
        return False

    def _compare_clocks(self, clock: StreamClock, packet: "Packet[VideoStream]", now_s: float) -> None:
        # The clock of a file is our own; it jumps with each loop.
        if self._source.type != "file" and (by_s := clock.jump_s(_time_stamp(packet), now_s)) is not None:
            self._stats.clock_jumped(ClockJump(now_s, by_s))

    def _pacing_delay_s(self, packet: "Packet[VideoStream]", backlog: Backlog | None) -> float:
        stamp_s, now_s = _time_stamp(packet), time.monotonic()
        return self._pacer.delay_s(stamp_s, now_s, 0.0 if backlog is None else backlog.came(stamp_s, now_s))

    def _decode(self, decoder: PictureDecoder, packet: "Packet[VideoStream]", delay_s: float) -> list[VideoFrame]:
        """Decodes a frame, which may bring out none, or others than this one."""
        began_s = time.monotonic()
        try:
            pictures = decoder.pictures(packet, delay_s)
        except av.InvalidDataError:
            self._broken += 1
            self._stats.broken_frame()
            if self._broken > _BROKEN_FRAMES_MOST:
                raise
            return []
        now_s = time.monotonic()
        if packet.size:
            self._seen(now_s)
        if pictures:
            self._broken = 0
            gaps = sum(picture.is_corrupt for picture in pictures)
            self._stats.decoded(now_s - began_s, gaps=gaps)
        return pictures

    def _seen(self, now_s: float) -> None:
        if not self._frames:
            self._first_s = now_s
        self._frames += 1
        self._sent = self._stats.frame(now_s)
        if self._frames >= FRAMES_TO_BE_ALIVE:
            self._interval_s = (now_s - self._first_s) / (self._frames - 1)

    def _hand_on(self, picture: VideoFrame, delay_s: float) -> None:
        now_s = time.monotonic()
        # At the end of a file several pictures come out of one frame.
        self._number = max(self._number + 1, self._sent)
        if self._stop_asked.is_set() or not self._schedule.is_due(now_s, delay_s):
            return
        self._schedule.done(now_s, delay_s)
        frame = CapturedFrame(
            camera_id=self._source.camera_id,
            number=self._number,
            picture=picture,
            decoded_at_s=now_s,
            seen_at_s=time.time(),
        )
        try:
            self._take(frame)
        except Exception:  # noqa: BLE001 - whatever it is, the camera goes on
            self._stats.take_failed()
            if self._taken_well:
                _LOG.exception("camera=%s frame %d was not taken", frame.camera_id, frame.number)
            self._taken_well = False
        else:
            self._taken_well = True


def _time_stamp(packet: "Packet[VideoStream]") -> float | None:
    """When the frame is to be decoded, by the clock of the stream: unlike the time to show it, it never goes back."""
    stamp = packet.pts if packet.dts is None else packet.dts
    return None if stamp is None else float(stamp * packet.time_base)
