"""The real controller and two real agents live through an hour in one thread, twice and with two hash seeds the same way."""

import os
import subprocess
import sys
from pathlib import Path

from controller.planner.planner import plan
from controller.source.read.reader import Loaded
from ports.virtual_time import run_in_virtual_time
from tests.planner.short_manifests import node_id
from tests.simulation.smoke import HOUR_SECONDS, digest_of_an_hour, hour

_TOP = Path(__file__).parents[2]


def _in_another_process(seed: int, hash_seed: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.simulation.smoke", str(seed)],
        cwd=_TOP,
        env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": str(_TOP)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def test_an_hour_goes_the_same_way_again_whatever_the_hash_seed() -> None:
    others = [_in_another_process(1, hash_seed) for hash_seed in (1, 2)]
    here = digest_of_an_hour(1)
    assert [other.communicate()[0].strip() for other in others] == [here, here]


def test_after_its_faults_the_fleet_runs_what_is_in_force_and_says_so() -> None:
    async def scenario() -> None:
        world = await hour(2)
        reading = await world.manifests.read()
        assert isinstance(reading, Loaded)
        wanted = plan(reading.revision, {}).nodes
        for name, node in world.nodes.items():
            desired = {one.instance_name for one in wanted[node_id(name)].instances}
            assert set(node.running) == desired
            newest = world.newest_record(name)
            assert node.running == {one.instance_name: one.digest for one in newest.node_config_list}
            assert world.newest_report(name).applied == newest.ref
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=2 * HOUR_SECONDS)


def test_what_an_agent_accepted_never_goes_back() -> None:
    async def scenario() -> None:
        world = await hour(3)
        for name in world.nodes:
            told = [report.observed.order for report in world.reports(name) if report.observed]
            assert told == sorted(told)
            assert told[-1] > told[0]
        await world.end()

    run_in_virtual_time(scenario(), limit_seconds=2 * HOUR_SECONDS)
