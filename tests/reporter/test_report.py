"""What a report says, and that what is compared in its place tells the same apart."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations_with_replacement
from typing import Any
from uuid import UUID

import pytest

from crds.camera_status import AlertStatus
from crds.condition import Condition, ConditionStatus
from crds.messages import AgentInfo, AgentResponse
from nodeagent.reporter.report import Told, after_report, report, standing
from nodeagent.reporter.status import Known
from tests.differ.generations import FLEET, NODE, NOW, generation
from tests.reporter.known_instances import EXITED, OLD_FORM, YARD, at, known, probed, running, silent

IDENTITY = AgentInfo(
    fleet_id=FLEET,
    node_id=UUID(NODE),
    hostname="gate",
    ip_address="127.0.0.1",
    agent_version="1",
    driver="fake",
    public_key="",
    sent_at=NOW,
)
# Alone they are no reason to report early.
MOVING = {"fps", "frame_number", "sent_at", "sequence", "message", "since"}


def alerted(alert_id: str) -> Known:
    """A camera runs, and this is its newest alert."""
    alert = AlertStatus(rule="busy", id=alert_id, number=1, active=True, count=2, began_at=NOW)
    progress = probed(7, 8)
    cameras = {name: replace(one, alerts=(alert,)) for name, one in (progress.cameras or {}).items()}
    return known(running(), progress=replace(progress, cameras=cameras))


def condition(status: ConditionStatus, message: str, since: datetime = NOW) -> Condition:
    return Condition(type="A", status=status, reason="B", message=message, last_transition_time=since)


FINE = (condition(ConditionStatus.TRUE, ""),)
MOMENTS: dict[str, tuple[Known, tuple[Condition, ...], float]] = {
    "nothing known": (Known(None, None), (), 0),
    "not there": (known(None), (), 0),
    "running": (known(running(), progress=probed(7, 8)), (), 1),
    "running, more frames": (known(running(), progress=probed(7, 8, 90, fps=20)), (), 2),
    "an alert": (alerted("a-1"), (), 1),
    "another alert": (alerted("a-2"), (), 1),
    "a frozen camera": (known(running(), progress=probed(7, 8)), (), 11.5),
    "a frozen camera, later": (known(running(), progress=probed(7, 8, 8, 8)), (), 14),
    "silent": (known(running(), progress=silent()), (), 1),
    "silent for long": (known(running(), progress=silent()), (), 40),
    "silent for longer": (known(running(), progress=silent()), (), 50),
    "another container": (known(running(runtime_id="id-2"), progress=probed(7, 8, runtime_id="id-2")), (), 1),
    "an older form": (known(running(OLD_FORM), progress=probed(7, 8)), (), 1),
    "left": (known(EXITED), (), 1),
    "a condition": (known(running(), progress=probed(7, 8)), FINE, 1),
    "a condition in other words": (
        known(running(), progress=probed(7, 8)),
        (condition(ConditionStatus.TRUE, "fine"),),
        1,
    ),
    "another condition": (
        known(running(), progress=probed(7, 8)),
        (condition(ConditionStatus.FALSE, "", NOW + timedelta(seconds=1)),),
        1,
    ),
    "settled": (Known(**{**vars(known(running(), progress=probed(7, 8))), "settled": True}), (), 1),
    "settled and not ready": (Known(**{**vars(known(running(), progress=silent())), "settled": True}), (), 1),
}


def said(name: str) -> AgentResponse:
    what, conditions, after = MOMENTS[name]
    told = after_report(Told(), what, at(after))
    return report(told, what, conditions, IDENTITY, 7, at(after))


def without_moving(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_moving(inner) for key, inner in value.items() if key not in MOVING}
    if isinstance(value, list):
        return [without_moving(inner) for inner in value]
    return value


@pytest.mark.parametrize(("one", "other"), list(combinations_with_replacement(MOMENTS, 2)))
def test_what_stands_differs_when_and_only_when_the_report_does_in_more_than_numbers(one: str, other: str) -> None:
    def stands(name: str) -> object:
        what, conditions, after = MOMENTS[name]
        return standing(what, Told(), conditions, at(after))

    reports = [without_moving(said(name).model_dump(mode="json")) for name in (one, other)]

    assert (stands(one) == stands(other)) is (reports[0] == reports[1])


def test_a_generation_stays_applied_until_a_newer_one_is() -> None:
    what, _, after = MOMENTS["settled"]
    told = after_report(Told(), what, at(after))
    assert told.applied == generation([YARD], 2).ref

    assert after_report(told, known(EXITED), at(20)).applied == told.applied
    assert after_report(told, Known(generation([OLD_FORM], 3), None, settled=True), at(20)).applied == told.applied
