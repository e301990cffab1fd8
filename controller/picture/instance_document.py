"""What is said of an instance: where it is, what its agent observed, and whether that is what was published."""

from collections.abc import Mapping
from typing import Any

from controller.model import SCALED_TO_ZERO, ObjectRef, Reason
from controller.picture.conditions import Document, Verdict, condition, false, timestamp, true
from controller.picture.look import Look, Sighting
from controller.picture.troubles import CAMERAS_NOT_READY
from crds.dsinstance import DsInstance
from crds.messages import InstanceState, InstanceStatus

_OWN_CONDITIONS = frozenset({"Ready", "Planned"})
_PENDING = InstanceState.PENDING.value


def instance_status(instance: DsInstance, look: Look, previous: Document | None) -> Document:
    """The status of a DsInstance, of which the previous document is shown until now."""
    sighting = _chosen(instance.name, look)
    reasons = look.layout.reasons.get((instance.kind, instance.name), ())
    found = _unpublished(instance, reasons, look) if sighting is None else _published(sighting)
    verdict: Verdict = found.pop("verdict")
    since = sighting.status.since if verdict.ready and sighting and sighting.status else None
    conditions = [condition("Ready", verdict, previous=previous, now=look.now, since=since)]
    if look.layout.plan is not None:
        planned = _because(reasons) if reasons else true("Planned")
        conditions.append(condition("Planned", planned, previous=previous, now=look.now))
    conditions += _conditions_of_agent(sighting, previous, look) if sighting else []
    return {**found, "conditions": conditions}


def _chosen(name: str, look: Look) -> Sighting | None:
    """The sighting that stands for the instance: where it is planned, when it is published there."""
    sightings = look.sightings(name)
    planned_on = {one.node_id for one in look.layout.planned.of(name)}
    there = [one for one in sightings if one.node_id in planned_on]
    return next(iter((*there, *sightings)), None)


def _conditions_of_agent(sighting: Sighting, previous: Mapping[str, Any] | None, look: Look) -> list[dict[str, Any]]:
    return [
        condition(
            one.type,
            Verdict(one.status, one.reason, one.message),
            previous=previous,
            now=look.now,
            since=one.last_transition_time,
        )
        for one in (sighting.status.conditions if sighting.status else ())
        if one.type not in _OWN_CONDITIONS
    ]


def _because(reasons: tuple[Reason, ...]) -> Verdict:
    return false(reasons[0].reason, "; ".join(one.message for one in reasons))


def _unpublished(instance: DsInstance, reasons: tuple[Reason, ...], look: Look) -> Document:
    planned = next(iter(look.layout.planned.of(instance.name)), None)
    if reasons:
        verdict = _because(reasons)
    elif look.layout.plan is None:
        verdict = false("NotPlanned", "No plan was made yet")
    elif planned:
        verdict = false("NotPublished", "It is planned, and waits for the generation of its node to be published")
    else:
        verdict = false("NotPlanned", "The plan does not hold it")
    is_stopped = any(one.reason == SCALED_TO_ZERO for one in reasons)
    return {
        "phase": InstanceState.STOPPED.value if is_stopped else _PENDING,
        "reason": verdict.reason,
        "message": verdict.message,
        "node": look.layout.node_name(planned.node_id) if planned else None,
        "image": planned.config.image if planned else instance.spec.image,
        "imageId": None,
        "imagePlatform": None,
        "cameras": {
            "ready": 0,
            "total": len(planned.config.cameras) if planned else len(look.layout.revision.cameras_of(instance)),
        },
        "restarts": 0,
        "generation": None,
        "upToDate": False,
        "startedAt": None,
        "verdict": verdict,
    }


def _published(sighting: Sighting) -> Document:
    status = sighting.status
    config = sighting.config
    if sighting.silence:
        phase, verdict = "Unknown", sighting.silence
    elif status is None:
        phase = _PENDING
        verdict = false(
            "NotObserved", f"The agent of node {sighting.node_name} has not reported it yet ({sighting.record.ref})"
        )
    else:
        phase, verdict = status.state.value, _ready(sighting, status)
    return {
        "phase": phase,
        "reason": verdict.reason,
        "message": verdict.message,
        **({"cause": str(ObjectRef("Node", sighting.node_name))} if sighting.silence else {}),
        "node": sighting.node_name,
        **({"runsAs": config.instance_name} if config.manifest_name else {}),
        **({"held": str(config.hold)} if config.hold else {}),
        "image": config.image,
        "imageId": status.image_id if status else None,
        "imagePlatform": (status.image_platform if status else "") or None,
        "cameras": {"ready": _cameras_ready(sighting), "total": len(config.cameras)},
        "restarts": status.restarts if status else None,
        "generation": status.generation if status else None,
        "upToDate": None if sighting.silence else sighting.up_to_date and sighting.newest,
        "startedAt": timestamp(status.started_at) if status and status.started_at else None,
        "verdict": verdict,
    }


def _ready(sighting: Sighting, status: InstanceStatus) -> Verdict:
    if status.state is not InstanceState.RUNNING:
        return false(status.reason or status.state.value, status.message)
    if not sighting.newest:
        return false("NotPublished", "The manifests ask for something else, which is not published yet")
    if not sighting.up_to_date:
        return false("Outdated", status.message or "What runs is not what was published last")
    wanted = {camera.name for camera in sighting.config.cameras}
    dark = sorted(one.name for one in status.cameras if one.name in wanted and one.ready is False)
    if dark:
        return false(CAMERAS_NOT_READY, f"Not ready: {', '.join(dark)}")
    return true("Held" if sighting.config.hold else "Running", status.message)


def _cameras_ready(sighting: Sighting) -> int | None:
    """Cameras proven ready by frames; None when nothing can be said of any of them."""
    status = sighting.status
    if sighting.silence:
        return None
    if status is None or not sighting.up_to_date:
        return 0
    wanted = {camera.name for camera in sighting.config.cameras}
    said = [one.ready for one in status.cameras if one.name in wanted]
    if said and all(ready is None for ready in said):
        return None
    return sum(ready is True for ready in said)
