"""The fleet in a few numbers, for `fleet status`."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from controller.model import ObjectRef, Reason
from controller.picture.conditions import Document
from controller.picture.node_document import KEY_UNDISPUTED

_MOST_NOT_READY = 50


def summary(
    documents: Iterable[Document], reasons: Iterable[Reason], images: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """How many objects there are, how many are ready, and what is not placed.

    Args:
        documents: what `documents` returned.
        reasons: of the plan in force.
        images: what `images_with_two_ids` found in the documents.
    """
    refused_keys: list[dict[str, str]] = []
    not_ready: list[dict[str, str]] = []
    total: Counter[str] = Counter()
    ready: Counter[str] = Counter()
    pending = 0
    drifted: list[dict[str, str]] = []
    for document in documents:
        kind = document["kind"]
        total[kind] += 1
        ready[kind] += _is_ready(document)
        pending += kind == "Node" and document["status"].get("phase") == "Pending"
        refused_keys += _refused_keys(document)
        if not _is_ready(document) and len(not_ready) < _MOST_NOT_READY:
            not_ready.append(_why_not(document))
        drifted += _drifted(document)
    return {
        "nodes": {"total": total["Node"], "ready": ready["Node"], "pending": pending},
        "instances": {"total": total["DsInstance"], "ready": ready["DsInstance"]},
        "cameras": {"total": total["Camera"], "ready": ready["Camera"]},
        "notReady": not_ready,
        "refusedKeys": refused_keys[:_MOST_NOT_READY],
        "drifted": drifted[:_MOST_NOT_READY],
        "images": [
            {"object": name, "reason": "TwoImages", "message": message} for name, message in (images or {}).items()
        ],
        "reasons": [{"object": str(one.subject), "reason": one.reason, "message": one.message} for one in reasons],
    }


def _is_ready(document: Document) -> bool:
    return any(one["status"] == "True" for one in _ready_conditions(document))


def _ready_conditions(document: Document) -> list[dict[str, str]]:
    return [one for one in document["status"].get("conditions", ()) if one["type"] == "Ready"]


def _refused_keys(document: Document) -> list[dict[str, str]]:
    about = str(ObjectRef(document["kind"], document["metadata"]["name"]))
    return [
        {"object": about, "reason": one["reason"], "message": one["message"]}
        for one in document["status"].get("conditions", ())
        if one["type"] == KEY_UNDISPUTED
    ]


def _drifted(document: Document) -> Iterator[dict[str, str]]:
    """An instance whose container is not as its record says; that of a neighbour's image is told once, by its name."""
    for one in document["status"].get("conditions", ()):
        if one["type"] == "Drifted" and one["status"] == "True":
            subject = str(ObjectRef(document["kind"], document["metadata"]["name"]))
            yield {"object": subject, "reason": one["type"], "message": one["message"]}


def _why_not(document: Document) -> dict[str, str]:
    status = document["status"]
    said = next(iter(_ready_conditions(document)), {})
    return {
        "object": str(ObjectRef(document["kind"], document["metadata"]["name"])),
        "reason": str(said.get("reason") or status.get("reason") or ""),
        "message": str(said.get("message") or status.get("message") or ""),
    }
