"""What the HTTP port shows of the streams and does with them."""

import logging
import threading
import time
from dataclasses import replace
from typing import Final

from pipeline.alert_frames.store import AlertFrames, KeptFrame
from pipeline.files.rules import AnalyticsRules
from pipeline.files.source import source_of_url
from pipeline.messages.delivery import Delivery
from pipeline.messages.messenger import Messenger
from pipeline.model import FrameResult, ModelIdentity
from pipeline.rest.control import BAD_REQUEST, OK, SERVER_ERROR, StreamView, Verdict
from pipeline.stream import Stream
from pipeline.streams import StreamError, Streams

_LOG = logging.getLogger(__name__)

# As long as some camera's frames get their results the analysis moves; the agent asks every second or so.
_STILL_S: Final = 30.0


class RemoteControl:
    """Implements ``pipeline.rest.control.Control``.

    Attributes:
        ready: To be set when all that was to be started runs.
    """

    def __init__(self, streams: Streams, messenger: Messenger, model: ModelIdentity, alert_frames: AlertFrames) -> None:
        self.ready = threading.Event()
        self._streams = streams
        self._messenger = messenger
        self._model = model
        self._alert_frames = alert_frames

    def is_ready(self) -> bool:
        """Whether all that was to be started runs."""
        return self.ready.is_set()

    def is_live(self) -> bool:
        """Whether the analysis still moves."""
        return self.is_ready() and self._streams.slots.longest_wait_s(time.monotonic()) < _STILL_S

    def streams(self) -> tuple[StreamView, ...]:
        """All streams, by number."""
        now_s = time.monotonic()
        return tuple(self._view(stream, now_s) for stream in self._streams.all())

    def model(self) -> ModelIdentity:
        """What finds objects in the pictures."""
        return self._model

    def delivery(self) -> Delivery:
        """How the messages fare."""
        return self._messenger.delivery()

    def add(self, camera_id: str, camera_name: str, camera_url: str) -> Verdict:
        """Adds a camera."""
        try:
            source = source_of_url(camera_id, camera_url)
        except ValueError as error:
            return Verdict(BAD_REQUEST, f"STREAM_ADD_FAIL, Source url {error}")
        try:
            stream = self._streams.add(source, camera_name)
        except StreamError as error:
            return Verdict(SERVER_ERROR, f"STREAM_ADD_FAIL, {error}")
        _LOG.info("camera=%s added as stream %d", camera_id, stream.source_id)
        return Verdict(OK, "STREAM_ADD_SUCCESS")

    def remove(self, camera_id: str, camera_url: str) -> Verdict:
        """Removes the camera with this id and this very URL."""
        try:
            self._streams.remove(camera_id, camera_url)
        except StreamError as error:
            return Verdict(SERVER_ERROR, f"STREAM_REMOVE_FAIL, {error}")
        _LOG.info("camera=%s removed", camera_id)
        return Verdict(OK, "STREAM_REMOVE_SUCCESS")

    def reload_analytics(self) -> Verdict:
        """Reads lines, regions and limits again; when a file is wrong, what was in force stays so."""
        try:
            self._streams.reload()
        except StreamError as error:
            _LOG.error("lines and regions stay as they were: %s", error)
            return Verdict(SERVER_ERROR, f"RELOAD_CONFIG_UPDATE_FAIL, {error}")
        _LOG.info("lines and regions of %d streams read again; counts begin anew", len(self._streams.rules.streams))
        return Verdict(OK, "RELOAD_CONFIG_UPDATE_SUCCESS")

    def last_result(self, camera_id: str) -> FrameResult | None:
        """The last analysed frame of a camera."""
        stream = self._streams.find(camera_id)
        return None if stream is None else stream.last_result

    def alert_frames(self, camera_id: str) -> tuple[str, ...]:
        """The alerts of a camera of which frames are kept."""
        return self._alert_frames.ids(camera_id)

    def alert_frame(self, camera_id: str, alert_id: str) -> KeptFrame | None:
        """The frame of an alert of a camera that is watched."""
        stream = self._streams.find(camera_id)
        kept = None if stream is None else self._alert_frames.find(camera_id, alert_id)
        if stream is None or kept is None:
            return None
        # Another run may have given the number that the stream had to another camera, with other lines and regions.
        return replace(kept, result=replace(kept.result, source_id=stream.source_id))

    def rules(self) -> AnalyticsRules:
        """The lines and regions in force."""
        return self._streams.rules

    def _view(self, stream: Stream, now_s: float) -> StreamView:
        camera, analysis = stream.camera.snapshot(now_s), stream.analysis.snapshot(now_s)
        waiting, replaced = self._streams.slots.counts(stream.source.camera_id)
        result, picture = stream.last_result, stream.picture.seen
        return StreamView(
            source_id=stream.source_id,
            camera_id=stream.source.camera_id,
            camera_name=stream.name,
            state=camera.state.value,
            reason=camera.reason,
            fps=camera.fps,
            frame_number=stream.frames_passed(camera, stuck=analysis.stuck),
            latency_ms=analysis.latency_ms,
            latency_p95_ms=analysis.latency_p95_ms,
            last_frame_age_s=camera.last_frame_age_s,
            decode_ms=camera.decode_ms,
            decode_errors=camera.decode_errors,
            connections_lost=camera.losses,
            frames_waiting=waiting,
            frames_left_out=camera.left_out,
            frames_not_taken=camera.take_errors,
            frames_replaced=replaced,
            frames_unchanged=analysis.unchanged,
            frames_analysed=analysis.analysed,
            frames_failed=analysis.failed,
            analysed_fps=analysis.fps,
            objects=len(result.objects) if result else 0,
            lines_cumulative=result.counts.lines_cumulative if result else {},
            regions=result.counts.regions if result else {},
            alerts=stream.alerts.newest(),
            damage=stream.damage,
            width=picture.width if picture else 0,
            height=picture.height if picture else 0,
        )
