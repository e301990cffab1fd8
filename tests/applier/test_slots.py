import asyncio

from nodeagent.slots import Slot, Slots


async def turns() -> None:
    """Lets every task go on as far as it can."""
    for _ in range(10):
        await asyncio.sleep(0)


def test_lower_orders_come_first_and_then_who_waited_longest() -> None:
    taken: list[str] = []

    async def work(slots: Slots, order: int, name: str) -> None:
        await slots.take(order)
        taken.append(name)

    async def scenario() -> None:
        slots = Slots(1)
        await slots.take(0)
        tasks = [asyncio.create_task(work(slots, int(name[0]), name)) for name in ("1a", "1b", "0a", "1c", "0b")]
        await turns()
        assert not taken
        for _ in tasks:
            slots.give_back()
            await turns()
        await asyncio.gather(*tasks)

    asyncio.run(scenario())
    assert taken == ["0a", "0b", "1a", "1b", "1c"]


def test_who_is_cancelled_keeps_nobody_waiting() -> None:
    async def scenario() -> None:
        slots = Slots(1)
        await slots.take(0)
        waiting, granted, last = (asyncio.create_task(slots.take(0)) for _ in range(3))
        await turns()
        waiting.cancel()
        await turns()
        slots.give_back()
        granted.cancel()  # has the slot already, and does not know it
        await turns()
        await asyncio.wait_for(last, 1)
        assert waiting.cancelled()
        assert granted.cancelled()

    asyncio.run(scenario())


def test_a_chain_takes_one_slot_however_often_it_asks() -> None:
    async def scenario() -> None:
        slots = Slots(2)
        one, other = Slot(slots, 0), Slot(slots, 0)
        for _ in range(3):
            await one.take()
        await asyncio.wait_for(other.take(), 1)
        third = Slot(slots, 0)
        waiting = asyncio.create_task(third.take())
        await turns()
        assert not waiting.done()
        one.give_back()
        one.give_back()
        await asyncio.wait_for(waiting, 1)
        fourth = asyncio.create_task(Slot(slots, 0).take())
        await turns()
        assert not fourth.done()
        fourth.cancel()

    asyncio.run(scenario())
