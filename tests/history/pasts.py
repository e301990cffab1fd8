"""Short forms of what is remembered of cameras."""

from controller.history.camera_changes import Condition, Rollout
from crds.change import ChangeClass

READY = "FramesProcessed"


def conditions(*said: tuple[int, str]) -> list[Condition]:
    """Conditions by their seconds and reasons: `FramesProcessed` is True, `NodeLost` and `InstanceOutdated` Unknown, all else False."""
    return [Condition(seconds * 1000, status_of(reason), reason, "") for seconds, reason in said]


def status_of(reason: str) -> str:
    if reason == READY:
        return "True"
    return "Unknown" if reason in ("NodeLost", "InstanceOutdated") else "False"


def rollout(
    published: int,
    applied: int | None,
    generation: int = 2,
    change_class: ChangeClass = ChangeClass.RESTART,
    instance: str = "door",
) -> Rollout:
    """A generation of node gate, by the seconds when it was published and applied."""
    applied_ms = None if applied is None else applied * 1000
    return Rollout(instance, "gate", 1, generation, change_class, published * 1000, applied_ms)
