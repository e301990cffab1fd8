"""When cameras were blind, what for, and for how long changes of instances made them so. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import median
from typing import Final, NamedTuple

from controller.history.camera_changes import Condition, Rollout
from crds.change import ChangeClass

LATEST_CHANGES: Final = 5
"""Of one class of one instance: what is expected of the next one is what these took."""
_READY: Final = "True"
_OUTDATED: Final = "InstanceOutdated"
"""Something else was published, and what ran until then still runs: nobody says so anew, and the camera is watched."""
_OF_THE_INSTANCE: Final = frozenset(
    {
        "InstanceNotRunning",
        "NotInApp",
        "NotObserved",
        "NotPublished",
        "NotWatched",
        "WaitingForApp",
        "WaitingForFrames",
        _OUTDATED,
    }
)
"""Reasons that a change of its instance gives a camera. One that is dark for another reason is not dark for the change."""
_SLACK_MS: Final = 1000
"""A look at the fleet tells of all that came since the one before."""


class Blind(NamedTuple):
    """A time between two in which a camera was seen to be processed."""

    from_ms: int
    to_ms: int | None
    """None while it lasts."""
    reason: str
    """Of its condition, when it began."""
    rollout: Rollout | None = None
    """The generation that made it so."""

    @property
    def cause(self) -> str:
        """For people."""
        return str(self.rollout) if self.rollout is not None else self.reason


def blind_times(conditions: Iterable[Condition], rollouts: Iterable[Rollout] = ()) -> tuple[Blind, ...]:
    """When a camera was blind, oldest first: from the end of being Ready until it was so again.

    Args:
        conditions: of the camera, oldest first.
        rollouts: of the instances that watch it, in any order.
    """
    by_age = sorted(rollouts, key=lambda one: (one.published_ms, one.epoch, one.generation))
    found: list[Blind] = []
    was_ready, began = False, None
    for one in conditions:
        if one.status == _READY:
            if began is not None:
                found.append(_blind(began, one.at_ms, by_age))
            was_ready, began = True, None
        elif was_ready and began is None and one.reason != _OUTDATED:
            began = one
    return (*found, _blind(began, None, by_age)) if began is not None else tuple(found)


def _blind(began: Condition, to_ms: int | None, rollouts: Sequence[Rollout]) -> Blind:
    # A clock that was set back ends nothing before it began.
    ended = None if to_ms is None else max(to_ms, began.at_ms)
    fitting = (one for one in rollouts if began.reason in _OF_THE_INSTANCE and _is_under_way(one, began.at_ms))
    return Blind(began.at_ms, ended, began.reason, max(fitting, key=lambda one: one.published_ms, default=None))


def _is_under_way(rollout: Rollout, at_ms: int) -> bool:
    applied = rollout.applied_ms
    return rollout.published_ms <= at_ms + _SLACK_MS and (applied is None or at_ms <= applied + _SLACK_MS)


def measured_blind_seconds(
    conditions: Mapping[str, Sequence[Condition]],
    rollouts: Mapping[str, Sequence[Rollout]],
    cameras: Mapping[str, Collection[str]],
) -> Mapping[tuple[str, ChangeClass], float]:
    """For how long the cameras of instances were blind by the latest changes of each class: the median of all of them.

    Args:
        conditions: of cameras, by name, oldest first.
        rollouts: of instances, by name.
        cameras: which each instance watches, by its name.

    Returns:
        Seconds by instance and change class; of what was never seen there is nothing.
    """
    found: dict[tuple[str, ChangeClass], dict[tuple[int, int, int], list[float]]] = {}
    for instance, watched in cameras.items():
        for camera in watched:
            for blind in blind_times(conditions.get(camera, ()), rollouts.get(instance, ())):
                if blind.rollout is not None and blind.to_ms is not None:
                    one = blind.rollout
                    by_rollout = found.setdefault((instance, one.change_class), {})
                    order = (one.published_ms, one.epoch, one.generation)
                    by_rollout.setdefault(order, []).append((blind.to_ms - blind.from_ms) / 1000)
    return {key: median(_of_the_latest(by_rollout)) for key, by_rollout in found.items()}


def _of_the_latest(by_rollout: Mapping[tuple[int, int, int], Sequence[float]]) -> list[float]:
    return [seconds for order in sorted(by_rollout)[-LATEST_CHANGES:] for seconds in by_rollout[order]]
