import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crds.instance_config import InstanceConfig
from nodeagent.applier import Applier
from nodeagent.engines.fake import FakeDriver
from nodeagent.folders.disk import DiskFolders
from nodeagent.model import Permanent, Transient, Waiting
from nodeagent.operations import Op, OpKind, Outcome, OutcomeKind, Remove
from nodeagent.timings import Timings
from ports.ports import Ports
from ports.simulated import simulated_ports
from ports.virtual_time import run_in_virtual_time
from tests.differ.generations import FLEET, NODE, instance
from tests.differ.operations import operation

YARD = instance("yard")
HALL = instance("hall")
ALL = (OpKind.PULL_IMAGE, OpKind.WRITE_FILES, OpKind.CREATE, OpKind.START, OpKind.NOTE)
DEADLINE_S = 10


def chain(*kinds: OpKind, config: InstanceConfig = YARD) -> tuple[Op, ...]:
    return tuple(operation(kind, config) for kind in kinds)


@dataclass
class Bench:
    """An applier over a fake engine, and what it told."""

    driver: FakeDriver
    folders: DiskFolders
    begun: list[OpKind] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    ports: Ports = field(default_factory=lambda: simulated_ports(1))
    timings: Timings = Timings()

    def applier(self, concurrency: int = 2) -> Applier:
        return Applier(
            driver=self.driver,
            folders=self.folders,
            ports=self.ports,
            timings=self.timings,
            concurrency=concurrency,
        )

    async def perform(self, applier: Applier, ops: tuple[Op, ...]) -> None:
        await applier.run(ops, lambda op: self.begun.append(op.kind), self.outcomes.append)

    @property
    def told(self) -> list[tuple[OpKind, OutcomeKind, int]]:
        return [(one.op.kind, one.kind, one.attempt) for one in self.outcomes]

    def run(self, ops: tuple[Op, ...]) -> None:
        async def scenario() -> None:
            await self.perform(self.applier(), ops)

        run_in_virtual_time(scenario(), limit_seconds=10_000)

    def retry_after(self, seconds: float) -> None:
        self.timings = Timings(first_attempt_delay_seconds=seconds, longest_attempt_delay_seconds=seconds)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    folders = DiskFolders(tmp_path / "instances", tmp_path / "secrets")
    return Bench(FakeDriver(FLEET, NODE, folders), folders)


async def until(predicate: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not predicate():  # noqa: ASYNC110 - the fake engine tells nobody
            await asyncio.sleep(0.01)


def test_a_chain_is_performed_in_order(bench: Bench) -> None:
    bench.run(chain(*ALL))

    assert bench.begun == list(ALL)
    assert bench.told == [(kind, OutcomeKind.DONE, 1) for kind in ALL]
    assert [one.running for one in bench.driver.engine.containers] == [True]
    assert bench.folders.files_state(YARD).current
    note = bench.folders.read_applied("yard")
    assert note is not None
    assert (note.config, note.generation, note.runtime_id) == (YARD, 1, bench.driver.engine.containers[0].id)


def test_transient_failures_are_tried_again_and_told_each_time(bench: Bench) -> None:
    for _ in range(3):
        bench.driver.fail_next(OpKind.CREATE, Transient("the engine is busy"))

    bench.run(chain(OpKind.PULL_IMAGE, OpKind.WRITE_FILES, OpKind.CREATE))

    assert bench.told[2:] == [
        (OpKind.CREATE, OutcomeKind.TRANSIENT, 1),
        (OpKind.CREATE, OutcomeKind.TRANSIENT, 2),
        (OpKind.CREATE, OutcomeKind.TRANSIENT, 3),
        (OpKind.CREATE, OutcomeKind.DONE, 1),
    ]
    assert {one.message for one in bench.outcomes[2:5]} == {"the engine is busy"}


def test_retries_are_never_capped_in_number(bench: Bench) -> None:
    for _ in range(60):
        bench.driver.fail_next(OpKind.PULL_IMAGE, Transient("the registry is away"))

    bench.run(chain(OpKind.PULL_IMAGE))

    assert len(bench.outcomes) == 61


def test_delays_grow_with_jitter_and_are_capped(bench: Bench) -> None:
    for _ in range(300):
        bench.driver.fail_next(OpKind.PULL_IMAGE, Transient("the registry is away"))

    bench.run(chain(OpKind.PULL_IMAGE))

    tried_at = [one.at for one in bench.outcomes]
    slept = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(tried_at)]
    assert len(slept) == 300
    assert all(0 <= seconds <= min(30.0, 0.5 * 2**attempt) for attempt, seconds in enumerate(slept))
    assert len(set(slept)) > 200
    assert max(slept[10:]) > 15 > min(slept[10:])


def test_an_error_may_say_when_to_try_again(bench: Bench) -> None:
    bench.retry_after(1000)
    bench.driver.fail_next(OpKind.PULL_IMAGE, Transient("too many requests", retry_after_seconds=0.0))

    bench.run(chain(OpKind.PULL_IMAGE))

    assert len(bench.outcomes) == 2


def test_a_permanent_failure_ends_the_chain(bench: Bench) -> None:
    bench.driver.fail_next(OpKind.PULL_IMAGE, Permanent("no such reference"))

    bench.run(chain(*ALL))

    assert bench.told == [(OpKind.PULL_IMAGE, OutcomeKind.PERMANENT, 1)]
    assert bench.outcomes[0].message == "no such reference"
    assert not bench.driver.engine.containers


def test_what_nobody_foresaw_is_transient(bench: Bench) -> None:
    bench.driver.fail_next(OpKind.PULL_IMAGE, ZeroDivisionError("oh"))

    bench.run(chain(OpKind.PULL_IMAGE))

    assert bench.told == [(OpKind.PULL_IMAGE, OutcomeKind.TRANSIENT, 1), (OpKind.PULL_IMAGE, OutcomeKind.DONE, 1)]
    assert bench.outcomes[0].message == "unexpected ZeroDivisionError: oh"


def test_waiting_is_said_as_such_and_ends_when_what_is_waited_for_comes(bench: Bench) -> None:
    bench.driver.fail_next(OpKind.START, Waiting("the GPU is not there", on="gpu"))

    bench.run(chain(*ALL))

    assert (OpKind.START, OutcomeKind.WAITING, 1) in bench.told
    assert bench.told[-1] == (OpKind.NOTE, OutcomeKind.DONE, 1)


def test_a_chain_that_waits_for_its_next_attempt_ends_at_once_when_cancelled(bench: Bench) -> None:
    bench.retry_after(1000)
    bench.driver.fail_next(OpKind.PULL_IMAGE, Transient("the registry is away"))

    async def scenario() -> None:
        task = asyncio.create_task(bench.perform(bench.applier(), chain(*ALL)))
        await until(lambda: bench.outcomes)
        task.cancel()
        async with asyncio.timeout(1):
            await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()

    run_in_virtual_time(scenario(), limit_seconds=100)
    assert bench.begun == [OpKind.PULL_IMAGE]


@pytest.mark.parametrize("kind", [OpKind.PULL_IMAGE, OpKind.STOP])
def test_pulls_and_stops_keep_no_slot(bench: Bench, kind: OpKind) -> None:
    async def scenario() -> None:
        applier = bench.applier(concurrency=1)
        for _ in range(5):
            bench.driver.delay_next(kind, 1000)
        long_ones = [asyncio.create_task(bench.perform(applier, chain(kind))) for _ in range(5)]
        await until(lambda: bench.driver.performed[kind] == 5)
        async with asyncio.timeout(DEADLINE_S):
            await bench.perform(applier, chain(*ALL, config=HALL))
        for one in long_ones:
            one.cancel()
        await asyncio.gather(*long_ones, return_exceptions=True)

    run_in_virtual_time(scenario(), limit_seconds=100)
    assert [one.running for one in bench.driver.engine.containers] == [True]


def test_operations_on_the_engine_are_bounded(bench: Bench) -> None:
    async def scenario() -> None:
        applier = bench.applier(concurrency=2)
        bench.driver.engine.images.add(YARD.image)
        for _ in range(5):
            bench.driver.delay_next(OpKind.CREATE, 1000)
        tasks = [
            asyncio.create_task(bench.perform(applier, chain(OpKind.CREATE, config=instance(f"i{number}"))))
            for number in range(5)
        ]
        await until(lambda: bench.driver.performed[OpKind.CREATE] == 2)
        for _ in range(20):
            await asyncio.sleep(0)
        assert bench.driver.performed[OpKind.CREATE] == 2
        # One that is cancelled gives its slot back.
        tasks[0].cancel()
        await until(lambda: bench.driver.performed[OpKind.CREATE] == 3)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    run_in_virtual_time(scenario(), limit_seconds=100)


def test_a_chain_that_has_begun_ends_before_others_begin(bench: Bench) -> None:
    """The first instance runs at once, and not when all have been made."""
    ended: list[tuple[OpKind, str]] = []

    async def scenario() -> None:
        applier = bench.applier(concurrency=1)
        chains = [chain(*ALL, config=instance(f"i{number}")) for number in range(3)]
        for _ in chains:
            bench.driver.delay_next(OpKind.CREATE, 10)
            bench.driver.delay_next(OpKind.START, 10)
        await asyncio.gather(
            *(
                applier.run(ops, lambda _: None, lambda outcome: ended.append((outcome.op.kind, outcome.op.instance)))
                for ops in chains
            )
        )

    run_in_virtual_time(scenario(), limit_seconds=100)
    engine_only = [one for one in ended if one[0] in {OpKind.CREATE, OpKind.START}]
    assert engine_only == [(kind, f"i{number}") for number in range(3) for kind in (OpKind.CREATE, OpKind.START)]


def test_what_crashed_is_started_before_others_are_made(bench: Bench) -> None:
    async def scenario() -> list[str]:
        applier, ended = bench.applier(concurrency=1), list[str]()
        await bench.perform(applier, chain(*ALL, config=HALL))
        bench.driver.crash("hall")
        for _ in range(3):
            bench.driver.delay_next(OpKind.CREATE, 10)
        others = [chain(*ALL, config=instance(f"i{number}")) for number in range(3)]
        again = chain(OpKind.WRITE_FILES, OpKind.START, OpKind.NOTE, config=HALL)
        tasks = []
        for ops in (*others, again):
            tasks.append(asyncio.create_task(bench.perform(applier, ops)))
            tasks[-1].add_done_callback(lambda _, name=ops[0].instance: ended.append(name))
            await asyncio.sleep(1)
        await asyncio.gather(*tasks)
        return ended

    assert run_in_virtual_time(scenario(), limit_seconds=100) == ["i0", "hall", "i1", "i2"]


def test_what_was_stopped_to_be_made_anew_comes_before_what_was_never_there(bench: Bench) -> None:
    async def scenario() -> list[str]:
        applier, ended = bench.applier(concurrency=1), list[str]()
        await bench.perform(applier, chain(*ALL, config=HALL))
        for _ in range(4):
            bench.driver.delay_next(OpKind.CREATE, 10)
        others = [chain(*ALL, config=instance(f"i{number}")) for number in range(3)]
        anew = (*chain(OpKind.PULL_IMAGE, OpKind.STOP, OpKind.REMOVE, config=HALL), *chain(*ALL[2:], config=HALL))
        tasks = []
        for ops in (*others, anew):
            tasks.append(asyncio.create_task(bench.perform(applier, ops)))
            tasks[-1].add_done_callback(lambda _, name=ops[0].instance: ended.append(name))
            await asyncio.sleep(1)
        await asyncio.gather(*tasks)
        return ended

    assert run_in_virtual_time(scenario(), limit_seconds=100) == ["i0", "hall", "i1", "i2"]


def test_one_that_waits_for_its_next_attempt_keeps_no_slot(bench: Bench) -> None:
    async def scenario() -> None:
        applier = bench.applier(concurrency=1)
        for _ in range(3):
            bench.driver.fail_next(OpKind.STOP, Transient("busy", retry_after_seconds=1000))
        stuck = asyncio.create_task(bench.perform(applier, chain(OpKind.STOP)))
        await until(lambda: bench.outcomes)
        async with asyncio.timeout(DEADLINE_S):
            await bench.perform(applier, chain(*ALL, config=HALL))
        stuck.cancel()
        await asyncio.gather(stuck, return_exceptions=True)

    run_in_virtual_time(scenario(), limit_seconds=100)


def test_a_removal_takes_the_folder_and_a_replacement_keeps_it(bench: Bench) -> None:
    bench.run(chain(*ALL))
    container = bench.driver.engine.containers[0].id
    bench.run((Remove("yard", "a test", container, towards=YARD.digest),))
    assert bench.folders.orphans(()) == ("yard",)

    bench.run((Remove("yard", "a test", container),))
    assert bench.folders.orphans(()) == ()


def test_nothing_is_noted_about_what_is_not_there(bench: Bench) -> None:
    bench.run(chain(OpKind.NOTE))

    assert bench.folders.read_applied("yard") is None
