"""Objects as rows: arrays without names, a third of the bytes. What each place means stands in `docs/api.md`."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from controller.picture.brief import Brief
from controller.picture.conditions import Document
from crds.app_kind import AppKind

Row = list[Any]
_YES, _NO, _UNKNOWN = 1, 0, -1
_BY_STATUS: Final[Mapping[object, int]] = {True: _YES, False: _NO, "True": _YES, "False": _NO}
_MOST_CHARACTERS: Final = 500
"""Of a message. Some name each camera that is dark; the whole one is in the object."""


def camera_row(document: Document) -> Row:
    """A camera."""
    metadata, status = document["metadata"], document.get("status", {})
    return [
        metadata["name"],
        _BY_STATUS.get(status.get("ready"), _UNKNOWN),
        status.get("reason", ""),
        _cut(status.get("message") or _damage(status)),
        _since(_ready_condition(status).get("lastTransitionTime")),
        status.get("fps"),
        [one["name"] for one in status.get("instances", ())],
        status.get("nodes", []),
        metadata.get("labels", {}),
        metadata.get("generation", 0),
        status.get("cause"),
    ]


def instance_row(document: Document) -> Row:
    """An instance."""
    metadata, spec, status = document["metadata"], document.get("spec", {}), document.get("status", {})
    ready, cameras = _ready_condition(status), status.get("cameras", {})
    return [
        metadata["name"],
        status.get("phase", ""),
        _BY_STATUS.get(ready.get("status"), _UNKNOWN),
        _cut(status.get("message", "")),
        status.get("node"),
        cameras.get("ready"),
        cameras.get("total", 0),
        status.get("restarts"),
        int(bool(status.get("upToDate"))),
        metadata.get("labels", {}),
        metadata.get("generation", 0),
        status.get("held"),
        spec.get("replicas", 1),
        _since(ready.get("lastTransitionTime")),
        spec.get("app", {}).get("kind", AppKind.RETINAFACE.value),
    ]


def node_row(document: Document) -> Row:
    """A node."""
    metadata, spec, status = document["metadata"], document.get("spec", {}), document.get("status", {})
    generation, capacity = status.get("generation", {}), status.get("capacity", {})
    return [
        metadata["name"],
        status.get("phase", ""),
        _BY_STATUS.get(_ready_condition(status).get("status"), _UNKNOWN),
        _cut(status.get("message", "")),
        *((generation.get(word) or {}).get("generation") for word in ("published", "observed", "applied")),
        capacity.get("cameras", 0),
        capacity.get("limit"),
        metadata.get("labels", {}),
        int(bool(spec.get("unschedulable"))),
        status.get("agentVersion", ""),
        _since(status.get("lastSeen")),
    ]


ROWS: Final[Mapping[str, tuple[str, Callable[[Document], Row]]]] = {
    "Camera": ("cameras", camera_row),
    "DsInstance": ("instances", instance_row),
    "Node": ("nodes", node_row),
}
"""What rows of each kind are called, and how they are made."""


def fleet_row(said: Brief) -> Document:
    """The fleet as a whole."""
    return {
        "revision": said.revision,
        "pending": said.pending,
        "problems": said.problems,
        "starting": said.starting,
        "superseded": said.superseded,
    }


def encoded(value: Any) -> bytes:
    """JSON in one line, of ASCII, in which nothing could be taken for a tag."""
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c").encode()


def milliseconds(at: datetime) -> int:
    """Since 1970."""
    return int(at.timestamp() * 1000)


def _ready_condition(status: Mapping[str, Any]) -> Mapping[str, Any]:
    return _condition(status, "Ready")


def _damage(status: Mapping[str, Any]) -> str:
    """What is damaged of what a camera sends, in words."""
    said = _condition(status, "Degraded")
    return f"{said['reason']}: {said['message']}" if said.get("status") == "True" else ""


def _condition(status: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    conditions: Sequence[Mapping[str, Any]] = status.get("conditions", ())
    return next((one for one in conditions if one["type"] == name), {})


def _since(at: str | None) -> int | None:
    return milliseconds(datetime.fromisoformat(at)) if at else None


def _cut(message: str) -> str:
    return message if len(message) <= _MOST_CHARACTERS else f"{message[: _MOST_CHARACTERS - 1]}…"
