"""Which conditions of an object are troubles, and which objects have one trouble together."""

from collections.abc import Mapping
from typing import Any

from controller.model import ObjectRef
from controller.picture.camera_damage import DEGRADED
from controller.picture.conditions import Document
from controller.picture.node_document import KEY_UNDISPUTED
from controller.picture.same_message import same_message

CAMERAS_NOT_READY = "CamerasNotReady"
"""The reason of an instance that is not ready for nothing but its cameras."""

_TOLD_ALREADY = frozenset({"Ready", KEY_UNDISPUTED})
_BAD = {"ReportTruncated": "True", DEGRADED: "True"}
"""The status that tells of a trouble, where it is not False."""
IN_PROGRESS = frozenset({"Applying", "NotObserved", "NotPublished", "NotPlanned", "NoReport"})
"""Reasons of what is on its way, and soon over."""


def is_trouble(document: Document, condition: Mapping[str, Any]) -> bool:
    """True for a condition that is as it should not be, and neither on its way nor told already: by readiness, as a key."""
    if (
        condition["status"] != _BAD.get(condition["type"], "False")
        or condition["type"] in _TOLD_ALREADY
        or condition["reason"] in IN_PROGRESS
    ):
        return False
    status = document["status"]
    ready = {one["type"]: one["status"] for one in status.get("conditions", ())}.get("Ready")
    return ready == "True" or status.get("reason") != condition["reason"]


def led_by(dark: Mapping[ObjectRef, Document]) -> dict[ObjectRef, ObjectRef]:
    """For each object that is not ready, the one that has the cause: itself, when it is its own.

    Args:
        dark: the documents of all that is not ready.
    """
    above: dict[ObjectRef, ObjectRef] = {}
    first: dict[tuple[str, ...], ObjectRef] = {}
    named = {str(subject): subject for subject in dark}
    for subject, document in dark.items():
        status = document["status"]
        cause = named.get(status.get("cause", ""))
        if cause is not None:
            above[subject] = cause
        elif subject.kind == "Camera":
            # Cameras of one instance that have one trouble: a switch, a recorder. What nobody watches stands alone.
            for watcher in (one["name"] for one in status["instances"] if not one["ready"]):
                said = same_message(status["reason"], status["message"], is_trouble=True)
                above.setdefault(subject, first.setdefault((watcher, status["reason"], said), subject))
                instance = ObjectRef("DsInstance", watcher)
                if instance in dark and dark[instance]["status"]["reason"] == CAMERAS_NOT_READY:
                    above.setdefault(instance, above[subject])
    return {subject: _top(subject, above) for subject in dark}


def _top(subject: ObjectRef, above: Mapping[ObjectRef, ObjectRef]) -> ObjectRef:
    # From a camera to its instance, to its node or to an earlier camera: never round.
    while (following := above.get(subject, subject)) != subject:
        subject = following
    return subject
