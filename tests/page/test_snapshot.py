"""Everything at once: who is told what, made how often, in how many bytes."""

import asyncio
import gzip
import json
import random
from typing import Any

import httpx
import pytest

from controller.api.page import snapshots
from controller.api.page.rows import encoded
from controller.api.page.seen import WHOLE
from controller.api.page.snapshots import GOOD_FOR_SECONDS, Snapshots
from controller.api.server import create_app
from controller.picture.brief import Brief
from controller.picture.store import ObjectStore
from ports.virtual_time import run_in_virtual_time
from tests.api.serving import FakeControl, Http
from tests.api.two_sites import FleetOfTwoSites
from tests.page.stores import SINCE, Objects, camera, camera_row
from tests.picture.fleets import NOW

SNAPSHOT = "/fleet/v1/snapshot"


@pytest.fixture
def fleet() -> FleetOfTwoSites:
    return FleetOfTwoSites()


def test_it_holds_all_there_is_and_the_version_to_go_on_from(fleet: FleetOfTwoSites) -> None:
    fleet.control.said = Brief("sha256:1", "sha256:2", 3)
    answer = fleet("GET", SNAPSHOT, "viewer")
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    said = answer.json()
    assert said["version"] == str(fleet.objects.version)
    assert said["at"] == int(NOW.timestamp() * 1000)
    assert {kind: [row[0] for row in said[kind]] for kind in ("cameras", "instances", "nodes")} == {
        "cameras": ["hq-1", "yard-1"],
        "instances": ["hq", "yard"],
        "nodes": ["hq-node", "yard-node"],
    }
    assert said["fleet"] == {
        "revision": "sha256:1", "pending": "sha256:2", "problems": 3, "starting": None, "superseded": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("who", "cameras", "nodes"),
    [
        ("hq-viewer", ["hq-1"], ["hq-node"]),
        ("hq-admin", ["hq-1"], ["hq-node"]),
        ("camera-viewer", ["hq-1", "yard-1"], []),
        ("operator", ["hq-1", "yard-1"], ["hq-node", "yard-node"]),
    ],
)
def test_who_sees_a_part_is_told_of_that_alone(
    fleet: FleetOfTwoSites, who: str, cameras: list[str], nodes: list[str]
) -> None:
    fleet("GET", SNAPSHOT, "admin")
    said = fleet("GET", SNAPSHOT, who).json()
    assert [row[0] for row in said["cameras"]] == cameras
    assert [row[0] for row in said["nodes"]] == nodes
    assert said["fleet"]["revision"] == ("sha256:1" if who == "operator" else "")


def test_an_empty_fleet_is_told_as_such() -> None:
    http = Http(create_app(ObjectStore(1), ObjectStore(1), FakeControl()))
    said = http.json(SNAPSHOT)
    assert (said["cameras"], said["instances"], said["nodes"]) == ([], [], [])


def test_who_takes_no_gzip_gets_plain_json(fleet: FleetOfTwoSites) -> None:
    answer = fleet("GET", SNAPSHOT, "viewer", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in answer.headers
    assert json.loads(answer.content) == fleet("GET", SNAPSHOT, "viewer").json()


def test_names_of_tags_are_texts() -> None:
    objects = Objects()
    objects.put(camera("a", message="</script><script>alert(1)</script>"))
    answer = Http(create_app(objects.store, ObjectStore(1), FakeControl())).get(SNAPSHOT)
    assert "<" not in answer.text
    assert answer.json()["cameras"][0] == camera_row("a", message="</script><script>alert(1)</script>")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_while_it_starts_nothing_is_told() -> None:
    """An empty snapshot would say that all was deleted."""
    app = create_app(ObjectStore(1), ObjectStore(1), FakeControl(), why_starting=lambda: "reading the topics")
    for path in (SNAPSHOT, "/fleet/v1/stream"):
        answer = Http(app).get(path)
        assert (answer.status_code, "reading the topics" in answer.json()["message"]) == (503, True)
        assert answer.headers["retry-after"]
    assert Http(app).get("/").status_code == 200


def test_what_was_put_off_is_made_as_for_a_list() -> None:
    store = ObjectStore(1)
    made = []

    async def make_whole() -> None:
        made.append(True)

    store.postpone({("Camera", "late")}, lambda key: camera(key[1]), NOW)
    http = Http(create_app(store, ObjectStore(1), FakeControl(), make_whole=make_whole))
    said = http.json(SNAPSHOT)
    assert [row[0] for row in said["cameras"]] == ["late"]
    assert said["version"] == str(store.version)
    assert made


class Counted:
    """Snapshots, and how many rows were written for them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, cameras: int = 10) -> None:
        self.objects = Objects()
        self.objects.put(*(camera(f"camera-{number:04d}") for number in range(cameras)))
        self.said = Brief("a")
        self.snapshots = Snapshots(self.objects.store, lambda: self.said, lambda: NOW)
        self.rows = 0

        def counting(value: Any) -> bytes:
            self.rows += isinstance(value, list)
            return encoded(value)

        monkeypatch.setattr(snapshots, "encoded", counting)

    async def taken(self, least_version: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(gzip.decompress(await self.snapshots.compressed(WHOLE, least_version)))
        return found


def test_many_who_come_together_are_told_by_one_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch, 1000)

    async def together() -> None:
        answers = await asyncio.gather(*(counted.snapshots.compressed(WHOLE) for _ in range(100)))
        assert len(set(answers)) == 1

    run_in_virtual_time(together(), limit_seconds=1)
    assert counted.rows == 1000


def test_it_is_good_for_a_second_unless_a_page_knows_more(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)

    async def scenario() -> None:
        first = await counted.taken()
        counted.objects.put(camera("camera-0000", ready=False))
        assert await counted.taken() == first
        newest = await counted.taken(counted.objects.store.version)
        assert newest["cameras"][0] == camera_row("camera-0000", ready=0)
        counted.objects.put(camera("camera-0000"))
        await asyncio.sleep(GOOD_FOR_SECONDS)
        assert (await counted.taken())["version"] == str(counted.objects.store.version)
        assert counted.rows == 30
        await asyncio.sleep(3600)
        await counted.taken()
        assert counted.rows == 30  # nothing changed
        counted.said = Brief("b")
        assert (await counted.taken())["fleet"]["revision"] == "b"

    run_in_virtual_time(scenario(), limit_seconds=4000)


def large(cameras: int) -> Objects:
    """A fleet as those that were measured: names, sites, times and rates differ, and one in fifty is dark."""
    objects, chance = Objects(), random.Random(7)
    documents = []
    for number in range(cameras):
        site, node, is_dark = f"site-{number % 40:02d}", f"edge-{number // 16:04d}", chance.random() < 0.02
        document = camera(f"{site}-{number:05d}", ready=not is_dark, site=site)
        document["metadata"]["labels"]["floor"] = str(chance.randrange(5))
        status = document["status"]
        seconds = chance.randrange(86_400)
        at = f"2026-03-01T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}Z"
        status["conditions"][0]["lastTransitionTime"] = at
        status["fps"] = None if is_dark else round(24 + 2 * chance.random(), 1)
        if is_dark:
            status["reason"], status["message"] = "Unreachable", f"no route to host 10.0.{number // 250}.{number % 250}"
        status["nodes"], status["instances"][0]["name"] = [node], f"faces-{number // 8:04d}"
        documents.append(document)
    documents += [instance(number) for number in range(cameras // 8)]
    documents += [node_(number) for number in range(cameras // 16)]
    objects.put(*documents)
    return objects


def instance(number: int) -> dict[str, Any]:
    ready = {"type": "Ready", "status": "True", "reason": "Running", "lastTransitionTime": SINCE}
    return {
        "apiVersion": "dsfleet.io/v1", "kind": "DsInstance",
        "metadata": {"name": f"faces-{number:04d}", "labels": {"site": f"site-{number % 40:02d}"}}, "spec": {},
        "status": {
            "phase": "Running", "message": "", "node": f"edge-{number // 2:04d}", "cameras": {"ready": 8, "total": 8},
            "restarts": number % 3, "upToDate": True, "conditions": [ready],
        },
    }  # fmt: skip


def node_(number: int) -> dict[str, Any]:
    generation = {"epoch": 3, "generation": 17 + number % 5}
    return {
        "apiVersion": "dsfleet.io/v1", "kind": "Node",
        "metadata": {"name": f"edge-{number:04d}", "labels": {"site": f"site-{number % 40:02d}"}},
        "spec": {"nodeId": f"{number:08x}-0000-4000-8000-{number:012x}"},
        "status": {
            "phase": "Ready", "message": "", "conditions": [{"type": "Ready", "status": "True", "reason": "Connected"}],
            "generation": dict.fromkeys(("published", "observed", "applied"), generation),
            "capacity": {"cameras": 16, "limit": 24}, "agentVersion": "0.1.0", "lastSeen": f"2026-03-01T12:{number % 60:02d}:00Z",
        },
    }  # fmt: skip


@pytest.mark.parametrize(("cameras", "most_bytes"), [(1000, 20_000), (10_000, 200_000)])
def test_how_many_bytes_go_over_the_wire(cameras: int, most_bytes: int) -> None:
    """Beside a snapshot of 1,000 cameras the script, of 60 KiB at most, must come in 90 kB."""
    made = Snapshots(large(cameras).store, Brief, lambda: NOW)
    packed = run_in_virtual_time(made.compressed(WHOLE), limit_seconds=10)
    assert len(packed) <= most_bytes
    assert len(json.loads(gzip.decompress(packed))["cameras"]) == cameras


def test_strangers_are_told_nothing(fleet: FleetOfTwoSites) -> None:
    answers: list[httpx.Response] = [fleet("GET", path) for path in (SNAPSHOT, "/fleet/v1/stream")]
    assert [one.status_code for one in answers] == [401, 401]
