import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "manifests"
Run = Callable[..., Any]

NEW_FLEET = """\
+ create dsinstance/entrance on node-a
    it is new
    adds 2 cameras: front-door, lobby
+ create dsinstance/yard on node-b
    it is new
    adds 3 cameras: dock, yard-north, yard-south
Instances: 2 to create; cameras: 5 added, 0 removed, 0 interrupted.
"""
RESTART = """\
~ update dsinstance/entrance on node-a (restart)
    spec.app.faceConfidenceThreshold: 0.45 -> 0.6 (restart)
    interrupts 2 cameras: front-door, lobby
Instances: 1 to update; cameras: 0 added, 0 removed, 2 interrupted.
"""


@pytest.fixture
def manifests(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "manifests"))


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_the_example_is_valid(run_offline: Run) -> None:
    result = run_offline("validate", str(EXAMPLE))
    assert result.exit_code == 0
    assert result.stdout.startswith("valid: 2 nodes, 2 dsinstances, 5 cameras; revision sha256:")


def test_all_problems_at_once(run_offline: Run, manifests: Path) -> None:
    _replace(manifests / "instances/yard.yaml", "width:", "widht:")
    _replace(manifests / "cameras.yaml", "minimumFps: 2", "minimumFps: many")
    result = run_offline("validate", str(manifests))
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{manifests}/cameras.yaml:20:17: spec.limits.minimumFps: ")
    assert lines[1].startswith(f"{manifests}/instances/yard.yaml:21:5: spec.streammux.widht: ")
    assert result.stderr == f"error: 2 problems in 2 files of {manifests}\n"


DOOR = (
    "apiVersion: dsfleet.io/v1\n"
    "kind: Camera\n"
    "metadata: {name: door}\n"
    "spec:\n"
    "  address: rtsp://10.0.0.1/1\n"
    "  messages:\n"
    "    place: {id: door}\n"
    "---\n"
    "apiVersion: dsfleet.io/v1\n"
    "kind: DsInstance\n"
    "metadata: {name: door}\n"
    "spec:\n"
    "  image: ours:1\n"
    "  node: node-a\n"
    "  cameras: [door]\n"
    "  app: {kind: deepstream-app}\n"
    "  deepstreamApp:\n"
    "    primaryGie: {enable: true, gieUniqueId: 1, configFile: gone.txt}\n"
)


def test_warnings_and_notes_are_shown_and_refuse_nothing(run_offline: Run, manifests: Path) -> None:
    (manifests / "door.yaml").write_text(DOOR)
    result = run_offline("validate", str(manifests))
    assert (result.exit_code, result.stderr) == (0, "")
    *remarks, summary = result.stdout.splitlines()
    at = f"{manifests}/door.yaml"
    assert len(remarks) == 3
    assert remarks[0].startswith(f"{at}:7:5: spec.messages: warning: dsinstance/door makes nothing of it")
    assert remarks[1].startswith(f"{at}:18:5: spec.deepstreamApp.sinks: note: no sink is in use")
    assert remarks[2].startswith(f"{at}:18:60: spec.deepstreamApp.primaryGie.configFile: warning: there is no file")
    assert summary.startswith("valid: 2 nodes, 3 dsinstances, 6 cameras; revision sha256:")
    assert run_offline("plan", str(manifests)).exit_code == 1


def test_problems_hide_no_warnings(run_offline: Run, manifests: Path) -> None:
    (manifests / "door.yaml").write_text(DOOR)
    remarks = run_offline("validate", str(manifests)).stdout.splitlines()[:-1]
    _replace(manifests / "instances/yard.yaml", "width:", "widht:")
    _replace(manifests / "cameras.yaml", "minimumFps: 2", "minimumFps: many")
    result = run_offline("validate", str(manifests))
    assert result.exit_code == 1
    first, *between, last = result.stdout.splitlines()
    assert ": spec.limits.minimumFps: expected" in first
    assert between == remarks
    assert ": spec.streammux.widht: there is no" in last
    assert result.stderr == f"error: 2 problems in 2 files of {manifests}\n"


def test_a_directory_that_is_not_there(run_offline: Run, tmp_path: Path) -> None:
    missing = str(tmp_path / "nowhere")
    for words, code in ((("validate", missing), 1), (("plan", missing), 255), (("up", "--manifests", missing), 1)):
        result = run_offline(*words)
        assert (result.exit_code, result.stdout) == (code, "")
        assert result.stderr.startswith(f"error: {missing} cannot be read: ")


def test_ref_without_git(run_offline: Run) -> None:
    assert run_offline("validate", "--ref", "main").exit_code == 2


def test_a_plan_from_nothing(run_offline: Run) -> None:
    result = run_offline("plan", str(EXAMPLE))
    assert (result.exit_code, result.stdout) == (1, NEW_FLEET)


def test_a_plan_between_two_directories(run_offline: Run, manifests: Path) -> None:
    same = run_offline("plan", "--against", str(EXAMPLE), str(manifests))
    assert (same.exit_code, same.stdout) == (0, "No changes.\n")
    _replace(manifests / "instances/entrance.yaml", "0.45", "0.6")
    changed = run_offline("plan", "--against", str(EXAMPLE), str(manifests))
    assert (changed.exit_code, changed.stdout) == (1, RESTART)


def test_a_plan_says_what_a_controller_would_park(run_offline: Run, manifests: Path) -> None:
    _replace(manifests / "instances/yard.yaml", "area: yard", "area: yrad")
    words = ("plan", "--against", str(EXAMPLE), str(manifests))
    why = "3 of 5 cameras would no longer be watched (dock, yard-north, yard-south), more than 25 % and more than 1"
    assert run_offline(*words).stdout.splitlines()[-1] == f"Parked until `fleet approve`: {why}."
    assert json.loads(run_offline(*words, "-o", "json").stdout)["parked"] == why
    assert "Parked" not in run_offline(*words, "--camera-limit-percent", "60").stdout
    assert "Parked" not in run_offline(*words, "--camera-limit-count", "3").stdout


def test_a_plan_for_programs(run_offline: Run, manifests: Path) -> None:
    _replace(manifests / "instances/entrance.yaml", "0.45", "0.6")
    result = run_offline("plan", "--against", str(EXAMPLE), str(manifests), "-o", "json")
    assert result.exit_code == 1
    [change] = json.loads(result.stdout)["changes"]
    assert change == {
        "kind": "update",
        "instance": "entrance",
        "node": "node-a",
        "fromNode": None,
        "oldName": None,
        "changeClass": "restart",
        "causes": ["spec.app.faceConfidenceThreshold: 0.45 -> 0.6 (restart)"],
        "camerasAdded": [],
        "camerasRemoved": [],
        "camerasInterrupted": ["front-door", "lobby"],
    }


def test_problems_are_an_error_and_no_plan(run_offline: Run, manifests: Path) -> None:
    _replace(manifests / "instances/yard.yaml", "width:", "widht:")
    result = run_offline("plan", str(manifests))
    assert (result.exit_code, result.stdout) == (255, "")
    assert "spec.streammux.widht" in result.stderr


def test_one_beginning(run_offline: Run) -> None:
    assert "a plan has one beginning" in run_offline("plan", "--from", "HEAD", "--server-state").stderr


@pytest.fixture
def repository(manifests: Path) -> Path:
    """A repository with a commit of the example, a branch that changes it, and an edit that is not committed."""
    top = manifests.parent

    def git(*words: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", "-C", str(top), *identity, *words], check=True, capture_output=True)

    git("init", "-b", "main")
    git("add", ".")
    git("commit", "-m", "the example")
    git("checkout", "-b", "sharper")
    _replace(manifests / "instances/entrance.yaml", "0.45", "0.6")
    git("commit", "-am", "sharper")
    _replace(manifests / "instances/entrance.yaml", "0.6", "0.7")
    return top


def test_plans_between_commits_and_to_the_files_as_they_are(run_offline: Run, repository: Path) -> None:
    git = ("plan", "--git", str(repository))
    assert run_offline(*git, "--from", "main", "--to", "sharper").stdout == RESTART
    assert "0.6 -> 0.7" in run_offline(*git, "--from", "HEAD").stdout
    assert run_offline(*git, "--to", "main").stdout == NEW_FLEET
    assert run_offline(*git, "--from", "main", "--to", "main").exit_code == 0
    missing = run_offline(*git, "--from", "nowhere")
    assert missing.exit_code == 255
    assert missing.stderr.startswith(f"error: {repository} at nowhere cannot be read: ")


def test_a_commit_is_validated(run_offline: Run, repository: Path) -> None:
    result = run_offline("validate", "--git", str(repository), "--ref", "main")
    assert result.stdout.startswith("valid: 2 nodes, 2 dsinstances, 5 cameras; revision ")
    assert run_offline("validate", "--git", str(repository), "--ref", "main", ".").exit_code == 0


def test_a_plan_from_what_the_controller_has(run: Run, run_offline: Run, served: Any, manifests: Path) -> None:
    from controller.source.fetch.directory import load_directory
    from controller.source.read.reader import Loaded

    reading = load_directory(EXAMPLE)
    assert isinstance(reading, Loaded)
    pending = {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Node",
        "metadata": {"name": "pending-1"},
        "spec": {"nodeId": "x"},
        "status": {"phase": "Pending", "conditions": [{"type": "Ready", "status": "False", "reason": "NotAdmitted"}]},
    }
    silent = {
        **pending,
        "metadata": {"name": "pending-2"},
        "status": {"phase": "Pending", "conditions": [{"type": "Ready", "status": "Unknown", "reason": "NodeLost"}]},
    }
    served.put(*({**one.document(), "status": {}} for one in reading.revision.objects), pending, silent)
    assert run("plan", str(EXAMPLE), "--server-state").stdout == "No changes.\n"
    _replace(manifests / "instances/entrance.yaml", "0.45", "0.6")
    assert run("plan", str(manifests), "--server-state").stdout == RESTART
    served.control.answer["held"] = {"entrance": "cabling"}
    assert run("plan", str(manifests), "--server-state").stdout == (
        "! dsinstance/entrance: Held: held by request: cabling; its release will update it (restart): "
        "spec.app.faceConfidenceThreshold: 0.45 -> 0.6 (restart)\nNo changes.\n"
    )
    assert run_offline("--server", "http://127.0.0.1:9", "plan", str(EXAMPLE), "--server-state").exit_code == 255
