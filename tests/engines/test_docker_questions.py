"""How often the engine is asked for what events would tell."""

import asyncio
from typing import Any, cast

import pytest

from nodeagent.engines.docker.driver import DockerDriver
from nodeagent.engines.labels import LABEL_FLEET, LABEL_INSTANCE, LABEL_NODE, LABELS
from nodeagent.folders.base import FoldersWithPaths
from nodeagent.folders.memory import MemoryFolders


def container(number: int, node: str) -> dict[str, Any]:
    labels = dict.fromkeys(LABELS, "1") | {LABEL_FLEET: "fleet", LABEL_NODE: node, LABEL_INSTANCE: f"i{number}"}
    return {"Id": f"{number:064x}", "Labels": labels, "State": "running"}


def test_containers_of_other_nodes_are_asked_for_after_an_event_and_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver = DockerDriver("fleet", "node", cast("FoldersWithPaths", MemoryFolders()))
    there = [container(1, "node"), container(2, "gone")]
    asked = 0

    def of_the_fleet(**_: str) -> list[dict[str, Any]]:
        nonlocal asked
        asked += 1
        return list(there)

    monkeypatch.setattr(driver._own, "of_the_fleet", of_the_fleet)

    async def leftovers(times: int = 1, living: str = "") -> tuple[list[str], int]:
        before, found = asked, []
        for _ in range(times):
            found = [one.instance for one in await driver.leftovers(lambda node: node == living)]
        return found, asked - before

    async def test() -> None:
        assert await leftovers(3) == (["i2"], 3), "nobody would hear of a change"
        with driver._states.listening():
            assert await leftovers(2) == (["i2"], 1)
            assert await leftovers(living="gone") == ([], 0)
            there.append(container(3, "another"))
            driver._states.changed(there[-1]["Id"])
            assert await leftovers(2) == (["i2", "i3"][::-1], 1)
            there.clear()
            assert (await leftovers(12))[1] == 1
            assert await leftovers() == ([], 0)
        assert await leftovers(3) == ([], 3)
        await driver.aclose()

    asyncio.run(test())
