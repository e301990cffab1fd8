import logging
import socket
from collections.abc import Callable, Iterator

import pytest

from bus.embedded import EmbeddedBroker
from pipeline.messages.messenger import Messenger, Routes
from pipeline.model import ModelIdentity

MODEL = ModelIdentity("yard", "sha256:0123")


class Lines(logging.Handler):
    """What is logged, whatever another test has done to the loggers above it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


@pytest.fixture
def log() -> Iterator[list[str]]:
    lines = Lines()
    logger = logging.getLogger("pipeline.messages.lane_producers")
    level = logger.level
    logger.addHandler(lines)
    logger.setLevel(logging.INFO)
    yield lines.said
    logger.removeHandler(lines)
    logger.setLevel(level)


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """A broker that can be switched off and on; it makes any topic that it is asked for, with four partitions."""
    with EmbeddedBroker() as broker:
        yield broker


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address where nobody listens, and nobody else can begin to."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


@pytest.fixture
def messenger() -> Iterator[Callable[..., Messenger]]:
    made: list[Messenger] = []

    def make(bootstrap_servers: str, **keys: object) -> Messenger:
        timing = {name: keys.pop(name) for name in ("interval_s", "visual_interval_s") if name in keys}
        made.append(Messenger(bootstrap_servers, Routes(**keys), MODEL, **timing))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close(0.0)
