"""Tells, in the log and to Kafka, what becomes of the cameras."""

import logging
from dataclasses import dataclass
from typing import Final

from pipeline.cameras.camera_stats import CameraSnapshot, CameraState
from pipeline.damage.judge import Damage, DamageReason
from pipeline.messages.messenger import Messenger
from pipeline.stream import Stream

_LOG = logging.getLogger(__name__)


# Judging takes part of a millisecond for 24 cameras; nobody needs to know sooner.
_JUDGED_EVERY_S: Final = 1.0


@dataclass(frozen=True)
class _Told:
    """What was last said of a camera."""

    state: CameraState = CameraState.CONNECTING
    reason: str = ""
    losses: int = 0
    said_s: float = 0.0
    damage: DamageReason | None = None
    judged_s: float = 0.0


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
        if judges := now_s - told.judged_s >= _JUDGED_EVERY_S:
            stream.judge_damage(seen, now_s)
        judged_s = now_s if judges else told.judged_s
        damage = stream.damage
        reason = None if damage is None else damage.reason
        is_new = (seen.state, seen.reason, reason) != (told.state, told.reason, told.damage)
        _log(stream.source.camera_id, told, seen, damage)
        if is_new or stream.camera.alive_report_due(now_s, told.said_s):
            self._messenger.camera_state(stream.device_id, seen.state.value, _reason(seen), seen.fps, damage)
            return _Told(seen.state, seen.reason, seen.losses, now_s, reason, judged_s)
        return _Told(told.state, told.reason, seen.losses, told.said_s, told.damage, judged_s)


def _log(camera_id: str, told: _Told, seen: CameraSnapshot, damage: Damage | None) -> None:
    """Logs what is new, in the order in which it must have happened."""
    if seen.state is CameraState.ALIVE and told.state is not CameraState.ALIVE:
        _LOG.info("camera=%s alive", camera_id)
    if seen.losses != told.losses:
        _LOG.warning("camera=%s connection lost: %s", camera_id, seen.last_loss)
    if seen.state is CameraState.SLOW and told.state is not CameraState.SLOW:
        _LOG.warning("camera=%s slow: %s", camera_id, seen.reason)
    if seen.state is CameraState.NOT_REACHABLE and (seen.state, seen.reason) != (told.state, told.reason):
        _LOG.warning("camera=%s not-reachable: %s", camera_id, _reason(seen))
    if damage is not None and damage.reason is not told.damage:
        _LOG.warning("camera=%s degraded: %s: %s", camera_id, damage.reason.value, damage.message)
    if damage is None and told.damage is not None and seen.state is not CameraState.NOT_REACHABLE:
        _LOG.info("camera=%s not degraded any more", camera_id)


def _reason(seen: CameraSnapshot) -> str:
    return seen.reason or ("no frames" if seen.state is CameraState.NOT_REACHABLE else "")
