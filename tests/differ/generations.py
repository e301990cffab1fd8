"""Generations for tests, made from short manifests by the controller's own planner and renderer."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from controller.planner.planner import plan
from crds.annotations import HOLD
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig
from tests.planner.short_manifests import node_id, revision

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FLEET = "test"
NODE = node_id("gate")
OTHER_NODE = node_id("elsewhere")

Instances = Mapping[str, Mapping[str, Any] | None]


def rendered(instances: Instances, cameras: Instances | None = None) -> tuple[InstanceConfig, ...]:
    """The instances as an agent gets them, from the specs of their manifests; cameras that are not given have defaults.

    `held` in a spec says why a person holds it.
    """
    short: dict[str, Mapping[str, Any] | None] = {"node/gate": None}
    for name, given in instances.items():
        spec = dict(given or {})
        spec["app"] = {"kind": "reference", **spec.get("app", {})}
        if "held" in spec:
            spec["annotations"] = {HOLD: spec.pop("held")}
        short[f"dsinstance/{name}"] = {"node": "gate", **spec}
        short.update({f"camera/{camera}": None for camera in spec.get("cameras", ())})
    short.update({f"camera/{name}": spec for name, spec in (cameras or {}).items()})
    return plan(revision(short), {}).nodes[NODE].instances


def instance(name: str = "yard", with_cameras: Instances | None = None, **spec: Any) -> InstanceConfig:
    """One instance, from its spec and those of its cameras that are to differ from the default."""
    return rendered({name: spec}, with_cameras)[0]


def generation(
    configs: Iterable[InstanceConfig],
    number: int = 1,
    *,
    epoch: int = 1,
    removed: Iterable[str] = (),
    cameras_removed: Iterable[str] | None = None,
    approved: bool = False,
    node: str = NODE,
    fleet: str = FLEET,
    expires_at: datetime | None = None,
) -> AgentConfig:
    """A generation of these instances; none of them is a drain."""
    ordered = tuple(sorted(configs, key=lambda one: one.instance_name))
    names = tuple(removed)
    return AgentConfig.model_validate(
        {
            "fleet_id": fleet,
            "node_id": UUID(node),
            "hostname": "gate",
            "epoch": epoch,
            "generation": number,
            "digest": AgentConfig.content_digest(ordered),
            "revision": f"sha256:{number}",
            "issued_at": NOW,
            "expires_at": expires_at,
            "drain": not ordered,
            "removals": {
                "count": len(names),
                "approved": approved,
                "instances": names,
                "cameras": None if cameras_removed is None else tuple(cameras_removed),
            },
            "node_config_list": ordered,
        }
    )
