"""The real controller and real agents: what is renamed runs on, through restarts of everything."""

import asyncio

from ports.virtual_time import run_in_virtual_time
from tests.planner.short_manifests import merged, node_id
from tests.simulation.smoke import FLEET
from tests.simulation.world import World

RENAMED = merged(FLEET, {"dsinstance/gate-0": None, "dsinstance/court": FLEET["dsinstance/gate-0"]})
A_WHILE_S = 60.0


def containers(world: World) -> set[tuple[str, str]]:
    return {(node.name, one.id) for node in world.nodes.values() for one in node.engine.containers if one.running}


def test_nothing_is_touched_when_an_instance_gets_another_name_and_its_own_again() -> None:
    async def scenario() -> None:
        world = World(FLEET, seed=1)
        world.start_what_is_dead()
        await asyncio.sleep(A_WHILE_S)
        before = containers(world)
        assert len(before) == 4
        for fleet, name in ((RENAMED, "court"), (FLEET, "gate-0")):
            world.manifests.commit(fleet)
            await asyncio.sleep(A_WHILE_S)
            assert containers(world) == before
            record = world.newest_record("gate")
            assert sorted(one.name for one in record.node_config_list) == sorted([name, "gate-1"])
            assert world.newest_report("gate").applied == record.ref
            for program in (world.controller, *world.nodes.values()):
                await program.kill()
            world.start_what_is_dead()
            await asyncio.sleep(A_WHILE_S)
            assert containers(world) == before
            assert world.newest_record("gate").ref == record.ref
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=3600)


def test_an_edit_after_a_rename_reaches_what_runs_and_a_newcomer_may_have_the_old_name() -> None:
    edit = {"dsinstance/court": {"image": "retinaface:2"}}
    newcomer = {"dsinstance/gate-0": {"node": "gate", "app": {"kind": "reference"}}}

    async def scenario() -> None:
        world = World(FLEET, seed=1)
        world.start_what_is_dead()
        await asyncio.sleep(A_WHILE_S)
        for fleet in (RENAMED, merged(RENAMED, edit), merged(merged(RENAMED, edit), newcomer)):
            world.manifests.commit(fleet)
            await asyncio.sleep(A_WHILE_S)
            assert world.newest_report("gate").applied == world.newest_record("gate").ref
        named = {one.name: one.instance_name for one in world.newest_record("gate").node_config_list}
        assert named == {"court": "gate-0", "gate-0": "gate-0-2", "gate-1": "gate-1"}
        assert set(world.nodes["gate"].running) == set(named.values())
        assert node_id("gate") == str(world.newest_record("gate").node_id)
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=3600)
