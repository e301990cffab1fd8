"""Two controllers on one fleet, with one key and other manifests: however their steps are mixed, one stops and stays so."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bus.base import BusEvent, CaughtUp, ConnectionChanged, Record, Topic
from bus.codec import decode_signed, encode_signed
from bus.signature import SigningKey
from controller import decide
from controller.actions import Acknowledged, Admit, Outcome, Publish, PublishAgain, Unacknowledged
from controller.inbox import Inbox
from controller.publish.published import packed
from controller.rules import Rules
from controller.source.last_good import Recalled
from controller.state import State
from crds.messages import AgentConfig, AgentInfo, AgentResponse, ControllerRun
from nodeagent.ledger.acceptance import Verdict, accept
from tests.control_loop.stand import loaded, uuid
from tests.planner.short_manifests import NOW, node_id

FLEET = "test"
KEY = SigningKey.generate()
NODES = ("gate", "hut")
AGENT_KEYS = {name: SigningKey.generate() for name in NODES}
SECOND = timedelta(seconds=1)
STEPS = (decide.publish, decide.publish_again, decide.admit)


def manifests(image: int) -> Recalled:
    short = {f"node/{name}": {} for name in NODES}
    instances = {f"dsinstance/{name}": {"node": name, "image": f"retinaface:{image}"} for name in NODES}
    return Recalled(loaded({**short, **instances}, f"sha256:{image}").revision)


MANIFESTS = (manifests(1), manifests(2))


@dataclass
class Fleet:
    """The topics, the agents, and two controllers that read and act when they are told to."""

    now: datetime = NOW
    log: dict[Topic, list[Record]] = field(default_factory=lambda: {topic: [] for topic in Topic})

    def __post_init__(self) -> None:
        self.agents = {name: TalkingNode(self, name) for name in NODES}
        self.sides = (Side(self, 0), Side(self, 1))

    def write(self, topic: Topic, name: str, value: bytes) -> None:
        lies = self.log[topic]
        lies.append(Record(topic, 0, len(lies), node_id(name).encode(), value, self.now))

    @property
    def published(self) -> list[AgentConfig]:
        return [decode_signed(AgentConfig, one.value, [KEY.public_key_hex]) for one in self.log[Topic.AGENT_CONFIG]]


class Side:
    """A controller: its state is lost when it is started again, and so is its disk."""

    def __init__(self, fleet: Fleet, number: int) -> None:
        self.fleet, self.number, self.starts = fleet, number, 0
        self.start()

    def start(self) -> None:
        self.starts += 1
        fleet = self.fleet
        self.rules = Rules(
            FLEET, KEY.public_key_hex, run=ControllerRun(name=f"host-{self.number}", started_at=fleet.now)
        )
        self.state, _ = decide.recall(State(), (), MANIFESTS[self.number], self.rules, fleet.now)
        self.read = dict.fromkeys((Topic.AGENT_CONFIG, Topic.AGENT_INFO, Topic.AGENT_RESPONSE), 0)
        self.behind = {topic: len(fleet.log[topic]) for topic in self.read}
        self.take(ConnectionChanged(connected=True))

    def take(self, *events: BusEvent) -> None:
        inbox = Inbox(self.state, self.rules)
        for event in events:
            inbox.take(event, self.fleet.now)
        self.state, _ = inbox.done()

    def deliver(self, topic: Topic, count: int) -> None:
        """The next records of one topic: topics come in no order."""
        records = self.fleet.log[topic][self.read[topic] :][:count]
        self.read[topic] += len(records)
        self.take(*records)
        if not self.state.caught_up and all(self.read[one] >= end for one, end in self.behind.items()):
            self.take(CaughtUp())

    def turn(self, *, is_acknowledged: bool = True) -> None:
        self.state, _ = decide.settle(self.state, self.rules, self.fleet.now)
        for step in STEPS:
            self.state, sends, _ = step(self.state, self.rules, self.fleet.now)
            outcomes: list[Outcome] = []
            for send in sends:
                small = b""
                match send:
                    case Publish(config=config):
                        envelope = encode_signed(config, KEY)
                        small = packed(envelope)
                        self.fleet.write(Topic.AGENT_CONFIG, config.hostname, envelope)
                    case PublishAgain(sent=sent):
                        self.fleet.write(Topic.AGENT_CONFIG, sent.config.hostname, sent.envelope)
                outcomes.append(
                    Acknowledged(send, small)
                    if is_acknowledged or isinstance(send, Admit)
                    else Unacknowledged(send, "no answer")
                )
            self.state, _ = decide.after(self.state, outcomes, self.rules)


class TalkingNode:
    """An agent: it reads, accepts and says what it holds."""

    def __init__(self, fleet: Fleet, name: str) -> None:
        self.fleet, self.name, self.read, self.said = fleet, name, 0, 0
        self.held: AgentConfig | None = None
        self.accepted: list[AgentConfig] = []

    def step(self, count: int) -> None:
        records = self.fleet.log[Topic.AGENT_CONFIG][self.read :][:count]
        self.read += len(records)
        for record in records:
            if record.key == node_id(self.name).encode():
                config = decode_signed(AgentConfig, record.value, [KEY.public_key_hex])
                now = self.fleet.now
                if (
                    accept(self.held, config, fleet_id=FLEET, node_id=node_id(self.name), now=now).verdict
                    is Verdict.ACCEPTED
                ):
                    self.held = config
                    self.accepted.append(config)
        self.say()

    def say(self) -> None:
        self.said += 1
        ref, key = self.held.ref if self.held else None, AGENT_KEYS[self.name]
        common = {"fleet_id": FLEET, "node_id": uuid(self.name), "sent_at": self.fleet.now}
        info = AgentInfo(
            **common,
            hostname=self.name,
            ip_address="10.0.0.1",
            agent_version="0",
            driver="fake",
            public_key=key.public_key_hex,
            highest=ref,
        )
        report = AgentResponse(**common, observed=ref, applied=ref, status=(), sequence=self.said)
        self.fleet.write(Topic.AGENT_INFO, self.name, encode_signed(info, key))
        self.fleet.write(Topic.AGENT_RESPONSE, self.name, encode_signed(report, key))


READ = (Topic.AGENT_CONFIG, Topic.AGENT_INFO, Topic.AGENT_RESPONSE)
ACTIONS = st.one_of(
    st.tuples(st.just("deliver"), st.integers(0, 1), st.sampled_from(READ), st.integers(1, 6)),
    st.tuples(st.just("turn"), st.integers(0, 1), st.booleans()),
    st.tuples(st.just("agent"), st.sampled_from(NODES), st.integers(0, 4)),
    st.tuples(st.just("wait"), st.integers(1, 4)),
)
RESTART = st.tuples(st.just("restart"), st.integers(0, 1))


def play(fleet: Fleet, actions: list[tuple]) -> None:  # type: ignore[type-arg]
    for action in actions:
        fleet.now += timedelta(milliseconds=10)
        match action:
            case ("deliver", side, topic, count):
                fleet.sides[side].deliver(topic, count)
            case ("turn", side, is_acknowledged):
                fleet.sides[side].turn(is_acknowledged=is_acknowledged)
            case ("agent", name, count):
                fleet.agents[name].step(count)
            case ("wait", seconds):
                fleet.now += seconds * SECOND
                for side in fleet.sides:  # no record of a topic is later than that
                    side.deliver(Topic.AGENT_CONFIG, 10_000)
            case ("restart", side):
                fleet.sides[side].start()


def settle_down(fleet: Fleet) -> None:
    """A while in which everybody reads all there is and does what is to be done."""
    for _ in range(40):
        fleet.now += SECOND
        for agent in fleet.agents.values():
            agent.step(10_000)
        for side in fleet.sides:
            for topic in READ:
                side.deliver(topic, 10_000)
            side.turn()


def hand_overs(agent: TalkingNode) -> int:
    return len([*groupby(one.issued_by and one.issued_by.name for one in agent.accepted)]) - 1


def the_fleet_has_one_leader(fleet: Fleet) -> None:
    (leader,) = (side for side in fleet.sides if side.state.leads)
    (reader,) = (side for side in fleet.sides if not side.state.leads)
    assert reader.state.superseded is not None
    assert reader.state.superseded.by is None or reader.state.superseded.by.name == f"host-{leader.number}"
    for name, agent in fleet.agents.items():
        assert agent.held is not None
        assert agent.held.node_config_list[0].image == f"retinaface:{leader.number + 1}", name
    before = len(fleet.log[Topic.AGENT_CONFIG])
    settle_down(fleet)
    assert len(fleet.log[Topic.AGENT_CONFIG]) == before, "all is quiet"


# Both begin one term, and publish in it: to one node each first, or both to one.
GREETED = [("agent", name, 0) for name in NODES] + [("deliver", side, topic, 9) for side in (0, 1) for topic in READ]
TIE = [*GREETED, ("turn", 0, True), ("turn", 1, True)]


@settings(deadline=None, max_examples=30)
@given(st.lists(ACTIONS, max_size=60))
@example(TIE)
@example(
    [
        *GREETED,
        ("turn", 1, True),
        ("turn", 0, True),
        ("agent", "gate", 1),
        ("deliver", 0, Topic.AGENT_INFO, 9),
        ("deliver", 0, Topic.AGENT_RESPONSE, 9),
        ("turn", 0, True),
        ("agent", "gate", 9),
    ]
)
@example([*TIE, ("agent", "gate", 1), ("deliver", 0, Topic.AGENT_INFO, 9), ("turn", 0, True)])
@example([*TIE, ("agent", "gate", 4), ("agent", "hut", 4), ("deliver", 1, Topic.AGENT_RESPONSE, 9), ("turn", 1, True)])
def test_one_of_two_controllers_stops_and_the_fleet_changes_hands_once_at_most(actions: list[tuple]) -> None:  # type: ignore[type-arg]
    fleet = Fleet()
    play(fleet, actions)
    settle_down(fleet)
    the_fleet_has_one_leader(fleet)
    assert all(hand_overs(agent) <= 1 for agent in fleet.agents.values())
    generations = {(one.hostname, one.ref.order, one.digest) for one in fleet.published}
    assert len(generations) <= 3 * len(NODES)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.one_of(ACTIONS, RESTART), max_size=60))
def test_restarts_hand_over_once_each_at_most(actions: list[tuple]) -> None:  # type: ignore[type-arg]
    fleet = Fleet()
    play(fleet, actions)
    settle_down(fleet)
    the_fleet_has_one_leader(fleet)
    starts = sum(side.starts for side in fleet.sides)
    assert all(hand_overs(agent) <= starts for agent in fleet.agents.values())
    assert len({(one.hostname, one.ref.order, one.digest) for one in fleet.published}) <= 2 * starts * len(NODES)
