"""What should be: the manifests, the plan and what was published of it, indexed the ways the documents need it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from controller.model import FleetPlan, Previous, Reason, Revision
from controller.picture.conditions import Document
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig

Key = tuple[str, str]
"""Kind and name of an object."""


@dataclass(frozen=True)
class Layout:
    """The wanted side of the fleet. It changes when somebody commits or publishes, not when agents report."""

    revision: Revision
    plan: FleetPlan | None
    published: Previous

    def is_of(self, revision: Revision, plan: FleetPlan | None, published: Previous) -> bool:
        """True when it was made from these very inputs."""
        return self.revision is revision and self.plan is plan and self.published == published

    def node_name(self, node_id: str) -> str:
        """The name of a node for people; its id when it is in no manifest."""
        if node := self.revision.node_by_id.get(node_id):
            return node.name
        if self.plan and node_id in self.plan.nodes:
            return self.plan.nodes[node_id].node_name
        return node_id

    @cached_property
    def written(self) -> Mapping[Key, Document]:
        """Every manifest as it was written, by kind and name, sorted."""
        return {(one.kind, one.name): one.document() for one in self.revision.objects}

    @cached_property
    def instance_by_name(self) -> Mapping[str, DsInstance]:
        """The instances by the names of their objects."""
        return {one.name: one for one in self.revision.instances}

    @cached_property
    def reasons(self) -> Mapping[Key, tuple[Reason, ...]]:
        """The reasons of the planner, by the object they are about."""
        found: dict[Key, tuple[Reason, ...]] = {}
        for reason in self.plan.reasons if self.plan else ():
            key = (reason.subject.kind, reason.subject.name)
            found[key] = (*found.get(key, ()), reason)
        return found

    @cached_property
    def planned(self) -> Mapping[str, tuple[str, InstanceConfig]]:
        """Node id and resolved instance of every planned instance, by its name."""
        states = self.plan.nodes.values() if self.plan else ()
        return {one.name: (state.node_id, one) for state in states for one in state.instances}

    @cached_property
    def planned_watchers(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the planned instances that watch a camera, by its name."""
        found: dict[str, list[str]] = {}
        for name, (_, config) in sorted(self.planned.items()):
            for camera in config.cameras:
                found.setdefault(camera.name, []).append(name)
        return {camera: tuple(names) for camera, names in found.items()}

    @cached_property
    def unplaced_watchers(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the instances that would watch a camera, if they were done as their manifests ask, by its name."""
        found: dict[str, list[str]] = {}
        for instance in self.revision.instances:
            if (instance.kind, instance.name) in self.reasons:
                for camera in self.revision.cameras_of(instance):
                    found.setdefault(camera.name, []).append(instance.name)
        return {camera: tuple(names) for camera, names in found.items()}

    @cached_property
    def placed(self) -> Mapping[str, Mapping[str, InstanceConfig]]:
        """The published instances by name, and by the id of the node: several while one moves."""
        found: dict[str, dict[str, InstanceConfig]] = {}
        for node_id, record in sorted(self.published.items()):
            for config in record.node_config_list:
                found.setdefault(config.name, {})[node_id] = config
        return found

    @cached_property
    def watching(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the published instances that watch a camera on some node, by its name."""
        found: dict[str, list[str]] = {}
        for name, by_node in sorted(self.placed.items()):
            for camera in dict.fromkeys(camera.name for config in by_node.values() for camera in config.cameras):
                found.setdefault(camera, []).append(name)
        return {camera: tuple(names) for camera, names in found.items()}

    def touched_by(self, node_id: str) -> tuple[Key, ...]:
        """The objects whose status depends on what the agent of this node says."""
        found: dict[Key, None] = {}
        if node := self.revision.node_by_id.get(node_id):
            found[node.kind, node.name] = None
        record = self.published.get(node_id)
        for config in record.node_config_list if record else ():
            found["DsInstance", config.name] = None
            found.update({("Camera", camera.name): None for camera in config.cameras})
        return tuple(key for key in found if key in self.written)
