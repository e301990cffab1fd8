"""What an agent does first does not depend on how Python orders a set in this run."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PROGRAM = """
from nodeagent.operations import Op, OpKind
from tests.agent.stand import WatchedDriver, Stand, run, until
from tests.differ.generations import generation, instance

BEFORE = [instance(name) for name in ("zoo", "barn", "shed")]
AFTER = [instance(name) for name in ("yard", "hall", "attic", "dock", "lobby")]
removed = [one.instance_name for one in BEFORE]


class TellingDriver(WatchedDriver):
    async def perform(self, op: Op) -> None:
        print(op.kind, op.instance)
        await super().perform(op)


async def scenario() -> None:
    stand = Stand()
    stand.publish(generation(BEFORE, 1))
    async with stand.agent(driver=TellingDriver(stand.engine, stand.folders), concurrency=1):
        await until(lambda: stand.applied() == 1, "generation 1 is applied")
        stand.publish(generation(AFTER, 2, removed=removed))
        await until(lambda: stand.applied() == 2, "generation 2 is applied")


run(scenario())
"""


def operations(hash_seed: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_chains_begin_in_the_promised_order_whatever_the_hash_seed() -> None:
    first, second = operations("1"), operations("2")

    assert first == second
    # What frees something first, then by name.
    begun = list(dict.fromkeys(line.split()[1] for line in first[first.index("stop barn") :]))
    assert begun == ["barn", "shed", "zoo", "attic", "dock", "hall", "lobby", "yard"]
