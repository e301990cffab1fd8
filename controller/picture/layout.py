"""What should be: the manifests, the plan and what was published of it, indexed the ways the documents need it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from controller.differing import differing
from controller.model import SCALED_TO_ZERO, FleetPlan, Previous, Reason, Revision
from controller.picture.difference import Key
from controller.picture.places import Places, keys_of
from crds.document import Manifest
from crds.node import Node

_NOTHING = Revision("", (), (), ())


_NODES_AT_ONCE = 50
_MANY = 1000
"""Objects that took long enough to find: some milliseconds."""


@dataclass
class Touched:
    """Of what something else may be said."""

    keys: set[Key] = field(default_factory=set)
    """The objects of which it may."""
    rewritten: set[Key] = field(default_factory=set)
    """Those of them whose manifests came, changed or went."""
    node_ids: set[str] = field(default_factory=set)
    """The ids of the nodes among these."""
    told: set[str] = field(default_factory=set)
    """The ids of those that were told something else."""


class Layout:
    """The wanted side of the fleet. It changes when somebody commits or publishes, not when agents report.

    It is one value that takes the place of another by what differs; indexes of 60,000 objects are not made anew for one.
    """

    def __init__(self) -> None:
        """Nothing is wanted yet."""
        self.revision = _NOTHING
        self.plan: FleetPlan | None = None
        self.published: Previous = {}
        self.reasons: Mapping[Key, tuple[Reason, ...]] = {}
        """The reasons of the planner, by the object they are about."""
        self.planned = Places()
        self.placed = Places()
        """What was published."""
        self._unplaced: dict[str, tuple[str, ...]] = {}
        self._unplaced_watchers: dict[str, list[str]] = {}

    def become(
        self, revision: Revision, plan: FleetPlan | None, published: Previous, touched: Touched
    ) -> Iterator[None]:
        """Takes these in, and adds to what is touched: in parts of which none takes long, where there is much."""
        before, plan_before, published_before = self.revision, self.plan, self.published
        if revision is before and plan is plan_before and published is published_before:
            return
        cameras = differing(before.camera_by_name, revision.camera_by_name)
        instances = differing(before.instance_by_name, revision.instance_by_name)
        nodes = differing(before.node_by_id, revision.node_by_id)
        self.revision, self.plan, self.published = revision, plan, published
        touched.node_ids |= nodes
        touched.rewritten |= {("Camera", name) for name in cameras} | {("DsInstance", name) for name in instances}
        touched.rewritten |= {("Node", one.name) for one in _values(nodes, before.node_by_id, revision.node_by_id)}
        if len(touched.rewritten) >= _MANY:
            yield
        touched.keys |= touched.rewritten
        count = 0
        for parts in (
            self._take_plan(plan_before),
            self._take_published(published_before, touched),
            self._take_names(nodes),
        ):
            for found in parts:
                touched.keys |= found
                count += len(found)
                if count >= _MANY:
                    count = 0
                    yield
        touched.keys |= self._take_reasons(instances, are_cameras_the_same=not cameras)
        if cameras or instances:
            # Of these it is said how many cameras they would have.
            without = revision.instance_by_name.keys() - self.planned.instances.keys()
            touched.keys |= {("DsInstance", name) for name in without}
        if (plan is None) is not (plan_before is None):
            touched.keys |= {("Camera", name) for name in revision.camera_by_name}
            touched.keys |= {("DsInstance", name) for name in revision.instance_by_name}

    def manifest(self, key: Key) -> Manifest | None:
        """The manifest of an object, if it has one."""
        kind, name = key
        if kind == "Camera":
            return self.revision.camera_by_name.get(name)
        if kind == "DsInstance":
            return self.revision.instance_by_name.get(name)
        return self.revision.node_by_name.get(name)

    def node_name(self, node_id: str) -> str:
        """The name of a node for people; its id when it is in no manifest."""
        if node := self.revision.node_by_id.get(node_id):
            return node.name
        if self.plan and node_id in self.plan.nodes:
            return self.plan.nodes[node_id].node_name
        return node_id

    def unplaced_watcher(self, camera: str) -> str | None:
        """The first of the instances that would watch a camera, if they were done as their manifests ask."""
        return min(self._unplaced_watchers.get(camera, ()), default=None)

    def stopped_watcher(self, camera: str) -> str | None:
        """The same, when it runs nowhere on purpose."""
        name = self.unplaced_watcher(camera)
        reasons = self.reasons.get(("DsInstance", name), ()) if name is not None else ()
        return name if any(one.reason == SCALED_TO_ZERO for one in reasons) else None

    def keys_on(self, node_id: str, instance_names: AbstractSet[str] | None = None) -> set[Key]:
        """The objects of which something is said by the word of an agent: its node, and the instances that it was told.

        Args:
            node_id: whose agent.
            instance_names: of these instances alone, as the agent calls them, and not of the node.
        """
        record = self.published.get(node_id)
        configs = record.node_config_list if record else ()
        if instance_names is not None:
            return keys_of(one for one in configs if one.instance_name in instance_names)
        return keys_of(configs) | self.node_key(node_id)

    def _keys_named_by(self, node_id: str) -> set[Key]:
        """The objects of which the name of a node is said."""
        state = self.plan.nodes.get(node_id) if self.plan else None
        return self.keys_on(node_id) | {("DsInstance", one.name) for one in (state.instances if state else ())}

    def node_key(self, node_id: str) -> set[Key]:
        """The node of an id, if a manifest declares it."""
        node = self.revision.node_by_id.get(node_id)
        return {("Node", node.name)} if node else set()

    def _take_plan(self, plan_before: FleetPlan | None) -> Iterator[set[Key]]:
        before, after = (one.nodes if one else {} for one in (plan_before, self.plan))
        for node_ids in _batched(differing(before, after)):
            states = {node_id: (before.get(node_id), after.get(node_id)) for node_id in node_ids}
            found = self.planned.change(
                {
                    node_id: (old.instances if old else (), new.instances if new else ())
                    for node_id, (old, new) in states.items()
                }
            )
            for node_id, (old, new) in states.items():
                found |= self.node_key(node_id)
                if (old and old.node_name) != (new and new.node_name):
                    found |= self._keys_named_by(node_id)
            yield found

    def _take_published(self, before: Previous, touched: Touched) -> Iterator[set[Key]]:
        after = self.published
        touched.told |= differing(before, after)
        for node_ids in _batched(touched.told):
            records = {node_id: (before.get(node_id), after.get(node_id)) for node_id in node_ids}
            found = self.placed.change(
                {
                    node_id: (old.node_config_list if old else (), new.node_config_list if new else ())
                    for node_id, (old, new) in records.items()
                }
            )
            for node_id, (_, new) in records.items():
                found |= self.node_key(node_id)
                # It may be said of each of them in which generation it is.
                found |= {("DsInstance", one.name) for one in (new.node_config_list if new else ())}
            yield found

    def _take_names(self, node_ids: AbstractSet[str]) -> Iterator[set[Key]]:
        for some in _batched(node_ids):
            yield {key for node_id in some for key in self._keys_named_by(node_id)}

    def _take_reasons(self, instances: AbstractSet[str], *, are_cameras_the_same: bool) -> set[Key]:
        before, grouped = self.reasons, defaultdict[Key, list[Reason]](list)
        for one in self.plan.reasons if self.plan else ():
            grouped[one.subject.kind, one.subject.name].append(one)
        after = {key: tuple(some) for key, some in grouped.items()}
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        self.reasons = after
        again = {
            name
            for kind, name in after.keys() | changed
            if kind == "DsInstance" and (not are_cameras_the_same or name in instances or (kind, name) in changed)
        }
        cameras = [name for instance in again for name in self._again_unplaced(instance)]
        # Of a camera that nobody watches it is said why, in the words of what is said of its instance.
        cameras += [name for kind, one in changed if kind == "DsInstance" for name in self._unplaced.get(one, ())]
        return changed | {("Camera", name) for name in cameras}

    def _again_unplaced(self, name: str) -> Iterator[str]:
        """Finds again the cameras that an instance would watch; gives those of before and of now, unless they are the same."""
        instance = self.revision.instance_by_name.get(name)
        before, after = self._unplaced.pop(name, ()), tuple[str, ...]()
        if instance is not None and (instance.kind, name) in self.reasons:
            self._unplaced[name] = after = tuple(one.name for one in self.revision.cameras_of(instance))
        if before == after:
            return
        for camera in before:
            self._unplaced_watchers[camera].remove(name)
            if not self._unplaced_watchers[camera]:
                del self._unplaced_watchers[camera]
        for camera in after:
            self._unplaced_watchers.setdefault(camera, []).append(name)
        yield from before
        yield from after


def _values(node_ids: Iterable[str], *mappings: Mapping[str, Node]) -> Iterator[Node]:
    return (found for node_id in node_ids for one in mappings if (found := one.get(node_id)))


def _batched(node_ids: AbstractSet[str]) -> Iterator[list[str]]:
    ordered = list(node_ids)
    return (ordered[start : start + _NODES_AT_ONCE] for start in range(0, len(ordered), _NODES_AT_ONCE))
