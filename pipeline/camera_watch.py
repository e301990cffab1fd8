"""Tells, in the log and to Kafka, what becomes of the cameras."""

import logging
from dataclasses import dataclass

from pipeline.cameras.camera_stats import CameraSnapshot, CameraState
from pipeline.messages.messenger import Messenger
from pipeline.stream import Stream

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Told:
    """What was last said of a camera."""

    state: CameraState = CameraState.CONNECTING
    reason: str = ""
    losses: int = 0
    said_s: float = 0.0


class CameraWatch:
    """Looks at the cameras whenever it is asked to, and says what is new."""

    def __init__(self, messenger: Messenger) -> None:
        self._messenger = messenger
        self._told: dict[Stream, _Told] = {}

    def look(self, streams: list[Stream], now_s: float) -> None:
        """Says what has changed since the last look, and again and again that a camera is alive."""
        self._told = {stream: self._look_at(stream, self._told.get(stream, _Told()), now_s) for stream in streams}

    def _look_at(self, stream: Stream, told: _Told, now_s: float) -> _Told:
        seen = stream.camera.snapshot(now_s)
        is_new = (seen.state, seen.reason) != (told.state, told.reason)
        _log(stream.source.camera_id, told, seen)
        if is_new or stream.camera.alive_report_due(now_s, told.said_s):
            self._messenger.camera_state(stream.device_id, seen.state.value, _reason(seen), seen.fps)
            return _Told(seen.state, seen.reason, seen.losses, now_s)
        return _Told(told.state, told.reason, seen.losses, told.said_s)


def _log(camera_id: str, told: _Told, seen: CameraSnapshot) -> None:
    """Logs what is new, in the order in which it must have happened."""
    if seen.state is CameraState.ALIVE and told.state is not CameraState.ALIVE:
        _LOG.info("camera=%s alive", camera_id)
    if seen.losses != told.losses:
        _LOG.warning("camera=%s connection lost: %s", camera_id, seen.last_loss)
    if seen.state is CameraState.SLOW and told.state is not CameraState.SLOW:
        _LOG.warning("camera=%s slow: %s", camera_id, seen.reason)
    if seen.state is CameraState.NOT_REACHABLE and (seen.state, seen.reason) != (told.state, told.reason):
        _LOG.warning("camera=%s not-reachable: %s", camera_id, _reason(seen))


def _reason(seen: CameraSnapshot) -> str:
    return seen.reason or ("no frames" if seen.state is CameraState.NOT_REACHABLE else "")
