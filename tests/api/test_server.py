import asyncio
import json
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from controller.api.listeners import PortInUse
from controller.api.server import create_app, serve
from controller.picture.store import ObjectStore
from tests.api.serving import REVISION, FakeControl, LiveServer, fleet_documents, running
from tests.patience import patient
from tests.picture import fleets
from tests.picture.fleets import NOW

CAMERAS = "/apis/dsfleet.io/v1/cameras"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"

HEALTHY = fleet_documents(fleets.healthy(REVISION))
LOST = fleet_documents(fleets.lost(fleets.healthy(REVISION), 1, NOW - timedelta(minutes=1)))


@contextmanager
def watching(server: LiveServer, path: str = CAMERAS, accept: str = "*/*", **query: str) -> Iterator[Iterator[Any]]:
    """The events of a watch, as they come."""
    url = f"{server.url}{path}"
    with (
        httpx.Client(timeout=patient(10)) as client,
        client.stream("GET", url, params={"watch": "true", **query}, headers={"accept": accept}) as answer,
    ):
        assert answer.status_code == 200
        yield (json.loads(line) for line in answer.iter_lines())


def short(event: Any) -> str:
    return f"{event['type']} {event['object']['metadata'].get('name')}"


def version(server: LiveServer) -> str:
    found: str = httpx.get(f"{server.url}{CAMERAS}", timeout=patient(10)).json()["metadata"]["resourceVersion"]
    return found


def show(server: LiveServer, store: ObjectStore, documents: tuple[dict[str, Any], ...]) -> None:
    server.run(lambda: store.replace(documents, NOW))


def test_a_watch_without_a_version_begins_with_all_objects(server: LiveServer) -> None:
    with watching(server, timeoutSeconds="1") as events:
        assert [short(event) for event in events] == ["ADDED hq-1", "ADDED hq-2", "ADDED yard-1"]


def test_a_watch_from_a_list_tells_what_changed_since(server: LiveServer, objects: ObjectStore) -> None:
    since = version(server)
    show(server, objects, LOST)
    with watching(server, resourceVersion=since) as events:
        assert [short(next(events)), short(next(events))] == ["MODIFIED hq-1", "MODIFIED hq-2"]
        show(server, objects, tuple(one for one in LOST if one["metadata"]["name"] != "hq-1"))
        gone = next(events)
        assert short(gone) == "DELETED hq-1"
        assert int(gone["object"]["metadata"]["resourceVersion"]) > int(since)


def test_an_object_that_leaves_the_selection_is_deleted_for_its_watcher(
    server: LiveServer, objects: ObjectStore
) -> None:
    selector = {"fieldSelector": "status.reason=FramesProcessed", "resourceVersion": version(server)}
    with watching(server, **selector) as events:
        show(server, objects, LOST)
        assert [short(next(events)), short(next(events))] == ["DELETED hq-1", "DELETED hq-2"]
        show(server, objects, HEALTHY)
        assert [short(next(events)), short(next(events))] == ["ADDED hq-1", "ADDED hq-2"]


def test_a_watch_of_tables_sends_the_columns_once(server: LiveServer) -> None:
    with watching(server, accept=TABLE, timeoutSeconds="1") as events:
        tables = [event["object"] for event in events]
    assert [table["kind"] for table in tables] == ["Table"] * 3
    assert [table["columnDefinitions"] is not None for table in tables] == [True, False, False]
    assert [table["rows"][0]["cells"][0] for table in tables] == ["hq-1", "hq-2", "yard-1"]


@pytest.mark.parametrize("known", ["5", "9" * 18])
def test_a_version_that_is_not_remembered_is_an_error_event(server: LiveServer, known: str) -> None:
    with watching(server, resourceVersion=known) as events:
        [event] = list(events)
    assert (event["type"], event["object"]["code"], event["object"]["reason"]) == ("ERROR", 410, "Expired")


def test_initial_events_end_with_a_bookmark(server: LiveServer) -> None:
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    with watching(server, timeoutSeconds="1", **query) as events:
        *added, bookmark = list(events)
    assert len(added) == 3
    assert (bookmark["type"], bookmark["object"]["kind"]) == ("BOOKMARK", "Camera")
    assert bookmark["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def test_bookmarks_come_while_nothing_happens(objects: ObjectStore, events: ObjectStore) -> None:
    with running(create_app(objects, events, FakeControl(), bookmark_seconds=0.05)) as server:
        since = version(server)
        with watching(server, resourceVersion=since, allowWatchBookmarks="true") as told:
            event = next(told)
    assert (event["type"], event["object"]["metadata"]["resourceVersion"]) == ("BOOKMARK", since)


def test_events_are_watched_too(server: LiveServer) -> None:
    with watching(server, "/api/v1/namespaces/default/events", timeoutSeconds="1") as events:
        assert {event["object"]["reason"] for event in events} == {"NodeLost", "CameraReady", "Running"}


def test_open_watches_are_bounded(objects: ObjectStore, events: ObjectStore, wait_until: Callable[..., Any]) -> None:
    with running(create_app(objects, events, FakeControl(), watch_limit=1)) as server:

        def code() -> int:
            query = {"watch": "1", "timeoutSeconds": "1"}
            return httpx.get(f"{server.url}{CAMERAS}", params=query, timeout=patient(10)).status_code

        with watching(server, resourceVersion=version(server)):
            assert code() == 429
        wait_until(lambda: code() == 200, "the slot of a client that went away is free again", 5.0)


def test_many_watches_that_come_at_once_are_bounded_too(
    app: FastAPI, objects: ObjectStore, events: ObjectStore
) -> None:
    """Each was let in before any of the others had begun."""

    async def scenario() -> list[httpx.Response]:
        bounded = create_app(objects, events, FakeControl(), watch_limit=3)
        transport = httpx.ASGITransport(bounded, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            query = {"watch": "1", "timeoutSeconds": "1"}
            return await asyncio.gather(*(client.get(CAMERAS, params=query) for _ in range(10)))

    answers = asyncio.run(scenario())
    refused = [one for one in answers if one.status_code == 429]
    assert [one.status_code for one in answers].count(200) == 3
    assert len(refused) == 7
    for one in refused:
        assert one.headers["retry-after"] == "5"
        assert (one.json()["reason"], one.json()["details"]) == ("TooManyRequests", {"retryAfterSeconds": 5})


def test_stopping_ends_the_watches_at_once(server: LiveServer) -> None:
    with watching(server, resourceVersion=version(server)) as events:
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert list(events) == []
        stopping.join()


def test_a_port_in_use_is_said_and_nothing_exits(app: FastAPI) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1 is in use"):
            asyncio.run(serve(app, "127.0.0.1", port))


def test_signals_stay_with_the_caller(app: FastAPI) -> None:
    async def scenario() -> Any:
        handler = signal.getsignal(signal.SIGINT)
        listening = asyncio.Event()
        serving = asyncio.create_task(serve(app, "127.0.0.1", 0, listening=lambda _port: listening.set()))
        await listening.wait()
        await asyncio.sleep(0.05)
        during = signal.getsignal(signal.SIGINT)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
        return handler is during

    assert asyncio.run(scenario())
