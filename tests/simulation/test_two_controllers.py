"""A second controller with the same key and other manifests is started beside a fleet that runs, and real agents obey one."""

import asyncio
from itertools import groupby

import pytest

from bus.base import Topic
from bus.codec import decode_signed
from crds.messages import AgentConfig
from ports.virtual_time import run_in_virtual_time
from tests.planner.short_manifests import ShortFleet, node_id
from tests.simulation.smoke import FLEET
from tests.simulation.world import World

EDITED: ShortFleet = {
    name: {**fields, "image": "retinaface:2"} if fields and name.startswith("dsinstance/") else fields
    for name, fields in FLEET.items()
}


def _records(world: World, name: str) -> list[AgentConfig]:
    values = world.log.values[Topic.AGENT_CONFIG, node_id(name)]
    return [decode_signed(AgentConfig, value, [world.key.public_key_hex]) for value in values]


@pytest.mark.parametrize("late_s", [0.0, 0.5, 60.0])
def test_the_fleet_changes_hands_once_at_most_and_then_is_quiet(late_s: float) -> None:
    async def scenario() -> None:
        world = World(FLEET, seed=1)
        world.start_what_is_dead()
        await asyncio.sleep(late_s)
        rival = world.start_rival(EDITED)
        await asyncio.sleep(60)
        starts = {name: len(node.engine.containers) for name, node in world.nodes.items()}
        heads = (world.answers.status(), rival.status())
        assert sum(one["superseded"] is None for one in heads) == 1
        published = {name: _records(world, name) for name in world.nodes}
        world.manifests.commit({name: fields for name, fields in FLEET.items() if name != "dsinstance/gate-0"})
        await asyncio.sleep(200)
        for name, node in world.nodes.items():
            now = _records(world, name)
            if heads[0]["superseded"] is not None:
                assert now == published[name], "the reader publishes no edit"
            by = [one.issued_by.name for one in now if one.issued_by]
            assert len([*groupby(by)]) <= 2, "one hand-over"
            assert len({one.ref for one in published[name]}) <= 3
            assert node.running == {one.instance_name: one.digest for one in now[-1].node_config_list}
            if heads[0]["superseded"] is not None:
                assert len(node.engine.containers) == starts[name]
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=3600)
