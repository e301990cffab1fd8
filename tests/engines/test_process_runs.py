"""How often the processes of others are looked into."""

from collections.abc import Collection, Iterator, Mapping
from typing import cast

import pytest

from nodeagent.engines.process import table
from nodeagent.engines.process.runs import ProcessRuns
from nodeagent.engines.process.table import FoundProcess
from nodeagent.folders.base import InstanceFolders


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
