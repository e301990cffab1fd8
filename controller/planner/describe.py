"""A plan as text: what tests compare, what `fleet plan` prints and what the log says."""

from collections import Counter
from dataclasses import replace

from controller.model import Change, ChangeKind, FleetPlan

_SIGNS = {
    ChangeKind.CREATE: "+",
    ChangeKind.UPDATE: "~",
    ChangeKind.MOVE: ">",
    ChangeKind.REMOVE: "-",
    ChangeKind.RENAME: "=",
}


def describe_plan(plan: FleetPlan) -> str:
    """The changes with their causes, the reasons for what is not placed, and a summary in camera terms."""
    lines = []
    for change in plan.changes:
        lines += _describe(change)
    lines += [f"! {one.subject}: {one.reason}: {one.message}" for one in plan.reasons]
    lines.append(summary(plan))
    return "\n".join(lines)


def summary(plan: FleetPlan) -> str:
    """One line: how many instances and cameras are touched, and how."""
    if not plan.changes:
        return "No changes."
    counts = Counter(change.kind for change in plan.changes)
    parts = [
        f"{counts[kind]} to {kind}"
        for kind in (ChangeKind.CREATE, ChangeKind.UPDATE, ChangeKind.MOVE, ChangeKind.REMOVE, ChangeKind.RENAME)
        if counts[kind]
    ]
    added = sum(len(change.cameras_added) for change in plan.changes)
    removed = sum(len(change.cameras_removed) for change in plan.changes)
    interrupted = sum(len(change.cameras_interrupted) for change in plan.changes)
    cameras = f"cameras: {added} added, {removed} removed, {interrupted} interrupted"
    return f"Instances: {', '.join(parts)}; {cameras}."


def _describe(change: Change) -> list[str]:
    place = f"{change.from_node} -> {change.node}" if change.from_node else change.node
    how = f" ({change.change_class})" if change.kind == ChangeKind.UPDATE else ""
    name = f"{change.old_name} -> {change.instance}" if change.old_name else change.instance
    lines = [f"{_SIGNS[change.kind]} {change.kind} dsinstance/{name} on {place}{how}"]
    lines += [f"    {cause}" for cause in change.causes]
    for word, cameras in (
        ("adds", change.cameras_added),
        ("removes", change.cameras_removed),
        ("interrupts", change.cameras_interrupted),
    ):
        if cameras:
            lines.append(f"    {word} {len(cameras)} camera{'s' if len(cameras) > 1 else ''}: {', '.join(cameras)}")
    return lines


def what_comes(plan: FleetPlan, before: FleetPlan) -> FleetPlan:
    """Of a plan what does not come anyway, with the plan that is in force."""
    known, reasons = set(before.changes), set(before.reasons)
    return replace(
        plan,
        changes=tuple(one for one in plan.changes if one not in known),
        reasons=tuple(one for one in plan.reasons if one not in reasons),
    )
