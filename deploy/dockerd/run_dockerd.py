#!/usr/bin/env python3
"""Run a private Docker Engine, for development and tests: nothing of the system's own engine is touched.

    run_dockerd.py start  --root DIR     prints DOCKER_HOST's value when the engine serves
    run_dockerd.py status --root DIR
    run_dockerd.py stop   --root DIR

Needs root and the programs dockerd and containerd (Debian: docker.io). Images, containers, sockets and logs
are all below DIR. Containers get the host's network or none: the engine makes no bridge and no firewall rule.
"""

import argparse
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.owned_process import OwnedProcess, StartError, say

_START_TIMEOUT_S = 60.0
_ANSWER_TIMEOUT_S = 5.0
# Daemons live in sbin, which is not in everybody's PATH; dockerd itself looks for runc.
_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin"])
# The kernel's limit for a unix socket's path, less the ending 0.
_LONGEST_SOCKET_PATH = 107

# The engine brings its own containerd state; a system's containerd would mix both engines' containers.
_CONTAINERD_CONFIG = """\
version = 2
root = "{root}/containerd"
state = "{root}/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{root}/containerd.sock"
"""


class _EngineConnection(http.client.HTTPConnection):
    """HTTP through the engine's unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("docker", timeout=_ANSWER_TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket instead of a host."""
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(_ANSWER_TIMEOUT_S)
        self.sock.connect(str(self._path))


def engine_facts(path: Path) -> dict[str, str] | None:
    """Return what the engine behind a socket says of itself, or None when none answers."""
    connection = _EngineConnection(path)
    try:
        connection.request("GET", "/info")
        response = connection.getresponse()
        facts = json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return {"version": facts.get("ServerVersion", ""), "storage": facts.get("Driver", "")}


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    if found is None:
        raise StartError(f"{name} is missing; on Debian: apt-get install --no-install-recommends docker.io")
    return found


class PrivateEngine:
    """One dockerd with its own containerd, below one directory."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._socket = self._root / "docker.sock"
        self._containerd_socket = self._root / "containerd.sock"
        self._dockerd = OwnedProcess(self._root / "dockerd.owned", self._root / "dockerd.log")
        self._containerd = OwnedProcess(self._root / "containerd.owned", self._root / "containerd.log")

    @property
    def address(self) -> str:
        """The value for DOCKER_HOST."""
        return f"unix://{self._socket}"

    def facts(self) -> dict[str, str] | None:
        """Return the version and storage driver of the running engine, or None."""
        return engine_facts(self._socket) if self._dockerd.pid() is not None else None

    def start(self) -> None:
        """Start both programs unless they run.

        Raises:
            StartError: something is missing, or the engine did not come up.
        """
        if self.facts() is not None:
            return
        if os.geteuid() != 0:
            raise StartError("a Docker Engine has to be started by root")
        if len(str(self._containerd_socket)) > _LONGEST_SOCKET_PATH:
            raise StartError(f"{self._root} is too long for the path of a unix socket")
        dockerd, containerd, _ = _program("dockerd"), _program("containerd"), _program("runc")
        self._root.mkdir(parents=True, exist_ok=True)
        self.stop()
        self._start_containerd(containerd)
        try:
            self._start_dockerd(dockerd)
        except StartError:
            self._containerd.stop()
            raise

    def _start_containerd(self, program: str) -> None:
        config = self._root / "containerd.toml"
        config.write_text(_CONTAINERD_CONFIG.format(root=self._root), encoding="utf-8")
        self._containerd.start(
            [program, "--config", str(config)],
            ready=lambda: _accepts(self._containerd_socket),
            timeout_s=_START_TIMEOUT_S,
            env={**os.environ, "PATH": _PATH},
        )

    def _start_dockerd(self, program: str) -> None:
        command = [program, "--host", self.address, "--containerd", str(self._containerd_socket)]
        command += ["--data-root", str(self._root / "data"), "--exec-root", str(self._root / "run" / "docker")]
        command += ["--pidfile", str(self._root / "docker.pid")]
        # An empty file instead of the system's /etc/docker/daemon.json, whose settings are for another engine.
        empty = self._root / "daemon.json"
        empty.write_text("{}\n", encoding="utf-8")
        command += ["--config-file", str(empty)]
        command += ["--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]
        # A storage driver that the file system cannot carry ends dockerd at once; vfs works everywhere, slowly.
        for driver in ("overlay2", "vfs"):
            try:
                self._dockerd.start(
                    [*command, f"--storage-driver={driver}"],
                    ready=lambda: engine_facts(self._socket) is not None,
                    timeout_s=_START_TIMEOUT_S,
                    env={**os.environ, "PATH": _PATH},
                )
            except StartError as error:
                if driver == "vfs":
                    raise
                say(f"without {driver}: {str(error).splitlines()[-1]}")
            else:
                return

    def stop(self) -> bool:
        """Stop the engine, its containers and its containerd; tell whether anything ran."""
        # dockerd first: it ends the containers, for which it needs containerd.
        stopped = [self._dockerd.stop(grace_s=30.0), self._containerd.stop()]
        self._unmount()
        return any(stopped)

    def _unmount(self) -> None:
        """Take off the mounts that dockerd leaves behind, with which the directory could not be removed."""
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
        points = [line.split()[4] for line in lines]
        for point in reversed([each for each in points if each.startswith(f"{self._root}/")]):
            subprocess.run(["umount", point], check=False)


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def main(arguments: list[str] | None = None) -> int:
    """Carry out the command line and return the exit status."""
    parser = argparse.ArgumentParser(description="A private Docker Engine.")
    parser.add_argument("action", choices=["start", "status", "stop"])
    parser.add_argument("--root", type=Path, required=True, metavar="DIR", help="where all of the engine's files are")
    options = parser.parse_args(arguments)
    engine = PrivateEngine(options.root)
    if options.action == "stop":
        say("stopped" if engine.stop() else "was not running")
        return 0
    if options.action == "start":
        try:
            engine.start()
        except StartError as error:
            say(f"run_dockerd.py: {error}")
            return 1
    facts = engine.facts()
    if facts is None:
        print("not running")
        return 1
    say(f"Docker Engine {facts['version']}, storage {facts['storage']}")
    print(engine.address)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
