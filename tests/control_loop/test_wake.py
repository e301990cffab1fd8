"""How often the loop is woken: in virtual time."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest

from controller.wake import MOST_SECONDS_APART, Wake
from ports.virtual_time import run_in_virtual_time

TICK_S = 1.0


def turns(
    scenario: Callable[[Wake], Awaitable[None]], *, took_seconds: float, lasts_seconds: float = 10.0
) -> list[float]:
    """When turns began, in a loop that waits for nothing but its being woken."""
    found: list[float] = []

    async def take(wake: Wake) -> None:
        while True:
            await wake.wait(TICK_S)
            found.append(round(asyncio.get_running_loop().time(), 6))
            wake.pause_after(took_seconds)

    async def play() -> None:
        wake = Wake()
        taking = asyncio.create_task(take(wake))
        await scenario(wake)
        await asyncio.sleep(0)
        taking.cancel()

    run_in_virtual_time(play(), limit_seconds=lasts_seconds)
    return found


async def many_agents(wake: Wake) -> None:
    for _ in range(2000):
        wake.soon()
        await asyncio.sleep(0.001)


def test_thousands_of_agents_cause_ten_turns_in_a_second_and_the_first_at_once() -> None:
    found = turns(many_agents, took_seconds=0.02)
    assert found[0] == 0
    assert all(after - before >= MOST_SECONDS_APART - 0.001 for before, after in itertools.pairwise(found))
    assert len(found) in range(19, 22)


def test_a_turn_that_takes_no_time_is_taken_each_time() -> None:
    assert len(turns(many_agents, took_seconds=0.0)) == 2000


@pytest.mark.parametrize("is_urgent", [True, False])
def test_an_edit_waits_for_no_pause_and_what_an_agent_says_is_not_forgotten_in_it(is_urgent: bool) -> None:
    async def scenario(wake: Wake) -> None:
        wake.set()
        await asyncio.sleep(0.01)
        if is_urgent:
            wake.set()
        else:
            wake.soon()
        await asyncio.sleep(0.5)

    assert turns(scenario, took_seconds=0.05) == ([0, 0.01] if is_urgent else [0, MOST_SECONDS_APART])


def test_what_a_turn_has_looked_at_causes_no_other() -> None:
    async def scenario(wake: Wake) -> None:
        wake.set()
        await asyncio.sleep(0.01)
        wake.soon()
        wake.set()
        await asyncio.sleep(0.5)

    assert turns(scenario, took_seconds=0.05) == [0, 0.01]


def test_it_wakes_by_itself_after_a_while() -> None:
    assert turns(lambda _: asyncio.sleep(2.5 * TICK_S), took_seconds=0.0) == [TICK_S, 2 * TICK_S]
