"""What a part of the fleet is told of Kafka when it starts, and how it says that it cannot."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class KafkaOptions:
    """Where the brokers are, and how to be let in."""

    bootstrap_servers: str
    """`host:port`, several of them separated by commas."""
    topic_prefix: str = ""
    """What the names of the fleet's topics begin with."""
    embedded: bool = False
    """True when the brokers are the embedded one, which needs other timings."""
    security: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Settings of librdkafka for TLS and SASL, by their names there. They hold secrets, and are never logged."""


class CannotStart(Exception):  # noqa: N818 - says what is the matter
    """A part of the fleet cannot start; the message says why and what to do."""
