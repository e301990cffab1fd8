"""The resources that are served, as discovery describes them and selectors see them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
    short_names: tuple[str, ...]
    namespaced: bool
    columns: tuple[Column, ...]
    fields: Mapping[str, tuple[str, ...]]
    """What a field selector may name, and where it is in the document."""
    order: Callable[[Mapping[str, Any]], Any] | None = None
    """What lists are sorted by, when not by name."""

    @property
    def api_version(self) -> str:
        """Group and version, as documents name them."""
        return f"{self.group}/v1" if self.group else "v1"

    def discovery(self) -> dict[str, Any]:
        """The entry of an APIResourceList."""
        return {
            "name": self.plural,
            "singularName": self.singular,
            "namespaced": self.namespaced,
            "kind": self.kind,
            "verbs": list(VERBS if self.group else READ_VERBS),
            "shortNames": list(self.short_names),
            "categories": ["fleet"] if self.group else [],
        }


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
        namespaced=False,
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
