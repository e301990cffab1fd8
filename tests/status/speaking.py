"""An agent that reports and gives signs of life, as records of topic 220."""

from dataclasses import dataclass, field
from datetime import datetime

from bus.base import Record, Topic
from bus.codec import encode_heartbeat, encode_signed
from bus.signature import SigningKey
from controller.observed import ObservedNode, Pulse
from controller.status.hearing import Heard, Hearing
from crds.heartbeat import Chain, Heartbeat, digest_of, heartbeat_key
from crds.messages import AgentInfo
from tests.picture.fleets import FLEET_ID, NOW, greeting, node_id, report

KEY = SigningKey.generate()
HOME = node_id(1)
HELLO = greeting(1, public_key=KEY.public_key_hex, boot_id="hello")


def record(value: bytes, key: str = HOME, topic: Topic = Topic.AGENT_RESPONSE) -> Record:
    return Record(topic, 0, 0, key.encode(), value, NOW)


def beat(heartbeat: Heartbeat, node: str = HOME) -> Record:
    return record(encode_heartbeat(heartbeat), heartbeat_key(node))


def hello(info: AgentInfo = HELLO) -> Record:
    return record(encode_signed(info, KEY), topic=Topic.AGENT_INFO)


@dataclass
class Agent:
    """One run of the agent of node 1."""

    run: str = "run"
    sequence: int = -1
    chain: Chain = field(default_factory=lambda: Chain(b""))
    stands_for: str = ""

    def reports(self, sent_at: datetime = NOW) -> Record:
        self.sequence += 1
        self.chain = Chain(KEY.secret_for(f"{self.run} {self.sequence}"))
        message = report(1, sent_at=sent_at, boot_id=self.run, sequence=self.sequence)
        value = encode_signed(message.model_copy(update={"heartbeat_anchor": self.chain.anchor}), KEY)
        self.stands_for = digest_of(value)
        return record(value)

    def heartbeat(self, sent_at: datetime = NOW) -> Heartbeat:
        number, link = self.chain.next() or (0, "")
        return Heartbeat(fleet_id=FLEET_ID, report=self.stands_for, number=number, link=link, sent_at=sent_at)

    def beats(self, sent_at: datetime = NOW) -> Record:
        return beat(self.heartbeat(sent_at))


@dataclass
class Listener:
    """What a controller knows that reads one record after the other."""

    heard: Heard = field(default_factory=Heard)
    members: frozenset[str] = frozenset({HOME})

    def take(self, what: Record, at: datetime, *, is_live: bool = True) -> None:
        hearing = Hearing(self.heard, fleet_id=FLEET_ID, members=self.members)
        hearing.take(what, at, is_live=is_live)
        self.heard = hearing.done()

    @property
    def node(self) -> ObservedNode:
        return self.heard.fleet.nodes[HOME]

    @property
    def pulse(self) -> Pulse | None:
        return self.heard.fleet.pulses.get(HOME)
