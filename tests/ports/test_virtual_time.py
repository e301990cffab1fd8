import asyncio
from datetime import timedelta

import pytest

from ports.simulated import BEGINNING, LoopClock, simulated_ports
from ports.virtual_time import NothingScheduledError, VirtualTimeLoop, run_in_virtual_time

HOUR = 3600.0


def test_an_hour_passes_at_once_and_in_order() -> None:
    seen: list[tuple[str, float]] = []

    async def every(name: str, seconds: float) -> None:
        clock = LoopClock()
        while True:
            await asyncio.sleep(seconds)
            seen.append((name, clock.monotonic()))

    async def scenario() -> None:
        tasks = [asyncio.create_task(every("a", 600)), asyncio.create_task(every("b", 1100))]
        await asyncio.sleep(HOUR + 1)
        for task in tasks:
            task.cancel()

    run_in_virtual_time(scenario(), limit_seconds=2 * HOUR)
    assert [name for name, _ in seen] == list("abaabaaba")
    assert [at for _, at in seen] == pytest.approx([600, 1100, 1200, 1800, 2200, 2400, 3000, 3300, 3600])


def test_time_outs_are_virtual_too() -> None:
    async def scenario() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await asyncio.Event().wait()
        return asyncio.get_running_loop().time()

    assert run_in_virtual_time(scenario(), limit_seconds=HOUR) == pytest.approx(30)


def test_a_scenario_that_takes_too_long_ends() -> None:
    with pytest.raises(TimeoutError):
        run_in_virtual_time(asyncio.sleep(HOUR), limit_seconds=60)


def test_a_scenario_that_can_never_end_says_so() -> None:
    with pytest.raises(NothingScheduledError), asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        runner.run(asyncio.Event().wait())


def test_the_time_of_day_can_be_wrong_and_the_rest_goes_on() -> None:
    async def scenario() -> None:
        clock = LoopClock()
        await asyncio.sleep(5)
        assert clock.now() == BEGINNING + timedelta(seconds=5)
        clock.ahead = timedelta(days=-1)
        assert clock.now() == BEGINNING + timedelta(seconds=5) - timedelta(days=1)
        assert clock.monotonic() == pytest.approx(5)

    run_in_virtual_time(scenario(), limit_seconds=60)


def test_dice_with_a_seed_throw_the_same_again() -> None:
    throws = [[simulated_ports(seed).dice.uniform(0, 1) for _ in range(3)] for seed in (1, 1, 2)]
    assert throws[0] == throws[1] != throws[2]


def test_work_of_no_threads_lets_others_have_their_turn() -> None:
    async def scenario() -> list[str]:
        order: list[str] = []

        async def work() -> None:
            await simulated_ports(0).threads.run(order.append, "worked")

        async def other() -> None:
            order.append("had a turn")

        await asyncio.gather(work(), other())
        return order

    assert run_in_virtual_time(scenario(), limit_seconds=1) == ["had a turn", "worked"]
