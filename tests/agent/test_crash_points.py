"""Systematic crash points: the agent is killed before and after every single thing that it does to the node.

Whatever was half done, the next agent comes to the end to which an agent comes that nobody kills; and the engine was
asked to change nothing more often than that.
"""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from crds.instance_config import InstanceConfig
from crds.secret import Secret
from nodeagent.engines.fake import FakeEngine
from nodeagent.folders.memory import MemoryFolders
from nodeagent.model import Applied, FilesState, ObservedInstance
from nodeagent.operations import Op, OpKind
from ports.simulated import MemoryDisk
from tests.agent.stand import Stand, WatchedDriver, run, until
from tests.differ.generations import generation, instance

CAMERAS: dict[str, Any] = {"dock": {"credentialsRef": {"name": "dock"}}}
YARD = instance("yard", CAMERAS, cameras=["dock"])
YARD_STRICTER = instance("yard", CAMERAS, cameras=["dock"], app={"motConfidenceThreshold": 0.9})
YARD_NEWER = instance("yard", CAMERAS, cameras=["dock"], image="retinaface:2")
# What an agent does to one instance at a time keeps its order, and so the crash points the same in every run.
GENERATIONS = (
    generation([YARD], 1),
    generation([YARD_STRICTER], 2),
    generation([YARD_STRICTER, instance("attic")], 3),
    generation([YARD_STRICTER], 4),
    generation([YARD_NEWER], 5),
)


class Killed(BaseException):
    """The agent was killed here: nothing of it may catch this."""


class Gate:
    """Everything that changes the node goes through here, and at one place it ends."""

    def __init__(self, at: int | None = None, *, after: bool = False) -> None:
        self.entered: list[str] = []
        self.left: list[str] = []
        self.dead = False
        self._at = at
        self._after = after

    def look(self) -> None:
        """The dead see nothing."""
        if self.dead:
            raise Killed

    def enter(self, what: str) -> None:
        self._pass(what, self.entered, deadly=not self._after)

    def leave(self, what: str) -> None:
        self._pass(what, self.left, deadly=self._after)

    def _pass(self, what: str, passed: list[str], *, deadly: bool) -> None:
        self.look()
        if deadly and len(passed) == self._at:
            self.dead = True
            raise Killed
        passed.append(what)


class GatedDriver(WatchedDriver):
    def __init__(self, engine: FakeEngine, folders: MemoryFolders, gate: Gate) -> None:
        super().__init__(engine, folders)
        self._gate = gate

    async def observe(self) -> dict[str, ObservedInstance]:
        self._gate.look()
        return await super().observe()

    async def perform(self, op: Op) -> None:
        self._gate.enter(f"{op.kind} {op.instance}")
        await super().perform(op)
        self._gate.leave(f"{op.kind} {op.instance}")


class GatedFolders(MemoryFolders):
    """The same tables as those of the folders that outlive the agent."""

    def __init__(self, folders: MemoryFolders, gate: Gate) -> None:
        super().__init__()
        vars(self).update(vars(folders))
        self._gate = gate

    def files_state(self, config: InstanceConfig) -> FilesState:
        self._gate.look()
        return super().files_state(config)

    def write(self, config: InstanceConfig) -> None:
        self._gate.enter(f"write {config.instance_name}")
        super().write(config)
        self._gate.leave(f"write {config.instance_name}")

    def note_applied(self, applied: Applied) -> None:
        self._gate.enter(f"note {applied.config.instance_name}")
        super().note_applied(applied)
        self._gate.leave(f"note {applied.config.instance_name}")

    def remove(self, name: str) -> None:
        self._gate.enter(f"remove folder {name}")
        super().remove(name)
        self._gate.leave(f"remove folder {name}")


class GatedDisk(MemoryDisk):
    """What is written to it lands on another one, which outlives the agent."""

    def __init__(self, disk: MemoryDisk, gate: Gate) -> None:
        super().__init__()
        self._disk = disk
        self._gate = gate

    def read(self, path: Path) -> bytes:
        return self._disk.read(path)

    def write(self, path: Path, content: bytes, *, private: bool = True) -> None:
        self._gate.enter("persist")
        self._disk.write(path, content, private=private)
        self._gate.leave("persist")


def new_stand() -> Stand:
    stand = Stand()
    stand.folders.secrets["dock"] = Secret("admin", "s3cr3t-pass")
    return stand


async def play(stand: Stand, gate: Gate) -> Counter[OpKind]:
    """All generations, each published when the one before is applied; a killed agent is followed by one that lives."""

    async def script() -> None:
        for config in GENERATIONS:
            stand.publish(config)
            await until(lambda number=config.generation: stand.applied() == number, f"{config.generation} is applied")  # type: ignore[misc]

    played = asyncio.create_task(script())
    folders = GatedFolders(stand.folders, gate)
    driver = GatedDriver(stand.engine, folders, gate)
    ledger = stand.new_ledger(GatedDisk(stand.disk, gate))
    async with stand.agent(driver=driver, folders=folders, ledger=ledger):
        await until(lambda: gate.dead or played.done(), "it was killed, or came to the end")
    changed = Counter(driver.changed)
    if gate.dead:
        reports = len(stand.reports)
        async with stand.agent() as it:
            await played
            # The last generation may have been applied before: the new agent has to say so too.
            await until(lambda: len(stand.reports) > reports, "the new agent reports")
            await until(lambda: stand.applied() == GENERATIONS[-1].generation, "the new agent is done")
        changed += it.driver.changed
    await played
    return changed


def end_state(stand: Stand) -> dict[str, Any]:
    notes = {name: stand.folders.read_applied(name) for name in stand.folders.orphans(())}
    return {
        "containers": [(one.id, one.labels, one.running) for one in stand.engine.containers],
        "files": stand.folders.trees,
        "notes": {name: (note.config.digest, note.runtime_id) if note else None for name, note in notes.items()},
        "ledger": stand.new_ledger().current,
    }


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_wherever_the_agent_is_killed_the_next_one_comes_to_the_same_end(after: bool) -> None:
    undisturbed, gate = new_stand(), Gate()
    changes = run(play(undisturbed, gate))
    expected = end_state(undisturbed)
    assert len(expected["containers"]) == 1
    assert changes[OpKind.CREATE] == 3

    for point, what in enumerate(gate.left if after else gate.entered):
        stand, killer = new_stand(), Gate(point, after=after)
        changed = run(play(stand, killer))

        assert killer.dead, what
        place = f"killed {'after' if after else 'before'} {what} ({point})"
        assert end_state(stand) == expected, place
        assert changed == changes, place
