"""A whole fleet of real processes: what a test does with it, and what it sees of it."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGTERM, Signals
from typing import Any, TypeVar

import httpx
import pytest

from controller.source.fetch.directory import load_directory
from controller.source.read.reader import Loaded
from nodeagent.engines.labels import LABEL_FLEET, LABEL_INSTANCE, variable_of
from nodeagent.engines.process import table
from tests.e2e.manifest_folder import ManifestFolder
from tests.patience import Patience, patient, wait_until

T = TypeVar("T")

# Far more than is needed, for machines that do other things at the same time.
PATIENCE_S = 60.0
_POLL_S = 0.1
_LOG_TAIL = 6000
KINDS = ("nodes", "dsinstances", "cameras")


@dataclass(frozen=True)
class Footprint:
    """What would be another if anybody had touched an instance."""

    node: str
    runtime: str
    """Process or container, with the time it was started last."""
    generation: int


@dataclass(frozen=True)
class State:
    """All instances that run, and the generation that is published for each node."""

    instances: Mapping[str, Footprint]
    generations: Mapping[str, tuple[int, int]]

    def differences(self, later: "State") -> set[str]:
        """Names of what differs later: instances that were touched, and nodes that got another generation."""
        return _differing("dsinstance", self.instances, later.instances) | _differing(
            "node", self.generations, later.generations
        )


def _differing(kind: str, before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    return {f"{kind}/{name}" for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


class Program:
    """A process of ours, whose output goes to a file."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment()
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def send(self, number: Signals) -> None:
        self._process.send_signal(number)

    def wait(self, timeout_s: float) -> int:
        return self._process.wait(patient(timeout_s))

    def stop(self, number: Signals = SIGTERM, timeout_s: float = 45.0) -> int:
        """Asks it to end, and kills it when it does not."""
        self.send(number)
        try:
            return self.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.send(SIGKILL)
            self.wait(timeout_s)
            raise


def environment() -> dict[str, str]:
    """The environment of programs: without options of `fleet`, which a developer may have set."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FLEET_")}
    return {**kept, "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}


def fleet_command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli", *arguments]


def eventually(look: Callable[[], T], what: str, timeout_s: float = PATIENCE_S) -> T:
    """The first true value of `look`; fails when there is none in time."""
    return wait_until(look, what, timeout_s, poll_s=_POLL_S)


class RunningFleet:
    """What fleets of both kinds have in common.

    Args:
        root: a folder of its own.
        manifests: what shall run.
        port: where the API is.
    """

    def __init__(self, root: Path, manifests: ManifestFolder, port: int) -> None:
        self.root = root
        self.manifests = manifests
        self.url = f"http://127.0.0.1:{port}"
        self._http = httpx.Client(base_url=self.url, timeout=patient(10), trust_env=False)

    # --- to be said by each kind of fleet ---

    @property
    def fleet_id(self) -> str:
        raise NotImplementedError

    @property
    def bootstrap(self) -> str:
        raise NotImplementedError

    @property
    def topic_prefix(self) -> str:
        raise NotImplementedError

    @property
    def controller_state(self) -> Path:
        raise NotImplementedError

    def runtimes(self) -> dict[str, str]:
        """Every instance that runs, with the id and the start of what runs it."""
        raise NotImplementedError

    def revive(self) -> None:
        """Starts what does not run."""
        raise NotImplementedError

    def log_files(self) -> list[Path]:
        raise NotImplementedError

    # --- what it says ---

    def get(self, path: str) -> Any:
        """What the API answers, once it does not start any more."""
        answer = eventually(
            lambda: (found := self._http.get(path)).status_code != httpx.codes.SERVICE_UNAVAILABLE and found, path
        )
        answer.raise_for_status()
        return answer.json()

    def picture(self, camera: str) -> bytes:
        """The newest picture of a camera, once somebody has looked at it for a moment."""

        def address() -> str:
            told = self._http.post("/fleet/v1/pictures", json={"cameras": [camera]}).json()
            return str(told["pictures"][camera].get("url", ""))

        answer = self._http.get(eventually(address, f"a picture of {camera}"))
        answer.raise_for_status()
        return answer.content

    def documents(self, kind: str) -> dict[str, Any]:
        items = self.get(f"/apis/dsfleet.io/v1/{kind}")["items"]
        return {one["metadata"]["name"]: one for one in items}

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/fleet/v1/status")
        return found

    def epoch(self) -> int:
        """The term of the controller; 0 while there is none."""
        with contextlib.suppress(httpx.HTTPError):
            return int(self.status()["epoch"])
        return 0

    def candidate(self) -> dict[str, Any]:
        """The reading of the manifests that is not in force; empty when there is none, or nobody answers."""
        with contextlib.suppress(httpx.HTTPError):
            return self.status()["candidate"] or {}
        return {}

    def generations(self) -> dict[str, tuple[int, int]]:
        published = {name: one["status"]["generation"]["published"] for name, one in self.documents("nodes").items()}
        return {name: (ref["epoch"], ref["generation"]) for name, ref in published.items() if ref}

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs the `fleet` command against this fleet."""
        command = fleet_command("--server", self.url, *arguments)
        return subprocess.run(
            command, capture_output=True, text=True, env=environment(), timeout=patient(60), check=False
        )

    # --- what is seen ---

    def state(self) -> State:
        runtimes = self.runtimes()
        documents = self.documents("dsinstances")
        instances = {
            name: Footprint(
                documents[name]["status"]["node"],
                runtime,
                documents[name]["status"]["generation"],
            )
            for name, runtime in runtimes.items()
        }
        return State(instances, self.generations())

    def unsettled(self) -> str:
        """Why the fleet is not what the manifests ask for; empty when it is."""
        reading = load_directory(self.manifests.path)
        if not isinstance(reading, Loaded):
            return f"the manifests cannot be used: {reading}"
        revision = reading.revision
        wanted = {
            kind: {one.name: one.document()["spec"] for one in objects}
            for kind, objects in zip(KINDS, (revision.nodes, revision.instances, revision.cameras), strict=True)
        }
        try:
            shown = {kind: {name: one["spec"] for name, one in self.documents(kind).items()} for kind in KINDS}
            if shown != wanted:
                return "the API does not show these manifests yet"
            # Asked for again: what is shown now is of these manifests, or of newer ones.
            found = {kind: self.documents(kind) for kind in KINDS}
        except httpx.HTTPError as error:
            return f"the controller does not answer: {error!r}"
        return self._unready(found) or (
            "" if self.runtimes().keys() == wanted["dsinstances"].keys() else "too much runs"
        )

    @staticmethod
    def _unready(found: Mapping[str, Mapping[str, Any]]) -> str:
        for name, one in found["nodes"].items():
            status = one["status"]
            published = status.get("generation", {}).get("published")
            if status["phase"] != "Ready" or (published and status["generation"]["applied"] != published):
                return f"node/{name}: {status}"
        for name, one in found["dsinstances"].items():
            if one["status"]["phase"] != "Running" or not one["status"]["upToDate"]:
                return f"dsinstance/{name}: {one['status']}"
        for name, one in found["cameras"].items():
            if one["status"]["ready"] is not True:
                return f"camera/{name}: {one['status']}"
        return ""

    def settle(self, timeout_s: float = PATIENCE_S) -> State:
        """Waits until all that the manifests ask for runs, and every camera is Ready."""
        patience = Patience(timeout_s)
        while why := self.unsettled():
            if patience.is_over():
                pytest.fail(f"after {timeout_s:g} s still not settled: {why}")
            time.sleep(_POLL_S)
        return self.state()

    def begin(self) -> State:
        """What every test on a shared fleet begins with: the fleet as it was at first."""
        self.manifests.restore()
        self.revive()
        return self.settle()

    def logs(self) -> str:
        """The end of every log, for a test that failed."""
        return "\n".join(
            f"--- {path.relative_to(self.root)}\n{path.read_text(encoding='utf-8', errors='replace')[-_LOG_TAIL:]}"
            for path in sorted(self.log_files())
            if path.exists()
        )

    def close(self) -> None:
        self._http.close()


def workloads(fleet_id: str) -> dict[str, table.ProcessId]:
    """The processes that run instances of a fleet, by the names of these."""
    return {
        process.environment[variable_of(LABEL_INSTANCE)]: process.id
        for process in table.find({variable_of(LABEL_FLEET): fleet_id})
        if process.leads
    }


class UpFleet(RunningFleet):
    """A fleet that `fleet up` runs: an embedded broker, simulated cameras, and instances as plain processes."""

    def __init__(self, root: Path, manifests: ManifestFolder, port: int, secrets_dir: Path) -> None:
        super().__init__(root, manifests, port)
        self.state_dir = root / "state"
        self._listen = f"127.0.0.1:{port}"
        self._secrets_dir = secrets_dir
        self.up: Program | None = None
        self.log = root / "up.log"
        self.program = fleet_command()
        """What runs `fleet`, and all its parts."""

    @property
    def fleet_id(self) -> str:
        return (self.state_dir / "fleet-id").read_text(encoding="utf-8").strip()

    @property
    def bootstrap(self) -> str:
        return (self.state_dir / "broker-address").read_text(encoding="utf-8")

    @property
    def topic_prefix(self) -> str:
        return ""

    @property
    def controller_state(self) -> Path:
        return self.state_dir / "controller"

    def runtimes(self) -> dict[str, str]:
        return {name: str(process) for name, process in workloads(self.fleet_id).items()}

    def revive(self) -> None:
        if self.up is None or not self.up.runs:
            self.start()

    def start(self) -> None:
        options = ["--manifests", str(self.manifests.path), "--state-dir", str(self.state_dir)]
        options += ["--secrets-dir", str(self._secrets_dir), "--listen", self._listen, "--no-table"]
        options += ["--kafka-port", "0"]  # several fleets of tests may run at a time
        self.up = Program([*self.program, "up", *options], self.log)

    def stop(self) -> int:
        """Ctrl-C; returns the exit code."""
        assert self.up is not None
        return self.up.stop(SIGINT)

    def part(self, *words: str) -> int:
        """The pid of the part of `fleet up` whose command line has these words; one that was killed comes back."""
        return int(eventually(lambda: self._part(words), f"`fleet up` has a part with {words}"))

    def _part(self, words: tuple[str, ...]) -> str:
        assert self.up is not None
        children = Path(f"/proc/{self.up.pid}/task/{self.up.pid}/children").read_text(encoding="utf-8").split()
        for child in children:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has left since
                command = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
                if all(word in command for word in words):
                    return child
        return ""

    def agent(self, node: str) -> int:
        return self.part("agent", self.manifests.node_ids[node])

    def log_files(self) -> list[Path]:
        return [self.log, *self.state_dir.glob("logs/*.log"), *self.state_dir.glob("agents/*/instances/*/output.log")]

    def close(self) -> None:
        try:
            if self.up is not None and self.up.runs:
                self.stop()
        finally:
            super().close()
            for process in workloads(self.fleet_id).values() if (self.state_dir / "fleet-id").exists() else ():
                process.send_to_group(SIGKILL)
