"""What an agent is told when it starts, and how that is handed from one program to the next."""

import dataclasses
import json
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from uuid import UUID

from bus.kafka_options import KafkaOptions


@dataclass(frozen=True)
class AgentOptions:
    """What `fleet agent` is told."""

    node_id: UUID
    kafka: KafkaOptions
    state_dir: Path
    secrets_dir: Path
    controller_key: str
    """64 hexadecimal digits, or the path of a file that holds them."""
    driver: str = "docker"
    """`docker` or `process`."""
    docker_host: str | None = None
    fleet_id: str = "default"
    hostname: str = field(default_factory=socket.gethostname)
    ip_address: str = "127.0.0.1"
    capacity: int | None = None
    gpus: tuple[str, ...] = ()
    description: str | None = None
    stop_instances_on_exit: bool = False

    def to_json(self) -> bytes:
        """All of it, also what is secret: for nobody's eyes and no file."""
        return json.dumps(dataclasses.asdict(self), default=str).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Self:
        """Reverses `to_json`."""
        told = json.loads(content)
        told |= {name: Path(told[name]) for name in ("state_dir", "secrets_dir")}
        return cls(
            **{
                **told,
                "node_id": UUID(told["node_id"]),
                "kafka": KafkaOptions(**told["kafka"]),
                "gpus": tuple(told["gpus"]),
            }
        )
