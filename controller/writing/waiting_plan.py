"""Manifests that are not in force: what a person must correct in them, or what waits for his approval. Pure."""

import re
from collections.abc import Sequence
from typing import Any, Final

from controller.model import FleetPlan, Problem
from controller.planner.describe import what_comes
from controller.planner.planner import plan_again
from controller.source.read.reader import Loaded, Reading, Rejected, Unreadable
from controller.state import State

MOST_PROBLEMS: Final = 500
_HINT: Final = re.compile(r"(?P<message>.+?)[;:] (?P<hint>did you mean .+\?)")


def waiting(state: State) -> Loaded | None:
    """The manifests that wait for approval; None when none do."""
    candidate, reading = state.gate.candidate, state.reading
    if candidate is None or candidate.state != "Parked" or not isinstance(reading, Loaded):
        return None
    return reading if reading.revision.id == candidate.revision_id else None


def plan_of_waiting(state: State, reading: Loaded) -> FleetPlan:
    """What comes of manifests that does not come anyway. It plans the fleet, as far as that is another one then."""
    before = state.gate.in_the_end
    memo = plan_again(before, reading.revision, state.published.configs, holds=state.holds)
    return what_comes(memo.plan, before.plan)


def problems_data(state: State) -> list[dict[str, Any]]:
    """What keeps the newest manifests from being in force, as plain data; what is of no file has null for its place."""
    candidate, reading = state.gate.candidate, state.reading
    if found := _problems(reading):
        return [_problem_data(one) for one in found[:MOST_PROBLEMS]]
    if candidate is not None and candidate.state in ("Rejected", "Unreadable"):
        return [{"file": None, "line": None, "column": None, "path": "", "message": candidate.message, "hint": None}]
    return []


def _problems(reading: Reading | None) -> Sequence[Problem]:
    match reading:
        case Rejected(problems=problems):
            return problems
        case Unreadable() | Loaded() | None:
            return ()


def _problem_data(problem: Problem) -> dict[str, Any]:
    at = problem.position
    parts = _HINT.fullmatch(problem.message)
    return {
        "file": at.file,
        "line": at.line,
        "column": at.column,
        "path": problem.path,
        "message": parts["message"] if parts else problem.message,
        "hint": parts["hint"] if parts else None,
    }
