"""The real kubectl on the manifests of the demo: nothing changes but what was asked for, and what the plan said."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from controller.source.fetch.directory import DirectorySource
from tests.patience import wait_until
from tests.planner.short_manifests import node_id
from tests.writing.served import Served, served
from tests.writing.test_kubectl_writes import kubectl_at

DEMO = Path(__file__).parents[2] / "manifests"
NODES = ("node-a", "node-b")


def files(top: Path) -> dict[str, bytes]:
    return {str(one.relative_to(top)): one.read_bytes() for one in top.rglob("*") if one.is_file()}


def told(fleet: Served) -> dict[str, object]:
    """What the nodes are told, by instance."""
    configs = fleet.controller.answers._knowledge.state.published.configs.values()
    return {one.instance_name: one for config in configs for one in config.node_config_list}


def test_kubectl_on_the_demo(tmp_path: Path, unavailable: Callable[[str, str], NoReturn]) -> None:
    top = tmp_path / "manifests"
    shutil.copytree(DEMO, top)
    nodes = (top / "nodes.yaml").read_text()
    for name in NODES:
        # The ids that the agents of these tests greet with.
        nodes = re.sub(f"(name: {name}\n(?:.*\n)*?  nodeId: )[^ \n]+", rf"\g<1>{node_id(name)}", nodes)
    (top / "nodes.yaml").write_text(nodes)
    before = files(top)
    with served(DirectorySource(top), nodes=NODES) as fleet:
        wait_until(lambda: len(told(fleet)) == 2, "both nodes are told")
        kubectl, published = kubectl_at(fleet.url, tmp_path, unavailable), told(fleet)
        for arguments in (("apply", "-R", "-f", str(top)), ("apply", "-R", "--server-side", "-f", str(top))):
            said = kubectl(*arguments)
            assert len(said.stdout.splitlines()) == 9
            assert "interrupts" not in said.stderr
            assert (files(top), told(fleet)) == (before, published)
        said = kubectl("edit", "cam", "dock", EDITOR="sed -i s/name:.dock/&/")
        assert "Edit cancelled" in said.stdout + said.stderr
        assert told(fleet) == published
        said = kubectl("edit", "cam", "dock", EDITOR="sed -i s,/dock,/ramp,")
        assert said.stdout == "camera.dsfleet.io/dock edited\n"
        assert "Warning: ~ update dsinstance/yard on node-b (restart)\n" in said.stderr
        assert "entrance" not in said.stderr
        after, now = files(top), told(fleet)
        assert [name for name in before if before[name] != after[name]] == ["cameras.yaml"]
        assert after["cameras.yaml"] == before["cameras.yaml"].replace(b"/dock", b"/ramp")
        assert [name for name in now if now[name] != published[name]] == ["yard"]
