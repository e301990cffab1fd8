"""What is worth telling of what became different between two looks at the fleet."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from controller.model import ObjectRef
from controller.picture.camera_alerts import alerts_in
from controller.picture.camera_damage import DEGRADED
from controller.picture.conditions import Document
from controller.picture.difference import Difference
from controller.picture.troubles import IN_PROGRESS, is_trouble
from crds.messages import InstanceState


class EventType(StrEnum):
    """Whether somebody should look."""

    NORMAL = "Normal"
    WARNING = "Warning"


@dataclass(frozen=True)
class Trouble:
    """What an event begins or ends: it is told once, however often it is out of sight in between."""

    about: str
    """The type of the condition of its object."""
    ends: bool = False
    is_maybe_untold: bool = False
    """Of an end: the beginning may not have been worth an event, and then the end is not."""


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
    trouble: Trouble | None = None
    about: str = ""
    """What it is about, where the same reason tells of several things that are told apart."""


@dataclass(frozen=True)
class _News:
    """An event without its object and time."""

    type: EventType
    reason: str
    message: str
    trouble: Trouble | None = None
    about: str = ""


CAMERA_ALERT = "CameraAlert"
"""The reason of the event that an alert of a camera began."""

REMOVED = "Removed"
"""The reason of the last event of an object."""

_SET_BACK = "SetBack"
"""The reason with which an agent says what it has just put right."""

_BAD_PHASES = frozenset({"Unknown", InstanceState.UNHEALTHY, InstanceState.CRASH_LOOP, InstanceState.FAILED})

_SAID_WHY = frozenset({"NotReady", "Unknown"})
"""Phases of a node in which another reason is news."""


OpenTroubles = Mapping[tuple[ObjectRef, str], str]
"""By object and what they are about: the troubles that were told to have begun and not to have ended, with their reason."""


def events_of(
    differences: Iterable[Difference], now: datetime, open_troubles: OpenTroubles = MappingProxyType({})
) -> tuple[FleetEvent, ...]:
    """What happened between two looks, in the order of what is different.

    An object that was not there before is told about only when it is in trouble: a controller that starts would
    otherwise announce the whole fleet.

    Args:
        differences: between the documents of the one look and of the other.
        now: the time, UTC.
        open_troubles: what was told before. A trouble that was out of sight meanwhile is not told again, and its end is.
    """
    found: list[FleetEvent] = []
    for key, old, new in differences:
        subject = ObjectRef(*key)
        if new is not None:
            found += [
                FleetEvent(subject, news.type, news.reason, news.message, now, news.trouble, news.about)
                for news in (*_NEWS_OF_KIND[subject.kind](old, new), *_news_of_conditions(old, new))
                if (old is not None or news.type is EventType.WARNING) and _is_new(subject, news, open_troubles)
            ]
        elif old is not None and (old["status"].get("phase") != "Pending" or subject.kind != "Node"):
            message = "It is in no manifest any more"
            found.append(FleetEvent(subject, EventType.NORMAL, REMOVED, message, now))
    return tuple(found)


def _is_new(subject: ObjectRef, news: _News, open_troubles: OpenTroubles) -> bool:
    if news.trouble is None:
        return True
    told = open_troubles.get((subject, news.trouble.about))
    if news.trouble.ends:
        return told is not None or not news.trouble.is_maybe_untold
    return told != news.reason


def _news_of_node(old: Document | None, new: Document) -> Iterator[_News]:
    was, status = _status(old), new["status"]
    if was.get("phase") != status["phase"] or (status["phase"] in _SAID_WHY and was["reason"] != status["reason"]):
        if status["phase"] == "Ready":
            yield _News(EventType.NORMAL, "NodeReady", "The agent is connected")
        else:
            is_soon_over = status["reason"] in IN_PROGRESS
            event_type = EventType.NORMAL if is_soon_over else EventType.WARNING
            yield _News(event_type, status["reason"], status["message"])
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
    if was.get("node") and status["node"] and was["node"] != status["node"]:
        yield _News(EventType.NORMAL, "Moved", f"From node {was['node']} to node {status['node']}")


def _news_of_camera(old: Document | None, new: Document) -> Iterator[_News]:
    yield from _news_of_readiness(old, new)
    yield from _news_of_damage(old, new)
    yield from _news_of_alerts(old, new)


def _news_of_damage(old: Document | None, new: Document) -> Iterator[_News]:
    """What is damaged of what a camera sends. While it sends nothing nothing is said, and what was told stays told."""
    was, now = (_status_of(one, DEGRADED) for one in (old, new))
    if now is None or (was is not None and was["status"] == now["status"]):
        return
    if now["status"] == "True":
        text = f"{now['reason']}: {now['message']}" if now["message"] else now["reason"]
        yield _News(EventType.WARNING, "CameraDegraded", text, Trouble(DEGRADED))
    else:
        text = "Nothing is damaged of what it sends"
        yield _News(EventType.NORMAL, "CameraSound", text, Trouble(DEGRADED, ends=True, is_maybe_untold=was is None))


def _status_of(document: Document | None, kind: str) -> Mapping[str, Any] | None:
    return next((one for one in _status(document).get("conditions", ()) if one["type"] == kind), None)


def _news_of_readiness(old: Document | None, new: Document) -> Iterator[_News]:
    was, status = _status(old), new["status"]
    # What its node or instance tells already; each of their cameras would drown that.
    is_elsewhere, was_elsewhere = _is_told_elsewhere(status), old is not None and _is_told_elsewhere(was)
    if is_elsewhere or (old is not None and was["ready"] == status["ready"] and not was_elsewhere):
        return
    text = f"{status['reason']}: {status['message']}" if status["message"] else status["reason"]
    if status["ready"]:
        yield _News(EventType.NORMAL, "CameraReady", text, Trouble("Ready", ends=True, is_maybe_untold=was_elsewhere))
    elif status["ready"] is False:
        yield _News(EventType.WARNING, "CameraNotReady", text, Trouble("Ready"))
    else:
        yield _News(EventType.NORMAL, "CameraUnknown", text)


def _news_of_alerts(old: Document | None, new: Document) -> Iterator[_News]:
    """Alerts that began; of several of one rule between two looks the newest, with how many there were."""
    before = {one["rule"]: one for one in alerts_in(old)}
    # Each app counts its own.
    is_one_count = len(new["status"].get("instances", ())) < 2
    for one in alerts_in(new):
        was = before.get(one["rule"])
        if was is not None and was["id"] == one["id"]:
            continue
        place = f" in {one['region']}" if one["region"] else ""
        advice = f": {one['message']}" if one["message"] else ""
        passed_over = one["number"] - was["number"] - 1 if was is not None and is_one_count else 0
        others = f", and {passed_over} more before it" if passed_over > 0 else ""
        text = f"{one['rule']}: {one['seen'] or one['count']}{place}{advice} (alert {one['id']}{others})"
        yield _News(EventType.WARNING, CAMERA_ALERT, text, about=one["rule"])


def _is_told_elsewhere(status: Mapping[str, Any]) -> bool:
    # An app that has just started has no frames yet; one that cannot get any mostly says why, behind a colon.
    is_starting = status["reason"] == "WaitingForFrames" and ": " not in status["message"]
    return "cause" in status or is_starting


def _news_of_conditions(old: Document | None, new: Document) -> Iterator[_News]:
    """What became False of an object, and what is True again; what is told by its own kind is left out."""
    before = {one["type"]: one for one in _status(old).get("conditions", ()) if one["type"] != DEGRADED}
    for one in new["status"].get("conditions", ()):
        kind, reason, was = one["type"], one["reason"], before.pop(one["type"], None)
        if kind in ("Ready", DEGRADED) or (was and (was["status"], was["reason"]) == (one["status"], reason)):
            continue
        why = f": {one['message']}" if one["message"] else ""
        if is_trouble(new, one):
            yield _News(EventType.WARNING, reason, f"{kind} is {one['status']}{why}", Trouble(kind))
        elif one["status"] == "True" and reason == _SET_BACK:
            # Also when it was changed between two reports.
            yield _News(EventType.NORMAL, reason, one["message"], Trouble(kind, ends=True))
        elif one["status"] == "True" and was and was["status"] != "True":
            told = Trouble(kind, ends=True, is_maybe_untold=True)
            yield _News(EventType.NORMAL, reason, f"{kind} is True again{why}", told)
    for kind in before:
        told = Trouble(kind, ends=True, is_maybe_untold=True)
        yield _News(EventType.NORMAL, "Ended", f"{kind} is not said any more", told)


_NEWS_OF_KIND = {"Node": _news_of_node, "DsInstance": _news_of_instance, "Camera": _news_of_camera}


def _status(document: Document | None) -> Mapping[str, Any]:
    return document["status"] if document else {}
