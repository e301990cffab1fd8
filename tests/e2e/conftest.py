"""The two shared fleets: one that `fleet up` runs, and one of separate programs on Apache Kafka and Docker.

Both live as long as there are tests of this folder. Each test begins with the fleet as it was at first, whatever the one before left.
"""

from collections.abc import Callable, Iterator

import docker
import pytest

from tests import workers
from tests.e2e.manifest_folder import ManifestFolder
from tests.e2e.planted_secret import PlantedSecret
from tests.e2e.running_fleet import RunningFleet, UpFleet
from tests.e2e.separate_fleet import SeparateFleet


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A test that failed shows the logs of its fleet."""
    report: pytest.TestReport = yield
    if report.failed:
        fleets = {id(one): one for one in getattr(item, "funcargs", {}).values() if isinstance(one, RunningFleet)}
        for fleet in fleets.values():
            report.sections.append((f"logs of {type(fleet).__name__}", fleet.logs()))
    return report


@pytest.fixture(scope="package")
def planted_secret(tmp_path_factory: pytest.TempPathFactory) -> PlantedSecret:
    """The secret of a camera of both shared fleets."""
    return PlantedSecret(tmp_path_factory.mktemp("operator") / "secrets")


@pytest.fixture(scope="package")
def shared_up_fleet(
    tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int], planted_secret: PlantedSecret
) -> Iterator[UpFleet]:
    root = tmp_path_factory.mktemp("up")
    manifests = ManifestFolder(root / "manifests", camera_port=free_port())
    fleet = UpFleet(root, manifests, free_port(), planted_secret.folder)
    yield fleet
    fleet.close()


@pytest.fixture
def up_fleet(request: pytest.FixtureRequest, shared_up_fleet: UpFleet) -> UpFleet:
    """`fleet up` with the process driver; all cameras are Ready."""
    _require_one_worker(request, "fleet up")
    shared_up_fleet.begin()
    return shared_up_fleet


@pytest.fixture(scope="package")
def shared_separate_fleet(
    tmp_path_factory: pytest.TempPathFactory,
    free_port: Callable[[], int],
    planted_secret: PlantedSecret,
    kafka_bootstrap: str,
    docker_client: docker.DockerClient,
    pipeline_image: str,
) -> Iterator[SeparateFleet]:
    root = tmp_path_factory.mktemp("separate")
    camera_port = free_port()
    manifests = ManifestFolder(root / "manifests", camera_port=camera_port, git=True)
    fleet = SeparateFleet(
        root,
        manifests,
        free_port(),
        camera_port=camera_port,
        secrets_dir=planted_secret.folder,
        kafka=kafka_bootstrap,
        engine=docker_client,
    )
    yield fleet
    fleet.close()


@pytest.fixture
def separate_fleet(request: pytest.FixtureRequest, shared_separate_fleet: SeparateFleet) -> SeparateFleet:
    """Controller and agents on Apache Kafka, git and a Docker Engine; all cameras are Ready."""
    _require_one_worker(request, "separate fleet")
    shared_separate_fleet.begin()
    return shared_separate_fleet


def _require_one_worker(request: pytest.FixtureRequest, shared: str) -> None:
    """Lets no second worker start a whole fleet for a test that tests/workers.py does not know of."""
    assert workers.shared_by(request.node.nodeid) == shared, "tests/workers.py has to name this test"


@pytest.fixture(
    params=["up", pytest.param("separate", marks=[pytest.mark.docker, pytest.mark.kafka])], ids=["up", "separate"]
)
def fleet(request: pytest.FixtureRequest) -> RunningFleet:
    """Each of the two in turn."""
    found: RunningFleet = request.getfixturevalue(f"{request.param}_fleet")
    return found
