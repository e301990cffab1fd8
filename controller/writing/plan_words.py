"""What a write does to instances and cameras: for people as lines, for programs as data. Pure."""

import json
from collections.abc import Sequence
from typing import Any, Final

from controller.model import Change, FleetPlan, Reason
from controller.planner.describe import describe_plan, summary

_MOST_LINES: Final = 12
_LONGEST_LINE: Final = 300
_MOST_CHARACTERS: Final = 3072
"""Of the plan as JSON: what stands in one header, of which servers and proxies take 8 KiB in all."""
_CAUSES: Final = 5


def plan_lines(plan: FleetPlan) -> tuple[str, ...]:
    """The plan in lines that are not too many; none for a plan that changes nothing."""
    if not plan.changes and not plan.reasons:
        return ()
    lines = [line.rstrip() for line in describe_plan(plan).splitlines()]
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 2], f"... {len(lines) - _MOST_LINES + 1} lines more", lines[-1]]
    return tuple(line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 3]}..." for line in lines)


def plan_data(plan: FleetPlan, revision_id: str) -> dict[str, Any]:
    """The plan as plain data; what would be too much for a header is left out, and `truncated` says so."""
    data: dict[str, Any] = {"revision": revision_id, "summary": summary(plan)}
    reasons = reasons_data(plan.reasons)
    full = data | {"changes": changes_data(plan.changes)} | ({"reasons": reasons} if reasons else {})
    return full if len(json.dumps(full)) <= _MOST_CHARACTERS else data | {"truncated": True}


def reasons_data(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    """Why something is not done that manifests ask for, as plain data."""
    return [{"object": str(one.subject), "reason": one.reason, "message": one.message} for one in reasons]


def changes_data(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """What happens to instances, as plain data, without what is empty."""
    return [
        {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in {
                "kind": one.kind,
                "instance": one.instance,
                "node": one.node,
                "fromNode": one.from_node,
                "oldName": one.old_name,
                "changeClass": str(one.change_class),
                "causes": one.causes[:_CAUSES],
                "camerasAdded": one.cameras_added,
                "camerasRemoved": one.cameras_removed,
                "camerasInterrupted": one.cameras_interrupted,
            }.items()
            if value
        }
        for one in changes
    ]
