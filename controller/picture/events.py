"""The transitions between two pictures of the fleet that are worth telling."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from controller.model import ObjectRef
from controller.picture.conditions import Document
from controller.picture.look import NODE_LOST
from crds.messages import InstanceState


class EventType(StrEnum):
    """Whether somebody should look."""

    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True)
class FleetEvent:
    """Something that happened to one object of the fleet."""

    subject: ObjectRef
    type: EventType
    reason: str
    """A CamelCase word for programs."""
    message: str
    """A sentence for people."""
    at: datetime


@dataclass(frozen=True)
class _News:
    """An event without its object and time."""

    type: EventType
    reason: str
    message: str


_OF_THE_CONTROLLER = frozenset({"Ready", "Planned"})
_BAD_PHASES = frozenset({"Unknown", InstanceState.UNHEALTHY, InstanceState.CRASH_LOOP, InstanceState.FAILED})

_SAID_WHY = frozenset({"NotReady", "Unknown"})
"""Phases of a node in which another reason is news."""


def events_between(
    old_documents: Iterable[Document], new_documents: Iterable[Document], now: datetime
) -> tuple[FleetEvent, ...]:
    """What happened between two results of `documents`, in the order of the new ones.

    An object that was not there before is told about only when it is in trouble: a controller that starts would
    otherwise announce the whole fleet.
    """
    old_by_key = {(one["kind"], one["metadata"]["name"]): one for one in old_documents}
    found: list[FleetEvent] = []
    for new in new_documents:
        subject = ObjectRef(new["kind"], new["metadata"]["name"])
        old = old_by_key.pop((subject.kind, subject.name), None)
        if old is new:
            continue
        found += [
            FleetEvent(subject, news.type, news.reason, news.message, now)
            for news in _NEWS_OF_KIND[subject.kind](old, new)
            if old is not None or news.type is EventType.WARNING
        ]
    for (kind, name), old in sorted(old_by_key.items()):
        if old["status"].get("phase") != "Pending" or kind != "Node":
            message = "It is in no manifest any more"
            found.append(FleetEvent(ObjectRef(kind, name), EventType.NORMAL, "Removed", message, now))
    return tuple(found)


def _news_of_node(old: Document | None, new: Document) -> Iterator[_News]:
    was, status = _status(old), new["status"]
    if was.get("phase") != status["phase"] or (status["phase"] in _SAID_WHY and was["reason"] != status["reason"]):
        if status["phase"] == "Ready":
            yield _News(EventType.NORMAL, "NodeReady", "The agent is connected")
        else:
            yield _News(EventType.WARNING, status["reason"], status["message"])
    generations = (was.get("generation") or {}, status.get("generation") or {})
    for stage, reason in (
        ("published", "GenerationPublished"),
        ("observed", "GenerationObserved"),
        ("applied", "GenerationApplied"),
    ):
        before, after = (one.get(stage) for one in generations)
        # A node that was silent says again what it had said before: told as NodeReady, not as progress.
        came_back = stage != "published" and was.get("phase") == "Unknown"
        if after and after != before and not came_back:
            text = f"Generation {after['generation']} of epoch {after['epoch']} is {stage}"
            yield _News(EventType.NORMAL, reason, text)


def _news_of_instance(old: Document | None, new: Document) -> Iterator[_News]:
    was, status = _status(old), new["status"]
    if (was.get("phase"), was.get("reason")) != (status["phase"], status["reason"]):
        waits = status["phase"] == InstanceState.PENDING and status["node"] is None
        event_type = EventType.WARNING if status["phase"] in _BAD_PHASES or waits else EventType.NORMAL
        change = f"{was['phase']} -> {status['phase']}" if old and was["phase"] != status["phase"] else status["phase"]
        text = f"{change}: {status['message']}" if status["message"] else change
        yield _News(event_type, status["reason"] or status["phase"], text)
    if (was.get("restarts") or 0) < (status["restarts"] or 0) and was.get("phase") not in (None, "Unknown"):
        yield _News(EventType.WARNING, "Restarted", f"Restart {status['restarts']}: it left by itself, or hung")
    yield from _news_of_conditions(was, status)
    if was.get("node") and status["node"] and was["node"] != status["node"]:
        yield _News(EventType.NORMAL, "Moved", f"From node {was['node']} to node {status['node']}")


def _news_of_conditions(was: Mapping[str, Any], status: Mapping[str, Any]) -> Iterator[_News]:
    """What else the agent says of an instance, both ways; such conditions are True when somebody should look."""
    before = {one["type"]: one for one in was.get("conditions", ())}
    for one in status.get("conditions", ()):
        old = before.get(one["type"])
        said = (one["status"], one["message"])
        if one["type"] in _OF_THE_CONTROLLER or (
            (old["status"], old["message"]) == said if old else not one["message"]
        ):
            continue
        event_type = EventType.WARNING if one["status"] == "True" else EventType.NORMAL
        yield _News(event_type, f"{one['type']}{one['reason']}", one["message"])


def _news_of_camera(old: Document | None, new: Document) -> Iterator[_News]:
    was, status = _status(old), new["status"]
    if old is not None and was["ready"] == status["ready"]:
        return
    if NODE_LOST in (was.get("reason"), status["reason"]):
        return  # the node and its instances tell it; each of their cameras would drown that
    text = f"{status['reason']}: {status['message']}" if status["message"] else status["reason"]
    if status["ready"]:
        yield _News(EventType.NORMAL, "CameraReady", text)
    elif status["ready"] is False:
        yield _News(EventType.WARNING, "CameraNotReady", text)
    else:
        yield _News(EventType.NORMAL, "CameraUnknown", text)


_NEWS_OF_KIND = {"Node": _news_of_node, "DsInstance": _news_of_instance, "Camera": _news_of_camera}


def _status(document: Document | None) -> Mapping[str, Any]:
    return document["status"] if document else {}
