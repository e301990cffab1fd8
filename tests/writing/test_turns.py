"""A write that is held by a remote holds no others for ever; those that wait are done together where they may be."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from controller.model import ObjectRef
from controller.writing.refusals import NotNow
from controller.writing.request import ObjectChange, Selected, WriteRequest
from controller.writing.together import MOST_TOGETHER, done_together
from controller.writing.turns import Turn, Turns

Work = Callable[[list[Turn[str, str]]], Awaitable[None]]


def all_of(asked: list[str]) -> list[int]:
    return list(range(len(asked)))


def test_whoever_waits_is_told_so_in_the_end() -> None:
    async def ask() -> None:
        goes_on = asyncio.Event()

        begun = asyncio.Event()

        async def work(turns: list[Turn[str, str]]) -> None:
            begun.set()
            await goes_on.wait()
            for one in turns:
                one.done(one.asked)

        turns = Turns(work, lambda _: [0], wait_seconds=0.01, most_waiting=1)
        first = asyncio.create_task(turns.mine("first"))
        await begun.wait()
        with pytest.raises(NotNow, match=r"took more than 0\.01 s"):
            await turns.mine("second")
        waiting = asyncio.create_task(turns.mine("third"))
        await asyncio.sleep(0)
        with pytest.raises(NotNow, match="1 other writes are waiting"):
            await turns.mine("fourth")
        waiting.cancel()
        await asyncio.wait([waiting])
        goes_on.set()
        assert await first == "first"
        assert await turns.mine("fifth") == "fifth"

    asyncio.run(ask())


def test_who_comes_meanwhile_is_done_together_and_who_left_is_not_missed() -> None:
    async def ask() -> None:
        done: list[list[str]] = []
        goes_on = asyncio.Event()

        async def work(turns: list[Turn[str, str]]) -> None:
            done.append([one.asked for one in turns])
            await goes_on.wait()
            for one in turns:
                one.failed(ValueError(one.asked)) if one.asked == "bad" else one.done(one.asked.upper())

        turns = Turns(work, all_of)
        tasks = [asyncio.create_task(turns.mine("a"))]
        while not done:  # noqa: ASYNC110 - a turn of the loop or two
            await asyncio.sleep(0)
        tasks += [asyncio.create_task(turns.mine(one)) for one in ("b", "left", "bad", "c")]
        await asyncio.sleep(0)
        tasks[2].cancel()
        await asyncio.wait([tasks[2]])
        goes_on.set()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert done == [["a"], ["b", "bad", "c"]]
        assert [str(one) for one in found] == ["A", "B", "", "bad", "C"]

    asyncio.run(ask())


def test_a_bug_ends_the_write_that_met_it_and_no_other_and_who_got_no_answer_waits_on() -> None:
    left = {"slow": 2}

    async def work(turns: list[Turn[str, str]]) -> None:
        if turns[0].asked == "bug":
            raise RuntimeError("a bug")
        for one in turns:
            left[one.asked] = left.get(one.asked, 1) - 1
            if not left[one.asked]:
                one.done(one.asked)

    async def ask() -> None:
        turns = Turns(work, lambda _: [0])
        found = await asyncio.gather(*map(turns.mine, ("bug", "slow", "fast")), return_exceptions=True)
        assert [str(one) for one in found] == ["a bug", "slow", "fast"]

    asyncio.run(ask())


def change(*names: str, approve: str = "") -> WriteRequest:
    changes = tuple(ObjectChange(ObjectRef("Camera", name), lambda current: current) for name in names)
    return WriteRequest("update", changes, approve=approve)


SELECTED = WriteRequest("delete", Selected("Camera", lambda _: True))


@pytest.mark.parametrize(
    ("requests", "chosen"),
    [
        ([change("a"), change("b"), change("c")], [0, 1, 2]),
        ([change("a"), change("a"), change("b"), change("a", "b")], [0, 2]),
        ([change("a"), change("a", "b"), change("b"), change("c")], [0, 3]),
        ([change("a"), SELECTED, change("b")], [0]),
        ([SELECTED, change("b")], [0]),
        ([change("a", approve="sha256:1234567"), change("b")], [0]),
        ([change(str(number)) for number in range(100)], list(range(MOST_TOGETHER))),
    ],
)
def test_writes_of_other_objects_are_done_together(requests: list[WriteRequest], chosen: list[int]) -> None:
    assert done_together(requests) == chosen
