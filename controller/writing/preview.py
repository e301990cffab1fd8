"""What a write would do, for people who look before they ask for it: in terms of cameras, and line by line. Pure."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from controller.model import Change, FleetPlan
from controller.picture.conditions import Document
from controller.planner.describe import summary
from controller.writing.plan_words import changes_data, reasons_data
from crds.change import ChangeClass

BlindSeconds = Mapping[tuple[str, ChangeClass], float]
"""How long the cameras of an instance were blind at its last change of a class: by the name of the instance, and the class."""
MeasuredBlindSeconds = Callable[[Collection[str]], Awaitable[BlindSeconds]]
"""Tells that of some instances, by their names."""
NOTHING_CHANGES = FleetPlan(revision="", nodes={}, reasons=(), changes=())


@dataclass(frozen=True)
class Preview:
    """What would become of manifests, were they written."""

    revision_id: str = ""
    """What an approval names: the digest of all files as they would be. Empty when none becomes another one."""
    plan: FleetPlan = NOTHING_CHANGES
    """What comes of them that does not come anyway."""
    parked: str = ""
    """Why the removal guard would park them; empty when it would not."""
    warnings: tuple[str, ...] = ()
    """For people: what was left out of what was asked for."""
    files: tuple[tuple[str, str], ...] = ()
    """The path of each file that becomes another one, and its unified diff, in which secrets are masked."""
    document: Document | None = None
    """The object as it would be shown; None for one that goes, and for several."""
    blind_seconds: BlindSeconds = field(default_factory=dict)
    """What was measured at earlier changes."""


async def nothing_measured(_instances: Collection[str]) -> BlindSeconds:
    """Of no instance anything was measured."""
    return {}


async def measured_of(plan: FleetPlan, measured: MeasuredBlindSeconds) -> BlindSeconds:
    """What was measured of the instances that a plan interrupts; nothing when that cannot be read now: the rest is worth telling."""
    names = {name for one in plan.changes if one.cameras_interrupted for name in (one.instance, one.old_name) if name}
    try:
        return await measured(names) if names else {}
    except OSError:
        return {}


def expected_blind_seconds(change: Change, measured: BlindSeconds) -> float | None:
    """How long the cameras that a change interrupts will be blind: as long as they were at the last such change of the instance.

    Returns:
        0 for a change that interrupts none; None when no such change was seen yet.
    """
    if not change.cameras_interrupted:
        return 0.0
    names = (change.instance, change.old_name or change.instance)
    return next((measured[key] for name in names if (key := (name, change.change_class)) in measured), None)


def preview_data(preview: Preview) -> dict[str, Any]:
    """A preview as plain data."""
    plan = preview.plan
    changes = [
        {**told, "expectedBlindSeconds": expected_blind_seconds(change, preview.blind_seconds)}
        for change, told in zip(plan.changes, changes_data(plan.changes), strict=True)
    ]
    return {
        "revision": preview.revision_id,
        "summary": summary(plan),
        "changes": changes,
        "reasons": reasons_data(plan.reasons),
        "warnings": list(preview.warnings),
        "parked": preview.parked or None,
        "files": [{"path": path, "diff": diff} for path, diff in preview.files],
        "object": preview.document,
    }
