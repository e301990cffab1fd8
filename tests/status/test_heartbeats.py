"""What a heartbeat changes, and whose counts: genuine ones that were not heard before, and nothing but the sign of life."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.base import Topic
from bus.codec import Undecodable
from controller.observed import AgentRun
from controller.status.fold import NODE_LOST_AFTER_SECONDS, connected, heard_at, is_believed
from controller.status.hearing import Heard
from controller.status.runs import SILENT_AFTER, rivals
from controller.status.skew import is_skewed
from crds.heartbeat import MOST_HEARTBEATS, Chain
from tests.picture.fleets import NOW
from tests.status.speaking import HELLO, HOME, Agent, Listener, beat, hello, record

SECOND = timedelta(seconds=1)
EVERY = 5 * SECOND


def listening(*, to: Agent) -> Listener:
    """One who knows the agent, and its first report."""
    listener = Listener()
    listener.take(hello(), NOW)
    listener.take(to.reports(), NOW)
    return listener


def test_a_heartbeat_is_a_sign_of_life_and_leaves_the_node_the_very_same_object() -> None:
    agent = Agent()
    listener = listening(to=agent)
    before = listener.heard.fleet
    for number in range(1, MOST_HEARTBEATS + 1):
        at = NOW + number * EVERY
        listener.take(agent.beats(at), at)
        assert listener.heard.fleet.nodes is before.nodes
        assert listener.heard.fleet.keys is before.keys
        assert heard_at(listener.node, listener.pulse) == at
    assert connected(listener.node, listener.pulse, at + (NODE_LOST_AFTER_SECONDS - 1) * SECOND)


def test_lost_ones_are_skipped_and_repeated_or_older_ones_passed_by() -> None:
    agent = Agent()
    listener = listening(to=agent)
    first, second, third, fourth = (agent.beats() for _ in range(4))
    listener.take(third, NOW + EVERY)
    after = listener.heard
    for old in (first, second, third):
        listener.take(old, NOW + 2 * EVERY)
        assert listener.heard is after
    listener.take(fourth, NOW + 3 * EVERY)
    assert heard_at(listener.node, listener.pulse) == NOW + 3 * EVERY


def test_what_is_not_genuine_is_passed_by_in_silence() -> None:
    agent, foreign = Agent(), Chain(b"somebody else")
    listener = listening(to=agent)
    genuine = agent.heartbeat()
    listener.take(beat(genuine), NOW)
    before = listener.heard
    _, next_of_another = foreign.next() or (0, "")
    for forged in (
        genuine.model_copy(update={"number": 2}),
        genuine.model_copy(update={"number": 2, "link": next_of_another}),
        agent.heartbeat().model_copy(update={"report": "0" * 32}),
        agent.heartbeat().model_copy(update={"fleet_id": "the neighbour"}),
    ):
        listener.take(beat(forged), NOW + EVERY)
        assert listener.heard is before


def test_bytes_that_are_no_heartbeat_are_refused_like_any_record() -> None:
    listener = listening(to=Agent())
    for value in (b"", b"{}", b"[" * 299, b"x" * 300, b"x" * 100_000):
        with pytest.raises(Undecodable):
            listener.take(record(value, f"{HOME}/heartbeat"), NOW)


def test_those_of_an_older_report_mean_nothing_and_those_of_the_newest_count_from_its_anchor() -> None:
    agent = Agent()
    listener = listening(to=agent)
    old = [agent.beats() for _ in range(3)]
    listener.take(old[0], NOW + EVERY)
    listener.take(agent.reports(), NOW + 2 * EVERY)
    before = listener.heard
    for late in old:
        listener.take(late, NOW + 3 * EVERY)
        assert listener.heard is before
    listener.take(agent.beats(), NOW + 3 * EVERY)
    assert heard_at(listener.node, listener.pulse) == NOW + 3 * EVERY


def test_a_report_of_an_agent_that_knows_no_heartbeats_allows_none() -> None:
    run = AgentRun("run", 1, NOW, NOW)
    assert (run.report, run.link) == ("", b"")


@pytest.mark.parametrize("key", [f"{HOME}/of-a-newer-version", f"{HOME}/", "/heartbeat", "nobody/heartbeat", ""])
def test_records_of_topic_220_under_keys_that_nobody_knows_are_passed_by(key: str) -> None:
    """So did the controllers before heartbeats, which is why these can lie there."""
    agent = Agent()
    listener = listening(to=agent)
    before = listener.heard
    listener.take(record(agent.beats().value or b"", key), NOW)
    assert listener.heard is before


# --- a controller that starts ---------------------------------------------------------------------------------------


def test_a_controller_that_starts_knows_from_the_newest_report_and_the_newest_heartbeat_when_it_was_heard() -> None:
    agent = Agent()
    report, *_, newest = [agent.reports(), *(agent.beats() for _ in range(11))]
    listener = Listener()
    for what, at in ((hello(), NOW), (report, NOW), (newest, NOW + 55 * SECOND)):
        listener.take(what, at, is_live=False)
    assert heard_at(listener.node, listener.pulse) == NOW + 55 * SECOND
    listener.take(agent.beats(), NOW + 60 * SECOND)
    assert heard_at(listener.node, listener.pulse) == NOW + 60 * SECOND


def test_they_wait_together_until_the_greeting_is_read() -> None:
    agent = Agent()
    listener = Listener()
    old = agent.reports(), agent.beats()
    new = agent.reports(), agent.beats(), agent.beats()
    for second, what in enumerate((*old, *new)):
        listener.take(what, NOW + second * SECOND, is_live=False)
    assert len(listener.heard.waiting) == 2
    listener.take(hello(), NOW, is_live=False)
    assert listener.heard.waiting == {}
    assert listener.heard.waiting_bytes == 0
    assert listener.node.response is not None
    assert listener.node.response.sequence == 1
    assert heard_at(listener.node, listener.pulse) == NOW + 4 * SECOND


def test_a_heartbeat_alone_does_not_wait() -> None:
    agent = Agent()
    agent.reports()
    listener = Listener()
    listener.take(agent.beats(), NOW)
    assert listener.heard == Heard()


def test_those_of_who_is_in_no_manifest_do_not_count() -> None:
    agent = Agent()
    listener = Listener(members=frozenset())
    listener.take(hello(), NOW)
    listener.take(agent.reports(), NOW)
    listener.take(agent.beats(), NOW)
    assert listener.pulse is None


# --- clocks ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_goes_wrong_between_two_reports_is_told_and_one_that_is_put_right_too(hours: int) -> None:
    agent = Agent()
    listener = listening(to=agent)
    at = NOW
    for ahead in (timedelta(hours=hours), timedelta(0)):
        for _ in range(4):
            at += EVERY
            listener.take(agent.beats(at + ahead), at)
        assert is_skewed(listener.node.clock_ahead_seconds) is bool(ahead)
        known = listener.node
        for _ in range(4):
            at += EVERY
            listener.take(agent.beats(at + ahead), at)
        assert listener.node is known, "what is known of its clock is said again by every heartbeat"


# --- several machines, and deliveries of all kinds ------------------------------------------------------------------


def test_two_machines_are_found_although_both_only_give_signs_of_life() -> None:
    first, copy = Agent("gate"), Agent("gate-copy")
    listener = listening(to=first)
    at = NOW
    for _ in range(20):
        at += EVERY
        listener.take(first.beats(at), at)
    assert is_believed(listener.node, listener.pulse, at)
    listener.take(copy.reports(), at)
    started = at
    while not rivals(listener.node, at):
        at += EVERY
        assert at - started < timedelta(seconds=25)
        for machine in (first, copy):
            listener.take(machine.beats(at), at)
    for _ in range(20):
        at += EVERY
        for machine in (first, copy):
            listener.take(machine.beats(at), at)
        assert len(rivals(listener.node, at)) == 2
    until = at + SILENT_AFTER
    while at < until:
        at += EVERY
        listener.take(copy.beats(at), at)
    assert is_believed(listener.node, listener.pulse, at)


def test_a_run_that_wakes_up_is_believed_again_with_its_next_report() -> None:
    """Nobody knows any more what its heartbeat stands for."""
    sleeper, other = Agent("a"), Agent("b")
    listener = listening(to=sleeper)
    listener.take(other.reports(), NOW + EVERY)
    at = NOW + 2 * SILENT_AFTER
    listener.take(sleeper.beats(), at)
    assert not connected(listener.node, listener.pulse, at)
    assert listener.node.reporters[-1].boot_id == "b"
    listener.take(sleeper.reports(), at + EVERY)
    assert is_believed(listener.node, listener.pulse, at + EVERY)
    assert listener.node.reporters[-1].boot_id == "a"


def test_a_heartbeat_that_was_on_its_way_when_its_agent_died_is_no_second_machine_however_often_it_comes() -> None:
    first, second = Agent("a"), Agent("b")
    listener = listening(to=first)
    spoken = [first.beats(), first.beats()]
    late = first.beats()
    for what in (*spoken, second.reports(), late, late, *spoken, second.beats(), late, *spoken, late):
        listener.take(what, NOW + EVERY)
        assert not rivals(listener.node, NOW + EVERY)
    assert listener.node.reporters[-1].boot_id == "b"
    assert is_believed(listener.node, listener.pulse, NOW + 2 * EVERY)


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_one_agent_is_never_called_two_and_only_what_is_new_moves_its_sign_of_life(data: st.DataObject) -> None:
    """Whatever is lost, delivered again or read anew from any place on, through restarts of the agent."""
    listener, at = listening(to=Agent("before")), NOW
    written = []
    for run in range(data.draw(st.integers(1, 4))):
        agent = Agent(f"run-{run}")
        for _ in range(data.draw(st.integers(1, 3))):
            written.append(agent.reports())
            written += [agent.beats() for _ in range(data.draw(st.integers(0, 4)))]
    is_lost = data.draw(st.lists(st.booleans(), min_size=len(written), max_size=len(written)))
    read: list[int] = []
    for place, lost in enumerate(is_lost):
        at += data.draw(st.integers(1, 20)) * SECOND
        before = heard_at(listener.node, listener.pulse)
        again = data.draw(st.integers(0, len(read)))
        for old in read[len(read) - again :]:
            listener.take(written[old], at)
        assert heard_at(listener.node, listener.pulse) == before, "what was heard before is no sign of life"
        if lost and written[place].key != HOME.encode():
            continue
        read.append(place)
        listener.take(written[place], at)
        assert heard_at(listener.node, listener.pulse) == at
        assert not rivals(listener.node, at)
    assert listener.node.reporters[-1].boot_id == f"run-{run}"


@settings(deadline=None, max_examples=12)
@given(st.data())
def test_two_agents_that_go_on_are_always_told(data: st.DataObject) -> None:
    machines = [Agent("gate"), Agent("gate-copy")]
    listener, at = Listener(), NOW
    listener.take(hello(HELLO), at)
    for machine in machines:
        listener.take(machine.reports(), at)
    for number in range(24):
        at += EVERY
        for machine in data.draw(st.permutations(machines)):
            is_report = number % 12 == 11 or data.draw(st.integers(0, 3)) == 0
            listener.take(machine.reports() if is_report else machine.beats(), at)
        if number >= 11:
            assert len(rivals(listener.node, at)) == 2


def test_records_of_other_topics_are_no_heartbeats() -> None:
    with pytest.raises(Undecodable):
        listening(to=Agent()).take(record(b"{}", f"{HOME}/heartbeat", Topic.AGENT_INFO), NOW)
