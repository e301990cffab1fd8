"""deploy/compose.yaml: what it names is there, and its very commands run as processes and answer a picture."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tasks.service.steps import AskedKind
from tests.held_ports import hold_port
from tests.patience import patient
from tests.tasks.service.conftest import PASSWORDS
from tests.tasks.worker.conftest import ROOT, TaskTopics
from tests.tasks.worker.small_networks import grey_png

FILE = ROOT / "deploy" / "compose.yaml"
DOCKERFILE = (ROOT / "deploy" / "fleet.Dockerfile").read_text(encoding="utf-8")
_VARIABLE = re.compile(r"\$\{(?P<name>[A-Z_]+):-(?P<usual>[^}]*)\}")


def filled(content: Any) -> Any:
    """With the usual values of its variables, as Compose has it when there are none."""
    if isinstance(content, str):
        return _VARIABLE.sub(lambda found: found["usual"], content)
    if isinstance(content, dict):
        return {key: filled(value) for key, value in content.items()}
    return [filled(one) for one in content] if isinstance(content, list) else content


COMPOSE: Mapping[str, Any] = filled(yaml.safe_load(FILE.read_text(encoding="utf-8")))
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}


def test_the_whole_is_there() -> None:
    assert set(SERVICES) == {"kafka", "postgres", "tasks", "detection-worker", "classification-worker", "controller"}
    assert set(OURS) == set(SERVICES) - {"kafka", "postgres"}
    assert {service["image"].split(":")[0] for service in SERVICES.values()} == {
        "apache/kafka",
        "postgres",
        "dsfleet/fleet",
    }
    assert all(":" in service["image"] for service in SERVICES.values())


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_names_is_declared(name: str) -> None:
    service = SERVICES[name]
    for needed, how in service.get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert "healthcheck" in SERVICES[needed]
    assert set(service.get("secrets", ())) <= set(COMPOSE["secrets"])
    for source, _target, *_ in (volume.split(":") for volume in service.get("volumes", ())):
        assert source.startswith(("/", "./", "../")) or source in COMPOSE["volumes"]
    for value in (*service.get("environment", {}).values(), *service.get("ports", ())):
        assert isinstance(value, str)  # YAML reads 1 and false as something else, and 22:22 as a number
    assert service["restart"] == "unless-stopped"


def test_every_volume_and_secret_is_used() -> None:
    used = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())]
    assert set(COMPOSE["volumes"]) <= set(used)
    assert set(COMPOSE["secrets"]) == {name for service in SERVICES.values() for name in service.get("secrets", ())}


def test_kafka_is_advertised_by_a_name_for_containers_and_one_for_others() -> None:
    settings = SERVICES["kafka"]["environment"]
    listeners = dict(one.split("://") for one in settings["KAFKA_LISTENERS"].split(","))
    advertised = dict(one.split("://") for one in settings["KAFKA_ADVERTISED_LISTENERS"].split(","))
    protocols = dict(one.split(":") for one in settings["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    assert set(listeners) == set(protocols) == {*advertised, settings["KAFKA_CONTROLLER_LISTENER_NAMES"]}
    assert all(address.endswith(listeners[name]) for name, address in advertised.items())
    assert advertised[settings["KAFKA_INTER_BROKER_LISTENER_NAME"]] == "kafka:19092"
    for service in OURS.values():
        assert "--bootstrap-servers=kafka:19092" in service["command"]


@pytest.mark.parametrize("name", OURS)
def test_our_services_cannot_do_more_than_they_need(name: str) -> None:
    service = OURS[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert re.search(r"^USER [1-9]\d*:\d+$", DOCKERFILE, re.MULTILINE)
    # What is written to is a volume, whose first content and owner are those of the folder in the image.
    written = {volume.split(":")[1] for volume in service.get("volumes", ()) if not volume.endswith(":ro")}
    options = (option.partition("=")[2] for option in service["command"])
    assert {option for option in options if option.startswith("/var/lib/")} == written
    made = re.search(r"install -d -o fleet -g fleet -m 0700 (.*)$", DOCKERFILE, re.MULTILINE)
    assert made is not None
    assert written <= set(made[1].split())
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:")


def test_what_the_dockerfile_copies_is_there_and_is_all_that_is_installed() -> None:
    allowed = (ROOT / "deploy" / "fleet.Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [source for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE) for source in line.split()]
    assert sorted(f"!{source}" for source in copied) == sorted(line for line in allowed if line.startswith("!"))
    assert all((ROOT / source).exists() for source in copied)
    packages = re.search(r"^include = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert packages is not None
    assert {f"{source}*" for source in copied if (ROOT / source).is_dir()} == set(re.findall(r'"([^"]+)"', packages[1]))


# --- as processes ---


class Composed:
    """Runs the commands of the file, with this machine's places instead of those of containers."""

    def __init__(self, held: ExitStack, folder: Path, replaced: Mapping[str, str]) -> None:
        self._held, self._folder, self._replaced = held, folder, replaced

    def here(self, text: str) -> str:
        """What stands in the file, as it is called here."""
        for there, here in self._replaced.items():
            text = text.replace(there, here)
        return text

    def start(self, name: str, *more: str) -> None:
        command = [sys.executable, "-m", "cli", *map(self.here, SERVICES[name]["command"]), *more]
        with (self._folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT)
        self._held.callback(process.wait)
        self._held.callback(process.kill)

    def run(self, name: str, *arguments: str, typed: str) -> None:
        """As `docker compose run` does: another command, with the variables of the service."""
        variables = {key: self.here(value) for key, value in SERVICES[name]["environment"].items()}
        command = [sys.executable, "-m", "cli", *arguments]
        subprocess.run(
            command, input=typed, text=True, env=os.environ | variables, cwd=ROOT, check=True, timeout=patient(60)
        )

    def is_healthy(self, name: str) -> bool:
        kind, python, *rest = SERVICES[name]["healthcheck"]["test"]
        assert (kind, python) == ("CMD", "python")
        check = [sys.executable, *map(self.here, rest)]
        return subprocess.run(check, capture_output=True, check=False, timeout=patient(30)).returncode == 0


@pytest.fixture
def composed(topics: TaskTopics, postgres_url: str, classifier: Path, tmp_path: Path) -> Iterator[Composed]:
    models, secret = tmp_path / "models", tmp_path / "secrets" / "postgres-password"
    for folder in (models, secret.parent, tmp_path / "manifests"):
        folder.mkdir()
    (models / "classifier.onnx").write_bytes(classifier.read_bytes())
    secret.write_text("not asked for here: @:/?#%\n")
    replaced = {
        "kafka:19092": topics.address.bootstrap_servers,
        "postgresql://fleet@postgres/fleet": postgres_url,
        "/run/secrets": str(secret.parent),
        "=/models": f"={models}",
        "=/manifests": f"={tmp_path / 'manifests'}",
        "/var/lib/": f"{tmp_path}/",
        **{f"0.0.0.0:{port}": f"127.0.0.1:{port}" for port in (8420, 8430)},
        **{f":{port}": f":{hold_port()}" for port in (8420, 8430)},
    }
    with ExitStack() as held:
        yield Composed(held, tmp_path, replaced)


@pytest.mark.kafka
def test_its_commands_detect_and_classify_a_picture_and_its_checks_find_them_healthy(
    composed: Composed, topics: TaskTopics, tmp_path: Path, wait_until: Callable[..., Any]
) -> None:
    composed.run("tasks", "tasks", "add-user", "alice", typed=PASSWORDS["alice"])
    for name in OURS:
        composed.start(name, f"--topic-prefix={topics.address.prefix}")
    for name in ("tasks", "controller"):
        wait_until(lambda name=name: composed.is_healthy(name), f"{name} is healthy", 60)
    with httpx.Client(base_url=composed.here("http://127.0.0.1:8430"), timeout=patient(30)) as client:
        given = client.post("/token", data={"username": "alice", "password": PASSWORDS["alice"]}).json()
        client.headers["Authorization"] = f"Bearer {given['access_token']}"
        client.post("/tasks", files={"image": grey_png(9, 64)}, data={"kind": AskedKind.BOTH})
        wait_until(lambda: client.get("/tasks/1").json()["status"] == "done", "an answer", 60)
        result = client.get("/tasks/1/result").json()["result"]
        assert (result["detection"], result["classification"][0]["class_id"]) == ([], 9)
        wait_until(
            lambda: client.get("/healthz").json()["workers"] == {"detection": 1, "classification": 1}, "workers", 30
        )
    assert (tmp_path / "fleet" / "controller" / "controller.pub").is_file()
