"""Every document of `cases/*.yaml`: a fleet before, an edit, and the plan as text.

A case gives `before` (a short fleet, see `short_manifests`) and `edit` (a merge patch of it), or `manifests` for a fleet
that begins. What `before` asks for is taken as published. `plan` is the whole text of the plan; `parked` the sentence
of the guard, without which the plan must pass it; `ports` and `slots` what the plan gives: the slot of each camera, or
a list of all cameras when there are no holes between them.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from controller.model import FleetPlan
from controller.planner.describe import describe_plan
from controller.planner.guard import RemovalLimit, RemovalLimits, why_parked
from controller.planner.planner import plan, previous_from
from tests.planner.short_manifests import NOW, merged, revision

CASES = Path(__file__).parent / "cases"
KEYS = {"name", "before", "edit", "manifests", "limit", "cameraLimit", "plan", "parked", "ports", "slots"}


def read_cases() -> list[tuple[str, dict[str, Any]]]:
    cases = []
    for path in sorted(CASES.glob("*.yaml")):
        for case in yaml.load_all(path.read_text(), yaml.CSafeLoader):
            assert case.keys() <= KEYS, f"{path.name}: {case.keys() - KEYS}"
            cases.append((f"{path.stem}: {case['name']}", case))
    return cases


def limits_of(case: dict[str, Any]) -> RemovalLimits:
    def limit(key: str) -> RemovalLimit:
        given = case.get(key, {})
        return RemovalLimit(given.get("percent", 25.0), given.get("alwaysAllowed", 1))

    return RemovalLimits(limit("limit"), limit("cameraLimit"))


def ports(planned: FleetPlan) -> dict[str, int]:
    return {one.instance_name: one.rest_port for state in planned.nodes.values() for one in state.instances}


def slots(planned: FleetPlan) -> dict[str, dict[str, int]]:
    return {
        one.instance_name: {camera.name: camera.slot for camera in one.cameras}
        for state in planned.nodes.values()
        for one in state.instances
    }


def slots_expected_in(case: dict[str, Any]) -> dict[str, dict[str, int]]:
    return {
        name: {camera: slot for slot, camera in enumerate(given)} if isinstance(given, list) else given
        for name, given in case.get("slots", {}).items()
    }


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in read_cases()])
def test_the_plan_of_a_case_is_the_text_that_it_expects(case: dict[str, Any]) -> None:
    before = case.get("before", {})
    after = case["manifests"] if "manifests" in case else merged(before, case["edit"])
    previous = previous_from(plan(revision(before, "sha256:before"), {}), NOW) if before else {}

    planned = plan(revision(after, "sha256:after"), previous)

    assert describe_plan(planned) == case["plan"].rstrip("\n")
    assert why_parked(planned, previous, limits_of(case)) == case.get("parked")
    assert {name: ports(planned)[name] for name in case.get("ports", {})} == case.get("ports", {})
    assert {name: slots(planned)[name] for name in case.get("slots", {})} == slots_expected_in(case)


def test_names_of_cases_are_unique() -> None:
    names = [name for name, _ in read_cases()]
    assert len(set(names)) == len(names)
    assert len(names) >= 25
