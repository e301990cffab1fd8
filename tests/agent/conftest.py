from collections.abc import Callable
from pathlib import Path

import pytest

from nodeagent import agent as agent_module
from nodeagent import applier as applier_module
from tests.agent.stand import Stand


@pytest.fixture
def stand(tmp_path: Path) -> Stand:
    return Stand(tmp_path)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent in a hurry. The resync stays what it is: what a test waits for must not need it."""
    monkeypatch.setattr(agent_module, "PROBE_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(agent_module, "_REST_SECONDS", 0.001)
    monkeypatch.setattr(agent_module, "_RETRY_SECONDS", 0.02)


@pytest.fixture
def retry_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the longest delay between two attempts at an operation."""

    def patch(seconds: float) -> None:
        monkeypatch.setattr(applier_module, "_FIRST_DELAY_SECONDS", seconds)
        monkeypatch.setattr(applier_module, "_LONGEST_DELAY_SECONDS", seconds)

    return patch
