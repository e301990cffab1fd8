"""Genuine records of a small fleet: one node, its agent and its controller."""

import uuid
from datetime import UTC, datetime

from bus.codec import encode_heartbeat, encode_plain, encode_signed
from bus.signature import SigningKey
from crds.heartbeat import Chain, Heartbeat, digest_of, heartbeat_key
from crds.messages import AgentConfig, AgentInfo, AgentResponse, Refresh, Removals

CONTROLLER, AGENT, STRANGER = SigningKey.generate(), SigningKey.generate(), SigningKey.generate()
NODE = uuid.UUID("c23cec31-1270-43a3-ad1d-cad29a99857d")
KEY = str(NODE)
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
CHAIN = Chain(b"a secret of 32 bytes, as all are")
BEATS = [CHAIN.next() for _ in range(3)]


def config(**keys: object) -> AgentConfig:
    """A generation that drains the node."""
    said = {
        "fleet_id": "f",
        "node_id": NODE,
        "hostname": "node-a",
        "epoch": 1,
        "generation": 7,
        "digest": AgentConfig.content_digest(()),
        "revision": "r",
        "issued_at": NOW,
        "drain": True,
        "removals": Removals(count=0, approved=False),
        "node_config_list": (),
        "agent_key": AGENT.public_key_hex,
    }
    return AgentConfig.model_validate({**said, **keys})


def greeting(key: SigningKey = AGENT) -> bytes:
    info = AgentInfo(
        fleet_id="f",
        node_id=NODE,
        hostname="node-a",
        ip_address="192.0.2.1",
        agent_version="1",
        driver="fake",
        public_key=key.public_key_hex,
        sent_at=NOW,
    )
    return encode_signed(info, key)


CONFIG = encode_signed(config(), CONTROLLER)
REPORT = encode_signed(
    AgentResponse(
        fleet_id="f",
        node_id=NODE,
        observed=None,
        applied=None,
        status=(),
        sequence=1,
        sent_at=NOW,
        heartbeat_anchor=CHAIN.anchor,
    ),
    AGENT,
)
REFRESH = encode_plain(Refresh(desc="please"))
HEARTBEAT_KEY = heartbeat_key(KEY)


def heartbeat(place: int, report: bytes = REPORT, link: str = "") -> bytes:
    number, right = BEATS[place] or (0, "")
    return encode_heartbeat(
        Heartbeat(fleet_id="f", report=digest_of(report), number=number, link=link or right, sent_at=NOW)
    )
