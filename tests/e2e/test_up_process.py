import os
import re
from pathlib import Path
from signal import SIGKILL
from typing import Any

import psutil
import pytest

from tests.e2e.running_fleet import UpFleet, eventually, workloads
from tests.patience import patient

pytestmark = pytest.mark.e2e

ENTRANCE, GATE = "instances/entrance.yaml", "instances/gate.yaml"


def test_all_cameras_become_ready(up_fleet: UpFleet, tmp_path: Path) -> None:
    waited = up_fleet.cli("wait", "--for=condition=Ready", "cameras", "--all", "--timeout", f"{patient(30):.0f}s")
    assert (waited.returncode, waited.stderr) == (0, "")
    assert up_fleet.status()["cameras"] == {"total": 5, "ready": 5}
    assert {name: one.node for name, one in up_fleet.state().instances.items()} == {
        "entrance": "node-a",
        "gate": "node-a",
        "yard": "node-b",
    }
    pictures = {name: up_fleet.picture(name) for name in ("front-door", "yard-north")}
    assert {one[:3] for one in pictures.values()} == {b"\xff\xd8\xff"}
    assert all(1000 < len(one) <= 12 * 1024 for one in pictures.values())
    saved = up_fleet.cli("snapshot", "camera/yard-north", "-o", str(tmp_path / "north.jpg"), "--overlay")
    assert (saved.returncode, saved.stderr) == (0, "")
    assert "from instance yard on node-b" in saved.stdout
    assert (tmp_path / "north.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    none = up_fleet.cli("snapshot", "camera/yard-north", "--at", "alert")
    assert (none.returncode, none.stderr) == (
        1,
        "error: no picture of camera/yard-north: the app of instance yard says: no frame of an alert is kept\n",
    )


def test_an_edited_threshold_touches_one_instance(up_fleet: UpFleet) -> None:
    before = up_fleet.state()
    up_fleet.manifests.change_threshold("entrance")
    after = up_fleet.settle()
    assert before.differences(after) == {"dsinstance/entrance", "node/node-a"}
    assert after.generations["node-a"][1] == before.generations["node-a"][1] + 1
    assert _blind(up_fleet)[-1]["cause"] == f"generation {after.generations['node-a'][1]} of node-a (restart)"


def _blind(fleet: UpFleet) -> list[dict[str, Any]]:
    """When a camera of entrance was blind, and what for."""
    found: list[dict[str, Any]] = fleet.get("/fleet/v1/history/cameras/lobby?series=false")["blind"]
    return found


def test_what_says_the_same_in_other_words_touches_nothing(up_fleet: UpFleet) -> None:
    before = up_fleet.state()
    revision = up_fleet.status()["revision"]["id"]
    up_fleet.manifests.replace(ENTRANCE, "app:", "app: # the same, and a remark")
    eventually(lambda: up_fleet.status()["revision"]["id"] != revision, "the new revision is in force")
    assert before.differences(up_fleet.settle()) == set()


def test_a_camera_comes_and_another_goes(up_fleet: UpFleet) -> None:
    before = up_fleet.state()
    cameras = up_fleet.manifests.read("cameras.yaml")
    south = next(one for one in cameras.split("---\n") if "name: yard-south" in one)
    up_fleet.manifests.write("cameras.yaml", f"{cameras}---\n{south.replace('yard-south', 'yard-east')}")
    with_east = up_fleet.settle()
    assert before.differences(with_east) == {"dsinstance/yard", "node/node-b"}
    assert up_fleet.documents("cameras").keys() > {"yard-east", "yard-south"}

    up_fleet.manifests.remove_document("cameras.yaml", "yard-south")
    assert with_east.differences(up_fleet.settle()) == {"dsinstance/yard", "node/node-b"}
    assert "yard-south" not in up_fleet.documents("cameras")


def test_an_instance_moves_to_the_other_node(up_fleet: UpFleet) -> None:
    before = up_fleet.state()
    up_fleet.manifests.replace(ENTRANCE, "node: node-a", "node: node-b")
    after = up_fleet.settle()
    assert before.differences(after) == {"dsinstance/entrance", "node/node-a", "node/node-b"}
    assert after.instances["entrance"].node == "node-b"
    assert workloads(up_fleet.fleet_id).keys() == {"entrance", "gate", "yard"}


def test_a_broken_manifest_is_rejected_with_its_place(up_fleet: UpFleet) -> None:
    before = up_fleet.state()
    good = up_fleet.manifests.read(ENTRANCE)
    up_fleet.manifests.replace(ENTRANCE, "faceConfidenceThreshold", "faceConfidenceTreshold")
    candidate = eventually(up_fleet.candidate, "the revision is set aside")
    assert candidate["state"] == "Rejected"
    line = 1 + good[: good.index("faceConfidenceThreshold")].count("\n")
    [problem] = candidate["problems"]
    assert re.search(rf"{ENTRANCE}:{line}:\d+: ", problem)
    assert "faceConfidenceThreshold" in problem, "the right word is suggested"
    said = up_fleet.cli("status")
    assert f"{ENTRANCE}:{line}:" in said.stdout + said.stderr

    up_fleet.manifests.write(ENTRANCE, good)
    eventually(lambda: not up_fleet.candidate(), "the repaired manifests are taken")
    assert before.differences(up_fleet.settle()) == set()


def test_an_empty_directory_is_no_empty_fleet(up_fleet: UpFleet) -> None:
    before = up_fleet.state()
    away = up_fleet.root / "away"
    up_fleet.manifests.path.rename(away)
    up_fleet.manifests.path.mkdir()
    try:
        # Between the two steps above there was no directory at all, and that may have been seen, and told, first.
        candidate = eventually(
            lambda: (found := up_fleet.candidate()) and "holds no manifest file" in found["message"] and found,
            "the empty directory is set aside",
        )
        assert candidate["state"] == "Unreadable"
        assert before.differences(up_fleet.state()) == set()
    finally:
        up_fleet.manifests.path.rmdir()
        away.rename(up_fleet.manifests.path)
    eventually(lambda: not up_fleet.candidate(), "the manifests are read again")
    assert before.differences(up_fleet.settle()) == set()


def test_a_mass_removal_waits_for_approval(up_fleet: UpFleet) -> None:
    before = up_fleet.state()
    up_fleet.manifests.remove(ENTRANCE, GATE)
    candidate = eventually(lambda: up_fleet.candidate().get("removed") and up_fleet.candidate(), "it is parked")
    assert candidate["removed"] == ["entrance", "gate"]
    assert candidate["state"] == "Parked"
    assert before.differences(up_fleet.state()) == set()

    refused = up_fleet.cli("approve", "0123456789")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert up_fleet.cli("approve", candidate["id"]).returncode == 0
    # The cameras of the instances that are gone are watched by nobody, so the fleet as a whole never settles.
    eventually(lambda: up_fleet.runtimes().keys() == {"yard"}, "what was approved is gone")
    gone = {"dsinstance/entrance", "dsinstance/gate", "node/node-a"}
    eventually(lambda: before.differences(up_fleet.state()) == gone, "nothing else was touched")


def test_a_killed_agent_leaves_its_workloads_alone(up_fleet: UpFleet) -> None:
    before, killed = up_fleet.state(), up_fleet.agent("node-a")
    os.kill(killed, SIGKILL)
    eventually(lambda: not psutil.pid_exists(killed), "the agent is gone")
    assert before.differences(up_fleet.state()) == set()
    eventually(lambda: _agent_again(up_fleet, killed), "the agent is started again")
    up_fleet.manifests.change_threshold("entrance")
    assert before.differences(up_fleet.settle()) == {"dsinstance/entrance", "node/node-a"}


def _agent_again(fleet: UpFleet, killed: int) -> bool:
    try:
        return fleet.agent("node-a") != killed
    except pytest.fail.Exception:
        return False


def test_a_killed_controller_publishes_nothing_new(up_fleet: UpFleet) -> None:
    before, epoch, blind = up_fleet.state(), up_fleet.epoch(), _blind(up_fleet)
    os.kill(up_fleet.part("controller"), SIGKILL)
    eventually(lambda: up_fleet.epoch() > epoch, "the controller begins a new term")
    assert before.differences(up_fleet.settle()) == set()
    assert blind
    assert _blind(up_fleet)[: len(blind)] == blind
    up_fleet.manifests.change_threshold("gate")
    assert before.differences(up_fleet.settle()) == {"dsinstance/gate", "node/node-a"}


def test_a_killed_workload_is_started_again(up_fleet: UpFleet) -> None:
    before, restarts = up_fleet.state(), up_fleet.documents("dsinstances")["entrance"]["status"]["restarts"]
    workloads(up_fleet.fleet_id)["entrance"].send(SIGKILL)
    eventually(
        lambda: up_fleet.documents("dsinstances")["entrance"]["status"]["restarts"] == restarts + 1,
        "the restart is counted",
    )
    assert before.differences(up_fleet.settle()) == {"dsinstance/entrance"}


def test_ctrl_c_ends_everything_and_the_next_run_goes_on(up_fleet: UpFleet) -> None:
    assert up_fleet.up is not None
    before, fleet_id = up_fleet.state(), up_fleet.fleet_id
    parts = psutil.Process(up_fleet.up.pid).children(recursive=True)
    assert up_fleet.stop() == 0
    assert [part for part in parts if part.is_running()] == []
    assert workloads(fleet_id) == {}

    up_fleet.start()
    after = up_fleet.settle()
    assert up_fleet.fleet_id == fleet_id
    assert after.generations == before.generations, "nothing changed, so no number did"
    up_fleet.manifests.change_threshold("gate")
    assert after.differences(up_fleet.settle()) == {"dsinstance/gate", "node/node-a"}
    assert up_fleet.generations()["node-a"][1] == before.generations["node-a"][1] + 1
