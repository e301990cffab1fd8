"""Small fleets for tests: manifests, what was published of them, and what agents say."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.model import FleetPlan, NodeState, Previous, Revision
from controller.observed import Fleet, ObservedNode, Pulse
from controller.picture.conditions import Document
from controller.picture.difference import Difference
from controller.picture.documents import LiveDocuments
from controller.picture.store import ObjectStore
from controller.render.instance import render_instance
from controller.status.fold import AgentMessage, fold
from crds.camera import Camera
from crds.camera_status import CameraStatus
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig, AgentInfo, AgentResponse, GenerationRef, InstanceState, InstanceStatus, Removals
from crds.node import Node

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
FLEET_ID = "test"
KEY = "ab" * 32


def node_id(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-{number:012x}"


def camera(name: str, **spec: Any) -> Camera:
    return Camera.model_validate(
        {
            "apiVersion": "dsfleet.io/v1",
            "kind": "Camera",
            "metadata": {"name": name, "labels": {"site": name.split("-", maxsplit=1)[0]}},
            "spec": {"address": f"rtsp://10.0.0.9/{name}", **spec},
        }
    )


def instance(name: str, node: str, cameras: tuple[str, ...]) -> DsInstance:
    return DsInstance.model_validate(
        {
            "apiVersion": "dsfleet.io/v1",
            "kind": "DsInstance",
            "metadata": {"name": name},
            "spec": {"image": "retinaface:1", "app": {"kind": "reference"}, "node": node, "cameras": cameras},
        }
    )


def node(name: str, number: int, **spec: Any) -> Node:
    return Node.model_validate(
        {
            "apiVersion": "dsfleet.io/v1",
            "kind": "Node",
            "metadata": {"name": name},
            "spec": {"nodeId": node_id(number), "hostname": f"host-{number}", **spec},
        }
    )


def revision(*objects: Camera | DsInstance | Node) -> Revision:
    return Revision(
        "sha256:1",
        cameras=tuple(one for one in objects if isinstance(one, Camera)),
        instances=tuple(one for one in objects if isinstance(one, DsInstance)),
        nodes=tuple(one for one in objects if isinstance(one, Node)),
    )


def configs(of: Revision) -> dict[str, tuple[InstanceConfig, ...]]:
    """The resolved instances by node id, each on the node that it names."""
    found: dict[str, tuple[InstanceConfig, ...]] = {one.node_id: () for one in of.nodes}
    for one in of.instances:
        home = of.node_by_name[str(one.spec.node)].node_id
        found[home] = (*found[home], render_instance(one, of.cameras_of(one), 21000))
    return found


def plan(of: Revision) -> FleetPlan:
    names = of.node_by_id
    states = {
        home: NodeState(home, names[home].name, names[home].spec.hostname, some) for home, some in configs(of).items()
    }
    return FleetPlan(of.id, states, (), ())


def published(of: Revision, generation: int = 7) -> dict[str, AgentConfig]:
    return {
        home: AgentConfig(
            fleet_id=FLEET_ID,
            node_id=home,
            hostname="host",
            epoch=2,
            generation=generation,
            digest=AgentConfig.content_digest(some),
            revision=of.id,
            issued_at=NOW,
            drain=not some,
            removals=Removals(count=0, approved=False),
            node_config_list=some,
        )
        for home, some in configs(of).items()
    }


def greeting(number: int, *, sent_at: datetime = NOW, **changes: Any) -> AgentInfo:
    fields: dict[str, Any] = {
        "fleet_id": FLEET_ID,
        "node_id": node_id(number),
        "hostname": f"host-{number}",
        "ip_address": f"10.1.0.{number}",
        "capacity": 24,
        "agent_version": "0.1.0",
        "processors": 4,
        "memory_bytes": 8 * 2**30,
        "driver": "docker",
        "public_key": KEY,
        "sent_at": sent_at,
    }
    return AgentInfo(**{**fields, **changes})


def running(config: InstanceConfig, **changes: Any) -> InstanceStatus:
    """An instance that runs as published, with frames of every camera."""
    fields: dict[str, Any] = {
        "instance_name": config.instance_name,
        "state": InstanceState.RUNNING,
        "digest": config.digest,
        "generation": 7,
        "started_at": NOW - timedelta(minutes=5),
        "since": NOW - timedelta(minutes=5),
        "cameras": tuple(
            CameraStatus(
                name=one.name, ready=True, reason="FramesProcessed", fps=25.0, since=NOW - timedelta(minutes=4)
            )
            for one in config.cameras
        ),
    }
    return InstanceStatus(**{**fields, **changes})


def report(
    number: int,
    *status: InstanceStatus,
    ref: GenerationRef | None = None,
    sent_at: datetime = NOW,
    sequence: int = 1,
    **changes: Any,
) -> AgentResponse:
    fields: dict[str, Any] = {"observed": ref, "applied": ref, "status": status, "sequence": sequence}
    return AgentResponse(fleet_id=FLEET_ID, node_id=node_id(number), sent_at=sent_at, **{**fields, **changes})


def heard(fleet: Fleet, message: AgentMessage, at: datetime) -> Fleet:
    """The fleet after one message; the same object when it says nothing new."""
    home = str(message.node_id)
    known = fleet.nodes.get(home, ObservedNode(home))
    folded = fold(known, message, at, pulse=fleet.pulses.get(home))
    return fleet if folded is known else replace(fleet, nodes={**fleet.nodes, home: folded})


def alive(fleet: Fleet, number: int, at: datetime) -> Fleet:
    """The fleet after a sign of life that says nothing else."""
    home = node_id(number)
    known = fleet.pulses.get(home)
    return replace(fleet, pulses={**fleet.pulses, home: Pulse(at, known.number + 1 if known else 1)})


def healthy(of: Revision, at: datetime = NOW) -> Fleet:
    """Every node connected and running what was published for it."""
    fleet = Fleet()
    for home, record in published(of).items():
        number = int(home[:8], 16)
        fleet = heard(fleet, greeting(number, sent_at=at), at)
        statuses = [running(one) for one in record.node_config_list]
        fleet = heard(fleet, report(number, *statuses, ref=record.ref, sent_at=at), at)
    return fleet


def lost(fleet: Fleet, number: int, at: datetime) -> Fleet:
    """The same fleet, with one node that was heard last at `at`."""
    known = fleet.nodes[node_id(number)]
    return Fleet({**fleet.nodes, node_id(number): replace(known, last_seen=at, greeters=(), reporters=(), clock=())})


def documents(
    revision: Revision,
    plan: FleetPlan | None,
    published: Previous,
    fleet: Fleet,
    now: datetime,
    *,
    previous: Iterable[Document] = (),
) -> tuple[Document, ...]:
    """The documents of a look at all that, after one that gave the previous ones, sorted by kind and name."""
    store = ObjectStore(1)
    store.replace(previous, now)
    for _ in LiveDocuments(store).update(revision, plan, published, fleet, now):
        pass
    return in_order(store)


def in_order(store: ObjectStore) -> tuple[Document, ...]:
    """The documents in a store as they were handed in, sorted by kind and name."""
    return tuple(document for key in sorted(store.keys) if (document := store.source(key)))


def differences(old: Iterable[Document], new: Iterable[Document]) -> tuple[Difference, ...]:
    """What is different between two results of `documents`."""
    before, after = ({(one["kind"], one["metadata"]["name"]): one for one in some} for some in (old, new))
    return tuple(
        Difference(key, before.get(key), after.get(key))
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    )
