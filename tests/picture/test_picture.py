"""When the API shows what: nothing of the fleet before it is known, and events whatever happens."""

import pytest

from controller.model import ObjectRef
from controller.picture.events import EventType, FleetEvent
from controller.picture.picture import Picture
from controller.picture.store import ObjectStore
from controller.rules import Rules
from controller.state import Gate, State
from tests.picture.fleets import FLEET_ID, KEY, NOW, camera, instance, node, revision

REVISION = revision(camera("hq-1"), instance("door", "n1", ("hq-1",)), node("n1", 1))
TOLD = FleetEvent(ObjectRef("Fleet", "fleet"), EventType.NORMAL, "RevisionAccepted", "a revision is in force", NOW)
KNOWN = State(gate=Gate(REVISION), term=1)


class Shown:
    def __init__(self) -> None:
        self.objects, self.events = ObjectStore(1), ObjectStore(1)
        self.seconds = 0.0
        self.picture = Picture(
            Rules(FLEET_ID, KEY), objects=self.objects, events=self.events, monotonic=lambda: self.seconds
        )

    def look(self, state: State) -> None:
        for _ in self.picture.show(state, NOW):
            pass


def test_documents_are_made_once_it_is_known_what_was_published() -> None:
    shown = Shown()
    shown.picture.tell(TOLD)
    shown.look(State(gate=Gate(REVISION)))
    assert (shown.objects.objects("Node"), shown.picture.shows_the_fleet) == ((), False)
    assert len(shown.events.objects("Event")) == 1
    shown.look(KNOWN)
    assert (len(shown.objects.objects("Node")), shown.picture.shows_the_fleet) == (len(REVISION.nodes), True)


def test_that_manifests_are_read_later_than_the_topics_is_no_news() -> None:
    shown = Shown()
    shown.look(State(term=1))
    assert not shown.picture.shows_the_fleet
    shown.look(KNOWN)
    assert shown.picture.shows_the_fleet
    assert shown.events.objects("Event") == ()


def test_events_are_shown_whatever_object_cannot_be_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Shown()
    monkeypatch.setattr("controller.picture.documents.instance_status", lambda *_: 1 / 0)
    shown.picture.tell(TOLD)
    with pytest.raises(ZeroDivisionError):
        shown.look(KNOWN)
    assert len(shown.events.objects("Event")) == 1


def test_whoever_asks_again_and_again_gets_a_part_of_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 61,000 objects that were not ready each of ten questions in a second took as long as all else."""
    shown, made = Shown(), []

    def takes_a_second(*_: object) -> dict[str, int]:
        shown.seconds += 1
        made.append(shown.seconds)
        return {"made": len(made)}

    monkeypatch.setattr("controller.picture.picture.summary", takes_a_second)
    answers = []
    for _ in range(30):
        shown.picture._standing.changes += 1
        answers.append(shown.picture.status(KNOWN)["made"])
        shown.seconds += 0.5
    assert answers == [1] * 8 + [2] * 8 + [3] * 8 + [4] * 6
