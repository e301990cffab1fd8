"""How much CPU this process may use, which in a container is less than the machine has, and how many workers that is for."""

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

_CGROUP: Final = Path("/proc/self/cgroup")
_MOUNTS: Final = Path("/proc/self/mountinfo")


def available_cpus() -> float:
    """Returns how many CPUs this process may use: those that it may run on, or less if a control group of it has a quota."""
    # Where the kernel tells nothing of control groups, none limits us.
    memberships, mounts = _text(_CGROUP) or "", _text(_MOUNTS) or ""
    quotas = [cpus for folder in cgroup_folders(memberships, mounts) if (cpus := quota_cpus(folder, _text)) is not None]
    return min([float(len(os.sched_getaffinity(0))), *quotas])


def worker_count(cpus: float) -> int:
    """Returns how many threads may compute at full speed: one for each whole CPU, and one at least.

    It is rounded down because the cameras are decoded beside them; and once a quota is used up, the kernel stops all threads
    for the rest of its period (0.1 s), those of the cameras too.
    """
    return max(1, math.floor(cpus))


def cgroup_folders(memberships: str, mounts: str) -> Iterator[Path]:
    """Yields the folders of the control groups that this process is in, each group before the one around it.

    A container may see its own group as the root, or its whole path of which only the end is mounted; so what the path and the
    mount have in common is taken away.

    Args:
        memberships: ``/proc/self/cgroup``: lines of ``number:controllers:path``, without controllers for version 2.
        mounts: ``/proc/self/mountinfo``, see proc(5).
    """
    groups = _groups(memberships)
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        place, kind_and_options = before.split(), after.split()
        if len(place) < 5 or len(kind_and_options) < 3:
            continue
        kind, options = kind_and_options[0], kind_and_options[-1].split(",")
        if kind == "cgroup2" or (kind == "cgroup" and "cpu" in options):
            root, mount = _unescaped(place[3]), Path(_unescaped(place[4]))
            group = _below(groups.get(kind, "/"), root)
            yield from (mount / part for part in (group, *group.parents))


def quota_cpus(folder: Path, text_of: Callable[[Path], str | None]) -> float | None:
    """Returns the CPUs that one control group may use, None if it says nothing.

    Args:
        folder: Of the group, version 1 or 2.
        text_of: Reads a file; None if that is not possible.
    """
    quota, _, period = (text_of(folder / "cpu.max") or "").strip().partition(" ")
    if not quota:
        quota = (text_of(folder / "cpu.cfs_quota_us") or "").strip()
        period = (text_of(folder / "cpu.cfs_period_us") or "").strip()
    try:
        cpus = int(quota) / int(period)
    except (ValueError, ZeroDivisionError):
        # "max", or no such files.
        return None
    # Version 1 says -1 for no limit.
    return cpus if cpus > 0 else None


def _groups(memberships: str) -> dict[str, str]:
    """The path of the group that limits the CPU, by the kind of file system that shows it."""
    groups: dict[str, str] = {}
    for line in memberships.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if not controllers:
            groups["cgroup2"] = path
        elif "cpu" in controllers.split(","):
            groups["cgroup"] = path
    return groups


def _below(path: str, root: str) -> PurePosixPath:
    """Where the group is below the root of its mount; the mount itself if it is elsewhere, which a container may see as ``..``."""
    group = PurePosixPath(path)
    if ".." in group.parts or not group.is_relative_to(root):
        return PurePosixPath()
    return group.relative_to(root)


def _unescaped(field: str) -> str:
    """Mountinfo writes blanks and the like in octal."""
    for code in ("040", "011", "012", "134"):
        field = field.replace(f"\\{code}", chr(int(code, 8)))
    return field


def _text(file: Path) -> str | None:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
