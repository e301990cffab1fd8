"""How a container is made, in one form for what was asked for and for what the engine reports of it: pure.

Only what an instance determines is compared. What it leaves to the engine is left out of `asked_form`: the default runtime
or the size of /dev/shm are no business of ours, and an engine that was set up anew has made no container another one.
The words of the API are those of https://docs.docker.com/reference/api/engine/version/v1.41/, `ContainerInspect`.
"""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from nodeagent.operations import Drift

NAME = "name"
COMMAND, ENTRYPOINT = "command", "entrypoint"
RESTART_POLICY = "restart policy"
CPUS, CPU_SHARES, CPU_SET = "cpus", "cpu shares", "cpu set"
MEMORY, MEMORY_AND_SWAP, MEMORY_RESERVATION = "memory", "memory and swap", "memory reservation"
PROCESSES = "limit of processes"
LIVE = frozenset(
    {NAME, RESTART_POLICY, CPUS, CPU_SHARES, CPU_SET, MEMORY, MEMORY_AND_SWAP, MEMORY_RESERVATION, PROCESSES}
)
"""What the engine changes of a container while it runs."""

_NONE = "none"
_ENVIRONMENT, _MOUNT = "environment ", "mount "
_MIB = 1024 * 1024
_NANO = 1_000_000_000
_DEFAULT_PERIOD_US = 100_000
_DEFAULT_SHARES = 1024
_LONGEST_TEXT = 200

Form = dict[str, str]
"""Values in words, by the words for what they are of."""


@dataclass(frozen=True)
class Machine:
    """What the engine can give at most: a limit as large as that is none, and the engine knows no other way back to none."""

    cpus: int
    memory_bytes: int


def asked_form(arguments: Mapping[str, Any], image: Mapping[str, Any] | None, machine: Machine) -> Form:
    """The form of a container that is asked for.

    Args:
        arguments: of `APIClient.create_container`.
        image: `Config` of the image that the container was made from; None when it is not on this node any more.
        machine: what there is.
    """
    form = {
        NAME: str(arguments["name"]),
        "image": str(arguments["image"]),
        **_host_form(arguments["host_config"], machine),
    }
    for name, value in dict(arguments.get("environment") or {}).items():
        form[_ENVIRONMENT + name] = str(value)
    if arguments.get("stop_signal"):
        form["stop signal"] = str(arguments["stop_signal"])
    if arguments.get("working_dir"):
        form["working directory"] = str(arguments["working_dir"])
    if arguments["command"] is not None:
        form[COMMAND] = _words(arguments["command"])
    if image is not None:
        form = {**_image_form(image), **form}
    # Said by nobody, and chosen by the engine.
    for name, given in (("runtime", "Runtime"), ("size of /dev/shm", "ShmSize")):
        if not arguments["host_config"].get(given):
            form.pop(name, None)
    return form


def found_form(container: Mapping[str, Any], machine: Machine) -> Form:
    """The form of a container that the engine has.

    Args:
        container: the engine's answer to `inspect`.
        machine: what there is.
    """
    config = container["Config"]
    return {
        NAME: str(container["Name"]).removeprefix("/"),
        "image": str(config.get("Image") or ""),
        "stop signal": str(config.get("StopSignal") or _NONE),
        **_image_form(config),
        **_host_form(container["HostConfig"], machine),
    }


def drift_between(asked: Form, found: Form, *, image_known: bool) -> tuple[Drift, ...]:
    """What differs, sorted by its words.

    Args:
        asked: from `asked_form`.
        found: from `found_form`.
        image_known: False when the environment that the image gives is not known, so that a variable too many proves nothing.
    """
    extra = (_MOUNT, _ENVIRONMENT) if image_known else (_MOUNT,)
    names = asked.keys() | {name for name in found if name.startswith(extra)}
    differing = (name for name in sorted(names) if asked.get(name, _NONE) != found.get(name, _NONE))
    return tuple(
        Drift(name, _shown(name, asked), _shown(name, found, other=True), live=name in LIVE) for name in differing
    )


def update_bodies(
    fields: Iterable[str], host: Mapping[str, Any], found: Mapping[str, Any], machine: Machine
) -> tuple[dict[str, Any], ...]:
    """The bodies of `POST /containers/{id}/update` that set fields of a running container back: one for each that may be refused.

    The engine takes 0 for "leave it", so that what has no limit gets the largest there is.

    Args:
        fields: some of `LIVE`.
        host: the HostConfig that was asked for.
        found: the HostConfig that there is.
        machine: what there is.
    """
    fields, bodies = set(fields), list[dict[str, Any]]()
    memory = int(host.get("Memory") or machine.memory_bytes)
    if RESTART_POLICY in fields:
        bodies.append({"RestartPolicy": {"Name": (host.get("RestartPolicy") or {}).get("Name") or "no"}})
    if CPUS in fields:
        # The engine refuses a number of CPUs beside a quota.
        has_quota = int(found.get("CpuQuota") or 0) > 0
        cpus = int(host.get("NanoCpus") or machine.cpus * _NANO)
        bodies.append({"CpuQuota": -1} if has_quota else {"NanoCpus": cpus})
    if CPU_SHARES in fields:
        bodies.append({"CpuShares": int(host.get("CpuShares") or _DEFAULT_SHARES)})
    if CPU_SET in fields:
        bodies.append({"CpusetCpus": str(host.get("CpusetCpus") or _all_cpus(machine))})
    if fields & {MEMORY, MEMORY_AND_SWAP}:
        # With a number for both: -1 takes no limit of swap away that is there (Docker 20.10 with cgroup v1), and one of
        # the memory above it is refused.
        bodies.append({"Memory": memory, "MemorySwap": 2 * memory})
    if MEMORY_RESERVATION in fields:
        bodies.append({"MemoryReservation": int(host.get("MemoryReservation") or -1)})
    if PROCESSES in fields:
        bodies.append({"PidsLimit": int(host.get("PidsLimit") or -1)})
    return tuple(bodies)


def mount_at(path: str) -> str:
    """The word for what is mounted at a path of the container."""
    return _MOUNT + path


def _image_form(config: Mapping[str, Any]) -> Form:
    """What an image says, and a container unless it was told otherwise."""
    variables = (one.partition("=") for one in config.get("Env") or ())
    return {
        COMMAND: _words(config.get("Cmd")),
        ENTRYPOINT: _words(config.get("Entrypoint")),
        "user": str(config.get("User") or _NONE),
        "working directory": str(config.get("WorkingDir") or "/"),
        **{_ENVIRONMENT + name: value for name, _, value in variables},
    }


def _host_form(host: Mapping[str, Any], machine: Machine) -> Form:
    memory, swap = int(host.get("Memory") or 0), int(host.get("MemorySwap") or 0)
    if memory >= machine.memory_bytes:
        memory = 0
    shares, processes = int(host.get("CpuShares") or 0), int(host.get("PidsLimit") or 0)
    cpu_set = str(host.get("CpusetCpus") or "")
    return {
        **_mounts(host),
        "network": str(host.get("NetworkMode") or "default"),
        "published ports": _sorted(host.get("PortBindings") or ()),
        "runtime": str(host.get("Runtime") or _NONE),
        "GPUs": _gpus(host.get("DeviceRequests") or ()),
        "devices": _sorted(f"{one['PathOnHost']}:{one['PathInContainer']}" for one in host.get("Devices") or ()),
        "privileged": "yes" if host.get("Privileged") else "no",
        "added capabilities": _sorted(host.get("CapAdd") or ()),
        "dropped capabilities": _sorted(host.get("CapDrop") or ()),
        "PID namespace": str(host.get("PidMode") or _NONE),
        "read-only root": "yes" if host.get("ReadonlyRootfs") else "no",
        "removed when it leaves": "yes" if host.get("AutoRemove") else "no",
        "size of /dev/shm": _mebibytes(int(host.get("ShmSize") or 0)),
        RESTART_POLICY: (host.get("RestartPolicy") or {}).get("Name") or "no",
        CPUS: _cpus(host, machine),
        CPU_SHARES: _NONE if shares in {0, _DEFAULT_SHARES} else str(shares),
        CPU_SET: _NONE if cpu_set in {"", _all_cpus(machine)} else cpu_set,
        MEMORY: _mebibytes(memory),
        # Without a word of ours the engine takes twice the memory, or no limit where the kernel cannot count swap.
        MEMORY_AND_SWAP: _NONE if not memory or swap in {0, -1, 2 * memory} else _mebibytes(swap),
        MEMORY_RESERVATION: _mebibytes(max(0, int(host.get("MemoryReservation") or 0))),
        PROCESSES: _NONE if processes <= 0 else str(processes),
    }


def _cpus(host: Mapping[str, Any], machine: Machine) -> str:
    quota = int(host.get("CpuQuota") or 0)
    cpus = int(host.get("NanoCpus") or 0) / _NANO
    if quota > 0:
        cpus = quota / int(host.get("CpuPeriod") or _DEFAULT_PERIOD_US)
    return _NONE if cpus <= 0 or cpus >= machine.cpus else f"{cpus:g}"


def _all_cpus(machine: Machine) -> str:
    return f"0-{machine.cpus - 1}" if machine.cpus > 1 else "0"


def _mounts(host: Mapping[str, Any]) -> Form:
    """What is mounted where, whichever way it was asked for."""
    form = {}
    for one in host.get("Mounts") or ():
        mode = "read-only" if one.get("ReadOnly") else "read-write"
        form[_MOUNT + one["Target"]] = f"{one.get('Source') or one.get('Type')} ({mode})"
    for bind in host.get("Binds") or ():
        source, _, rest = str(bind).partition(":")
        target, _, options = rest.partition(":")
        mode = "read-only" if "ro" in options.split(",") else "read-write"
        form[_MOUNT + target] = f"{source} ({mode})"
    for target in host.get("Tmpfs") or {}:
        form[_MOUNT + target] = "tmpfs (read-write)"
    return form


def _gpus(requests: Iterable[Mapping[str, Any]]) -> str:
    """Their ids; the capabilities are the agent's words, and other ones in its next version."""
    asked = [*(id_ for one in requests for id_ in one.get("DeviceIDs") or ())]
    asked += [f"count {one['Count']}" for one in requests if one.get("Count")]
    return _sorted(asked)


def _words(arguments: Iterable[str] | None) -> str:
    return shlex.join(arguments) if arguments else _NONE


def _sorted(words: Iterable[str]) -> str:
    return ", ".join(sorted(words)) or _NONE


def _mebibytes(count: int) -> str:
    return f"{count / _MIB:g} MiB" if count else _NONE


def _shown(name: str, form: Form, *, other: bool = False) -> str:
    """A value in words; never one of the environment, which may be a password that somebody gave by hand."""
    value = form.get(name, _NONE)
    if name.startswith(_ENVIRONMENT) and name in form:
        return "another value" if other else "its value"
    return value if len(value) <= _LONGEST_TEXT else f"{value[:_LONGEST_TEXT]}…"
