"""The fleet in a few numbers, for `fleet status`."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from controller.model import Reason
from controller.status.conditions import Document


def summary(documents: Iterable[Document], reasons: Iterable[Reason]) -> dict[str, Any]:
    """How many objects there are, how many are ready, and what is not placed.

    Args:
        documents: what `documents` returned.
        reasons: of the plan in force.
    """
    total: Counter[str] = Counter()
    ready: Counter[str] = Counter()
    pending = 0
    for document in documents:
        kind = document["kind"]
        total[kind] += 1
        ready[kind] += _is_ready(document)
        pending += kind == "Node" and document["status"].get("phase") == "Pending"
    return {
        "nodes": {"total": total["Node"], "ready": ready["Node"], "pending": pending},
        "instances": {"total": total["DsInstance"], "ready": ready["DsInstance"]},
        "cameras": {"total": total["Camera"], "ready": ready["Camera"]},
        "reasons": [{"object": str(one.subject), "reason": one.reason, "message": one.message} for one in reasons],
    }


def _is_ready(document: Document) -> bool:
    conditions = document["status"].get("conditions", ())
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
