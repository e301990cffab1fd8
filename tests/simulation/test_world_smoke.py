"""The real controller and two real agents live through an hour of edits, crashes and outages in one thread."""

import os
import subprocess
import sys
from pathlib import Path

from bus.base import Topic
from ports.virtual_time import run_in_virtual_time
from tests.patience import patient
from tests.planner.short_manifests import node_id
from tests.simulation.smoke import HOUR_SECONDS, hour
from tests.simulation.world import World

_TOP = Path(__file__).parents[2]
_SEED = 1


def _in_another_process(hash_seed: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.simulation.smoke", str(_SEED)],
        cwd=_TOP,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(_TOP)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _the_fleet_runs_what_is_in_force_and_says_so(world: World) -> None:
    for name, node in world.nodes.items():
        newest = world.newest_record(name)
        assert set(node.running) == world.wanted(name)
        assert node.running == {one.instance_name: one.digest for one in newest.node_config_list}
        assert world.newest_report(name).applied == newest.ref
        assert world.status(name)["reason"] == "AgentConnected"
    assert world.told("TwoMachines") == [], "agents that are killed and started again are one machine each"


def _what_an_agent_accepted_never_goes_back(world: World) -> None:
    for name in world.nodes:
        told = [report.observed.order for report in world.reports(name) if report.observed]
        assert told == sorted(told)
        assert told[-1] > told[0]


def _the_topics_hold_all_that_was_said_last(world: World) -> None:
    """Invariant L4, whatever was deleted or wiped on the way."""
    for name in world.nodes:
        for topic in (Topic.AGENT_CONFIG, Topic.AGENT_INFO, Topic.AGENT_RESPONSE):
            assert world.lies_on_topic(topic, name) == world.log.values[topic, node_id(name)][-1]


def test_an_hour_ends_well_and_begins_the_same_way_again_whatever_the_hash_seed() -> None:
    other = _in_another_process(hash_seed=1)

    async def scenario() -> str:
        world, beginning = await hour(_SEED)
        _the_fleet_runs_what_is_in_force_and_says_so(world)
        _what_an_agent_accepted_never_goes_back(world)
        _the_topics_hold_all_that_was_said_last(world)
        await world.end()
        return beginning

    here = run_in_virtual_time(scenario(), limit_seconds=2 * HOUR_SECONDS)
    assert other.communicate(timeout=patient(60))[0].strip() == here
