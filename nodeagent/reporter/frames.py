"""Proof by frames: what the answers of an app say about the progress of its cameras."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from crds.camera_status import AlertStatus
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from nodeagent.model import Observed, Pictures, Probe, StreamStats

_UNEVEN_S = 0.8
"""A camera that has missed no more than the frames of so much time is as it was: neither cameras nor busy machines are even."""
_NEWEST = 0.25
"""What the newest look counts for, of the rate at which frames come."""


@dataclass(frozen=True)
class CameraProgress:
    """How far one camera of one running app got."""

    frame_number: int
    fps: float
    advanced_at: datetime | None = None
    """When the agent itself last saw the number grow; None until it did."""
    reason: str = ""
    """Why the app has no frames of it, if it says so."""
    per_second: float = 0.0
    """New frames in a second, as the agent itself saw them lately; the app's own figure may be anything."""
    alerts: tuple[AlertStatus, ...] = ()
    """The newest alert of each rule that had one."""
    pictures: Pictures | None = None
    """What the app says of its pictures, if it looks at them."""


@dataclass(frozen=True)
class AppProgress:
    """What is known of one running app."""

    runtime_id: str
    first_probe_at: datetime
    answered_at: datetime | None = None
    ready: bool = False
    message: str = ""
    """Why it did not answer the last time."""
    cameras: Mapping[str, CameraProgress] | None = None
    """By camera id."""
    looks_until_ready: int = 0
    """Looks at an app that was not ready yet."""
    was_ready: bool = False
    """True since it was ready for the first time."""
    silent_looks: int = 0
    """Looks in a row that it did not answer."""
    still_looks: int = 0
    """Looks in a row, while it was ready, that no camera had a new frame in."""
    steady_looks: int = 0
    """Looks in a row at which it was ready and each camera had as many new frames as it had lately."""


def apps_to_probe(desired: AgentConfig | None, seen: Observed | None) -> dict[str, tuple[InstanceConfig, str]]:
    """The instances that run and can be asked, each with its runtime, by name."""
    if desired is None or seen is None:
        return {}
    return {
        config.instance_name: (config, there.runtime_id)
        for config in desired.node_config_list
        if config.app_kind.has_metrics
        and (there := seen.instances.get(config.instance_name)) is not None
        and there.running
    }


def after_probe(progress: AppProgress | None, probe: Probe, left_out: int = 0) -> AppProgress:
    """The progress after one more look. Another runtime starts from nothing: its numbers start from nothing too.

    Args:
        progress: what was known before.
        probe: what the app said.
        left_out: looks since the one before that were not made, see `pace.py`.
    """
    if progress is None or progress.runtime_id != probe.runtime_id:
        progress = AppProgress(probe.runtime_id, probe.at)
    was_ready = progress.was_ready or probe.ready
    until_ready = progress.looks_until_ready + (not was_ready)
    if not probe.answered:
        silent = progress.silent_looks + 1
        return replace(
            progress, message=probe.message, looks_until_ready=until_ready, silent_looks=silent, steady_looks=0
        )
    looks = 1 + left_out
    asked_before = progress.answered_at or probe.at
    seconds = (probe.at - asked_before).total_seconds()
    if seconds <= 0:  # the first look, or the clock was set back
        seconds = float(looks)
    before = progress.cameras or {}
    behind = [_behind(before.get(one.camera_id), one, seconds, alone=not left_out) for one in probe.streams]
    moving = [one for one in behind if one is not None]
    still = min(int(min(moving)), looks) if moving and left_out else 0 if moving else progress.still_looks + looks
    steady = probe.ready and len(moving) == len(behind) and all(one <= _UNEVEN_S for one in moving)
    cameras = {
        one.camera_id: _advance(before.get(one.camera_id), one, missing, probe.at, seconds, alone=not left_out)
        for one, missing in zip(probe.streams, behind, strict=True)
    }
    return replace(
        progress,
        answered_at=probe.at,
        ready=probe.ready,
        message="",
        cameras=cameras,
        looks_until_ready=until_ready,
        was_ready=was_ready,
        silent_looks=0,
        still_looks=still if probe.ready else 0,
        steady_looks=progress.steady_looks + 1 if steady else 0,
    )


def _behind(before: CameraProgress | None, stats: StreamStats, seconds: float, *, alone: bool) -> float | None:
    """For how many seconds it has had no new frames, if it had as many as lately until then.

    None when none of its frames is new. Numbers that fall are those of an app that began anew.

    Args:
        before: what was known of it.
        stats: what the app says.
        seconds: since the last answer.
        alone: whether no look was left out since.
    """
    if before is None or stats.frame_number <= before.frame_number:
        return None
    # A look falls between two frames: one more may have been on its way, which is much of a second and little of four.
    grown = stats.frame_number - before.frame_number + alone
    return max(0.0, seconds - grown / before.per_second) if before.per_second else 0.0


def _advance(
    before: CameraProgress | None,
    stats: StreamStats,
    behind: float | None,
    at: datetime,
    seconds: float,
    *,
    alone: bool,
) -> CameraProgress:
    if before is None or stats.frame_number < before.frame_number:
        # Numbers that fall are those of an app that began anew: what was seen before proves nothing about it.
        return CameraProgress(
            stats.frame_number, stats.fps, None, stats.reason, alerts=stats.alerts, pictures=stats.pictures
        )
    newest = (stats.frame_number - before.frame_number) / seconds
    per_second = before.per_second + _NEWEST * (newest - before.per_second) if before.per_second else newest
    if behind is None:
        advanced_at = before.advanced_at
    elif alone or behind <= _UNEVEN_S:
        advanced_at = at
    else:
        # It has stopped in between, or become slow; the next look, which is made, tells which.
        advanced_at = at - timedelta(seconds=behind)
    # Mostly those of the look before: equal ones are kept once.
    alerts = before.alerts if before.alerts == stats.alerts else stats.alerts
    return CameraProgress(stats.frame_number, stats.fps, advanced_at, stats.reason, per_second, alerts, stats.pictures)
