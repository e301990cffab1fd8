"""What instances print."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.api.core.logs import Logs
from controller.api.core.pod_form import pod_form
from controller.api.facade_store import Facade, FacadeStore
from controller.asking.base import AgentTooOld, CannotAsk, NoSuchLog
from controller.asking.wanted import LogsWanted
from crds.asking import LogsAsked
from tests.api.core.conftest import Served
from tests.picture.fleets import NOW

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LOG = "/api/v1/namespaces/default/pods/door/log"
ALL = {"tail_lines": None, "since": None, "previous": False, "follow": False, "timestamps": False, "limit_bytes": None}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", {}),
        (
            "container=app&follow=true&previous=1&timestamps=true",
            {"follow": True, "previous": True, "timestamps": True},
        ),
        ("tailLines=2&limitBytes=100", {"tail_lines": 2, "limit_bytes": 100}),
        ("tailLines=0", {"tail_lines": 0}),
        ("sinceSeconds=60", {"since": NOW - timedelta(minutes=1)}),
        ("sinceSeconds=9999999999999999999", {"since": EPOCH}),
        ("sinceTime=0001-01-01T00:00:00%2B23:59", {"since": EPOCH}),
        ("sinceTime=9997-01-01T00:00:00Z", {"since": datetime(9997, 1, 1, tzinfo=UTC)}),
        ("sinceTime=2026-03-01T11:00:00Z", {"since": datetime(2026, 3, 1, 11, tzinfo=UTC)}),
        ("sinceTime=2026-03-01T11:00:00.5%2B01:00", {"since": datetime(2026, 3, 1, 10, 0, 0, 500_000, tzinfo=UTC)}),
    ],
)
def test_the_agent_is_asked_for_what_is_wanted(fleet: Served, query: str, wanted: dict[str, Any]) -> None:
    answer = fleet.http.get(f"{LOG}?{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert fleet.agents.asked == [("n1", "door", LogsWanted(**{**ALL, **wanted}))]
    assert LogsAsked(instance="door", since=fleet.agents.asked[0][2].since), "it can be said to an agent"
    assert fleet.agents.open_ones == 0
    if not wanted:
        assert answer.text == "one\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("container=x", "container x is not valid for pod door: it has one, app"),
        ("tailLines=-1", "tailLines is '-1', expected a decimal number"),
        ("follow=perhaps", "follow is 'perhaps'"),
        ("sinceTime=yesterday", "sinceTime is 'yesterday'"),
        ("sinceTime=2026-13-01T11:00:00Z", "sinceTime is"),
        ("sinceTime=9999-12-31T23:59:59-23:59", "sinceTime is"),
        ("sinceSeconds=1&sinceTime=2026-03-01T11:00:00Z", "give one of them"),
    ],
)
def test_what_cannot_be_understood(fleet: Served, query: str, why: str) -> None:
    answer = fleet.http.get(f"{LOG}?{query}")
    assert (answer.status_code, answer.json()["reason"]) == (400, "BadRequest")
    assert why in answer.json()["message"]
    assert fleet.agents.asked == []


@pytest.mark.parametrize(
    ("refusal", "query", "code", "reason", "said"),
    [
        (
            NoSuchLog("it has no earlier run"),
            "?previous=true",
            400,
            "BadRequest",
            'previous terminated container "app" in pod "door" not found: it has no earlier run',
        ),
        (
            NoSuchLog("it was never started"),
            "",
            400,
            "BadRequest",
            'container "app" in pod "door" has said nothing: it was never started',
        ),
        (
            AgentTooOld("it is of version 0.1: upgrade it"),
            "",
            501,
            "NotImplemented",
            "it is of version 0.1: upgrade it",
        ),
        (CannotAsk("Kafka does not answer"), "", 503, "ServiceUnavailable", "Kafka does not answer"),
    ],
)
def test_what_passes_by_itself_is_told_from_what_does_not(
    fleet: Served, refusal: CannotAsk, query: str, code: int, reason: str, said: str
) -> None:
    fleet.agents.refuses_with = refusal
    answer = fleet.http.get(LOG + query)
    assert answer.status_code == code
    assert (answer.json()["reason"], answer.json()["message"]) == (reason, said)


def test_why_an_agent_says_nothing(fleet: Served) -> None:
    documents = [one.source for kind in ("Camera", "DsInstance", "Node") for one in fleet.objects.objects(kind)]
    moved = [
        {**one, "status": {**one["status"], "node": "n2"}} if one["kind"] == "DsInstance" else one for one in documents
    ]
    fleet.objects.replace(moved, NOW)
    answer = fleet.http.get(LOG)
    assert (answer.status_code, answer.json()["message"]) == (503, "the agent of node n2 is away")
    nowhere = [
        {**one, "status": {**one["status"], "node": None, "phase": "Pending"}} if one["kind"] == "DsInstance" else one
        for one in documents
    ]
    fleet.objects.replace(nowhere, NOW)
    answer = fleet.http.get(LOG)
    assert answer.status_code == 400
    assert "does not have a host assigned" in answer.json()["message"]


def test_what_ends_the_lines_is_the_last_one(fleet: Served) -> None:
    fleet.agents.fails_with = "the agent of node n1 left"
    assert fleet.http.get(LOG).text == "one\ntwo\nthree\nfleet: the agent of node n1 left\n"


def test_whoever_leaves_and_whoever_is_too_many_asks_no_agent_any_more(fleet: Served) -> None:
    pods = FacadeStore(fleet.objects, [Facade("Pod", "DsInstance", pod_form)])
    logs = Logs(pods, fleet.agents, lambda: NOW, limit=0)

    async def refused() -> list[Any]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        async def receive() -> Any:
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "GET", "path": LOG, "query_string": b"", "headers": []}
        from starlette.requests import Request

        answer = await logs.log(Request(scope), "door")
        assert fleet.agents.open_ones == 1
        await answer(scope, receive, send)
        return sent

    sent = asyncio.run(refused())
    assert sent[0]["status"] == 429
    assert b"0 logs are open already" in sent[1]["body"]
    assert fleet.agents.open_ones == 0
