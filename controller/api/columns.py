"""What a table shows of each kind: its columns, and how their cells come from a document."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crds.annotations import DISPLAY_NAME

_MOST_CHARACTERS = 300
_UNKNOWN = "?"
_SOUND = "-"
NONE = "<none>"

Cell = Callable[[Mapping[str, Any], datetime], str | int]


@dataclass(frozen=True)
class Column:
    """One column. Those with a priority above 0 are for `-o wide`."""

    name: str
    description: str
    cell: Cell
    priority: int = 0
    type: str = "string"
    since: tuple[str, ...] = ()
    """For a cell that is an age: where in the document the time stands that it is counted from. The others do not change
    while the document does not."""

    def definition(self) -> dict[str, Any]:
        """The column as a Table declares it."""
        return {
            "name": self.name,
            "type": self.type,
            "format": "name" if self.name == "Name" else "",
            "description": self.description,
            "priority": self.priority,
        }


def human_duration(span: timedelta) -> str:
    """The span in at most two units, as kubectl writes ages: `45s`, `5m30s`, `3h`, `2d5h`, `400d`."""
    seconds = max(0, int(span.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    # Up to which value a unit is shown alone or with the next smaller one.
    for limit, text in (
        (120, f"{seconds}s"),
        (600, _two(minutes, "m", seconds % 60, "s")),
        (3 * 3600, f"{minutes}m"),
        (8 * 3600, _two(hours, "h", minutes % 60, "m")),
        (48 * 3600, f"{hours}h"),
        (8 * 86400, _two(days, "d", hours % 24, "h")),
    ):
        if seconds < limit:
            return text
    return f"{days}d"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"


def printable(value: Any, default: str = "") -> str:
    """One line for a terminal: whatever an agent wrote, no control character reaches the screen."""
    if value is None or value == "":
        return default
    text = "".join(character if character.isprintable() else " " for character in str(value))
    return text if len(text) <= _MOST_CHARACTERS else text[: _MOST_CHARACTERS - 1] + "…"


def at(*path: str, default: str = NONE) -> Cell:
    """What stands at a path of fields."""

    def cell(document: Mapping[str, Any], _now: datetime) -> str:
        return printable(value_at(document, *path), default)

    return cell


def value_at(document: Mapping[str, Any], *path: str) -> Any:
    """What stands in a document at a path of fields; None where there is nothing."""
    value: Any = document
    for name in path:
        value = (value or {}).get(name)
    return value


def age(written: str | None, now: datetime) -> str:
    """How long ago a time was.

    Args:
        written: the time, RFC 3339; None where nobody knows it.
        now: the time of now, UTC.
    """
    return human_duration(now - datetime.fromisoformat(written)) if written else "<unknown>"


def age_column(name: str, description: str, *path: str, priority: int = 0) -> Column:
    """How long ago the time at a path of fields was."""

    def cell(document: Mapping[str, Any], now: datetime) -> str:
        return age(value_at(document, *path), now)

    return Column(name, description, cell, priority, since=path)


def count(*path: str) -> Cell:
    """A number at a path of fields."""

    def cell(document: Mapping[str, Any], _now: datetime) -> str:
        value = value_at(document, *path)
        return _UNKNOWN if value is None else str(value)

    return cell


def _node_status(document: Mapping[str, Any], _now: datetime) -> str:
    phase = printable(value_at(document, "status", "phase"), "Unknown")
    return f"{phase},SchedulingDisabled" if value_at(document, "spec", "unschedulable") else phase


def _node_cameras(document: Mapping[str, Any], _now: datetime) -> str:
    limit = value_at(document, "status", "capacity", "limit")
    used = value_at(document, "status", "capacity", "cameras") or 0
    return str(used) if limit is None else f"{used}/{limit}"


def _node_generation(document: Mapping[str, Any], _now: datetime) -> str:
    published = value_at(document, "status", "generation", "published", "generation")
    applied = value_at(document, "status", "generation", "applied", "generation")
    if published is None:
        return NONE
    same = value_at(document, "status", "generation", "applied") == value_at(
        document, "status", "generation", "published"
    )
    return str(published) if same else f"{_UNKNOWN if applied is None else applied}/{published}"


def _node_address(document: Mapping[str, Any], _now: datetime) -> str:
    return printable(value_at(document, "spec", "address") or value_at(document, "status", "address"), NONE)


def _instance_status(document: Mapping[str, Any], _now: datetime) -> str:
    phase = printable(value_at(document, "status", "phase"), "Unknown")
    return f"{phase},Held" if value_at(document, "status", "held") else phase


def _instance_cameras(document: Mapping[str, Any], _now: datetime) -> str:
    ready = value_at(document, "status", "cameras", "ready")
    return f"{_UNKNOWN if ready is None else ready}/{value_at(document, 'status', 'cameras', 'total') or 0}"


def _watchers(document: Mapping[str, Any], _now: datetime) -> str:
    watchers = value_at(document, "status", "instances") or ()
    return printable(",".join(one["name"] for one in watchers), NONE)


def _camera_nodes(document: Mapping[str, Any], _now: datetime) -> str:
    return printable(",".join(value_at(document, "status", "nodes") or ()), NONE)


def _camera_ready(document: Mapping[str, Any], _now: datetime) -> str:
    ready = value_at(document, "status", "ready")
    shown = "Unknown" if ready is None else str(ready)
    return f"{shown},Degraded" if _camera_degraded(document, _now) not in (_UNKNOWN, _SOUND) else shown


def _camera_degraded(document: Mapping[str, Any], _now: datetime) -> str:
    conditions = value_at(document, "status", "conditions") or ()
    found = next((one for one in conditions if one["type"] == "Degraded"), None)
    if found is None:
        return _UNKNOWN
    return printable(found["reason"]) if found["status"] == "True" else _SOUND


def _camera_address(document: Mapping[str, Any], _now: datetime) -> str:
    return re.sub(r"//[^/?#]*@", "//", printable(value_at(document, "spec", "address")))


def _event_object(document: Mapping[str, Any], _now: datetime) -> str:
    involved = document["involvedObject"]
    return printable(f"{involved['kind'].lower()}/{involved['name']}")


NAME = Column("Name", "Name of the object.", at("metadata", "name"))
AGE = age_column("Age", "How long this controller has known the object.", "metadata", "creationTimestamp")

COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "Node": (
        NAME,
        Column("Status", "What the agent of the machine was last heard to be.", _node_status),
        Column("Instances", "Instances published for it.", count("status", "instances")),
        Column("Cameras", "Camera streams published for it, of those it can take.", _node_cameras),
        Column("Generation", "Generation applied, or applied/published.", _node_generation),
        AGE,
        Column("Address", "Where the machine is reached.", _node_address, 1),
        Column("Driver", "What runs its instances.", at("status", "driver"), 1),
        Column("Version", "Version of its agent.", at("status", "agentVersion"), 1),
        Column("Node-ID", "Id that its agent greets with.", at("spec", "nodeId"), 1),
    ),
    "DsInstance": (
        NAME,
        Column("Node", "The node that runs it.", at("status", "node")),
        Column("Status", "What the agent observed.", _instance_status),
        Column("Cameras", "Cameras whose frames are processed, of all.", _instance_cameras),
        Column("Restarts", "Times that it left by itself.", count("status", "restarts")),
        AGE,
        Column("Image", "Image of its container.", at("status", "image"), 1),
        Column("Generation", "Generation that what runs was made for.", at("status", "generation"), 1),
        Column("Message", "What its agent or the planner says.", at("status", "message", default=""), 1),
    ),
    "Camera": (
        NAME,
        Column("Instance", "Instances that watch it.", _watchers),
        Column("Node", "Nodes of these instances.", _camera_nodes),
        Column("Ready", "Whether its frames are processed.", _camera_ready),
        Column("FPS", "Frames processed each second.", at("status", "fps", default="-")),
        AGE,
        Column("Display-Name", "What people call it.", at("metadata", "annotations", DISPLAY_NAME), 1),
        Column("Address", "Where its stream comes from.", _camera_address, 1),
        Column(
            "Degraded", "What is damaged of what it sends; - for nothing, ? where nobody can say.", _camera_degraded, 1
        ),
        Column("Reason", "Why it is ready or not.", at("status", "reason", default=""), 1),
        Column("Message", "The same as a sentence.", at("status", "message", default=""), 1),
    ),
    "Event": (
        age_column("Last Seen", "Time since it happened last.", "lastTimestamp"),
        Column("Type", "Normal or Warning.", at("type")),
        Column("Reason", "What happened, in a word.", at("reason")),
        Column("Object", "The object that it happened to.", _event_object),
        Column("Message", "What happened.", at("message", default="")),
        Column("Source", "Who says so.", at("source", "component"), 1),
        age_column("First Seen", "Time since it happened first.", "firstTimestamp", priority=1),
        Column("Count", "How often it happened.", count("count"), 1),
        Column("Name", "Name of the event.", at("metadata", "name"), 1),
    ),
    "Namespace": (
        NAME,
        Column("Status", "Whether it is in use.", at("status", "phase")),
        AGE,
    ),
}
