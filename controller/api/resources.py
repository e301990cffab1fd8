"""The resources that are served, as discovery describes them and selectors see them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.api.columns import COLUMNS, Column
from crds.document import API_GROUP
from crds.kinds import KINDS

READ_VERBS = ("get", "list", "watch")
"""Of what the controller alone makes."""
VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
"""Of what manifests hold."""


@dataclass(frozen=True)
class Resource:
    """One resource: a kind and how it is reached."""

    group: str
    """Empty for the core group."""
    kind: str
    plural: str
    singular: str
    namespaced: bool = False
    short_names: tuple[str, ...] = ()
    verbs: tuple[str, ...] = READ_VERBS
    subresources: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What can be asked of a part of an object: verbs by the name of the part. It is of the same kind."""
    columns: tuple[Column, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What a field selector may name, and where it is in the document."""
    order: Callable[[Mapping[str, Any]], Any] | None = None
    """What lists are sorted by, when not by name."""

    @property
    def api_version(self) -> str:
        """Group and version, as documents name them."""
        return f"{self.group}/v1" if self.group else "v1"

    @property
    def categories(self) -> tuple[str, ...]:
        """Words that mean several resources at once."""
        return ("all", "fleet") if self.group == API_GROUP else ()


def _fields(*dotted: str) -> dict[str, tuple[str, ...]]:
    return {name: tuple(name.split(".")) for name in ("metadata.name", "metadata.namespace", *dotted)}


_SELECTABLE = {
    "Camera": _fields("status.reason"),
    "DsInstance": _fields("status.phase", "status.node"),
    "Node": _fields("status.phase", "spec.nodeId"),
}

FLEET_RESOURCES: Mapping[str, Resource] = {
    kind.plural: Resource(
        group=API_GROUP,
        kind=name,
        plural=kind.plural,
        singular=name.lower(),
        short_names=(kind.short_name,),
        verbs=VERBS,
        subresources={"status": ("get",)},
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
    fields=_fields(
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
    fields=_fields("status.phase"),
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
