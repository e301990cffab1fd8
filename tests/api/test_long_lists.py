"""Lists that take long to write, and what of them is made once for each version of an object."""

import asyncio
import gc
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from controller.api import table
from controller.api.resources import FLEET_RESOURCES, Resource
from controller.api.server import create_app
from controller.api.table import Rows, TableForm
from controller.picture.store import ObjectStore
from tests.api.serving import FakeControl, Http
from tests.picture.fleets import NOW

CAMERAS = FLEET_RESOURCES["cameras"]
PATH = "/apis/dsfleet.io/v1/cameras"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
MANY = 2345


def document(number: int, reason: str = "NotWatched") -> dict[str, Any]:
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Camera",
        "metadata": {"name": f"c{number:04d}", "labels": {"even": str(number % 2 == 0)}},
        "spec": {"address": f"rtsp://10.0.0.9/{number}"},
        "status": {"ready": False, "reason": reason, "message": "'\"\\\n", "fps": None, "instances": [], "nodes": []},
    }


@pytest.fixture
def long_store() -> ObjectStore:
    store = ObjectStore(1)
    store.replace([document(number) for number in range(MANY)], NOW)
    return store


@pytest.fixture
def long_app(long_store: ObjectStore) -> FastAPI:
    return create_app(long_store, ObjectStore(1), FakeControl(), clock=lambda: NOW + timedelta(minutes=3))


@pytest.mark.parametrize("accept", ["*/*", TABLE])
@pytest.mark.parametrize(("query", "count"), [({}, MANY), ({"labelSelector": "even=True"}, (MANY + 1) // 2)])
def test_a_long_list_is_whole_and_others_have_their_turn(
    long_app: FastAPI, accept: str, query: dict[str, str], count: int
) -> None:
    turns = 0

    async def taking_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def scenario() -> Any:
        transport = httpx.ASGITransport(long_app)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            beside = asyncio.create_task(taking_turns())
            answer = await client.get(PATH, params=query, headers={"accept": accept})
            beside.cancel()
            return answer.json()

    found = asyncio.run(scenario())
    names = [one["metadata"]["name"] for one in found.get("items", ())]
    names += [row["cells"][0] for row in found.get("rows", ())]
    assert names == sorted(names)
    assert len(names) == count
    assert turns >= count // 250


def test_a_list_that_was_written_before_is_what_there_is_now(long_app: FastAPI, long_store: ObjectStore) -> None:
    http = Http(long_app)
    for gone in (None, 1000):
        shown = [document(number, f"without {gone}") for number in range(MANY) if number != gone]
        long_store.replace(shown, NOW)
        for _ in range(2):
            found = http.json(PATH)["items"]
            assert found == [one.document for one in long_store.objects("Camera")]


def test_rows_that_are_too_many_are_made_again(long_store: ObjectStore) -> None:
    rows, form = Rows(most=3), TableForm("v1", "Metadata")
    few = long_store.objects("Camera")[:5]
    first, second = ([rows.encoded(CAMERAS, one, form, NOW) for one in few] for _ in range(2))
    assert first == second
    assert len(rows) == 3


def test_a_list_without_objects_is_a_list(long_app: FastAPI) -> None:
    found = Http(long_app).json(PATH, params={"labelSelector": "even=maybe"})
    assert (found["kind"], found["items"]) == ("CameraList", [])
    found = Http(long_app).json(PATH, params={"labelSelector": "even=maybe"}, headers={"accept": TABLE})
    assert (found["kind"], found["rows"]) == ("Table", [])


@pytest.mark.parametrize("include", ["None", "Metadata", "Object"])
@pytest.mark.parametrize("minutes", [0, 3, 600])
def test_a_row_is_what_its_columns_say_at_that_time(long_store: ObjectStore, include: str, minutes: int) -> None:
    rows, form, now = Rows(), TableForm("v1", include), NOW + timedelta(minutes=minutes)
    (stored, *_) = long_store.objects("Camera")
    rows.encoded(CAMERAS, stored, form, NOW)
    row = json.loads(rows.encoded(CAMERAS, stored, form, now))
    assert row["cells"] == [column.cell(stored.document, now) for column in CAMERAS.columns]
    metadata = {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": stored.document["metadata"],
    }
    assert row["object"] == {"None": None, "Metadata": metadata, "Object": stored.document}[include]


def test_cells_are_made_once_for_each_version_and_forgotten_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    store, rows, form, made = ObjectStore(1), Rows(), TableForm("v1", "Metadata"), []

    def counted(resource: Resource, shown: dict[str, Any]) -> Any:
        made.append(shown["status"]["reason"])
        return row_of(resource, shown)

    row_of = table._row
    monkeypatch.setattr(table, "_row", counted)
    for reason, at in (("a", NOW), ("a", NOW + timedelta(hours=1)), ("b", NOW)):
        store.replace([document(7, reason), document(8)], NOW)
        for stored in store.objects("Camera"):
            rows.encoded(CAMERAS, stored, form, at)
    assert made == ["a", "NotWatched", "b"]
    assert len(rows) == 3, "a journal holds the version before"
    del store, stored
    gc.collect()
    assert len(rows) == 0


def test_no_column_but_an_age_tells_of_the_time(long_store: ObjectStore) -> None:
    shown = long_store.objects("Camera")[0].document
    for column in CAMERAS.columns:
        early, late = (column.cell(shown, NOW + timedelta(days=days)) for days in (0, 3))
        assert (early != late) is bool(column.since), column.name
