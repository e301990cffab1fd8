"""What `fleet up` was told, for all of its modules."""

import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

DEFAULT_KAFKA_PORT: Final = 9092
"""Where apps send their messages unless their manifests say otherwise."""


class Settings(NamedTuple):
    """What the parts are told."""

    manifests: Path
    listen: str
    driver: str
    secrets_dir: Path
    fleet_id: str
    docker_host: str | None = None
    kafka_port: int = 0
    """Where on the loopback the embedded broker is found at every start; 0 for nowhere."""
    controller_arguments: tuple[str, ...] = ()
    """What the controller is told besides."""
    clips: Mapping[str, Path] = MappingProxyType({})
    """What simulated cameras show, by their names; the others show people who walk."""
    hidden_variables: frozenset[str] = frozenset()
    """Of the environment, those that would give parts other options than `fleet up` decides."""


def command_name() -> str:
    """How this very command was called, so that what is suggested can be typed as it stands."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "fleet" else "fleet"
