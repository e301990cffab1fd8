"""A write that is held by a remote holds no others for ever."""

import asyncio

import pytest

from controller.writing.refusals import NotNow
from controller.writing.turns import Turns


def test_whoever_waits_is_told_so_in_the_end() -> None:
    async def ask() -> None:
        turns = Turns(wait_seconds=0.01, most_waiting=1)
        async with turns.mine():
            with pytest.raises(NotNow, match=r"took more than 0\.01 s"):
                async with turns.mine():
                    pass
            waiting = asyncio.create_task(turns.mine().__aenter__())
            await asyncio.sleep(0)
            with pytest.raises(NotNow, match="1 other writes are waiting"):
                async with turns.mine():
                    pass
            waiting.cancel()
            await asyncio.wait([waiting])
        async with turns.mine():
            pass

    asyncio.run(ask())
