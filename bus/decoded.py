"""Records of the fleet's topics as people read them: what each holds, and whether it is signed by whom it should be. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bus.attached import check_attached, split
from bus.base import Topic
from bus.codec import (
    Undecodable,
    decode_heartbeat,
    decode_plain,
    decode_self_signed,
    decode_signed,
    decode_unverified,
)
from crds.answers import AgentAnswer
from crds.document import WireModel
from crds.heartbeat import digest_of, first_link, follows, node_of
from crds.messages import AgentCommand, AgentConfig, AgentInfo, AgentResponse, Refresh, UpdateConfig

NUMBERS: Final[Mapping[str, Topic]] = {
    "200": Topic.AGENT_INFO,
    "201": Topic.AGENT_COMMAND,
    "210": Topic.AGENT_CONFIG,
    "220": Topic.AGENT_RESPONSE,
    "230": Topic.AGENT_ANSWER,
    "300": Topic.UPDATE_CONFIG,
    "301": Topic.REFRESH,
}
"""The topics by the numbers that the seed system gave them."""

_MODELS: Final[Mapping[Topic, type[WireModel]]] = {
    Topic.AGENT_INFO: AgentInfo,
    Topic.AGENT_COMMAND: AgentCommand,
    Topic.AGENT_CONFIG: AgentConfig,
    Topic.AGENT_RESPONSE: AgentResponse,
    Topic.AGENT_ANSWER: AgentAnswer,
    Topic.UPDATE_CONFIG: UpdateConfig,
    Topic.REFRESH: Refresh,
}
_BY_CONTROLLER: Final = frozenset({Topic.AGENT_CONFIG, Topic.AGENT_COMMAND})
_UNSIGNED: Final = frozenset({Topic.UPDATE_CONFIG, Topic.REFRESH})


class Verdict(StrEnum):
    """What is known of the signature of a record."""

    GOOD = "good"
    WRONG = "WRONG"
    """It is signed by somebody else, or was changed: no part of the fleet believes it."""
    NOT_CHECKED = "not checked"
    UNSIGNED = "not signed"
    """As it should be."""
    UNREADABLE = "unreadable"
    TOMBSTONE = "tombstone"
    """It says that what its key had is gone."""


@dataclass(frozen=True)
class Trusted:
    """Whose signatures count.

    Attributes:
        controllers: Public keys, 64 hexadecimal digits each; none where nobody knows.
        agents: Public keys by ids of nodes.
        reports: By ids of nodes the digest of the newest genuine report, and the anchor that it names for heartbeats.
    """

    controllers: Collection[str] = ()
    agents: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Decoded:
    """One record.

    Attributes:
        kind: What it is, or should be: the name of its message.
        message: What it holds; None for what cannot be read.
        verdict: Of its signature.
        why: More about that, a part of a sentence; may be empty.
        attached_bytes: What lies behind the message, as a picture does.
    """

    kind: str
    message: WireModel | None
    verdict: Verdict
    why: str = ""
    attached_bytes: int = 0


def decoded(topic: Topic, key: str, value: bytes | None, trusted: Trusted) -> Decoded:
    """What a record holds. Never raises: whatever lies on a topic, somebody has to be told of it.

    Args:
        topic: where it lies.
        key: of the record.
        value: None for a tombstone.
        trusted: whose signatures count.
    """
    node = node_of(key)
    if topic is Topic.AGENT_RESPONSE and node is not None and value is not None:
        return _heartbeat(node, value, trusted)
    model = _MODELS[topic]
    if value is None:
        return Decoded(model.__name__, None, Verdict.TOMBSTONE, "what its key had is gone")
    try:
        return _signed(topic, model, key, value, trusted)
    except Undecodable as error:
        return Decoded(model.__name__, None, Verdict.UNREADABLE, str(error))


def after(trusted: Trusted, key: str, value: bytes | None, found: Decoded) -> Trusted:
    """What is trusted once a record was read: a genuine record of topic 210 names the key of its agent, a genuine report its heartbeats."""
    if found.verdict is not Verdict.GOOD or value is None:
        return trusted
    match found.message:
        case AgentConfig(agent_key=agent_key) as config if agent_key:
            return Trusted(trusted.controllers, {**trusted.agents, str(config.node_id): agent_key}, trusted.reports)
        case AgentResponse(heartbeat_anchor=anchor):
            return Trusted(trusted.controllers, trusted.agents, {**trusted.reports, key: (digest_of(value), anchor)})
    return trusted


def _signed(topic: Topic, model: type[WireModel], key: str, value: bytes, trusted: Trusted) -> Decoded:
    if topic in _UNSIGNED:
        return Decoded(
            model.__name__, decode_plain(model, value), Verdict.UNSIGNED, "it can ask for no more than a look"
        )
    if topic is Topic.AGENT_INFO:
        return _greeting(key, value, trusted)
    message, attached = split(value) if topic is Topic.AGENT_ANSWER else (value, b"")
    whose = "the controller" if topic in _BY_CONTROLLER else f"the agent of node {key}"
    keys = trusted.controllers if topic in _BY_CONTROLLER else [one for one in (trusted.agents.get(key),) if one]
    read = decode_unverified(model, message)
    if not keys:
        return Decoded(model.__name__, read, Verdict.NOT_CHECKED, f"the key of {whose} is not known", len(attached))
    try:
        read = decode_signed(model, message, keys)
        if isinstance(read, AgentAnswer):
            check_attached(attached, read.picture.jpeg_sha256 if read.picture else "")
    except Undecodable as error:
        return Decoded(model.__name__, read, Verdict.WRONG, f"{error}; {whose} has another one", len(attached))
    if (said := str(getattr(read, "node_id", key))) != key:
        return Decoded(model.__name__, read, Verdict.WRONG, f"it lies under the key {key}, and is of node {said}")
    return Decoded(model.__name__, read, Verdict.GOOD, f"by the key of {whose}", len(attached))


def _greeting(key: str, value: bytes, trusted: Trusted) -> Decoded:
    try:
        info = decode_self_signed(value)
    except Undecodable as error:
        return Decoded("AgentInfo", decode_unverified(AgentInfo, value), Verdict.WRONG, str(error))
    known = trusted.agents.get(key)
    if known is None:
        return Decoded(
            "AgentInfo", info, Verdict.GOOD, "by the key that it announces; whether that is known cannot be told"
        )
    if known != info.public_key:
        return Decoded(
            "AgentInfo", info, Verdict.WRONG, "by the key that it announces, and the agent of its node has another one"
        )
    return Decoded("AgentInfo", info, Verdict.GOOD, "by the key that it announces, which is that of its node")


def _heartbeat(node: str, value: bytes, trusted: Trusted) -> Decoded:
    try:
        beat = decode_heartbeat(value)
    except Undecodable as error:
        return Decoded("Heartbeat", None, Verdict.UNREADABLE, str(error))
    report, anchor = trusted.reports.get(node, ("", ""))
    if not report:
        return Decoded("Heartbeat", beat, Verdict.NOT_CHECKED, "no genuine report of its node was read")
    if beat.report != report:
        return Decoded("Heartbeat", beat, Verdict.NOT_CHECKED, "it stands for another report than the newest one")
    if not follows(beat, 0, first_link(anchor)):
        return Decoded("Heartbeat", beat, Verdict.WRONG, "its link does not lead to the anchor of its report")
    return Decoded("Heartbeat", beat, Verdict.GOOD, "its link leads to the anchor of the newest report")
