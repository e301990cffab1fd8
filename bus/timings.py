"""How long the bus waits for brokers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """Seconds."""

    publish_seconds: float = 10.0
    """For the acknowledgement of a record."""
    flush_seconds: float = 5.0
    """For what is still queued when a client leaves."""
    topics_seconds: float = 10.0
    """Until the brokers have said whether they made the topics."""
