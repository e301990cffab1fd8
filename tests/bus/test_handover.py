import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from bus.base import CaughtUp, ConnectionChanged
from bus.handover import Handover

ONE = ConnectionChanged(connected=True)


def started(function: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=function)
    thread.start()
    return thread


def test_a_slow_reader_holds_the_thread_back(wait_until: Callable[..., Any]) -> None:
    async def test() -> None:
        handover = Handover()
        given: list[int] = []

        def give() -> None:
            for number in range(50):
                handover.put([ONE, CaughtUp()])
                given.append(number)
            handover.end(None)

        thread = started(give)
        ahead: list[int] = []
        for taken in range(50):
            ahead.append(len(given) - taken)
            assert await anext(handover) == ONE
            assert await anext(handover) == CaughtUp()
        assert max(ahead) <= 3
        await handover.aclose()
        thread.join()

    asyncio.run(test())


def test_closing_releases_a_thread_that_waits_for_room() -> None:
    async def test() -> None:
        handover = Handover()

        def give() -> None:
            while not handover.closing:
                handover.put([ONE])
            handover.end(None)

        thread = started(give)
        assert await anext(handover) == ONE
        await handover.aclose()
        thread.join()
        assert await anext(handover, None) is None

    asyncio.run(test())


def test_a_failure_comes_after_the_last_event() -> None:
    async def test() -> None:
        handover = Handover()

        def give() -> None:
            handover.put([ONE, CaughtUp()])
            handover.end(ZeroDivisionError("why"))

        thread = started(give)
        assert await anext(handover) == ONE
        assert await anext(handover) == CaughtUp()
        with pytest.raises(ZeroDivisionError):
            await anext(handover)
        thread.join()

    asyncio.run(test())


def test_a_loop_that_is_gone_ends_the_thread() -> None:
    async def make() -> Handover:
        return Handover()

    handover = asyncio.run(make())
    handover.put([ONE])
    assert handover.closing
