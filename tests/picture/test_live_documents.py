from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model import Fleet
from controller.picture.documents import LiveDocuments
from crds.messages import InstanceState
from tests.picture import fleets
from tests.picture.fleets import (
    NOW,
    alive,
    camera,
    documents,
    greeting,
    heard,
    instance,
    node,
    node_id,
    plan,
    published,
    report,
    running,
)

NODES = (node("n1", 1), node("n2", 2))
CAMERAS = (camera("a"), camera("b"))
REVISIONS = (
    fleets.revision(*CAMERAS, instance("one", "n1", ("a",)), instance("two", "n2", ("a", "b")), *NODES),
    fleets.revision(*CAMERAS, instance("one", "n2", ("a", "b")), *NODES),
)

# One step: seconds that pass, the revision in force, whether it is published, which agent speaks, and what it says.
steps = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=20),
        st.sampled_from(REVISIONS),
        st.booleans(),
        st.sampled_from([1, 2, 3]),
        st.sampled_from(["greets", "runs", "fails", "is alive", "is silent"]),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(steps)
def test_looking_only_at_what_changed_shows_the_same_as_looking_at_everything(
    taken: list[tuple[int, fleets.Revision, bool, int, str]],
) -> None:
    live, fleet, now = LiveDocuments(), Fleet(), NOW
    previous: tuple[dict[str, object], ...] = ()
    records = published(REVISIONS[0])
    for sequence, (seconds, revision, publishes, number, says) in enumerate(taken):
        now += timedelta(seconds=seconds)
        if publishes:
            records = published(revision, generation=sequence + 1)
        if says == "greets":
            fleet = heard(fleet, greeting(number, sent_at=now), now)
        elif says == "is alive":
            fleet = alive(fleet, number, now)
        elif says in ("runs", "fails") and (record := records.get(node_id(number))):
            state = InstanceState.RUNNING if says == "runs" else InstanceState.FAILED
            statuses = [running(one, state=state) for one in record.node_config_list]
            fleet = heard(fleet, report(number, *statuses, ref=record.ref, sent_at=now, sequence=sequence), now)
        wanted = plan(revision)
        previous = documents(revision, wanted, records, fleet, now, previous=previous)
        assert live.update(revision, wanted, records, fleet, now) == previous
        assert live.update(revision, wanted, dict(records), fleet, now) == previous


def test_a_lost_node_is_shown_again_with_its_first_sign_of_life() -> None:
    revision = REVISIONS[0]
    inputs = (revision, plan(revision), published(revision))
    live, fleet = LiveDocuments(), fleets.healthy(revision)
    later = NOW + timedelta(seconds=30)
    looks = ((fleet, NOW), (fleet, later), (alive(fleet, 1, later), later))
    shown = [live.update(*inputs, seen, at) for seen, at in looks]
    phases = [[one["status"]["phase"] for one in look if one["kind"] == "Node"] for look in shown]
    assert phases == [["Ready", "Ready"], ["Unknown", "Unknown"], ["Ready", "Unknown"]]


def test_nothing_is_made_again_while_agents_report_the_same() -> None:
    revision = REVISIONS[0]
    inputs = (revision, plan(revision), published(revision))
    live = LiveDocuments()
    first = live.update(*inputs, fleets.healthy(revision), NOW)
    later = NOW + timedelta(seconds=5)
    second = live.update(*inputs, fleets.healthy(revision, later), later)
    assert all(old is new for old, new in zip(first, second, strict=True))
    assert second is first
