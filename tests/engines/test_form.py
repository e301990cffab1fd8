"""The form of a container, without an engine: what was asked for beside what an engine would say."""

from pathlib import Path
from typing import Any

import pytest

from nodeagent.engines.docker.container import create_arguments
from nodeagent.engines.docker.form import LIVE, Machine, asked_form, drift_between, found_form, update_bodies
from nodeagent.operations import Drift
from tests.engines.stands import make_config

MACHINE = Machine(cpus=4, memory_bytes=8 * 1024**3)
MIB = 1024 * 1024
IMAGE = {
    "Env": ["PATH=/bin", "LC_ALL=C"],
    "Cmd": ["serve"],
    "Entrypoint": ["/app"],
    "WorkingDir": "/work",
    "User": "",
}


def asked(**container: Any) -> dict[str, Any]:
    config = make_config(app_kind="retinaface", container=container)
    return create_arguments(config, name="n", labels={}, configs=Path("/state/configs"), api_version="1.41")


def inspected(arguments: dict[str, Any]) -> dict[str, Any]:
    """What an engine says of a container that was made with these arguments; its own choices are written in."""
    host = {key: list(one) if isinstance(one, list) else one for key, one in arguments["host_config"].items()}
    given = {name.partition("=")[0]: name for name in IMAGE["Env"]}
    given |= {name: f"{name}={value}" for name, value in arguments["environment"].items()}
    defaults: dict[str, Any] = {
        "Runtime": "runc",
        "ShmSize": 64 * MIB,
        "Memory": 0,
        "MemorySwap": 2 * host.get("Memory", 0),
        "MemoryReservation": 0,
        "NanoCpus": 0,
        "CpuQuota": 0,
        "CpuPeriod": 0,
        "CpuShares": 0,
        "CpusetCpus": "",
        "PidsLimit": None,
        "Binds": None,
        "PortBindings": None,
        "Devices": None,
        "DeviceRequests": None,
        "Privileged": False,
        "CapAdd": None,
        "SecurityOpt": ["label=disable"],
        "Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 1024}],
        "IpcMode": "private",
        "OomScoreAdj": 0,
    }
    return {
        "Name": "/n",
        "Config": {
            **IMAGE,
            "Env": list(given.values()),
            "Cmd": arguments["command"] or IMAGE["Cmd"],
            "Image": arguments["image"],
            "StopSignal": arguments["stop_signal"],
            "Labels": {"of": "somebody"},
        },
        "HostConfig": {**defaults, **host},
    }


FULL: dict[str, Any] = {
    "env": {"TZ": "UTC", "LC_ALL": "de"},
    "command": ["a", "b c"],
    "volumes": [{"host_path": "/out", "mount_path": "/out", "read_only": False}],
    "runtime": "nvidia",
    "gpus": ["GPU-1", "GPU-2"],
    "shm_size_mib": 128,
    "memory_mib": 512,
    "cpus": 1.5,
    "stop_signal": "SIGINT",
}


def drift(container: dict[str, Any], arguments: dict[str, Any], *, image: Any = IMAGE) -> tuple[Drift, ...]:
    form = asked_form(arguments, image, MACHINE)
    return drift_between(form, found_form(container, MACHINE), image_known=image is not None)


@pytest.mark.parametrize("image", [IMAGE, None], ids=["image here", "image gone"])
@pytest.mark.parametrize("container", [{}, {"network": "none"}, FULL], ids=["least", "no network", "all"])
def test_the_choices_of_the_engine_are_no_drift(container: dict[str, Any], image: Any) -> None:
    arguments = asked(**container)
    assert drift(inspected(arguments), arguments, image=image) == ()


@pytest.mark.parametrize(
    ("part", "changed", "expected"),
    [
        ("HostConfig", {"RestartPolicy": {"Name": "always"}}, "restart policy: wanted no, found always"),
        ("HostConfig", {"NanoCpus": 200_000_000}, "cpus: wanted 1.5, found 0.2"),
        ("HostConfig", {"Memory": 64 * MIB, "MemorySwap": -1}, "memory: wanted 512 MiB, found 64 MiB"),
        ("HostConfig", {"MemorySwap": 600 * MIB}, "memory and swap: wanted none, found 600 MiB"),
        ("HostConfig", {"MemoryReservation": 32 * MIB}, "memory reservation: wanted none, found 32 MiB"),
        ("HostConfig", {"CpuShares": 2}, "cpu shares: wanted none, found 2"),
        ("HostConfig", {"CpusetCpus": "0"}, "cpu set: wanted none, found 0"),
        ("HostConfig", {"PidsLimit": 10}, "limit of processes: wanted none, found 10"),
        ("HostConfig", {"Privileged": True}, "privileged: wanted no, found yes"),
        ("HostConfig", {"NetworkMode": "bridge"}, "network: wanted host, found bridge"),
        ("HostConfig", {"AutoRemove": True}, "removed when it leaves: wanted no, found yes"),
        ("HostConfig", {"Runtime": "runc"}, "runtime: wanted nvidia, found runc"),
        ("HostConfig", {"ShmSize": 64 * MIB}, "size of /dev/shm: wanted 128 MiB, found 64 MiB"),
        ("HostConfig", {"DeviceRequests": None}, "GPUs: wanted GPU-1, GPU-2, found none"),
        ("HostConfig", {"DeviceRequests": [{"Count": -1}]}, "GPUs: wanted GPU-1, GPU-2, found count -1"),
        ("HostConfig", {"Binds": ["/:/host:ro"]}, "mount /host: wanted none, found / (read-only)"),
        ("Config", {"Cmd": ["a"]}, "command: wanted a 'b c', found a"),
        ("Config", {"Entrypoint": ["sh"]}, "entrypoint: wanted /app, found sh"),
        ("Config", {"User": "1000"}, "user: wanted none, found 1000"),
        ("Config", {"Image": "other:1"}, "image: wanted dsfleet/none:test, found other:1"),
        ("Config", {"StopSignal": "SIGTERM"}, "stop signal: wanted SIGINT, found SIGTERM"),
        ("Config", {"Env": ["PATH=/bin", "LC_ALL=de"]}, "environment TZ: wanted its value, found none"),
        (
            "Config",
            {"Env": ["PATH=/bin", "LC_ALL=fr", "TZ=UTC"]},
            "environment LC_ALL: wanted its value, found another value",
        ),
        (
            "Config",
            {"Env": ["PATH=/bin", "LC_ALL=de", "TZ=UTC", "DB_PASSWORD=geheim"]},
            "environment DB_PASSWORD: wanted none, found another value",
        ),
    ],
)
def test_what_differs_is_named_with_what_is_wanted_and_found(part: str, changed: dict[str, Any], expected: str) -> None:
    arguments = asked(**FULL)
    container = inspected(arguments)
    container[part] |= changed

    found = drift(container, arguments)

    assert [str(one) for one in found] == [expected]
    assert found[0].live == (found[0].field in LIVE)


def test_a_mount_is_the_same_however_it_was_asked_for() -> None:
    arguments = asked(**FULL)
    container = inspected(arguments)
    container["HostConfig"] |= {"Mounts": None, "Binds": ["/state/configs:/workspace/configs:ro", "/out:/out"]}
    assert drift(container, arguments) == ()


def test_of_an_image_that_is_gone_nobody_knows_which_variables_it_gave() -> None:
    arguments = asked(**FULL)
    container = inspected(arguments)
    container["Config"]["Env"].append("FROM_THE_IMAGE=1")
    assert drift(container, arguments, image=None) == ()


BY_HAND: tuple[dict[str, Any], ...] = (
    {"RestartPolicy": {"Name": "always"}},
    {"NanoCpus": 200_000_000},
    {"Memory": 64 * MIB, "MemorySwap": 64 * MIB},
    {"MemoryReservation": 32 * MIB},
    {"CpuShares": 2},
    {"CpusetCpus": "0"},
    {"PidsLimit": 10},
)
QUOTA = {"CpuQuota": 20_000, "CpuPeriod": 100_000}
"""The engine refuses it beside a number of CPUs."""


@pytest.mark.parametrize(
    ("container", "changed"),
    [*(({}, one) for one in (*BY_HAND, QUOTA)), *((FULL, one) for one in BY_HAND)],
    ids=lambda one: next(iter(one), "no limits"),
)
def test_what_is_set_back_differs_no_more(container: dict[str, Any], changed: dict[str, Any]) -> None:
    arguments = asked(**container)
    there = inspected(arguments)
    there["HostConfig"] |= changed
    fields = [one.field for one in drift(there, arguments)]
    assert fields
    assert set(fields) <= LIVE

    # The engine puts every field of a body that is not 0 in its place.
    for body in update_bodies(fields, arguments["host_config"], there["HostConfig"], MACHINE):
        there["HostConfig"] |= body

    assert drift(there, arguments) == ()
