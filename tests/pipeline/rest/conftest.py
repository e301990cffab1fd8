from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pipeline.rest.server import RestServer
from tests.pipeline.rest.stand import Client, DictControl

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def control() -> DictControl:
    return DictControl()


@pytest.fixture
def client(control: DictControl) -> Iterator[Client]:
    server = RestServer(0, control)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield Client(server)
    server.shutdown()
    thread.join()
    server.server_close()
