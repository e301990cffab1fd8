"""How often processes that are no leftovers are looked into."""

from collections.abc import Collection, Iterator, Mapping
from typing import cast

import pytest

from nodeagent.engines.labels import LABEL_FLEET, LABEL_NODE, LABELS, variable_of
from nodeagent.engines.process import table
from nodeagent.engines.process.runs import ProcessRuns
from nodeagent.engines.process.table import FoundProcess, ProcessId
from nodeagent.folders.base import InstanceFolders
from nodeagent.folders.memory import MemoryFolders


def test_processes_of_others_are_looked_into_twice_and_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    there = [7, 8]
    looked: list[Collection[int]] = []

    def find(_environment: Mapping[str, str], among: Collection[int]) -> Iterator[FoundProcess]:
        looked.append(among)
        return iter(())

    monkeypatch.setattr(table, "pids", lambda: iter(there))
    monkeypatch.setattr(table, "find", find)
    runs = ProcessRuns("fleet", "node", cast("InstanceFolders", None))

    def look(times: int) -> list[Collection[int]]:
        looked.clear()
        for _ in range(times):
            assert runs.leftovers(lambda _node_id: False) == []
        return looked

    assert look(4) == [[7, 8], [7, 8], [], []]
    there.append(9)
    assert look(3) == [[9], [9], []]
    there.remove(7)
    look(1)
    there.append(7)
    assert look(2) == [[7], [7]]
    assert look(3) == [[], [], [8, 9, 7]]


def test_own_processes_are_known_as_well_and_leftovers_are_looked_into_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = {variable_of(one): "x" for one in LABELS} | {variable_of(LABEL_FLEET): "fleet"}
    node_of = {7: "node", 8: "another"}
    looked: list[Collection[int]] = []

    def find(_environment: Mapping[str, str], among: Collection[int]) -> Iterator[FoundProcess]:
        looked.append(among)
        for pid in among:
            yield FoundProcess(ProcessId(pid, 1), pid, {**labels, variable_of(LABEL_NODE): node_of[pid]})

    monkeypatch.setattr(table, "pids", lambda: iter(node_of))
    monkeypatch.setattr(table, "find", find)
    monkeypatch.setattr(ProcessId, "in_our_network", lambda _: True)
    runs = ProcessRuns("fleet", "node", MemoryFolders())
    for _ in range(4):
        assert [one.runtime_id for one in runs.leftovers(lambda _node_id: False)] == ["8:1"]
    assert looked == [[7, 8], [7, 8], [8], [8]]
