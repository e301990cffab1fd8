"""Copies of published records on the controller's own disk."""

import asyncio
from dataclasses import replace
from typing import Any

from bus.memory import MemoryBus
from controller.publish.published import unpacked
from controller.publish.publisher import Publisher
from ports.simulated import MemoryDisk, NoThreads, simulated_ports
from ports.virtual_time import run_in_virtual_time
from tests.publish.test_publisher import DIRECTORY, GATE, KEY, config, made_log


class LateThreads(NoThreads):
    """Begin with what they are given when the test calls it."""

    late: tuple[Any, ...] = ()

    async def run(self, function: Any, /, *args: Any, **_kwargs: Any) -> Any:
        self.late = (function, *args)
        await asyncio.Event().wait()


def test_a_thread_that_is_left_behind_writes_no_older_copy_over_the_newest() -> None:
    async def scenario() -> None:
        threads, disk = LateThreads(), MemoryDisk()
        ports = replace(simulated_ports(0, disk), threads=threads)
        publisher = Publisher(bus=MemoryBus(made_log()), key=KEY, directory=DIRECTORY, ports=ports)
        await publisher.publish(config(1))
        writing = asyncio.create_task(publisher.write_copies())
        await asyncio.sleep(0)
        newest = await publisher.publish(config(2))
        writing.cancel()
        publisher.finish()
        function, *args = threads.late
        function(*args)
        assert disk.read(DIRECTORY / f"{GATE}.record") == unpacked(newest)

    run_in_virtual_time(scenario(), limit_seconds=60)
