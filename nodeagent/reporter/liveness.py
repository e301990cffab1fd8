"""Which apps hang: they run, and restarting them is the only thing that can help.

What is counted are looks in a row, not seconds: neither a clock that is set nor a machine that slept makes an app hang.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from crds.app_kind import AppKind
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from nodeagent.model import Observed
from nodeagent.reporter.frames import AppProgress


@dataclass(frozen=True)
class LivenessRule:
    """When apps of one kind hang. Looks are a second apart, and two when the app does not answer."""

    looks_until_ready: int
    """Looks that it may take to be ready for the first time, for all that it loads and builds."""
    silent_looks: int
    """Looks in a row that it may leave without an answer after that."""
    still_looks: int
    """Looks in a row that may show no new frame of any camera, where it has no reason for that."""


RULES: Mapping[AppKind, LivenessRule] = MappingProxyType(
    {
        # It builds no engine; large ONNX models load in seconds, on a busy machine in a minute.
        AppKind.REFERENCE: LivenessRule(looks_until_ready=300, silent_looks=15, still_looks=30),
    }
)
"""Kinds that are not here tell nothing that a hang could be known by: nobody restarts them on a guess."""


def hung(desired: AgentConfig | None, seen: Observed | None, progress: Mapping[str, AppProgress]) -> dict[str, str]:
    """The instances whose app hangs, each with what shows that.

    Args:
        desired: the generation in force.
        seen: the newest look at the node.
        progress: how far each app got, by name of the instance.
    """
    if desired is None or seen is None:
        return {}
    found = {}
    for config in desired.node_config_list:
        name = config.instance_name
        there, got = seen.instances.get(name), progress.get(name)
        if there is not None and there.running and got is not None and got.runtime_id == there.runtime_id:
            why = why_hung(config, got)
            if why:
                found[name] = why
    return found


def why_hung(config: InstanceConfig, progress: AppProgress) -> str:
    """What shows that an app hangs; empty while nothing does.

    A camera that the app has a reason for, such as a refused connection, is a dead camera: that never restarts its app. Nor does
    one that is still while others move.
    """
    rule = RULES.get(config.app_kind)
    if rule is None:
        return ""
    if not progress.was_ready:
        late = progress.looks_until_ready > rule.looks_until_ready
        return f"the app was not ready in {progress.looks_until_ready} looks since it started" if late else ""
    if progress.silent_looks > rule.silent_looks:
        return f"the app did not answer {progress.silent_looks} times in a row: {progress.message}"
    if progress.silent_looks:
        return ""
    seen = progress.cameras or {}
    patience = [
        max(rule.still_looks, round(camera.limits.not_reachable_after_seconds))
        for camera in config.cameras
        if camera.camera_id in seen and not seen[camera.camera_id].reason
    ]
    if patience and progress.still_looks > max(patience):
        return f"no camera had a new frame in {progress.still_looks} looks, and the app has no reason for it"
    return ""
