"""The newest alert of each rule of a camera, as its document says it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from controller.picture.conditions import Document, timestamp
from crds.camera import Camera
from crds.camera_status import AlertStatus


def camera_alerts(
    camera: Camera, said: Iterable[AlertStatus], previous: Document | None, *, watchers: int
) -> tuple[Mapping[str, Any], ...]:
    """The newest alert of each rule that the camera has, in the order of their names.

    What was known stays while nobody says it: an agent may be silent, and an app that starts anew has forgotten it. Then
    nobody knows of an alert that it still lasts.

    Args:
        camera: its manifest.
        said: by the agents of all who watch it.
        previous: its document as it is shown until now; None when it is not shown yet.
        watchers: how many instances are to watch it. Of several, the newest alert of one that is away is not replaced by an
            older one of another.
    """
    known: dict[str, Mapping[str, Any]] = {
        one["rule"]: {**one, "active": False} if one["active"] else one for one in alerts_in(previous)
    }
    newest: dict[str, AlertStatus] = {}
    for one in said:
        if one.rule not in newest or _order(one, known) > _order(newest[one.rule], known):
            newest[one.rule] = one
    if not known and not newest:
        return ()
    known |= {
        rule: _shown(one)
        for rule, one in newest.items()
        if watchers < 2 or _is_told(one, known) or rule not in known or timestamp(one.began_at) > known[rule]["began"]
    }
    # An app tells any rule that it likes.
    rules = camera.opened().spec.alerts or {}
    return tuple(known[rule] for rule in sorted(known) if rule in rules)


def _order(one: AlertStatus, known: Mapping[str, Mapping[str, Any]]) -> tuple[str, bool, datetime]:
    """The newest is the last; of those of one second, which is all that a document says, the one that was told stays."""
    return (timestamp(one.began_at), _is_told(one, known), one.began_at)


def _is_told(one: AlertStatus, known: Mapping[str, Mapping[str, Any]]) -> bool:
    return one.rule in known and known[one.rule]["id"] == one.id


def alerts_in(document: Document | None) -> Iterator[Mapping[str, Any]]:
    """What a document of a camera says of alerts."""
    if document is not None:
        yield from document["status"].get("alerts", ())


def _shown(alert: AlertStatus) -> Mapping[str, Any]:
    return {
        "rule": alert.rule,
        "id": alert.id,
        "number": alert.number,
        "active": alert.active,
        "count": alert.count,
        "seen": alert.seen,
        "region": alert.region,
        "message": alert.message,
        "began": timestamp(alert.began_at),
        "ended": timestamp(alert.ended_at) if alert.ended_at else None,
    }
