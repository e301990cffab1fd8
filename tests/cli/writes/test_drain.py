"""`fleet drain`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import fleet
from controller.source.fetch.directory import DirectorySource
from tests.patience import wait_until
from tests.writing.conftest import write_movable
from tests.writing.served import Served, served


@pytest.fixture
def zone(directory: Path) -> Iterator[Served]:
    write_movable(directory)
    with served(DirectorySource(directory), nodes=("north", "south", "edge-1")) as api:
        yield api


def place(zone: Served) -> str:
    return str(zone.get("/api/v1/namespaces/default/pods/two")["spec"].get("nodeName", ""))


def test_nodes_are_drained(zone: Served, directory: Path) -> None:
    def run(*words: str) -> Result:
        return CliRunner().invoke(fleet, ["--server", zone.url, *words])

    here = wait_until(lambda: place(zone), "it is placed")
    there = {"north": "south", "south": "north"}[here]
    dry = run("drain", here, "--dry-run=server", "--ignore-daemonsets", "--timeout=1m")
    assert dry.stdout == (
        f"node/{here} cordoned (server dry run)\ndsinstance/two evicted (server dry run)\n"
        f"node/{here} drained (server dry run)\n"
    )
    assert place(zone) == here
    done = run("drain", f"node/{here}", "--pod-selector", "dsfleet.io/instance=two")
    assert (done.exit_code, place(zone)) == (0, there), done.output
    assert done.stdout == f"node/{here} cordoned\ndsinstance/two evicted\nnode/{here} drained\n"
    assert "interrupts 1 camera: gate" in done.stderr
    assert "unschedulable: true" in (directory / "zone.yaml").read_text()
    stays = run("drain", there, "--force", "--disable-eviction", "--grace-period=0", "--delete-emptydir-data")
    assert (stays.exit_code, place(zone)) == (1, there)
    assert f"every node that it may run on is unschedulable: {here}" in stays.stderr
    assert f"node/{there} is not drained: dsinstance/two stayed there" in stays.stderr
    pinned = run("drain", "edge-1")
    assert pinned.exit_code == 1
    assert "its manifest names its node (spec.node: edge-1)" in pinned.stderr
    assert run("drain", "nobody").exit_code == 1
    assert run("drain").exit_code == 2
