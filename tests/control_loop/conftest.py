"""A stand for each test of the control loop."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

import controller.control_loop
from tests.control_loop.stand import DEADLINE_S, Stand

Scenario = Callable[[Stand], Coroutine[Any, Any, None]]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Scenario], None]:
    """`play(scenario)` runs a coroutine that gets a stand, in bounded time."""
    monkeypatch.setattr(controller.control_loop, "TICK_SECONDS", 0.05)

    async def bounded(scenario: Scenario) -> None:
        async with asyncio.timeout(2 * DEADLINE_S):
            await scenario(Stand(tmp_path / "controller"))

    return lambda scenario: asyncio.run(bounded(scenario))
