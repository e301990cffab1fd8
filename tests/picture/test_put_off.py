"""What is made of a large fleet later, or once instead of twice, is what it would have been."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.picture.conditions import Document
from controller.picture.difference import Difference
from controller.picture.documents import LiveDocuments
from controller.picture.event_log import EventLog
from controller.picture.events import events_of
from controller.picture.standing import Standing
from controller.picture.store import ObjectStore
from controller.picture.summary import summary
from tests.picture import fleets
from tests.picture.changing_fleet import STEPS, ChangingFleet
from tests.picture.fleets import NOW, camera, documents, heard, in_order, instance, node, plan, published, report

KINDS = ("Camera", "DsInstance", "Node")
NEVER = 1_000_000
ALWAYS = 1


class Shown:
    """All that is made of the looks at a fleet."""

    def __init__(self, many: int) -> None:
        self.store, self.log = ObjectStore(1), EventLog()
        self.standing = Standing(lambda key: self.live.outline(key))  # noqa: PLW0108 - it is made below
        self.live = LiveDocuments(self.store, "", self.standing.expect, many)
        self.is_first = True

    def look(self, fleet: ChangingFleet) -> tuple[Difference, ...]:
        found = tuple(one for some in self.live.update(*fleet.inputs) for one in some)
        self.standing.take(found)
        if self.is_first:
            self.store.forget_changes()
        else:
            self.log.add(events_of(found, fleet.now, self.log.open_troubles))
        self.is_first = False
        return found

    def summary(self, fleet: ChangingFleet) -> dict[str, Any]:
        return summary(self.standing, fleet.plan.reasons if fleet.plan else ())


def planned() -> ChangingFleet:
    """A fleet of which no agent was heard yet."""
    found = ChangingFleet()
    found.commits(0)
    found.plans(0)
    return found


def halfway() -> ChangingFleet:
    """One of which a node was heard."""
    found = planned()
    found.steps += 1
    found.publishes(0)
    found.greets(0)
    found.reports(1)
    return found


def told() -> ChangingFleet:
    """One that was published, and of which no agent was heard."""
    found = planned()
    found.publishes(0)
    return found


def unheard() -> ChangingFleet:
    """The same, with keys."""
    found = told()
    found.is_told_keys(1)
    return found


BEGINS = st.sampled_from([planned, told, unheard, halfway, ChangingFleet.at_work])
ASKS: tuple[Callable[[Shown], object], ...] = (
    lambda _: None,
    lambda shown: shown.store.get("Camera", "a"),
    lambda shown: shown.store.objects("DsInstance"),
    lambda shown: shown.store.cursor("Node"),
    lambda shown: next(shown.live.make_unseen(), None),
)
TAKEN = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 83), st.sampled_from(ASKS)), max_size=12)
Taken = list[tuple[Callable[[ChangingFleet, int], None], int, Callable[[Shown], object]]]


@settings(deadline=None, max_examples=100)
@example(planned, [(ChangingFleet.publishes, 0, ASKS[0]), (ChangingFleet.commits, 7, ASKS[0])])
@example(told, [(ChangingFleet.waits, 9, ASKS[0])])
@example(unheard, [(ChangingFleet.publishes, 4, ASKS[0])])
@example(unheard, [(ChangingFleet.is_told_keys, 0, ASKS[0])])
@example(planned, [(ChangingFleet.waits, 9, ASKS[0]), (ChangingFleet.publishes, 0, ASKS[0])])
@example(planned, [(ChangingFleet.plans, 6, ASKS[0]), (ChangingFleet.publishes, 0, ASKS[0])])
@given(BEGINS, TAKEN)
def test_whoever_asks_later_is_answered_as_if_all_had_been_made_at_first(
    begins: Callable[[], ChangingFleet], taken: Taken
) -> None:
    fleet, all_at_once, later = begins(), Shown(NEVER), Shown(ALWAYS)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("controller.picture.about_to_say._PATIENCE", timedelta(0))
        all_at_once.look(fleet)
        later.look(fleet)
        for number, (step, which, asks) in enumerate(taken):
            fleet.steps += 1
            step(fleet, which)
            if number % 5 == 3:
                continue  # two things happen between two looks
            assert all_at_once.look(fleet) == later.look(fleet)
            assert all_at_once.log.documents() == later.log.documents()
            assert all_at_once.summary(fleet) == later.summary(fleet)
            asks(later)
            assert all_at_once.store.keys == later.store.keys
        assert _as_shown(all_at_once.store) == _as_shown(later.store)


def _as_shown(store: ObjectStore) -> list[Document]:
    found = [one.document for kind in KINDS for one in store.objects(kind)]
    for one in found:
        del one["metadata"]["resourceVersion"]
    return found


@settings(deadline=None, max_examples=60)
@given(BEGINS, TAKEN)
def test_what_waits_for_a_word_of_an_agent_is_made_in_the_end(
    begins: Callable[[], ChangingFleet], taken: Taken
) -> None:
    fleet, shown = begins(), Shown(ALWAYS)
    shown.look(fleet)
    for step, which, asks in taken:
        fleet.steps += 1
        step(fleet, which)
        shown.look(fleet)
        asks(shown)
    fleet.now += timedelta(seconds=6)
    shown.look(fleet)
    found = in_order(shown.store)
    wanted = documents(*fleet.inputs)
    for one in (*found, *wanted):
        for said in one["status"].get("conditions", ()):
            del said["lastTransitionTime"]  # what was true for a moment was maybe not seen
    assert found == wanted


REVISION = fleets.revision(camera("a"), instance("one", "n1", ("a",)), node("n1", 1), node("n2", 2))
PLAN = plan(REVISION)


def test_nothing_is_made_of_a_large_fleet_before_its_agents_are_heard_or_somebody_asks() -> None:
    shown = Shown(ALWAYS)
    assert not any(shown.live.update(REVISION, PLAN, {}, fleets.Fleet(), NOW))
    assert len(shown.store.unmade) == 4
    assert (shown.standing.total, len(shown.standing.dark)) == ({"Camera": 1, "DsInstance": 1, "Node": 2}, 4)
    version = shown.store.version
    assert [one.document["metadata"]["name"] for one in shown.store.objects("Node")] == ["n1", "n2"]
    assert (len(shown.store.unmade), shown.store.version) == (2, version + 2)


def test_what_nobody_asks_for_is_made_after_a_minute() -> None:
    shown = Shown(ALWAYS)
    inputs = (REVISION, PLAN, dict[str, Any](), fleets.Fleet())
    list(shown.live.update(*inputs, NOW))
    list(shown.live.update(*inputs, NOW + timedelta(seconds=59)))
    assert len(shown.store.unmade) == 4
    list(shown.live.update(*inputs, NOW + timedelta(seconds=60)))
    assert not shown.store.unmade
    metadata = shown.store.objects("Node")[0].document["metadata"]
    assert metadata["creationTimestamp"] == "2026-03-01T12:00:30Z"


def test_an_object_that_cannot_be_made_when_it_is_asked_for_is_told_of_by_the_next_look() -> None:
    shown = Shown(ALWAYS)
    inputs = (REVISION, PLAN, dict[str, Any](), fleets.Fleet())
    list(shown.live.update(*inputs, NOW))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("controller.picture.documents.instance_status", lambda *_: 1 / 0)
        assert shown.store.objects("DsInstance") == ()
        assert len(shown.store.objects("Camera")) == 1
        with pytest.raises(ZeroDivisionError):
            list(shown.live.update(*inputs, NOW))


def test_a_node_that_was_told_something_is_shown_with_what_its_agent_says_of_it_or_soon() -> None:
    """Otherwise all that is on it is made twice within a moment."""
    shown, told = Shown(ALWAYS), {fleets.node_id(1): published(REVISION)[fleets.node_id(1)]}
    greeted = heard(fleets.Fleet(), fleets.greeting(1), NOW)
    list(shown.live.update(REVISION, PLAN, {}, greeted, NOW))
    assert not any(shown.live.update(REVISION, PLAN, told, greeted, NOW))
    ref = told[fleets.node_id(1)].ref
    said = heard(greeted, report(1, fleets.running(told[fleets.node_id(1)].node_config_list[0]), ref=ref), NOW)
    found = [one.key for some in shown.live.update(REVISION, PLAN, told, said, NOW) for one in some]
    assert found == [("Camera", "a"), ("DsInstance", "one"), ("Node", "n1")]


def test_what_somebody_commits_is_not_waited_with() -> None:
    shown, home = Shown(ALWAYS), fleets.node_id(1)
    fleet = fleets.healthy(REVISION)
    list(shown.live.update(REVISION, PLAN, published(REVISION), fleet, NOW))
    edited = fleets.revision(camera("a", address="rtsp://10.0.0.9/other"), *REVISION.instances, *REVISION.nodes)
    told = {**published(REVISION), home: published(edited, 8)[home]}
    found = [one.key for some in shown.live.update(edited, plan(edited), told, fleet, NOW) for one in some]
    assert ("Camera", "a") in found
    assert ("Node", "n1") not in found


def test_who_says_nothing_is_not_waited_for() -> None:
    shown, told = Shown(ALWAYS), {fleets.node_id(1): published(REVISION)[fleets.node_id(1)]}
    greeted = heard(fleets.Fleet(), fleets.greeting(1), NOW)
    list(shown.live.update(REVISION, PLAN, {}, greeted, NOW))
    later = NOW + timedelta(seconds=5)
    assert not any(shown.live.update(REVISION, PLAN, told, greeted, NOW))
    assert [len(some) for some in shown.live.update(REVISION, PLAN, told, greeted, later) if some] == [3]
