"""Controller and agents of two versions, either upgraded first: nothing that runs is touched."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGKILL

import pytest

from tests.e2e.manifest_folder import ManifestFolder
from tests.e2e.planted_secret import PlantedSecret
from tests.e2e.running_fleet import State, UpFleet, eventually

pytestmark = pytest.mark.e2e

_HOME = Path(__file__).parents[2]
_WHEEL = tomllib.loads((_HOME / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
_PACKAGES = tuple(name.removesuffix("*") for name in _WHEEL["packages"]["find"]["include"])
_NOT_IN_THE_WHEEL = ("tests", "tools")
NODES = ("node-a", "node-b")


class Code:
    """A copy of the code, which is edited as the next versions would be. A part runs what was there when it started."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # With what is compiled: each part would compile all of it.
        for name in _PACKAGES:
            shutil.copytree(_HOME / name, path / name)

    def add_field(self, file: str, to: str, field: str) -> None:
        """Gives a class another field."""
        self._edit(file, rf'(^class {to}\(.*?"""\n\n)', rf"\1    {field}\n")

    def write_field(self, name: str, value: str) -> None:
        """Has the renderer give a field to each camera of an instance."""
        self._edit("controller/render/instance.py", r'("slot": slot,)', rf'\1 "{name}": {value},')

    def write_section(self, name: str, value: str) -> None:
        """Has the renderer show another section in the resolved spec of each instance."""
        self._edit("controller/render/settings.py", "(    return found\n)", rf'    found["{name}"] = {value}\n\1')

    def _edit(self, file: str, pattern: str, replacement: str) -> None:
        path = self.path / file
        text, count = re.subn(
            pattern, replacement, path.read_text(encoding="utf-8"), count=1, flags=re.DOTALL | re.MULTILINE
        )
        assert count == 1, f"{file} has no place for it any more: {pattern}"
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def code(tmp_path: Path) -> Code:
    return Code(tmp_path / "code")


def program_of(code: Code) -> list[str]:
    return ["env", f"PYTHONPATH={code.path}", sys.executable, "-P"]


@pytest.fixture
def fleet(tmp_path: Path, free_port: Callable[[], int], planted_secret: PlantedSecret, code: Code) -> Iterator[UpFleet]:
    manifests = ManifestFolder(tmp_path / "manifests", camera_port=free_port())
    one = UpFleet(tmp_path, manifests, free_port(), planted_secret.folder)
    one.program = [*program_of(code), "-m", "cli"]
    one.start()
    yield one
    one.close()


def upgrade_controller(fleet: UpFleet) -> None:
    epoch = fleet.epoch()
    os.kill(fleet.part("controller"), SIGKILL)
    eventually(lambda: fleet.epoch() > epoch, "the controller begins a new term")


def upgrade_agents(fleet: UpFleet) -> None:
    logs = [fleet.state_dir / "logs" / f"agent-{node}.log" for node in NODES]

    def recalled() -> list[int]:
        return [log.read_text(encoding="utf-8").count("the ledger holds generation") for log in logs]

    before = recalled()
    for node in NODES:
        os.kill(fleet.agent(node), SIGKILL)
    eventually(
        lambda: all(now > then for now, then in zip(recalled(), before, strict=True)),
        "the agents are back, with their ledgers",
    )


def runtimes(state: State) -> dict[str, str]:
    return {name: one.runtime for name, one in state.instances.items()}


def notes(fleet: UpFleet) -> str:
    return " ".join(
        path.read_text(encoding="utf-8") for path in fleet.state_dir.glob("agents/*/instances/*/applied.json")
    )


def test_nothing_of_this_tree_runs_beside_the_copy(code: Code) -> None:
    """Every room there is: one that is left out would be the tree's own, of whatever version."""
    rooms = [path.parent.name for path in _HOME.glob("*/__init__.py") if path.parent.name not in _NOT_IN_THE_WHEEL]
    said = "import importlib, sys; print(*(next(iter(importlib.import_module(one).__path__)) for one in sys.argv[1:]))"
    command = [*program_of(code), "-c", said, *rooms]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert found == [str(code.path / name) for name in rooms]


def test_an_upgrade_of_controller_or_agent_in_either_order_touches_no_instance(fleet: UpFleet, code: Code) -> None:
    before = fleet.settle()

    # A field that is not at its default makes a new generation: old agents note it, with all that they do not know.
    code.add_field("crds/instance_config.py", "CameraConfig", 'site_note: str = ""')
    code.write_field("site_note", '"north"')
    code.write_section("telemetry", '{"enable": False}')
    upgrade_controller(fleet)
    eventually(
        lambda: not set(before.generations.items()) & set(fleet.generations().items()),
        "the new field makes a new generation of each node",
    )
    noted = fleet.settle()
    assert runtimes(noted) == runtimes(before)
    assert notes(fleet).count('"site_note":"north"') == 6
    upgrade_agents(fleet)
    assert noted.differences(fleet.settle()) == set()

    # The agents first; and fields at their defaults, which say nothing new.
    code.add_field("crds/instance_config.py", "CameraConfig", "sharpness: float = 0.5")
    code.write_field("sharpness", "0.5")
    code.add_field("crds/messages.py", "AgentConfig", 'site: str = ""')
    code.add_field("crds/container.py", "ContainerSettings", "pids: int | None = changes(ChangeClass.RECREATE, None)")
    code.add_field("crds/dsinstance.py", "AppSettings", "sensitivity: int = changes(ChangeClass.RECREATE, 3)")
    upgrade_agents(fleet)
    assert noted.differences(fleet.settle()) == set()
    upgrade_controller(fleet)
    assert noted.differences(fleet.settle()) == set()
    assert '"sharpness"' not in notes(fleet)
    fleet.manifests.change_threshold("gate")
    assert noted.differences(fleet.settle()) == {"dsinstance/gate", "node/node-a"}
    assert notes(fleet).count('"sharpness":0.5') == 1
