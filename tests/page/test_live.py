"""Snapshot and stream over HTTP, as a browser asks for them."""

import contextlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from controller.access.access_file import binding_of
from controller.access.authentication import Openness
from controller.access_keeper import AccessKeeper
from controller.api.access_control import AccessControl
from controller.api.server import create_app
from controller.picture.store import ObjectStore
from ports.disk import RealDisk
from tests.api.serving import FakeControl, LiveServer, running
from tests.page.stores import Event, Objects, camera, events_in
from tests.patience import patient, wait_until

STREAM, SNAPSHOT = "/fleet/v1/stream", "/fleet/v1/snapshot"


@pytest.fixture
def objects() -> Objects:
    found = Objects()
    found.put(camera("c1"), camera("c2", site="yard"))
    return found


@pytest.fixture
def server(objects: Objects) -> Iterator[LiveServer]:
    with running(create_app(objects.store, ObjectStore(1), FakeControl(), watch_limit=2)) as live:
        yield live


@contextlib.contextmanager
def following(server: LiveServer, headers: dict[str, str] | None = None, **query: Any) -> Iterator[Iterator[Event]]:
    """An open stream: its events as they come."""
    address = f"{server.url}{STREAM}"
    with httpx.stream("GET", address, params=query, headers=headers, timeout=patient(10)) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert answer.headers["cache-control"] == "no-store"
        yield _events(answer)


def _events(answer: httpx.Response) -> Iterator[Event]:
    block = ""
    for line in answer.iter_lines():
        block += f"{line}\n"
        if not line:
            yield from events_in(block.encode())
            block = ""


def changes(events: Iterator[Event]) -> Iterator[Event]:
    return (one for one in events if one.name == "change")


def test_a_page_from_its_snapshot_on(server: LiveServer, objects: Objects) -> None:
    said = httpx.get(f"{server.url}{SNAPSHOT}", timeout=patient(10)).json()
    server.run(lambda: objects.put(camera("c1", ready=False)))
    with following(server, after=said["version"]) as events:
        first = next(changes(events))
        assert [row[:2] for row in first.data["cameras"]] == [["c1", 0]]
        server.run(lambda: objects.take("c2"))
        second = next(changes(events))
        assert (second.data["gone"], second.data["after"]) == ({"cameras": ["c2"]}, first.id)
    # The browser comes back to the same address, and says what it knows.
    with following(server, {"last-event-id": second.id}, after=said["version"]) as events:
        assert "cameras" not in next(changes(events)).data


@pytest.mark.parametrize(
    ("query", "headers"), [({"after": "x"}, {}), ({}, {"last-event-id": "-1"}), ({}, {"last-event-id": "9" * 30})]
)
def test_what_is_no_version_is_refused(server: LiveServer, query: dict[str, str], headers: dict[str, str]) -> None:
    answer = httpx.get(f"{server.url}{STREAM}", params=query, headers=headers, timeout=patient(10))
    assert answer.status_code == 400


def test_streams_count_among_the_watches(server: LiveServer) -> None:
    def code(path: str) -> int:
        return httpx.get(f"{server.url}{path}", timeout=patient(10)).status_code

    watch = "/apis/dsfleet.io/v1/cameras?watch=1&timeoutSeconds=1"
    with following(server) as one, following(server) as other:
        next(one)
        next(other)
        assert [code(STREAM), code(watch), code(SNAPSHOT)] == [429, 429, 200]
    wait_until(lambda: code(watch) == 200, "the slots of pages that were closed are free again")


def test_stopping_ends_streams_at_once_and_whole(server: LiveServer) -> None:
    with following(server) as events:
        next(events)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert list(changes(events)) == []  # it would raise if the answer broke off
        stopping.join()


def test_a_revoked_token_ends_its_stream(tmp_path: Path, objects: Objects) -> None:
    keeper = AccessKeeper(tmp_path, RealDisk(), lambda: datetime.now(UTC))
    keeper.create("root", binding_of("admin"), None)
    token, text = keeper.create("alice", binding_of("viewer", "site=hq"), None)
    access = AccessControl(keeper, openness=Openness())
    with running(create_app(objects.store, ObjectStore(1), FakeControl(), access=access)) as server:
        cookie = {"cookie": f"fleet-session={text}"}
        with following(server, cookie, after=1) as events:
            assert next(events).name == "resync"
        with following(server, cookie) as events:
            next(events)
            server.run(lambda: objects.put(camera("c1", ready=False), camera("c2", site="yard", ready=False)))
            assert [row[0] for row in next(changes(events)).data["cameras"]] == ["c1"]
            server.run(lambda: keeper.revoke(token.id))
            assert list(changes(events)) == []
        with httpx.stream("GET", f"{server.url}{STREAM}", headers=cookie, timeout=patient(10)) as answer:
            assert answer.status_code == 401
            assert text not in json.dumps(dict(answer.headers))
