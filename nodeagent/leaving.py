"""What an agent does that leaves together with its instances."""

import asyncio

from nodeagent.engines.base import Driver
from nodeagent.model import ObservedInstance
from nodeagent.operations import Remove, Stop


async def stop_instances(driver: Driver) -> None:
    """Stops and removes every instance of this node.

    Raises:
        Transient: one of them could not be; the others were.
    """
    there = (await driver.observe()).values()
    stops = (_stop_instance(driver, one) for one in there)
    for failure in await asyncio.gather(*stops, return_exceptions=True):
        if isinstance(failure, BaseException):
            raise failure


async def _stop_instance(driver: Driver, there: ObservedInstance) -> None:
    cause = "the agent leaves with its instances"
    await driver.perform(Stop(there.name, cause, there.runtime_id, timeout_seconds=5))
    await driver.perform(Remove(there.name, cause, there.runtime_id))
