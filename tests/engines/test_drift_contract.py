"""What every driver says and does of what somebody else changed, whatever runs beneath it."""

import asyncio

from nodeagent.operations import PAUSED, OpKind
from tests.engines.stands import Session, Stand
from tests.patience import in_time


def test_what_a_driver_makes_is_no_drift(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config(container={"env": {"A": "b"}, "memory_mib": 64, "cpus": 0.5, "stop_signal": "SIGTERM"})
        await session.begin(config)
        assert await session.driver.drift([config, stand.config("not-there")]) == {}
        await session.do(OpKind.STOP, config)
        await session.driver.observe()
        assert await session.driver.drift([config]) == {}

    stand.run(test)


def test_what_is_frozen_is_told_seen_and_set_back(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config()
        there = await session.begin(config)
        assert not there.paused
        if stand.kind != "fake":
            await session.until_says("sleeping")  # in the first moment of its life it is not an app that runs yet
        events = session.driver.events()
        told = asyncio.ensure_future(anext(events))  # type: ignore[arg-type]  # every driver has a generator
        await asyncio.sleep(0)  # it listens from the moment on at which it was asked for its events
        stand.freeze(there)
        assert await told == "lobby"
        frozen = await session.find()
        assert frozen is not None
        assert (frozen.running, frozen.paused, frozen.runtime_id) == (True, True, there.runtime_id)
        for runtime_id in ("another", there.runtime_id, there.runtime_id):
            await session.do(OpKind.SET_BACK, config, runtime_id=runtime_id, drift=(PAUSED,))
            after = await session.find()
            assert after is not None
            assert after.paused == (runtime_id == "another")
        assert after == there

    stand.run(test)


def test_what_is_frozen_can_be_stopped(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config()
        there = await session.begin(config)
        if stand.kind != "fake":
            await session.until_says("sleeping")
        stand.freeze(there)
        async with in_time():
            await session.do(OpKind.STOP, config, runtime_id=there.runtime_id, timeout_seconds=30)
        left = await session.find()
        assert left is not None
        assert (left.running, left.paused, left.exit_code) == (False, False, 0)

    stand.run(test)
