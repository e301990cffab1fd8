from collections.abc import Callable, Iterable
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.observed import Fleet
from controller.picture.conditions import Document
from controller.picture.difference import Difference
from controller.picture.documents import LiveDocuments
from controller.picture.event_log import EventLog
from controller.picture.events import events_of
from controller.picture.images import ImageUse
from controller.picture.standing import Standing
from controller.picture.store import ObjectStore
from controller.picture.summary import summary
from controller.status.trust import with_keys
from tests.picture import fleets
from tests.picture.changing_fleet import STEPS, VARIANTS, ChangingFleet
from tests.picture.fleets import (
    KEY,
    NOW,
    alive,
    camera,
    differences,
    documents,
    heard,
    in_order,
    instance,
    node,
    node_id,
    plan,
    published,
    report,
)


def all_of(slices: Iterable[tuple[Difference, ...]]) -> tuple[Difference, ...]:
    return tuple(one for some in slices for one in some)


@pytest.fixture(autouse=True, scope="module")
def _many_slices() -> Iterable[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("controller.picture.documents._SLICE", 2)
        yield


class Shown:
    """What is made of the differences, look by look, beside what a look at everything would make."""

    def __init__(self) -> None:
        self.store, self.log = ObjectStore(1), EventLog()
        self.live = LiveDocuments(self.store)
        self.standing, self.images = Standing(self.store.source), ImageUse()
        self.previous: tuple[Document, ...] = ()

    def look(self, fleet: ChangingFleet, *, is_broken_off: bool) -> None:
        found = ()
        if is_broken_off:
            found = next(self.live.update(*fleet.inputs), ())
        found += all_of(self.live.update(*fleet.inputs))
        wanted = documents(*fleet.inputs, previous=self.previous)
        assert in_order(self.store) == wanted
        assert found == differences(self.previous, wanted)
        version = self.store.version
        assert all_of(self.live.update(*fleet.inputs)) == (), "nothing is left to be said"
        assert self.store.version == version
        self.previous = wanted

        events = events_of(found, fleet.now, self.log.open_troubles)
        one_by_one = [one for each in found for one in events_of((each,), fleet.now, self.log.open_troubles)]
        assert list(events) == one_by_one
        self.log.add(events)
        for part in (self.standing, self.images):
            part.take(found)
        self._is_as_from_nothing(fleet)

    def _is_as_from_nothing(self, fleet: ChangingFleet) -> None:
        standing, images = Standing(self.store.source), ImageUse()
        everything = differences((), self.previous)
        standing.take(everything)
        images.take(everything)
        assert self.images.with_two_ids() == images.with_two_ids()
        reasons = fleet.plan.reasons if fleet.plan else ()
        assert summary(self.standing, reasons) == summary(standing, reasons)


def committed(name: str, variant: int) -> tuple[Callable[[ChangingFleet, int], None], int, bool]:
    names = list(VARIANTS)
    return (ChangingFleet.commits, names.index(name) + variant * len(names), False)


UNPLACED = [committed("two", 1), (ChangingFleet.plans, 0, False)]
TWO_MACHINES = (ChangingFleet.doubles, 0, False)


@settings(deadline=None, max_examples=100)
@example(ChangingFleet, [committed("a-2", 1), *UNPLACED, committed("a-2", 0)])
@example(ChangingFleet, [*UNPLACED, committed("two", 3), committed("two", 1)])
@example(ChangingFleet.at_work, [TWO_MACHINES, (ChangingFleet.waits, 7, False), TWO_MACHINES])
@example(
    ChangingFleet.at_work,
    [
        *([(ChangingFleet.commits, 0, False)] * 5),
        (ChangingFleet.waits, 27, False),
        (ChangingFleet.lives, 0, False),
        (ChangingFleet.waits, 0, False),
        (ChangingFleet.lives, 0, False),
        (ChangingFleet.waits, 21, False),
    ],
)
@given(
    st.sampled_from([ChangingFleet.at_work, ChangingFleet]),
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 83), st.booleans()), min_size=1, max_size=20),
)
def test_looking_only_at_what_changed_shows_the_same_as_looking_at_everything(
    begins: Callable[[], ChangingFleet], taken: list[tuple[Callable[[ChangingFleet, int], None], int, bool]]
) -> None:
    fleet, shown = begins(), Shown()
    for number, (step, which, is_broken_off) in enumerate(taken):
        fleet.steps += 1
        step(fleet, which)
        if number % 5 == 3 and number + 1 < len(taken):
            continue  # two things happen between two looks
        if number % 9 == 8:
            shown.live = LiveDocuments(shown.store)
        shown.look(fleet, is_broken_off=is_broken_off)


REVISION = fleets.revision(
    camera("a"), camera("b"), instance("one", "n1", ("a",)), instance("two", "n2", ("b",)), node("n1", 1), node("n2", 2)
)
INPUTS = (REVISION, plan(REVISION), published(REVISION))


def test_a_lost_node_is_shown_again_with_its_first_sign_of_life() -> None:
    store = ObjectStore(1)
    live, fleet = LiveDocuments(store), fleets.healthy(REVISION)
    later = NOW + timedelta(seconds=30)
    phases = []
    for seen, at in ((fleet, NOW), (fleet, later), (alive(fleet, 1, later), later)):
        all_of(live.update(*INPUTS, seen, at))
        phases.append([one["status"]["phase"] for one in in_order(store) if one["kind"] == "Node"])
    assert phases == [["Ready", "Ready"], ["Unknown", "Unknown"], ["Ready", "Unknown"]]


def test_another_key_is_shown_also_when_a_report_is_heard_before_the_look() -> None:
    store = ObjectStore(1)
    live, home = LiveDocuments(store), node_id(1)
    fleet = heard(Fleet(keys={home: KEY}), report(1), NOW)
    all_of(live.update(*INPUTS, fleet, NOW))
    fleet = heard(with_keys(fleet, {home: "cd" * 32}, NOW), report(1, sequence=2), NOW)
    all_of(live.update(*INPUTS, fleet, NOW))
    assert in_order(store) == documents(*INPUTS, fleet, NOW)


def test_nothing_is_different_while_agents_report_the_same_and_live() -> None:
    store = ObjectStore(1)
    live, fleet = LiveDocuments(store), fleets.healthy(REVISION)
    all_of(live.update(*INPUTS, fleet, NOW))
    for seconds in range(5, 60, 5):
        now = NOW + timedelta(seconds=seconds)
        for number in (1, 2):
            fleet = alive(fleet, number, now)
        assert all_of(live.update(*INPUTS, fleet, now)) == ()
    assert (
        all_of(live.update(*INPUTS, fleets.healthy(REVISION, NOW + timedelta(seconds=20)), NOW + timedelta(seconds=20)))
        == ()
    )


def test_one_edit_is_one_instance_with_its_node_and_cameras() -> None:
    store = ObjectStore(1)
    live, fleet = LiveDocuments(store), fleets.healthy(REVISION)
    made = len(all_of(live.update(*INPUTS, fleet, NOW)))
    assert made == 6
    record = INPUTS[2][fleets.node_id(1)]
    newer = {**INPUTS[2], fleets.node_id(1): record.model_copy(update={"generation": 8})}
    found = all_of(live.update(*INPUTS[:2], newer, fleet, NOW))
    assert [one.key for one in found] == [("Node", "n1")]


def test_what_was_taken_in_half_is_taken_in_again(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ObjectStore(1)
    live, fleet = LiveDocuments(store), fleets.healthy(REVISION)
    with monkeypatch.context() as patched:
        patched.setattr("controller.picture.sight.Sight.become", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            all_of(live.update(*INPUTS, fleet, NOW))
    all_of(live.update(*INPUTS, fleet, NOW))
    assert in_order(store) == documents(*INPUTS, fleet, NOW)


def test_an_object_that_cannot_be_shown_hides_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    store = ObjectStore(1)
    live, fleet = LiveDocuments(store), fleets.healthy(REVISION)
    with monkeypatch.context() as patched:
        patched.setattr("controller.picture.documents.instance_status", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            all_of(live.update(*INPUTS, fleet, NOW))
    assert {kind for kind, _ in store.keys} == {"Camera", "Node"}
