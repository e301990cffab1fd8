"""What the audit log says of requests that were to change something."""

import asyncio
from datetime import UTC

import httpx
import pytest

from controller.access.authentication import Peer
from controller.access.buckets import Rate
from tests.api.two_sites import OBJECTS, SECRETS, FleetOfTwoSites
from tests.picture.fleets import NOW

PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture
def fleet() -> FleetOfTwoSites:
    return FleetOfTwoSites()


def test_changes_are_written_down_and_looks_are_not(fleet: FleetOfTwoSites) -> None:
    fleet("GET", f"{OBJECTS}/cameras", "admin")
    fleet("POST", "/fleet/v1/pictures", "admin", json={"cameras": ["hq-1"]})
    fleet("POST", "/fleet/v1/pictures", "viewer", json={"cameras": "hq-1"})
    fleet("POST", "/fleet/v1/approve", "admin", json={"revision": "sha256:1"})
    fleet("PATCH", f"{OBJECTS}/cameras/yard-1?dryRun=All", "hq-operator", json={"spec": {"address": "secret"}})
    fleet("POST", "/fleet/v1/update", peer=Peer(unix_user="root"), json={})
    lines = fleet.audit.lines
    assert [(one.who.name, one.verb, one.objects, one.code, one.source) for one in lines] == [
        ("admin", "approve", ("/fleet/v1/approve",), 200, "192.0.2.7"),
        ("hq-operator", "patch, dry run", ("Camera/yard-1",), 403, "192.0.2.7"),
        ("root", "reconcile", ("/fleet/v1/update",), 200, "unix"),
    ]
    assert not any(b"secret" in one.line() for one in lines)
    assert {one.at for one in lines} == {NOW.astimezone(UTC)}


def test_an_eviction_is_written_down_and_a_dry_run_as_one(fleet: FleetOfTwoSites) -> None:
    for options in ({}, {"dryRun": ["All"]}):
        fleet("POST", f"{PODS}/hq/eviction", "hq-operator", json={"deleteOptions": options})
        fleet("DELETE", f"{PODS}/hq", "hq-operator", json=options)
    fleet("POST", f"{PODS}/yard/eviction", "hq-operator", json={})
    assert [(one.who.name, one.verb, one.objects, one.code) for one in fleet.audit.lines] == [
        ("hq-operator", "evict", ("DsInstance/hq",), 201),
        ("hq-operator", "evict", ("DsInstance/hq",), 200),
        ("hq-operator", "evict, dry run", ("DsInstance/hq",), 201),
        ("hq-operator", "evict, dry run", ("DsInstance/hq",), 200),
        ("hq-operator", "evict", ("DsInstance/yard",), 403),
    ]


def test_nobody_pushes_others_out_of_the_log(fleet: FleetOfTwoSites, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("controller.api.permission.NOTHING_RATE", Rate(per_second=1, burst=2))
    app = fleet.app()

    async def ask() -> None:
        transport = httpx.ASGITransport(app, client=("192.0.2.7", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as client:
            for who, revision in (*[("viewer", "sha256:1")] * 4, *[("admin", "sha256:1")] * 4, ("admin", "sha256:2")):
                headers = {"authorization": f"Bearer {SECRETS[who]}"}
                await client.post("/fleet/v1/approve", headers=headers, json={"revision": revision})

    asyncio.run(ask())
    refused, done = [(one.who.name, one.code) for one in fleet.audit.lines[:2]], fleet.audit.lines[2:]
    assert refused == [("viewer", 403)] * 2
    assert [(one.who.name, one.code) for one in done] == [("admin", 200)] * 4 + [("admin", 409)]


def test_what_was_not_answered_is_written_down_as_well(fleet: FleetOfTwoSites, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails_when_it_is_done(_revision: str) -> str:
        raise RuntimeError

    monkeypatch.setattr(fleet.control, "approve", fails_when_it_is_done)
    with pytest.raises(RuntimeError):
        fleet("POST", "/fleet/v1/approve", "admin", json={"revision": "sha256:1"})
    assert [(one.who.name, one.verb, one.code) for one in fleet.audit.lines] == [("admin", "approve", 500)]


def test_nothing_is_changed_that_cannot_be_written_down(fleet: FleetOfTwoSites) -> None:
    fleet.audit.failure = OSError(28, "No space left on device")
    answer = fleet("POST", "/fleet/v1/approve", "admin", json={"revision": "sha256:1"})
    assert (answer.status_code, answer.json()["reason"]) == (507, "InsufficientStorage")
    assert fleet.control.asked == []
    assert fleet("GET", f"{OBJECTS}/cameras", "admin").status_code == 200
