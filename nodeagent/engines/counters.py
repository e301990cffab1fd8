"""What was used of CPU and memory so far, as the kernel counts it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
# Positions in the first line of /proc/stat, see proc_stat(5): idle and iowait are no work; guests are counted in user and nice.
_WORK = (0, 1, 2, 5, 6, 7)
_KIB = 1024
_PROCESSOR = re.compile(rb"^cpu\d+ ", re.MULTILINE)


@dataclass(frozen=True)
class Counters:
    """Of one thing."""

    cpu_seconds: float
    """Of all cores together, since some moment; it never goes back while that thing is the same."""
    memory_bytes: int
    """Now, without what the kernel only caches of files and would give back."""


@dataclass(frozen=True)
class MachineSize:
    """What a machine has.

    All of it, whatever a cgroup or an affinity leaves to the agent: `Counters` of a machine are a part of that, and containers of an
    engine are in no cgroup of the agent.
    """

    processors: int = 0
    """Those that are online; 0 where nobody says."""
    memory_bytes: int = 0
    """0 where nobody says."""


@dataclass(frozen=True)
class UsageCounters:
    """Of a machine and the instances that run on it."""

    node: Counters
    instances: Mapping[str, tuple[str, Counters]] = field(default_factory=dict)
    """By name of the instance: the run that was counted, and what it used. A new run counts anew."""


def counters_of_machine(stat: bytes, meminfo: bytes) -> Counters:
    """What a whole machine used, by its /proc/stat and /proc/meminfo.

    Raises:
        ValueError: they say nothing of it.
    """
    first, sizes = stat.split(b"\n", 1)[0].split()[1:], _sizes(meminfo)
    try:
        work = sum(int(first[position]) for position in _WORK)
        free = int((sizes.get(b"MemAvailable") or sizes[b"MemFree"])[0])
        used_kib = int(sizes[b"MemTotal"][0]) - free
    except (IndexError, KeyError) as error:
        raise ValueError("the kernel does not say what is used of this machine") from error
    return Counters(work / _TICKS_PER_SECOND, used_kib * _KIB)


def size_of_machine(stat: bytes, meminfo: bytes) -> MachineSize:
    """What a whole machine has, by its /proc/stat and /proc/meminfo; 0 of what they do not say."""
    total = _sizes(meminfo).get(b"MemTotal", [])
    return MachineSize(len(_PROCESSOR.findall(stat)), int(total[0]) * _KIB if total and total[0].isdigit() else 0)


def _sizes(meminfo: bytes) -> dict[bytes, list[bytes]]:
    return {name: value.split() for name, _, value in (line.partition(b":") for line in meminfo.split(b"\n"))}


def of_this_machine() -> Counters:
    """What this machine used.

    Raises:
        OSError: the kernel does not say.
        ValueError: it says nothing of it.
    """
    return counters_of_machine((_PROC / "stat").read_bytes(), (_PROC / "meminfo").read_bytes())


def size_of_this_machine() -> MachineSize:
    """What this machine has; nothing where the kernel does not say."""
    try:
        return size_of_machine((_PROC / "stat").read_bytes(), (_PROC / "meminfo").read_bytes())
    except OSError:
        return MachineSize()
