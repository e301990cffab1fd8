"""Many who watch are woken together, not for each change, and nobody misses one."""

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.picture.store import Cursor, ObjectStore
from controller.picture.waves import SECONDS_APART
from ports.virtual_time import run_in_virtual_time
from tests.picture.fleets import NOW
from tests.picture.test_store import KIND, START, document

Taken = list[tuple[float, list[int]]]
"""When, in seconds of the loop, and which versions."""


async def follow(cursor: Cursor, taken: Taken, store: ObjectStore) -> None:
    loop = asyncio.get_running_loop()
    while not store.ended:
        await cursor.wait(with_others=True)
        taken.append((loop.time(), [one.version for one in cursor.take()]))


def change(store: ObjectStore, fps: int) -> None:
    store.replace([document("a", fps)], NOW)


async def followed(store: ObjectStore, pauses: list[float], readers: int) -> list[Taken]:
    """What each took of changes with these pauses before them, until the watches ended."""
    taken: list[Taken] = [[] for _ in range(readers)]
    async with asyncio.TaskGroup() as tasks:
        for one in taken:
            tasks.create_task(follow(store.cursor(KIND), one, store))
        await asyncio.sleep(0)
        for fps, pause in enumerate(pauses):
            if pause:
                await asyncio.sleep(pause)
            change(store, fps)
        await asyncio.sleep(1)
        store.end_watches()
    return taken


def test_the_first_change_is_told_at_once_and_those_that_follow_fast_together() -> None:
    fast = [0.5, *[SECONDS_APART] * 4]
    for one in run_in_virtual_time(followed(ObjectStore(START), fast, 10), limit_seconds=10):
        (first, alone), (then, together), _end = one
        assert first == pytest.approx(0.5)
        assert len(alone) == 1
        assert then == pytest.approx(0.5 + 10 * SECONDS_APART)
        assert len(together) == 4


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.sampled_from([0.0, SECONDS_APART, 3.5 * SECONDS_APART, 0.1]), min_size=1, max_size=12),
    st.integers(1, 6),
)
def test_nobody_misses_a_change_and_none_waits_longer_than_told(pauses: list[float], readers: int) -> None:
    store = ObjectStore(START)
    cursor = store.cursor(KIND)
    found = run_in_virtual_time(followed(store, pauses, readers), limit_seconds=10)
    whole = [one.version for one in cursor.take()]
    for taken in found:
        assert [version for _, some in taken for version in some] == whole
        told = [at for at, some in taken if some]
        assert all(later - earlier > (readers - 1) * SECONDS_APART for earlier, later in pairwise(told))


def test_the_end_of_watches_waits_for_nothing() -> None:
    async def scenario() -> float:
        store, loop = ObjectStore(START), asyncio.get_running_loop()
        readers = [asyncio.create_task(follow(store.cursor(KIND), [], store)) for _ in range(1000)]
        for fps in range(2):
            await asyncio.sleep(0)
            change(store, fps)
            await asyncio.sleep(0)
        begun = loop.time()
        store.end_watches()
        await asyncio.gather(*readers)
        return loop.time() - begun

    assert run_in_virtual_time(scenario(), limit_seconds=10) == 0


def test_who_waits_alone_is_not_held_up_by_those_who_wait_with_others() -> None:
    async def scenario() -> float:
        store, loop = ObjectStore(START), asyncio.get_running_loop()
        crowd = [asyncio.create_task(follow(store.cursor(KIND), [], store)) for _ in range(1000)]
        await asyncio.sleep(0)
        change(store, 1)
        await asyncio.sleep(0)
        alone = asyncio.create_task(store.cursor(KIND).wait())
        await asyncio.sleep(0)
        begun = loop.time()
        change(store, 2)
        await alone
        took = loop.time() - begun
        store.end_watches()
        await asyncio.gather(*crowd)
        return took

    assert run_in_virtual_time(scenario(), limit_seconds=10) == 0


def test_no_timer_is_left_when_nobody_waits() -> None:
    async def scenario() -> bool:
        store = ObjectStore(START)
        reader = asyncio.create_task(follow(store.cursor(KIND), [], store))
        for fps in range(2):
            await asyncio.sleep(0)
            change(store, fps)
            await asyncio.sleep(0)
        waves = store._journal(KIND).waves
        was_due = waves.is_due
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
        return was_due and not waves.is_due

    assert run_in_virtual_time(scenario(), limit_seconds=10)
