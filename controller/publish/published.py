"""What lies on topic 210, as this controller knows it: the newest record of every node."""

import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from bus.codec import Undecodable, decode_signed
from crds.alike import AlikeTexts
from crds.instance_config import texts_of_instances
from crds.messages import AgentConfig, GenerationRef


@dataclass(frozen=True)
class Sent:
    """The newest record of one node."""

    config: AgentConfig
    packed: bytes
    """The very bytes that were signed, as `packed` makes them small: what is sent again are these."""
    sent_at: datetime
    on_topic: bool
    """False for a copy from disk that the topic does not hold any more."""

    @property
    def envelope(self) -> bytes:
        """The very bytes that were signed."""
        return unpacked(self.packed)


def packed(envelope: bytes) -> bytes:
    """An envelope as it is kept in memory: a twelfth of the 75 KB that ten instances have.

    What is signed stands in it as base64, in which zlib finds half as much that repeats.
    """
    before, mark, rest = envelope.partition(b'"payload":"')
    text, quote, after = rest.partition(b'"')
    try:
        content = b64decode(text, validate=True)
    except ValueError:
        content = b""
    if not content or b64encode(content) != text:  # written by somebody in another way: these bytes count, too
        before, mark, content, quote, after = envelope, b"", b"", b"", b""
    head = before + mark
    return zlib.compress(b"%d %d\n%b%b%b" % (len(head), len(content), head, content, quote + after), level=1)


def unpacked(small: bytes) -> bytes:
    """The very bytes that `packed` was given."""
    lengths, _, parts = zlib.decompress(small).partition(b"\n")
    start, length = map(int, lengths.split())
    end = start + length
    return parts[:start] + b64encode(parts[start:end]) + parts[end:]


@dataclass(frozen=True)
class UnderWay:
    """A record that is being published: it may be read back before it is known that it was acknowledged."""

    config: AgentConfig
    packed: bytes
    """See `Sent.packed`."""


@dataclass(frozen=True)
class Copy:
    """A published record as it lies on disk: whatever is in that file."""

    path: Path
    envelope: bytes

    @property
    def node_id(self) -> str:
        """The node that it should be for."""
        return self.path.stem


@dataclass(frozen=True)
class Published:
    """The newest records, by node id."""

    by_node: Mapping[str, Sent] = field(default_factory=lambda: MappingProxyType({}))
    texts: AlikeTexts = field(default_factory=texts_of_instances, compare=False, repr=False)
    """Packs the instances of records that are read."""

    @cached_property
    def configs(self) -> Mapping[str, AgentConfig]:
        """What agents can read, by node id."""
        return {node_id: sent.config for node_id, sent in self.by_node.items()}

    @cached_property
    def on_topic(self) -> int:
        """How many of them the topic holds."""
        return sum(sent.on_topic for sent in self.by_node.values())

    @property
    def missing(self) -> int:
        """How many of them the topic does not hold."""
        return len(self.by_node) - self.on_topic

    def with_changes(self, changes: Mapping[str, Sent]) -> "Published":
        """The same with other records for some nodes; the same object when there are none."""
        return Published({**self.by_node, **changes}, self.texts) if changes else self


def known_by_its_bytes(envelope: bytes, *known: Sent | UnderWay | None) -> Sent | UnderWay | None:
    """The record whose very bytes are known already: it needs not be verified or read again, nor packed.

    Args:
        envelope: the value of the record.
        known: the records that it may be, each verified or signed by this controller.

    Returns:
        The one that has these bytes; None when none has.
    """
    return next((one for one in known if one is not None and unpacked(one.packed) == envelope), None)


def config_in(
    envelope: bytes, *, key: str, fleet_id: str, public_key: str, texts: AlikeTexts | None = None
) -> AgentConfig:
    """The generation that a record on topic 210, or its copy on disk, holds.

    Args:
        envelope: the value of the record.
        key: the key that it lies under: the node that it must be for.
        fleet_id: records of other fleets are not taken in.
        public_key: of this controller, 64 hexadecimal digits.
        texts: packs its instances, for one that is kept.

    Raises:
        Undecodable: it is not a record that this controller's key signed for this fleet and node.
    """
    config = decode_signed(AgentConfig, envelope, [public_key])
    if config.fleet_id != fleet_id or str(config.node_id) != key:
        raise Undecodable(f"it is of fleet {config.fleet_id!r}, for node {config.node_id}")
    if texts is not None:
        config.pack(texts)
    return config


def remembered(
    known: Sent | None, config: AgentConfig, envelope: bytes, seen_at: datetime, *, on_topic: bool, small: bytes = b""
) -> Sent:
    """What is known of a node's newest record after one was read from the topic or from disk.

    Args:
        known: the node's newest record until now.
        config: the generation in the record.
        envelope: the value of the record.
        seen_at: when it was read, UTC.
        on_topic: False for a copy from disk.
        small: the envelope as `packed` makes it small, where that is known.

    Returns:
        The object that is known already when the record says nothing new.
    """
    if known is None or config.ref.order > known.config.ref.order:
        return Sent(config, small or packed(envelope), seen_at, on_topic)
    if on_topic and not known.on_topic and config.ref == known.config.ref:
        return replace(known, on_topic=True)
    return known


def acknowledged(known: Sent | None, before: Sent | None, sent: Sent) -> Sent:
    """What is known of a node's newest record after one was acknowledged.

    Args:
        known: the node's newest record by now.
        before: what it was when the record was sent.
        sent: the record.
    """
    if known is before:
        return sent
    if known is not None and known.config.ref.order >= sent.config.ref.order:
        return known  # it was read back, or lost again, or somebody published a newer one
    return replace(sent, on_topic=False)  # the topic lost something meanwhile: perhaps this very record


def is_lacked(sent: Sent, held: GenerationRef | None) -> bool:
    """True when an agent does not have the newest record, by the newest generation that it says it accepted."""
    return held is None or held.order < sent.config.order


def to_send_again(
    lost: Mapping[str, Sent], lacked: Mapping[str, Sent], now: datetime, resend_after: timedelta
) -> dict[str, Sent]:
    """The newest records that are due again, by node id.

    Args:
        lost: those that the topic does not hold.
        lacked: those that a connected agent does not say it has.
        now: the time, UTC.
        resend_after: how long after it was sent an agent may lack a record.
    """
    return {**lost, **{node_id: sent for node_id, sent in lacked.items() if now - sent.sent_at > resend_after}}


def next_in_turn(missing: Mapping[str, Sent], last: str, most: int) -> dict[str, Sent]:
    """The records that are sent next: those that cannot be sent keep no others from it.

    Args:
        missing: what is to be sent, by node id.
        last: the node whose record was sent last.
        most: how many are sent at once.
    """
    in_turn = sorted(missing, key=lambda node_id: (node_id <= last, node_id))
    return {node_id: missing[node_id] for node_id in in_turn[:most]}


def to_send_again_after(lacked: Iterable[Sent], resend_after: timedelta) -> datetime | None:
    """The time after which `to_send_again` finds more, if nothing else happens; None when it never does."""
    return min((sent.sent_at + resend_after for sent in lacked), default=None)
