"""One picture through the API: how it is asked for, what is told of it, who gets it, and why there is none."""

from dataclasses import replace

import pytest

from controller.api.server import create_app
from controller.asking.base import AgentTooOld, CannotAsk
from controller.asking.wanted import Snapshot, SnapshotWanted
from tests.api.asked_agents import AskedAgents
from tests.api.serving import Http
from tests.api.two_sites import FleetOfTwoSites
from tests.picture.fleets import NOW

PATH = "/fleet/v1/cameras/hq-1/snapshot"
TAKEN = Snapshot(b"\xff\xd8\xff a picture", "hq", "n1", 0.2124, 77, 1920, 1080, "")


class Shown:
    def __init__(self) -> None:
        self.agents = AskedAgents(snapshots={"hq-1": TAKEN})
        fleet = FleetOfTwoSites()
        self.http = Http(create_app(fleet.objects, fleet.events, fleet.control, asking=self.agents, clock=lambda: NOW))


@pytest.fixture
def shown() -> Shown:
    return Shown()


def test_what_is_told_of_it_and_that_nobody_keeps_it(shown: Shown) -> None:
    answer = shown.http("GET", PATH)
    assert (answer.status_code, answer.content) == (200, TAKEN.jpeg)
    headers = {name: answer.headers.get(name) for name in ("content-type", "cache-control", "x-frame-age-ms")}
    assert headers == {"content-type": "image/jpeg", "cache-control": "no-store", "x-frame-age-ms": "212"}
    assert [
        answer.headers.get(f"x-{one}") for one in ("instance", "node", "picture-size", "frame-number", "alert")
    ] == [
        "hq",
        "n1",
        "1920x1080",
        "77",
        None,
    ]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin", "no page of another site shows it"
    shown.agents.snapshots["hq-1"] = replace(TAKEN, alert="7f-1")
    assert shown.http("GET", f"{PATH}?at=alert").headers["x-alert"] == "7f-1"


def test_how_it_shall_be(shown: Shown) -> None:
    shown.http("GET", PATH)
    shown.http("GET", f"{PATH}?width=640&overlay=true&at=7f-1&maxAgeSeconds=60")
    assert [how for _, how in shown.agents.wanted] == [
        SnapshotWanted(None, overlay=False, at="", max_age_seconds=10),
        SnapshotWanted(640, overlay=True, at="7f-1", max_age_seconds=60),
    ]


@pytest.mark.parametrize(
    "query",
    ["width=15", "width=8193", "width=a", "overlay=2", "at=a%0Ab", "at=../x", f"at={'x' * 65}", "maxAgeSeconds=86401"],
)
def test_what_is_no_question_is_refused_and_nobody_asked(shown: Shown, query: str) -> None:
    answer = shown.http("GET", f"{PATH}?{query}")
    assert (answer.status_code, answer.json()["reason"]) == (400, "BadRequest")
    assert shown.agents.wanted == []


def test_an_instance_that_does_not_watch_it_is_named_with_those_that_do(shown: Shown) -> None:
    shown.http("GET", f"{PATH}?instance=none")
    ((wanted, _),) = shown.agents.wanted
    assert wanted.watchers == ()
    assert wanted.unwatched.startswith("no instance none watches camera hq-1; those that do: ")


def test_why_there_is_none(shown: Shown) -> None:
    shown.agents.refuses_with = CannotAsk("the agent of node n1 is away")
    answer = shown.http("GET", PATH)
    assert (answer.status_code, answer.json()["reason"]) == (503, "NoPicture")
    assert answer.json()["message"].startswith("the agent of node n1 is away")
    shown.agents.refuses_with = AgentTooOld("upgrade it")
    assert shown.http("GET", PATH).status_code == 501
    assert shown.http("GET", "/fleet/v1/cameras/none/snapshot").status_code == 404


def test_nobody_gets_one_of_what_he_may_not_see() -> None:
    fleet = FleetOfTwoSites()
    codes = {
        who: [
            fleet("GET", f"/fleet/v1/cameras/{name}/snapshot", who).status_code for name in ("hq-1", "yard-1", "none")
        ]
        for who in ("hq-viewer", "camera-viewer", "admin")
    }
    assert codes["hq-viewer"][0] == 503
    assert codes["hq-viewer"][1] == fleet("GET", "/fleet/v1/history/cameras/yard-1", "hq-viewer").status_code
    assert codes["camera-viewer"] == codes["admin"] == [503, 503, 404]
    assert fleet("GET", PATH).status_code in (401, 403)
    assert fleet.audit.lines == [], "a look is no change"
