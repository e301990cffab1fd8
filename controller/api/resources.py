"""The resources that are served, as discovery describes them and selectors see them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from controller.access.roles import Verb
from controller.api.columns import COLUMNS, Column
from crds.document import API_GROUP
from crds.kinds import KINDS

READ_VERBS = ("get", "list", "watch")
"""Of what the controller alone makes."""
VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
"""Of what manifests hold."""

ADDED_LABEL: Final = f"{API_GROUP}/instance"
"""On what stands for an instance in another form: its name."""


@dataclass(frozen=True)
class Part:
    """What can be asked of a part of an object."""

    verbs: tuple[str, ...]
    kind: str = ""
    """Of what is asked and answered; empty: that of the object."""
    group: str = ""
    """Of that kind."""
    version: str = "v1"
    is_text: bool = False
    """True when it is answered as plain text."""


@dataclass(frozen=True)
class Resource:
    """One resource: a kind and how it is reached."""

    group: str
    """Empty for the core group."""
    kind: str
    """Of the objects, as clients know it."""
    plural: str
    singular: str
    namespaced: bool = False
    short_names: tuple[str, ...] = ()
    verbs: tuple[str, ...] = READ_VERBS
    subresources: Mapping[str, Part] = field(default_factory=dict)
    """The parts of an object, by name."""
    version: str = "v1"
    stands_for: str = ""
    """The kind of ours that it shows in another form; empty for none. Whoever may see or change an object of that kind may do so
    here."""
    added_labels: frozenset[str] = frozenset()
    """Labels of the other form that ours has not: nobody sees, or does not see, an object for them."""
    shows: Callable[[str], str] | None = None
    """The name of our object that one of this name shows; None: the same."""
    asks: Mapping[tuple[str, str], Verb] = field(default_factory=dict)
    """What a request needs that is more, or less, than its method says: by method and part, which is empty for the object."""
    categories: tuple[str, ...] = ()
    """Words that mean several resources at once."""
    columns: tuple[Column, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What a field selector may name, and where it is in the document."""
    order: Callable[[Mapping[str, Any]], Any] | None = None
    """What lists are sorted by, when not by name."""

    @property
    def api_version(self) -> str:
        """Group and version, as documents name them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def grouped(self, word: str) -> str:
        """A word of it with its group, as messages name it: the core group has no name."""
        return f"{word}.{self.group}" if self.group else word

    @property
    def path(self) -> str:
        """Where its group is served."""
        return f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"


def selectable(*dotted: str) -> dict[str, tuple[str, ...]]:
    """What field selectors may name, and where it is in the document.

    Args:
        dotted: besides the name and the namespace, each as it is named.
    """
    return {name: tuple(name.split(".")) for name in ("metadata.name", "metadata.namespace", *dotted)}


_SELECTABLE = {
    "Camera": selectable("status.reason"),
    "DsInstance": selectable("status.phase", "status.node"),
    "Node": selectable("status.phase", "spec.nodeId"),
}

SCALE = Part(("get", "patch", "update"), kind="Scale", group="autoscaling")
"""How often something is to run."""
_PARTS: Mapping[str, Mapping[str, Part]] = {"DsInstance": {"scale": SCALE}}

FLEET_RESOURCES: Mapping[str, Resource] = {
    kind.plural: Resource(
        group=API_GROUP,
        kind=name,
        plural=kind.plural,
        singular=name.lower(),
        # `no` is the Node of Kubernetes: newer kubectl warns where a word means two things.
        short_names=() if name == "Node" else (kind.short_name,),
        verbs=VERBS,
        subresources={"status": Part(("get",)), **_PARTS.get(name, {})},
        categories=("all", "fleet"),
        columns=COLUMNS[name],
        fields=_SELECTABLE[name],
    )
    for name, kind in KINDS.items()
}

EVENTS = Resource(
    group="",
    kind="Event",
    plural="events",
    singular="event",
    short_names=("ev",),
    namespaced=True,
    columns=COLUMNS["Event"],
    fields=selectable(
        "involvedObject.apiVersion",
        "involvedObject.kind",
        "involvedObject.name",
        "involvedObject.namespace",
        "involvedObject.uid",
        "reason",
        "type",
    ),
    order=lambda event: event["lastTimestamp"],
)

NAMESPACES = Resource(
    group="",
    kind="Namespace",
    plural="namespaces",
    singular="namespace",
    short_names=("ns",),
    columns=COLUMNS["Namespace"],
    fields=selectable("status.phase"),
)
"""One, in which the events are: clients that watch the objects of all namespaces wait until they have seen some."""


def _review(group: str, kind: str) -> Resource:
    singular = kind.lower()
    return Resource(group=group, kind=kind, plural=f"{singular}s", singular=singular, verbs=("create",))


REVIEWS: Mapping[str, tuple[Resource, ...]] = {
    "authentication.k8s.io": (_review("authentication.k8s.io", "SelfSubjectReview"),),
    "authorization.k8s.io": (
        _review("authorization.k8s.io", "SelfSubjectAccessReview"),
        _review("authorization.k8s.io", "SelfSubjectRulesReview"),
    ),
}
"""Questions about the client itself, by the group that they are in: who it is, and what it may do."""

CORE_RESOURCES = (EVENTS, NAMESPACES)
