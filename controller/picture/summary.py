"""The fleet in a few numbers, for `fleet status`, and what is wrong with it: each cause once, with all that it keeps dark."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from controller.model import ObjectRef, Reason
from controller.picture.conditions import Document
from controller.picture.node_document import KEY_UNDISPUTED
from controller.picture.same_message import same_message
from controller.picture.standing import Standing, is_listed, ready_condition
from controller.picture.troubles import led_by

_MOST_LISTED = 50
"""Of each kind, and of conditions."""
_MOST_NAMED = 20
_WORDS = {"Node": "nodes", "DsInstance": "instances", "Camera": "cameras"}


def summary(standing: Standing, reasons: Iterable[Reason], images: Mapping[str, str] | None = None) -> dict[str, Any]:
    """How many objects there are, how many are ready, what is not placed, and what is wrong.

    Args:
        standing: of all objects.
        reasons: of the plan in force.
        images: the names that stand for two images.
    """
    refused_keys: list[dict[str, str]] = []
    dark = {ObjectRef(*key): document for key, document in standing.dark.items()}
    conditions: dict[tuple[str, ...], dict[str, Any]] = {}
    for key, document in standing.troubled.items():
        refused_keys += _refused_keys(document)
        for one in document["status"].get("conditions", ()):
            if is_listed(document, one):
                _add_condition(conditions, ObjectRef(*key), one)
    total = standing.total
    ready = total - Counter(subject.kind for subject in dark)
    led = _led(dark)
    unplaced = [_unplaced(one, dark, led) for one in reasons]
    return {
        "nodes": {"total": total["Node"], "ready": ready["Node"], "pending": standing.pending},
        "instances": {"total": total["DsInstance"], "ready": ready["DsInstance"]},
        "cameras": {"total": total["Camera"], "ready": ready["Camera"]},
        "notReady": _listed(dark, led, {(one["object"], one["reason"]) for one in unplaced}),
        "refusedKeys": refused_keys[:_MOST_LISTED],
        "conditions": list(conditions.values())[:_MOST_LISTED],
        "images": [
            {"object": name, "reason": "TwoImages", "message": message} for name, message in (images or {}).items()
        ],
        "reasons": unplaced,
    }


def _led(dark: dict[ObjectRef, Document]) -> dict[ObjectRef, list[ObjectRef]]:
    """Who is dark for the same cause, by the object that has it."""
    leaders = led_by(dark)
    led: dict[ObjectRef, list[ObjectRef]] = {}
    for subject in dark:
        led.setdefault(leaders[subject], [])
        if leaders[subject] != subject:
            led[leaders[subject]].append(subject)
    return led


def _listed(
    dark: dict[ObjectRef, Document], led: dict[ObjectRef, list[ObjectRef]], told: set[tuple[str, str]]
) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = []
    count: Counter[str] = Counter()
    for subject, document in dark.items():
        why = _why_not(document)
        if subject not in led or (str(subject), why["reason"]) in told or count[subject.kind] == _MOST_LISTED:
            continue
        count[subject.kind] += 1
        listed.append({"object": str(subject), **why, **_affected(led[subject])})
    return listed


def _unplaced(reason: Reason, dark: dict[ObjectRef, Document], led: dict[ObjectRef, list[ObjectRef]]) -> dict[str, Any]:
    shown = dark.get(reason.subject)
    is_its_cause = shown is not None and _why_not(shown)["reason"] == reason.reason
    if shown is None or not is_its_cause:
        return {"object": str(reason.subject), "reason": reason.reason, "message": reason.message}
    message = _with_more(reason.message, _why_not(shown)["message"])
    affected = _affected(led.get(reason.subject, []))
    return {"object": str(reason.subject), "reason": reason.reason, "message": message, **affected}


def _with_more(planned: str, seen: str) -> str:
    """What is planned, and what its agent says beside that: that a held app left, for instance, and is not started."""
    known = planned.split("; ")
    return "; ".join([planned, *(one for one in seen.split("; ") if one and one not in known)])


def _affected(subjects: Iterable[ObjectRef]) -> dict[str, Any]:
    """Who is not ready for the same cause: how many of each kind, and the first of their names."""
    found: dict[str, Any] = {}
    for one in subjects:
        kind = found.setdefault(_WORDS[one.kind], {"count": 0, "names": []})
        kind["count"] += 1
        if len(kind["names"]) < _MOST_NAMED:
            kind["names"].append(one.name)
    return {"affected": found} if found else {}


def _add_condition(conditions: dict[tuple[str, ...], dict[str, Any]], subject: ObjectRef, one: dict[str, str]) -> None:
    """Lists a condition that is False; objects of which the same is said stand together."""
    kind, reason, message = one["type"], one["reason"], one["message"]
    key = (subject.kind, kind, reason, same_message(reason, message, is_trouble=True))
    listed = conditions.get(key)
    if listed is None:
        conditions[key] = {"object": str(subject), "type": kind, "reason": reason, "message": message}
        return
    others = listed.setdefault("affected", {}).setdefault(_WORDS[subject.kind], {"count": 0, "names": []})
    others["count"] += 1
    if len(others["names"]) < _MOST_NAMED:
        others["names"].append(subject.name)


def _refused_keys(document: Document) -> list[dict[str, str]]:
    about = str(ObjectRef(document["kind"], document["metadata"]["name"]))
    return [
        {"object": about, "reason": one["reason"], "message": one["message"]}
        for one in document["status"].get("conditions", ())
        if one["type"] == KEY_UNDISPUTED
    ]


def _why_not(document: Document) -> dict[str, str]:
    status = document["status"]
    said = ready_condition(document)
    return {
        "reason": str(said.get("reason") or status.get("reason") or ""),
        "message": str(said.get("message") or status.get("message") or ""),
    }
