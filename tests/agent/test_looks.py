"""What the agent reads of its node, and how often: what nothing happened to is known."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crds.instance_config import InstanceConfig
from crds.secret import Secret
from nodeagent.engines.fake import FakeDriver
from nodeagent.folders.memory import MemoryFolders
from nodeagent.look import KnownFiles, look
from nodeagent.model import FilesState, Observed
from nodeagent.operations import OpKind
from ports.simulated import NoThreads
from tests.agent.stand import Stand, run, until
from tests.differ.generations import FLEET, NODE, generation, instance

YARD, HALL = instance("yard", image="app:1"), instance("hall", image="app:1")
NAMES = ("yard", "hall", "dock")
LOGIN = {"address": "rtsp://10.0.0.1/s", "credentialsRef": {"name": "cam"}}
FORMS = {
    (name, number): instance(name, {"c": LOGIN}, cameras=["c"], image=f"app:{number}")
    for name in NAMES
    for number in range(2)
}
STEPS = st.one_of(
    st.tuples(st.sampled_from(["desire", "write", "edit", "remove", "forget"]), st.sampled_from(sorted(FORMS))),
    st.tuples(st.sampled_from(["secret", "away", "back"]), st.just(("yard", 0))),
)

P = ParamSpec("P")
T = TypeVar("T")
Rounds = list[list[tuple[str, tuple[str, int]]]]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often the files of each instance were read."""
    count, files_state = Counter[str](), MemoryFolders.files_state

    def counted(folders: MemoryFolders, config: InstanceConfig) -> FilesState:
        count[config.instance_name] += 1
        return files_state(folders, config)

    monkeypatch.setattr(MemoryFolders, "files_state", counted)
    return count


def test_folders_that_nothing_happened_to_are_read_every_minute_and_no_oftener(reads: Counter[str]) -> None:
    stand = Stand()

    async def scenario() -> None:
        stand.publish(generation([YARD, HALL], 1))
        async with stand.agent() as it:
            await until(lambda: stand.applied() == 1, "both run")
            await asyncio.sleep(2)
            reads.clear()
            for _ in range(5):
                looks = it.driver.looks
                it.driver._tell("hall")
                await until(lambda looks=looks: it.driver.looks > looks, "it was looked at")  # type: ignore[misc]
                await asyncio.sleep(1)
            assert reads == {"hall": 5}

            stand.folders.trees["yard"] = {**stand.folders.trees["yard"], "by-hand": b"x"}
            for _ in range(6):  # events of a neighbour put nothing off
                await asyncio.sleep(10)
                it.driver._tell("hall")
            await until(lambda: it.driver.changed[OpKind.STOP] == 1, "it was put right", 2)
            assert "by-hand" not in stand.folders.trees["yard"]

    run(scenario())


def test_what_many_chains_do_is_looked_at_and_told_a_few_times_and_the_end_at_once() -> None:
    stand, names = Stand(), [f"i{number:02}" for number in range(20)]

    async def scenario() -> None:
        stand.publish(generation([instance(name, image="app:1") for name in names], 1))
        async with stand.agent(concurrency=1) as it:
            driver = it.driver
            await until(lambda: driver.looks > 0, "it looks")
            for _ in names:
                driver.delay_next(OpKind.START, 0.1)
            await until(lambda: len(stand.running()) == len(names), "all run")
            assert driver.looks < len(names)
            assert len(stand.reports) < len(names)
            await until(lambda: stand.applied() == 1, "it is said", 2)

    run(scenario())


class World:
    """Folders, what is desired of them, and what is known of them."""

    def __init__(self) -> None:
        self.folders = MemoryFolders()
        self.driver = FakeDriver(FLEET, NODE, self.folders)
        self.desired: dict[str, InstanceConfig] = {}
        self.known: KnownFiles = {}
        self.touched: set[str] = set()

    def do(self, kind: str, form: InstanceConfig) -> None:
        name = form.instance_name
        match kind:
            case "desire":
                self.desired[name] = form
            case "forget":
                self.desired.pop(name, None)
            case "secret":
                self.folders.secrets["cam"] = Secret("admin", "s3cr3t")
            case "away" | "back":
                self.folders.away = "no answer" if kind == "away" else ""
            case _ if not self.folders.away:
                self.touched.add(name)
                self.change(kind, form)

    def change(self, kind: str, form: InstanceConfig) -> None:
        if kind == "write":
            self.folders.write(form)
        elif kind == "edit":
            self.folders.trees[form.instance_name] = {"by-hand": b"x"}
        else:
            self.folders.remove(form.instance_name)

    def look(self, known: KnownFiles) -> tuple[Observed, KnownFiles]:
        return asyncio.run(look(self.driver, self.folders, NoThreads(), generation(self.desired.values()), known))


@settings(max_examples=60)
@given(st.lists(st.lists(STEPS, max_size=4), max_size=6))
def test_what_is_known_changes_the_time_that_a_look_takes_and_nothing_else(rounds: Rounds) -> None:
    world = World()
    for steps in rounds:
        for kind, form in steps:
            world.do(kind, FORMS[form])
        known = {name: one for name, one in world.known.items() if name not in world.touched}
        world.touched.clear()
        from_nothing, _ = world.look({})
        observed, world.known = world.look(known)
        assert observed == from_nothing
        assert world.known.keys() == world.desired.keys()


class ToldThreads(NoThreads):
    """Knows what was called with which first argument."""

    def __init__(self) -> None:
        self.given: list[object] = []

    async def run(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.given.append(args[0])
        return await super().run(function, *args, **kwargs)


@pytest.mark.parametrize(("wanted", "is_loaded"), [("app:1", False), ("app:2", True)])
def test_what_tells_forms_apart_is_loaded_beside_the_loop_and_when_there_are_two(
    wanted: str, *, is_loaded: bool
) -> None:
    stand, threads = Stand(), ToldThreads()

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await until(lambda: stand.applied() == 1, "it runs")
            form = instance("yard", image=wanted)
            await look(it.driver, stand.folders, threads, generation([form], 2), {})
        assert ("crds.difference" in threads.given) is is_loaded

    run(scenario())
