"""A fleet as on real machines: controller and agents are programs of their own, on Apache Kafka and a Docker Engine."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from signal import SIGKILL

import docker
from confluent_kafka.admin import AdminClient
from docker.models.containers import Container

from nodeagent.engines.labels import LABEL_FLEET, LABEL_INSTANCE
from tests.e2e.manifest_folder import ManifestFolder
from tests.e2e.running_fleet import Program, RunningFleet, environment, eventually, fleet_command
from tests.patience import patient


class SeparateFleet(RunningFleet):
    """Two agents on one engine, a controller, and simulated cameras, each a process that a test can stop and start.

    Args:
        root: a folder of its own.
        manifests: what shall run; when they are in git, the controller reads the repository.
        port: where the API is.
        camera_port: where the cameras are simulated.
        secrets_dir: with the secret of the camera `dock`.
        kafka: the address of Apache Kafka.
        engine: the Docker Engine.
    """

    def __init__(
        self,
        root: Path,
        manifests: ManifestFolder,
        port: int,
        *,
        camera_port: int,
        secrets_dir: Path,
        kafka: str,
        engine: docker.DockerClient,
    ) -> None:
        super().__init__(root, manifests, port)
        name = uuid.uuid4().hex[:8]
        self._fleet_id, self._topic_prefix, self._kafka = f"e2e-{name}", f"e2e-{name}.", kafka
        self._listen = f"127.0.0.1:{port}"
        self._camera_port, self._secrets_dir, self.engine = camera_port, secrets_dir, engine
        self.programs: dict[str, Program] = {}
        (root / "logs").mkdir()

    @property
    def fleet_id(self) -> str:
        return self._fleet_id

    @property
    def bootstrap(self) -> str:
        return self._kafka

    @property
    def topic_prefix(self) -> str:
        return self._topic_prefix

    @property
    def controller_state(self) -> Path:
        return self.root / "controller"

    def agent_state(self, node: str) -> Path:
        return self.root / "agents" / node

    def containers(self) -> dict[str, Container]:
        """All containers of this fleet, by instance."""
        found = self.engine.containers.list(
            all=True, filters={"label": f"{LABEL_FLEET}={self.fleet_id}"}, ignore_removed=True
        )
        return {one.labels[LABEL_INSTANCE]: one for one in found}

    def runtimes(self) -> dict[str, str]:
        return {
            name: f"{one.id} {one.attrs['State']['StartedAt']}"
            for name, one in self.containers().items()
            if one.status == "running"
        }

    def revive(self) -> None:
        self.start("cameras", "controller")
        eventually((self.controller_state / "controller.pub").exists, "the controller wrote its public key")
        self.start(*self.manifests.node_ids)

    def start(self, *names: str) -> None:
        """Starts programs that do not run: cameras, controller, or the agent of a node."""
        for name in names:
            if name not in self.programs or not self.programs[name].runs:
                self.programs[name] = Program(self._command(name), self.root / "logs" / f"{name}.log")

    def kill(self, name: str) -> None:
        """Kills a program, as a crash would."""
        self.programs[name].send(SIGKILL)
        self.programs[name].wait(10)

    def log_of(self, name: str) -> str:
        return (self.root / "logs" / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def log_files(self) -> list[Path]:
        return list((self.root / "logs").iterdir())

    def logs(self) -> str:
        said = [
            f"--- container of {name}\n{one.logs(tail=30).decode(errors='replace')}"
            for name, one in self.containers().items()
        ]
        return "\n".join([super().logs(), *said])

    def close(self) -> None:
        """Ends everything and takes away what it made on the engine and on Kafka."""
        try:
            for program in reversed(self.programs.values()):
                if program.runs:
                    program.stop()
        finally:
            super().close()
            for container in self.containers().values():
                container.remove(force=True)
            self._delete_topics()

    def _delete_topics(self) -> None:
        admin = AdminClient({"bootstrap.servers": self._kafka})
        ours = [name for name in admin.list_topics(timeout=patient(10)).topics if name.startswith(self._topic_prefix)]
        for future in admin.delete_topics(ours).values() if ours else ():
            future.result(patient(10))

    def _command(self, name: str) -> list[str]:
        if name == "cameras":
            return self._simulator()
        bus = ["--bootstrap-servers", self._kafka, "--topic-prefix", self.topic_prefix, "--fleet-id", self.fleet_id]
        if name == "controller":
            source = ["--manifests", str(self.manifests.path)]
            if self.manifests.is_git:
                source = ["--git", str(self.manifests.path), "--git-interval", "0.3"]
            state = ["--state-dir", str(self.controller_state), "--listen", self._listen]
            return fleet_command("controller", *source, *state, *bus)
        options = ["--node-id", self.manifests.node_ids[name], "--hostname", name]
        options += ["--state-dir", str(self.agent_state(name)), "--secrets-dir", str(self._secrets_dir)]
        options += ["--controller-key", str(self.controller_state / "controller.pub"), "--driver", "docker"]
        return fleet_command("agent", *options, *bus)

    def _simulator(self) -> list[str]:
        secret = self._secrets_dir / "dock-camera"
        login = {
            key: (secret / file).read_text(encoding="utf-8")
            for key, file in (("user", "username"), ("password", "password"))
        }
        cameras: list[dict[str, str]] = [
            {"name": name} for name in ("front-door", "lobby", "yard-north", "yard-south", "yard-east")
        ]
        file = self.root / "cameras.json"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:
            json.dump([*cameras, {"name": "dock", **login}], opened)
        return [
            *(sys.executable, "-m", "simulator", "--cameras-file", str(file)),
            *("--port", str(self._camera_port), "--clip-dir", str(self.root)),
        ]


def run_kafka(action: str, data: Path, *options: str) -> str:
    """Starts or stops an Apache Kafka of the test's own; returns what that printed."""
    program = Path(__file__).parents[2] / "deploy" / "kafka" / "run_kafka.py"
    command = [sys.executable, str(program), action, "--data", str(data), *options]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False, timeout=patient(90))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
