"""A stand for each test of the control loop."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest

from ports.virtual_time import run_in_virtual_time
from tests.control_loop.stand import DEADLINE_S, Stand
from tests.decide.from_nothing import every_turn_is_as_from_nothing

Scenario = Callable[[Stand], Coroutine[Any, Any, None]]


@pytest.fixture
def play() -> Callable[[Scenario], None]:
    """`play(scenario)` runs a coroutine that gets a stand, in virtual time."""
    return lambda scenario: run_in_virtual_time(scenario(Stand()), limit_seconds=2 * DEADLINE_S)


@pytest.fixture(autouse=True)
def as_from_nothing() -> Iterator[None]:
    """What is due is what is due when nothing is remembered."""
    with every_turn_is_as_from_nothing():
        yield
