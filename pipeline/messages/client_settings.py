"""What our Kafka producers are told, and what they keep while no broker takes it.

Names: https://github.com/confluentinc/librdkafka/blob/master/CONFIGURATION.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pipeline.messages.delivery import Lane
from pipeline.messages.due import Kind


@dataclass(frozen=True)
class Keeping:
    """What one lane keeps until the broker takes it; when it is full, what comes new is dropped.

    Attributes:
        seconds: So long; what is older is dropped.
        messages: So many.
        kibibytes: So much.
    """

    seconds: int
    messages: int
    kibibytes: int


LANES: Final[Mapping[Kind, Lane]] = {
    Kind.ALERT: Lane.COUNTS,
    Kind.ANALYTICS: Lane.COUNTS,
    Kind.CAMERA_STATE: Lane.COUNTS,
    Kind.OBJECTS: Lane.OBJECTS,
    Kind.MOT: Lane.OBJECTS,
    Kind.FACE: Lane.PICTURES,
    Kind.VISUAL: Lane.PICTURES,
}
"""Each lane has a producer of its own, so that pictures can never take the room of counts."""

KEPT: Final[Mapping[Lane, Keeping]] = {
    # 24 cameras that tell counts once a second lose none in five minutes, which is a broker's restart and more.
    Lane.COUNTS: Keeping(seconds=300, messages=20_000, kibibytes=8_192),
    # 24 cameras with objects in each of 15 frames a second fill about half of it.
    Lane.OBJECTS: Keeping(seconds=30, messages=20_000, kibibytes=8_192),
    # Who looks at pictures wants those of now.
    Lane.PICTURES: Keeping(seconds=10, messages=1_000, kibibytes=16_384),
}
"""What is kept, all lanes together 32 MiB and what the client needs to keep book of it."""


def of_lane(lane: Lane, bootstrap_servers: str) -> dict[str, Any]:
    """Returns the settings of a lane's producer."""
    kept = KEPT[lane]
    return {
        "bootstrap.servers": bootstrap_servers,
        "client.id": "pipeline",
        # It would say again and again, on stderr, that it cannot connect; we say it once.
        "log_level": 0,
        "log.connection.close": False,
        "acks": "all",
        # So a retry cannot overtake. Not enable.idempotence: it needs a right of its own at the broker, and its fatal errors end the
        # producer, for no more than the rare message that comes twice when a connection breaks.
        "max.in.flight.requests.per.connection": 1,
        # Frames of several cameras share a request; nobody notices 20 ms.
        "linger.ms": 20,
        "queue.buffering.max.messages": kept.messages,
        "queue.buffering.max.kbytes": kept.kibibytes,
        "message.timeout.ms": kept.seconds * 1000,
        # A broker that hangs without closing is noticed by these.
        "request.timeout.ms": 5_000,
        "socket.timeout.ms": 10_000,
        "socket.connection.setup.timeout.ms": 5_000,
        "socket.keepalive.enable": True,
        "reconnect.backoff.ms": 250,
        "reconnect.backoff.max.ms": 5_000,
        # A topic may be so long in the making before it counts as missing; it is looked for again as often.
        "topic.metadata.propagation.max.ms": 10_000,
        "topic.metadata.refresh.interval.ms": 10_000,
    }
