"""What is remembered of cameras: when their Ready condition became another, and the generations that touched who watches them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from controller.differing import differing
from controller.picture.conditions import Document
from controller.picture.difference import Difference
from controller.planner.changes import change_of
from crds.change import ChangeClass
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig

LONGEST_MESSAGE: Final = 200
"""Characters that are kept of a message."""
_LONGEST_REASON: Final = 64
_READY: Final = "Ready"


class Condition(NamedTuple):
    """What the Ready condition of a camera became."""

    at_ms: int
    """Since 1970, by the clock of the controller."""
    status: str
    """True, False or Unknown."""
    reason: str
    message: str

    def says_the_same(self, other: "Condition") -> bool:
        """Whether it is no change from the other: messages tell of seconds that go by."""
        return (self.status, self.reason) == (other.status, other.reason)


class CameraChange(NamedTuple):
    """Another Ready condition of one camera."""

    camera: str
    before: Condition | None
    """What was shown until then; None for a camera that was not shown, or is gone."""
    after: Condition | None
    """None for one that is gone."""


class Applied(NamedTuple):
    """A node has applied a generation: every instance of it was seen running."""

    node: str
    epoch: int
    generation: int
    at_ms: int


class Rollout(NamedTuple):
    """A generation of a node, as far as it changed one instance."""

    instance: str
    node: str
    epoch: int
    generation: int
    change_class: ChangeClass
    published_ms: int
    applied_ms: int | None = None
    """None until its node has applied it, or a later one."""

    def __str__(self) -> str:
        """For people."""
        return f"generation {self.generation} of {self.node} ({self.change_class})"


def ms_of(at: datetime) -> int:
    """Milliseconds since 1970."""
    return int(at.timestamp() * 1000)


def camera_changes(differences: Iterable[Difference], now: datetime) -> Iterator[CameraChange]:
    """The cameras whose Ready condition became another, that came, or that went.

    Args:
        differences: between two looks at the fleet.
        now: the time of the second, UTC.
    """
    for (kind, name), old, new in differences:
        if kind != "Camera":
            continue
        was, now_is = _ready(old), _ready(new)
        if new is None:
            yield CameraChange(name, None, None)
        elif now_is is not None and (was is None or _differs(was, now_is)):
            # An object that was not looked at before knows better since when it is so.
            at_ms = None if was is None else ms_of(now)
            before = None if was is None else condition_of(was)
            yield CameraChange(name, before, condition_of(now_is, at_ms))


def applied_by_nodes(differences: Iterable[Difference], now: datetime) -> Iterator[Applied]:
    """The generations that nodes say now that they have applied."""
    for (kind, name), old, new in differences:
        if kind == "Node" and new is not None:
            after = (new["status"].get("generation") or {}).get("applied")
            before = (old["status"].get("generation") or {}).get("applied") if old is not None else None
            if after is not None and after != before:
                yield Applied(name, after["epoch"], after["generation"], ms_of(now))


def rollouts_between(
    before: Mapping[str, AgentConfig], after: Mapping[str, AgentConfig], names: Mapping[str, str]
) -> tuple[Rollout, ...]:
    """The generations that were published meanwhile, for each instance that they changed, but for what touches nothing.

    Args:
        before: the newest records then, by node id.
        after: the newest records now.
        names: of the nodes, by their ids; one without a name is passed by.
    """
    return tuple(
        Rollout(name, names[node_id], config.epoch, config.generation, found, ms_of(config.issued_at))
        for node_id in sorted(differing(before, after))
        if (config := after.get(node_id)) is not None and node_id in names
        for name, found in _changed(before.get(node_id), config, names)
    )


def _changed(
    before: AgentConfig | None, after: AgentConfig, names: Mapping[str, str]
) -> Iterator[tuple[str, ChangeClass]]:
    node_id = str(after.node_id)
    known: dict[str, InstanceConfig] = {one.instance_name: one for one in before.node_config_list} if before else {}
    for config in after.node_config_list:
        old = known.get(config.instance_name)
        if old is config:
            continue
        change = change_of(config.name, None if old is None else (node_id, old), (node_id, config), names)
        if change is not None and change.change_class is not ChangeClass.NONE:
            yield config.name, change.change_class


def _ready(document: Document | None) -> Mapping[str, Any] | None:
    found = document["status"].get("conditions", ()) if document is not None else ()
    return next((one for one in found if one["type"] == _READY), None)


def _differs(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return bool(before["status"] != after["status"] or before["reason"] != after["reason"])


def condition_of(said: Mapping[str, Any], at_ms: int | None = None) -> Condition:
    """A condition as documents show it, as it is kept.

    Args:
        said: the condition.
        at_ms: when it became so; None for when its status did.
    """
    if at_ms is None:
        at_ms = ms_of(datetime.fromisoformat(said["lastTransitionTime"]))
    return Condition(at_ms, said["status"], said["reason"][:_LONGEST_REASON], said["message"][:LONGEST_MESSAGE])
