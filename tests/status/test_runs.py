"""Who is believed: by run and number, whatever the clocks of the machines do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.observed import ObservedNode
from controller.status.fold import AgentMessage, connected, fold, is_believed
from controller.status.runs import SILENT_AFTER, hosts_of_rivals, rivals, rivals_until
from crds.messages import AgentInfo, AgentResponse
from tests.picture.fleets import NOW, greeting, node_id, report

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
EVERY_SECONDS = 5
TOLD_WITHIN_SECONDS = 60


def said(run: str, sequence: int, *, sent_at: datetime = NOW) -> AgentResponse:
    return report(1, sequence=sequence, boot_id=run, sent_at=sent_at)


def greeted(run: str, sequence: int = 0, *, sent_at: datetime = NOW, hostname: str = "host-1") -> AgentInfo:
    return greeting(1, sequence=sequence, boot_id=run, sent_at=sent_at, hostname=hostname)


def after(*messages: AgentMessage, node: ObservedNode | None = None, start: datetime = NOW) -> ObservedNode:
    """What is known after messages that came a second apart."""
    node = node or ObservedNode(node_id(1))
    for second, message in enumerate(messages):
        node = fold(node, message, start + second * SECOND, is_live=True)
    return node


@pytest.mark.parametrize(
    ("messages", "newest"),
    [
        pytest.param([said("a", 5), said("b", 0, sent_at=NOW - HOUR)], ("b", 0), id="a new run, an hour behind"),
        pytest.param([said("a", 5, sent_at=NOW + HOUR), said("b", 0)], ("b", 0), id="a new run after a clock ahead"),
        pytest.param([said("a", 5), said("a", 6, sent_at=NOW - HOUR)], ("a", 6), id="a clock that is set back"),
        pytest.param([said("a", 6), said("a", 5, sent_at=NOW + HOUR)], ("a", 6), id="an older number is late"),
        pytest.param([said("a", 5), said("b", 0), said("a", 5)], ("b", 0), id="delivered again"),
        pytest.param([said("a", 5), said("b", 0), said("a", 6)], ("b", 0), id="on its way when its agent died"),
        pytest.param([said("", 5), said("b", 0, sent_at=NOW - HOUR)], ("b", 0), id="the agent was upgraded"),
        pytest.param([said("b", 0), said("", 0, sent_at=NOW + SECOND)], ("", 0), id="the agent was downgraded"),
    ],
)
def test_the_newest_report_is_believed(messages: list[AgentResponse], newest: tuple[str, int]) -> None:
    response = after(*messages).response
    assert response is not None
    assert (response.boot_id, response.sequence) == newest


@pytest.mark.parametrize(
    ("starts", "sent_at", "is_believed"),
    [
        pytest.param(8, NOW + HOUR, True, id="a new run"),
        pytest.param(8, NOW - HOUR, True, id="a new run with a clock that is behind"),
        pytest.param(2, NOW + HOUR, True, id="a new run on a state directory from a backup"),
        pytest.param(7, NOW - HOUR, True, id="a new run that could not be counted"),
        pytest.param(2, NOW - HOUR, False, id="an old run that somebody recorded"),
    ],
)
@pytest.mark.parametrize("kind", [said, greeted])
def test_a_run_that_nobody_remembers_is_new_by_its_count_or_by_its_clock(
    kind: Callable[..., AgentMessage], starts: int, sent_at: datetime, is_believed: bool
) -> None:
    before = after(kind("a", 5).model_copy(update={"starts": 7}))
    message = kind("b", 0, sent_at=sent_at).model_copy(update={"starts": starts})
    node = after(message, node=before, start=NOW + HOUR)
    assert message in (node.info, node.response) if is_believed else node is before


def test_a_restarted_agent_with_a_clock_that_is_wrong_stays_connected() -> None:
    node = after(greeted("a"), said("a", 0))
    for number in range(50):
        at = NOW + (number + 1) * EVERY_SECONDS * SECOND
        node = fold(node, said("b", number, sent_at=at - HOUR), at, is_live=True)
        assert connected(node, None, at + EVERY_SECONDS * SECOND)


def test_what_is_delivered_again_is_no_sign_of_life() -> None:
    node = after(said("a", 0), said("a", 1), said("b", 0))
    assert after(said("a", 0), said("a", 1), said("b", 0), node=node, start=NOW + HOUR) is node


def test_greetings_and_reports_are_read_in_any_order_of_their_topics() -> None:
    reports = [said(run, number) for run in "abc" for number in range(3)]
    greetings = [greeted(run, number) for run in "abc" for number in range(2)]
    for messages in ([*reports, *greetings], [*greetings, *reports]):
        node = after(*messages)
        assert (node.info, node.response) == (greetings[-1], reports[-1])
        assert not rivals(node, NOW)


# --- two machines as one node ---------------------------------------------------------------------------------------


@dataclass
class Machine:
    """A machine with an agent: what it says, run after run."""

    name: str
    run: int = 0
    number: int = 0

    def restart(self) -> None:
        self.run, self.number = self.run + 1, 0

    def says(self) -> list[AgentMessage]:
        run = f"{self.name}{self.run}"
        message = said(run, self.number)
        hello: list[AgentMessage] = [greeted(run, hostname=self.name)] if self.number == 0 else []
        self.number += 1
        return [*hello, message]


def rounds(
    node: ObservedNode, machines: Sequence[Machine], number: int, start: datetime
) -> tuple[ObservedNode, datetime]:
    at = start
    for _ in range(number):
        at += EVERY_SECONDS * SECOND
        for machine in machines:
            for message in machine.says():
                node = fold(node, message, at, is_live=True)
    return node, at


def test_two_machines_are_told_with_their_hosts_and_neither_is_believed() -> None:
    original, copy = Machine("gate"), Machine("gate-copy")
    node, at = rounds(ObservedNode(node_id(1)), [original], 100, NOW)
    assert is_believed(node, None, at)
    node, at = rounds(node, [original, copy], TOLD_WITHIN_SECONDS // EVERY_SECONDS, at)
    assert hosts_of_rivals(node, at) == ("gate (10.1.0.1)", "gate-copy (10.1.0.1)")
    assert not is_believed(node, None, at)


@pytest.mark.parametrize("survivor", [0, 1])
def test_it_is_decided_when_one_of_them_is_silent(survivor: int) -> None:
    machines = Machine("gate"), Machine("gate-copy")
    node, at = rounds(ObservedNode(node_id(1)), machines, 20, NOW)
    last = machines[survivor]
    until = rivals_until(node, at)
    assert until is not None
    node, at = rounds(node, [last], 2 + int(SILENT_AFTER.total_seconds()) // EVERY_SECONDS, at)
    assert rivals_until(node, at) is None
    assert is_believed(node, None, at)
    assert node.response is not None
    assert node.response.boot_id == f"{last.name}0"
    node, at = rounds(node, [last], 15, at)
    last.restart()
    node, at = rounds(node, [last], 30, at)
    assert node.response is not None
    assert node.response.boot_id == f"{last.name}1"
    assert is_believed(node, None, at)


def test_both_silent_is_one_lost_node() -> None:
    node, at = rounds(ObservedNode(node_id(1)), [Machine("gate"), Machine("gate-copy")], 20, NOW)
    until = rivals_until(node, at)
    assert until is not None
    assert rivals(node, until - SECOND)
    assert not rivals(node, until)
    assert not connected(node, None, until)


class _Said:
    """All that one agent ever says, in the order of its coming, with what can befall that on its way."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.messages: list[AgentMessage] = []
        clock = st.integers(-4000, 4000)
        late: list[AgentMessage] = []
        sequence = count(1)
        for run in range(draw(st.integers(1, 12))):
            name = f"run-{run}"
            kinds = draw(st.lists(st.booleans(), min_size=1, max_size=8))
            spoken: list[AgentMessage] = [
                (greeted if is_greeting else said)(name, next(sequence), sent_at=NOW + draw(clock) * SECOND)
                for is_greeting in kinds
            ]
            self.messages.append(spoken[0])
            self.messages += late  # what was on its way when the run before ended: one of each kind at most
            rest = spoken[1:]
            late = []
            for kind in (AgentInfo, AgentResponse):
                # Not the first of its kind: a run that is heard of only after the next one had begun looks newer than it.
                others = any(isinstance(one, kind) for one in spoken[: len(rest)])
                if rest and others and isinstance(rest[-1], kind) and draw(st.booleans()):
                    late.append(rest.pop())
            for message in rest:
                self.messages.append(message)
                if draw(st.booleans()):  # a retry whose acknowledgement was lost, or all of it read anew
                    again = draw(st.integers(1, len(self.messages)))
                    self.messages += self.messages[-again:]


@given(st.data())
def test_one_agent_is_never_called_two_whatever_its_restarts_and_deliveries(data: st.DataObject) -> None:
    messages = _Said(data.draw).messages
    node, at = ObservedNode(node_id(1)), NOW
    for message in messages:
        node = fold(node, message, at, is_live=True)
        at += data.draw(st.integers(0, 20)) * SECOND
        assert not rivals(node, at)
    for kind, believed in ((AgentInfo, node.info), (AgentResponse, node.response)):
        spoken = [one for one in messages if isinstance(one, kind)]
        if spoken:
            assert believed is not None
            assert believed.boot_id == max(spoken, key=lambda one: one.sequence).boot_id


@given(st.data())
def test_two_agents_that_go_on_are_always_told(data: st.DataObject) -> None:
    machines = [Machine("gate"), Machine("gate-copy")]
    node, at = rounds(ObservedNode(node_id(1)), machines[:1], data.draw(st.integers(0, 30)), NOW)
    for number in range(60):
        at += EVERY_SECONDS * SECOND
        for machine in data.draw(st.permutations(machines)):
            for message in machine.says():
                node = fold(node, message, at, is_live=True)
        if number >= TOLD_WITHIN_SECONDS // EVERY_SECONDS - 1:
            assert len(rivals(node, at)) == len(machines)
