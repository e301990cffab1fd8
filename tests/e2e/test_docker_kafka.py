from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from tests.e2e.manifest_folder import ManifestFolder
from tests.e2e.planted_secret import PlantedSecret
from tests.e2e.running_fleet import eventually
from tests.e2e.separate_fleet import SeparateFleet, run_kafka

pytestmark = [pytest.mark.e2e, pytest.mark.docker, pytest.mark.kafka]

ENTRANCE, GATE = "instances/entrance.yaml", "instances/gate.yaml"


def test_a_commit_touches_one_container(separate_fleet: SeparateFleet) -> None:
    before = separate_fleet.state()
    container = separate_fleet.containers()["entrance"].id
    separate_fleet.manifests.change_threshold("entrance")
    assert before.differences(separate_fleet.settle()) == {"dsinstance/entrance", "node/node-a"}
    assert separate_fleet.containers()["entrance"].id == container, "it is restarted, not replaced"
    commit = separate_fleet.manifests.git("rev-parse", "HEAD").decode().strip()
    assert separate_fleet.status()["revision"]["id"] == commit


def test_a_camera_comes(separate_fleet: SeparateFleet) -> None:
    before = separate_fleet.state()
    cameras = separate_fleet.manifests.read("cameras.yaml")
    south = next(one for one in cameras.split("---\n") if "name: yard-south" in one)
    separate_fleet.manifests.write("cameras.yaml", f"{cameras}---\n{south.replace('yard-south', 'yard-east')}")
    assert before.differences(separate_fleet.settle()) == {"dsinstance/yard", "node/node-b"}


def test_an_instance_moves_to_the_other_node(separate_fleet: SeparateFleet) -> None:
    before = separate_fleet.state()
    separate_fleet.manifests.replace(ENTRANCE, "node: node-a", "node: node-b")
    after = separate_fleet.settle()
    assert before.differences(after) == {"dsinstance/entrance", "node/node-a", "node/node-b"}
    assert after.instances["entrance"].node == "node-b"


def test_only_the_branch_in_force_counts_and_a_mass_removal_is_parked(separate_fleet: SeparateFleet) -> None:
    before, manifests = separate_fleet.state(), separate_fleet.manifests
    manifests.git("switch", "-q", "-c", "tidy-up")
    manifests.remove(ENTRANCE, GATE)
    plan = separate_fleet.cli("plan", ".", "--git", str(manifests.path), "--from", "main", "--to", "tidy-up")
    assert plan.returncode == 1, plan.stderr
    assert "2 to remove" in plan.stdout

    manifests.git("switch", "-q", "main")
    assert separate_fleet.candidate() == {}
    manifests.git("merge", "-q", "tidy-up")
    candidate = eventually(separate_fleet.candidate, "the commit is set aside")
    assert (candidate["state"], candidate["removed"]) == ("Parked", ["entrance", "gate"])
    manifests.git("revert", "--no-edit", "HEAD")
    eventually(lambda: not separate_fleet.candidate(), "the reverted commit is taken")
    assert before.differences(separate_fleet.settle()) == set()
    manifests.git("branch", "-q", "-D", "tidy-up")


def test_killed_and_removed_containers_come_back(separate_fleet: SeparateFleet) -> None:
    before, containers = separate_fleet.state(), separate_fleet.containers()
    containers["entrance"].kill()
    containers["yard"].remove(force=True)
    eventually(lambda: separate_fleet.runtimes().keys() == before.instances.keys(), "both run again")
    assert before.differences(separate_fleet.settle()) == {"dsinstance/entrance", "dsinstance/yard"}
    now = separate_fleet.containers()
    assert now["entrance"].id == containers["entrance"].id
    assert now["yard"].id != containers["yard"].id


def test_killed_programs_take_up_what_runs(separate_fleet: SeparateFleet) -> None:
    before, epoch = separate_fleet.state(), separate_fleet.epoch()
    for name in ("node-a", "node-b", "controller"):
        separate_fleet.kill(name)
    assert separate_fleet.runtimes() == {name: one.runtime for name, one in before.instances.items()}
    separate_fleet.revive()
    eventually(lambda: separate_fleet.epoch() > epoch, "the controller begins a new term")
    assert before.differences(separate_fleet.settle()) == set()
    separate_fleet.manifests.change_threshold("entrance")
    assert before.differences(separate_fleet.settle()) == {"dsinstance/entrance", "node/node-a"}


@pytest.fixture
def lonely_fleet(
    tmp_path: Path,
    free_port: Callable[[], int],
    kafka_bootstrap: str,
    docker_client: docker.DockerClient,
    pipeline_image: str,
) -> Iterator[SeparateFleet]:
    """A fleet on an Apache Kafka of its own, which a test may take away."""
    camera_port, data, kafka_port = free_port(), tmp_path / "kafka", str(free_port())
    kafka = run_kafka("start", data, "--port", kafka_port)
    fleet = SeparateFleet(
        tmp_path,
        ManifestFolder(tmp_path / "manifests", camera_port=camera_port),
        free_port(),
        camera_port=camera_port,
        secrets_dir=PlantedSecret(tmp_path / "secrets").folder,
        kafka=kafka,
        engine=docker_client,
    )
    yield fleet
    run_kafka("start", data, "--port", kafka_port)
    try:
        fleet.close()
    finally:
        run_kafka("stop", data)


def test_without_kafka_all_goes_on_and_a_restarted_agent_has_its_ledger(
    lonely_fleet: SeparateFleet, tmp_path: Path
) -> None:
    before = lonely_fleet.begin()
    kafka_port = lonely_fleet.bootstrap.rpartition(":")[2]
    run_kafka("stop", tmp_path / "kafka")
    eventually(lambda: lonely_fleet.status()["kafka"]["connected"] is False, "the controller notices")

    lonely_fleet.kill("node-a")
    removed = lonely_fleet.containers()["entrance"]
    removed.remove(force=True)
    lonely_fleet.start("node-a")
    eventually(lambda: "entrance" in lonely_fleet.runtimes(), "the agent starts it from its ledger")
    now = lonely_fleet.runtimes()
    assert now.pop("entrance") != before.instances["entrance"].runtime
    assert now == {name: before.instances[name].runtime for name in ("gate", "yard")}

    lonely_fleet.manifests.change_threshold("gate")
    run_kafka("start", tmp_path / "kafka", "--port", kafka_port)
    after = lonely_fleet.settle()
    assert before.differences(after) == {"dsinstance/entrance", "dsinstance/gate", "node/node-a"}
