from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from controller.api.server import create_app
from controller.model import ObjectRef
from controller.picture.event_log import EventLog
from controller.picture.events import EventType, FleetEvent
from controller.picture.store import ObjectStore
from tests.api.asked_agents import AskedAgents
from tests.api.serving import REVISION, FakeControl, Http, fleet_documents
from tests.picture import fleets
from tests.picture.fleets import NOW


@dataclass
class Served:
    """A fleet of two nodes, of which n1 runs the instance door, behind an API that only reads."""

    objects: ObjectStore = field(default_factory=lambda: ObjectStore(1))
    events: ObjectStore = field(default_factory=lambda: ObjectStore(1))
    control: FakeControl = field(default_factory=FakeControl)
    agents: AskedAgents = field(default_factory=AskedAgents)

    def __post_init__(self) -> None:
        fleet = fleets.lost(fleets.healthy(REVISION), 2, NOW - timedelta(minutes=1))
        self.objects.replace(fleet_documents(fleet), NOW - timedelta(minutes=3))
        log = EventLog()
        for kind, name in (("Node", "n2"), ("Camera", "door"), ("DsInstance", "door")):
            log.add([FleetEvent(ObjectRef(kind, name), EventType.NORMAL, "Told", f"of {kind} {name}", NOW)])
        self.events.replace(log.documents(), NOW)
        app = create_app(self.objects, self.events, self.control, asking=self.agents, clock=lambda: NOW)
        self.http = Http(app)


@pytest.fixture
def fleet() -> Served:
    return Served()
