"""Proof by frames: what the answers of an app say about the progress of its cameras."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from nodeagent.model import Observed, Probe, StreamStats


@dataclass(frozen=True)
class CameraProgress:
    """How far one camera of one running app got."""

    frame_number: int
    fps: float
    advanced_at: datetime | None = None
    """When the agent itself last saw the number grow; None until it did."""
    reason: str = ""
    """Why the app has no frames of it, if it says so."""


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


def after_probe(progress: AppProgress | None, probe: Probe) -> AppProgress:
    """The progress after one more look. Another runtime starts from nothing: its numbers start from nothing too."""
    if progress is None or progress.runtime_id != probe.runtime_id:
        progress = AppProgress(probe.runtime_id, probe.at)
    was_ready = progress.was_ready or probe.ready
    until_ready = progress.looks_until_ready + (not was_ready)
    if not probe.answered:
        silent = progress.silent_looks + 1
        return replace(progress, message=probe.message, looks_until_ready=until_ready, silent_looks=silent)
    before = progress.cameras or {}
    cameras = {one.camera_id: _advance(before.get(one.camera_id), one, probe.at) for one in probe.streams}
    moves = not probe.ready or any(one.advanced_at == probe.at for one in cameras.values())
    return replace(
        progress,
        answered_at=probe.at,
        ready=probe.ready,
        message="",
        cameras=cameras,
        looks_until_ready=until_ready,
        was_ready=was_ready,
        silent_looks=0,
        still_looks=0 if moves else progress.still_looks + 1,
    )


def _advance(before: CameraProgress | None, stats: StreamStats, at: datetime) -> CameraProgress:
    if before is None or stats.frame_number < before.frame_number:
        # Numbers that fall are those of an app that began anew: what was seen before proves nothing about it.
        return CameraProgress(stats.frame_number, stats.fps, None, stats.reason)
    advanced_at = at if stats.frame_number > before.frame_number else before.advanced_at
    return CameraProgress(stats.frame_number, stats.fps, advanced_at, stats.reason)
