#!/usr/bin/env python3
"""Run Apache Kafka as one process on this machine, for development and tests.

    run_kafka.py start  --data DIR [--port 9092]     prints the bootstrap address when Kafka serves
    run_kafka.py status --data DIR
    run_kafka.py stop   --data DIR

Needs Java 17 or later and, for the first start, Maven; no container engine. It listens on 127.0.0.1 only,
without authentication, and keeps one replica of everything: not a way to run a fleet.
"""

import argparse
import base64
import hashlib
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.owned_process import OwnedProcess, StartError, free_port, say

_HERE = Path(__file__).resolve().parent
_DEFAULT_CACHE = _HERE.parents[1] / ".cache" / "kafka"
_OLDEST_JAVA = 17
_START_TIMEOUT_S = 60.0
_ANSWER_TIMEOUT_S = 2.0
_DESCRIBE_CLUSTER = 60

_SERVER_PROPERTIES = """\
# Written by run_kafka.py at each start.
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
# Named here and not in the log, so that the controller's port may be another one at each start.
controller.quorum.voters=1@127.0.0.1:{controller_port}
log.dirs={log_dir}
# A topic that nobody declared is a mistake, and a created one would have the wrong settings.
auto.create.topics.enable=false
num.partitions=1
# One process: one replica, and few partitions of Kafka's own topics, which the first group has to wait for.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# A first group member need not wait for others, and tests may use shorter sessions than people should.
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
# Compaction that a test can wait for.
log.cleaner.backoff.ms=500
"""


def find_java() -> str:
    """Return the path of a Java that is new enough.

    Raises:
        StartError: there is none.
    """
    home = os.environ.get("JAVA_HOME")
    candidates = [f"{home}/bin/java"] if home else []
    candidates.append("java")
    found = []
    for candidate in candidates:
        java = shutil.which(candidate)
        if java is None:
            continue
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
        version = re.search(r'version "(\d+)', said)
        if version and int(version[1]) >= _OLDEST_JAVA:
            return java
        found.append(f"{java} is {version[0] if version else 'no Java'}")
    reason = "; ".join(found) or "no java in JAVA_HOME or PATH"
    raise StartError(
        f"Apache Kafka needs Java {_OLDEST_JAVA} or later ({reason}); on Debian: apt-get install openjdk-17-jre-headless"
    )


def resolve_artifacts(cache: Path) -> Path:
    """Return a directory that holds Kafka's jars, and have Maven fill it when it does not exist.

    Args:
        cache: where such directories are kept, one for each content of pom.xml.

    Raises:
        StartError: Maven is missing or failed.
    """
    pom = _HERE / "pom.xml"
    jars = cache / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    if jars.is_dir():
        return jars
    if shutil.which("mvn") is None:
        raise StartError("Maven (mvn) fetches Apache Kafka once, and is missing; on Debian: apt-get install maven")
    cache.mkdir(parents=True, exist_ok=True)
    say(f"fetching Apache Kafka into {jars} (once)")
    # Filled beside its place and renamed: a directory that exists is complete.
    with tempfile.TemporaryDirectory(dir=cache) as unfinished:
        filling = Path(unfinished) / "jars"
        command = ["mvn", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", "-DincludeScope=runtime"]
        command.append(f"-DoutputDirectory={filling}")
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise StartError(f"mvn failed:\n{done.stdout}{done.stderr}")
        try:
            filling.rename(jars)
        except OSError:
            if not jars.is_dir():  # else another start was faster, which is as good
                raise
    return jars


def count_brokers(address: str) -> int:
    """Ask the Kafka at `host:port` how many brokers it has; 0 also stands for no answer.

    A port that accepts connections is not enough: Kafka opens it before the broker is registered. This is
    one DescribeCluster request in Kafka's own protocol, so that no client library is needed.
    """
    request = struct.pack(">hhih", _DESCRIBE_CLUSTER, 0, 1, -1) + b"\x00" + b"\x00" + b"\x00"
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=_ANSWER_TIMEOUT_S) as connection:
            connection.settimeout(_ANSWER_TIMEOUT_S)
            connection.sendall(struct.pack(">i", len(request)) + request)
            with connection.makefile("rb") as stream:
                (size,) = struct.unpack(">i", stream.read(4))
                return _brokers_in(stream.read(size))
    except (OSError, struct.error, IndexError, ValueError):
        return 0


def _brokers_in(answer: bytes) -> int:
    """Read the number of brokers from a DescribeCluster answer, version 0.

    Layout: correlation i32, tags, throttle i32, error i16, message, cluster id, controller i32, brokers. Each
    length is one byte (n + 1, short enough here).
    """
    error = int.from_bytes(answer[9:11], "big")
    if error:
        return 0
    at = 11
    for _ in ("message", "cluster id"):
        at += 1 + max(answer[at] - 1, 0)
    return answer[at + 4] - 1


def _write_configuration(data: Path, port: int) -> Path:
    properties = data / "server.properties"
    properties.write_text(
        _SERVER_PROPERTIES.format(port=port, controller_port=free_port(), log_dir=data / "log"), encoding="utf-8"
    )
    return properties


def _configured_port(data: Path) -> int | None:
    try:
        text = (data / "server.properties").read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = re.search(r"^listeners=PLAINTEXT://127\.0\.0\.1:(\d+)", text, re.MULTILINE)
    return int(found[1]) if found else None


def _process(data: Path) -> OwnedProcess:
    return OwnedProcess(data / "kafka.pid", data / "kafka.log")


def start(data: Path, port: int, cache: Path) -> str:
    """Start Kafka unless it already runs there, and return its bootstrap address.

    Args:
        data: the process's directory: its log, its configuration and its records.
        port: the TCP port; 0 takes a free one.
        cache: where the jars are kept.

    Raises:
        StartError: something is missing, or Kafka did not come up.
    """
    data = data.resolve()
    process = _process(data)
    running_at = _configured_port(data) if process.pid() is not None else None
    if running_at is not None:
        if port not in (0, running_at):
            raise StartError(f"the Kafka of {data} already runs, on port {running_at}")
        return f"127.0.0.1:{running_at}"
    java = find_java()
    jars = resolve_artifacts(cache)
    data.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    address = f"127.0.0.1:{port}"
    if count_brokers(address):
        raise StartError(f"another Kafka answers at {address}")
    properties = _write_configuration(data, port)
    run = [java, "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    run += [f"-Dlog4j2.configurationFile={_HERE / 'log4j2.properties'}", "-cp", f"{jars}/*"]
    if not (data / "log" / "meta.properties").exists():
        # The first byte is 0, since a cluster id that begins with a dash would be read as an option.
        cluster_id = base64.urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).rstrip(b"=").decode()
        formatted = subprocess.run(
            [*run, "kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", str(properties)],
            capture_output=True,
            text=True,
            check=False,
        )
        if formatted.returncode != 0:
            raise StartError(f"formatting {data} failed:\n{formatted.stdout}{formatted.stderr}")
    process.start(
        [*run, "kafka.Kafka", str(properties)], ready=lambda: count_brokers(address) > 0, timeout_s=_START_TIMEOUT_S
    )
    return address


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Apache Kafka as one local process.")
    parser.add_argument("action", choices=["start", "status", "stop"])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the process's directory")
    parser.add_argument("--port", type=int, default=9092, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--cache", type=Path, default=_DEFAULT_CACHE, metavar="DIR", help="where the jars are kept")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Carry out the command line and return the exit status."""
    options = _parse(arguments)
    process = _process(options.data.resolve())
    if options.action == "stop":
        say("stopped" if process.stop() else "was not running")
        return 0
    if options.action == "status":
        address = f"127.0.0.1:{_configured_port(options.data.resolve())}"
        serving = process.pid() is not None and count_brokers(address) > 0
        print(address if serving else "not running")
        return 0 if serving else 1
    try:
        print(start(options.data, options.port, options.cache))
    except StartError as error:
        say(f"run_kafka.py: {error}")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
