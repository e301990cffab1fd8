from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from controller.api.server import create_app
from controller.model import ObjectRef
from controller.picture.event_log import EventLog
from controller.picture.events import EventType, FleetEvent
from controller.picture.store import ObjectStore
from tests.api.asked_agents import AskedAgents
from tests.api.serving import REVISION, FakeControl, LiveServer, fleet_documents, running
from tests.kubectl.programs import Kubectl, programs
from tests.picture import fleets
from tests.picture.fleets import NOW

_STARTED_AT_MS = 1_772_000_000_000
_EVENTS = (
    (3, "Node", "n2", EventType.WARNING, "NodeLost"),
    (2, "Camera", "hq-1", EventType.NORMAL, "CameraReady"),
    (1, "DsInstance", "door", EventType.NORMAL, "Running"),
)


@dataclass(frozen=True)
class Served:
    """A server that runs, and the objects that it shows."""

    live: LiveServer
    objects: ObjectStore


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One for all commands of a module."""
    objects, events, log = ObjectStore(_STARTED_AT_MS), ObjectStore(_STARTED_AT_MS), EventLog()
    fleet = fleets.lost(fleets.healthy(REVISION), 2, NOW - timedelta(minutes=1))
    objects.replace(fleet_documents(fleet), NOW - timedelta(minutes=3))
    for minutes, kind, name, event_type, reason in _EVENTS:
        at = NOW - timedelta(minutes=minutes)
        log.add([FleetEvent(ObjectRef(kind, name), event_type, reason, f"the message about {name}", at)])
    events.replace(log.documents(), NOW)
    with running(create_app(objects, events, FakeControl(), asking=AskedAgents(), clock=lambda: NOW)) as live:
        yield Served(live, objects)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kubectl")


@pytest.fixture
def kubectls(served: Served, home: Path, unavailable: Callable[[str, str], NoReturn]) -> tuple[Kubectl, ...]:
    """All that are to be tried, each with a home of its own."""
    found = programs()
    if not found:
        unavailable("kubectl", "kubectl is not installed")
    return tuple(Kubectl(program, served.live.url, home / str(number)) for number, program in enumerate(found))
