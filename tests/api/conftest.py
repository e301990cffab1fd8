from collections.abc import Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI

from controller.api.server import create_app
from controller.model import ObjectRef
from controller.picture.event_log import EventLog
from controller.picture.events import EventType, FleetEvent
from controller.picture.store import ObjectStore
from tests.api.serving import REVISION, FakeControl, Http, LiveServer, fleet_documents, running
from tests.picture import fleets
from tests.picture.fleets import NOW

STARTED_AT_MS = 1_772_000_000_000


@pytest.fixture
def control() -> FakeControl:
    return FakeControl()


@pytest.fixture
def objects() -> ObjectStore:
    store = ObjectStore(STARTED_AT_MS)
    fleet = fleets.lost(fleets.healthy(REVISION), 2, NOW - timedelta(minutes=1))
    store.replace(fleet_documents(fleet), NOW - timedelta(minutes=3))
    return store


@pytest.fixture
def events() -> ObjectStore:
    log = EventLog()
    for minutes, kind, name, reason in (
        (3, "Node", "n2", "NodeLost"),
        (2, "Camera", "hq-1", "CameraReady"),
        (1, "DsInstance", "door", "Running"),
    ):
        event_type = EventType.WARNING if reason == "NodeLost" else EventType.NORMAL
        at = NOW - timedelta(minutes=minutes)
        log.add([FleetEvent(ObjectRef(kind, name), event_type, reason, f"the message about {name}", at)])
    store = ObjectStore(STARTED_AT_MS)
    store.replace(log.documents(), NOW)
    return store


@pytest.fixture
def app(objects: ObjectStore, events: ObjectStore, control: FakeControl) -> FastAPI:
    return create_app(objects, events, control, host_names=("fleet.example.org",), clock=lambda: NOW)


@pytest.fixture
def http(app: FastAPI) -> Http:
    return Http(app)


@pytest.fixture
def server(app: FastAPI) -> Iterator[LiveServer]:
    with running(app) as live:
        yield live
