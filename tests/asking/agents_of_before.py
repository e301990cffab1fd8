"""Agents of earlier versions, which cannot be asked for all that there is."""

import asyncio

from bus.base import Topic
from bus.codec import decode_self_signed, encode_signed
from tests.control_loop.stand import write
from tests.planner.short_manifests import node_id
from tests.simulation.world import World, key_of


async def becomes_older(world: World, node: str, version: str, can_be_asked: tuple[str, ...]) -> None:
    """Ends the agent of a node; its next greeting, by the same key, is that of an earlier version, and is taken in."""
    await world.nodes[node].kill()
    value = world.lies_on_topic(Topic.AGENT_INFO, node)
    assert value is not None
    info = decode_self_signed(value)
    old = info.model_copy(
        update={
            "can_be_asked": can_be_asked,
            "agent_version": version,
            "sequence": info.sequence + 1,
            "sent_at": world.clock.now(),
        }
    )
    write(world.log, Topic.AGENT_INFO, node_id(node).encode(), encode_signed(old, key_of(node)))
    await asyncio.sleep(2)
