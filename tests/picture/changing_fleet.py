"""A fleet that is edited, published and heard of step by step; what did not change is the very same object."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from controller.model import SCALED_TO_ZERO, FleetPlan, NodeState, ObjectRef, Reason, Revision
from controller.observed import Fleet
from controller.render.instance import render_instance
from controller.status.trust import with_keys, with_stranger
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig
from crds.messages import AgentConfig, InstanceState, Removals
from crds.node import Node
from tests.picture.fleets import (
    FLEET_ID,
    KEY,
    NOW,
    alive,
    camera,
    greeting,
    heard,
    instance,
    node,
    node_id,
    report,
    running,
)

ELSEWHERE = "cd" * 32


def _selecting(name: str, home: str) -> DsInstance:
    """An instance that selects its cameras."""
    manifest = instance(name, home, ()).document()
    manifest["spec"] |= {"cameraSelector": {"matchLabels": {"site": "a"}}}
    return DsInstance.model_validate(manifest)


VARIANTS: Mapping[str, tuple[Camera | DsInstance | Node | None, ...]] = {
    "a": (camera("a"), None, camera("a", address="rtsp://10.0.0.9/other")),
    "b": (camera("b"), None),
    "a-2": (camera("a-2"), None),
    "one": (instance("one", "n1", ("a", "b")), instance("one", "n2", ("a",)), instance("one", "n9", ("b",)), None),
    "two": (_selecting("two", "n2"), _selecting("two", "n9"), instance("two", "n1", ("a", "b")), None),
    "n1": (node("n1", 1), node("n1", 1, publicKey=ELSEWHERE), None, node("pending-00000003", 1)),
    "n2": (node("n2", 2), None, node("n2", 4)),
}
"""What each manifest may be; None for not there."""


@dataclass
class ChangingFleet:
    """All that a look is at."""

    manifests: dict[str, Camera | DsInstance | Node | None] = field(
        default_factory=lambda: {name: some[0] for name, some in VARIANTS.items()}
    )
    revision: Revision = field(default_factory=lambda: Revision("", (), (), ()))
    plan: FleetPlan | None = None
    published: Mapping[str, AgentConfig] = field(default_factory=dict)
    fleet: Fleet = field(default_factory=Fleet)
    now: datetime = NOW
    steps: int = 0
    _rendered: dict[tuple[int, ...], InstanceConfig] = field(default_factory=dict)

    @property
    def inputs(self) -> tuple[Any, ...]:
        return (self.revision, self.plan, self.published, self.fleet, self.now)

    @classmethod
    def at_work(cls) -> Self:
        """One that was published and is heard; another agent asks to join."""
        found = cls()
        found.commits(0)
        found.plans(0)
        for number in range(3):
            found.steps += 1
            found.publishes(number % 2)
            found.greets(number)
            found.reports(number)
        return found

    def commits(self, which: int) -> None:
        """Another revision: one manifest becomes another."""
        names = list(VARIANTS)
        name = names[which % len(names)]
        some = VARIANTS[name]
        self.manifests[name] = some[which // len(names) % len(some)]
        kept = sorted((one for one in self.manifests.values() if one), key=lambda one: one.name)
        self.revision = Revision(
            f"sha256:{self.steps}",
            cameras=tuple(one for one in kept if isinstance(one, Camera)),
            instances=tuple(one for one in kept if isinstance(one, DsInstance)),
            nodes=tuple(one for one in kept if isinstance(one, Node)),
        )

    def plans(self, which: int) -> None:
        """The plan of the revision; sometimes there is none."""
        if which % 7 == 6:
            self.plan = None
            return
        configs: dict[str, list[InstanceConfig]] = {one.node_id: [] for one in self.revision.nodes}
        reasons = []
        for one in self.revision.instances:
            home = self.revision.node_by_name.get(str(one.spec.node))
            if home is None:
                word = SCALED_TO_ZERO if which % 3 else "NoNode"
                reasons.append(Reason(ObjectRef("DsInstance", one.name), word, f"no node {one.spec.node}"))
            else:
                configs[home.node_id].append(self._config(one))
        known = self.plan.nodes if self.plan else {}
        gone = self.published.keys() - configs.keys()
        nodes = {home_id: NodeState(home_id, f"gone-{which % 2}", "host", ()) for home_id in sorted(gone)}
        for home_id, some in configs.items():
            state = NodeState(home_id, self.revision.node_by_id[home_id].name, "host", tuple(some))
            nodes[home_id] = known[home_id] if known.get(home_id) == state else state
        self.plan = FleetPlan(self.revision.id, nodes, tuple(reasons), ())

    def _config(self, one: DsInstance) -> InstanceConfig:
        cameras = self.revision.cameras_of(one)
        made_of = (id(one), *map(id, cameras))
        if made_of not in self._rendered:
            self._rendered[made_of] = render_instance(one, cameras, 21000)
        return self._rendered[made_of]

    def publishes(self, which: int) -> None:
        """What is planned for one node; sometimes its record is lost."""
        states = list(self.plan.nodes.values()) if self.plan else []
        if which % 5 == 4:
            self.published = dict(list(self.published.items())[1:])
        elif states:
            state = states[which % len(states)]
            record = AgentConfig(
                fleet_id=FLEET_ID,
                node_id=state.node_id,
                hostname=state.hostname,
                epoch=2,
                generation=self.steps + 1,
                digest=state.digest,
                revision=self.revision.id,
                issued_at=NOW,
                drain=not state.instances,
                removals=Removals(count=0, approved=False),
                node_config_list=state.instances,
            )
            self.published = {**self.published, state.node_id: record}

    def greets(self, which: int) -> None:
        self._hears(greeting(1 + which % 4, sent_at=self.now))

    def reports(self, which: int) -> None:
        """An agent tells of what it was told; something of that is not well now and then."""
        number = 1 + which % 4
        record = self.published.get(node_id(number))
        configs = record.node_config_list if record else ()
        images = (f"sha256:{'a' * 64}", f"sha256:{'b' * 64}", None)
        said = [running(one, image_id=images[which // 4 % 3]) for one in configs]
        if said and which % 3 == 0:
            said[0] = running(configs[0], state=InstanceState.FAILED, reason="Exited")
        ref = record.ref if record and which % 2 else None
        self._hears(report(number, *said, ref=ref, sent_at=self.now, sequence=self.steps))

    def lives(self, which: int) -> None:
        if node_id(1 + which % 4) in self.fleet.nodes:
            self.fleet = alive(self.fleet, 1 + which % 4, self.now)

    def doubles(self, which: int) -> None:
        """Two machines report as one node."""
        for turn in range(5):
            for run in ("x", "y"):
                self.steps += 1
                self._hears(report(1 + which % 2, boot_id=run, sequence=self.steps, sent_at=self.now + turn * _SECOND))

    def has_another_clock(self, which: int) -> None:
        home = node_id(1 + which % 2)
        if known := self.fleet.nodes.get(home):
            ahead = (None, 1, 60, 90)[which // 2 % 4]
            self.fleet = replace(
                self.fleet, nodes={**self.fleet.nodes, home: replace(known, clock_ahead_seconds=ahead)}
            )

    def is_told_keys(self, which: int) -> None:
        key = (KEY, ELSEWHERE)[which % 2]
        self.fleet = with_keys(self.fleet, {node_id(one): key for one in range(1, 2 + which % 3)}, self.now)

    def meets_a_stranger(self, which: int) -> None:
        home = node_id(1 + which % 4)
        if known := self.fleet.nodes.get(home):
            strange = with_stranger(known, greeting(1, public_key=f"{which % 3:064x}", hostname="evil"), self.now)
            self.fleet = replace(self.fleet, nodes={**self.fleet.nodes, home: strange})

    def forgets(self, which: int) -> None:
        kept = {key: one for key, one in self.fleet.nodes.items() if key != node_id(1 + which % 4)}
        self.fleet = replace(self.fleet, nodes=kept)

    def waits(self, which: int) -> None:
        """Time passes, or somebody puts the clock back."""
        self.now += (which % 70 - 6) * _SECOND

    def _hears(self, message: Any) -> None:
        self.fleet = heard(self.fleet, message, self.now)


_SECOND = timedelta(seconds=1)

STEPS: tuple[Callable[[ChangingFleet, int], None], ...] = (
    ChangingFleet.commits,
    ChangingFleet.commits,
    ChangingFleet.plans,
    ChangingFleet.publishes,
    ChangingFleet.publishes,
    ChangingFleet.greets,
    ChangingFleet.reports,
    ChangingFleet.reports,
    ChangingFleet.lives,
    ChangingFleet.doubles,
    ChangingFleet.has_another_clock,
    ChangingFleet.is_told_keys,
    ChangingFleet.meets_a_stranger,
    ChangingFleet.forgets,
    ChangingFleet.waits,
)
