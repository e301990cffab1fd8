import math
import os
from pathlib import Path

import pytest
from hypothesis import given, strategies

from pipeline.cpu_limit import available_cpus, cgroup_folders, quota_cpus, worker_count

V2_MOUNT = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate"
V1_MOUNTS = """\
31 23 0:28 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755
32 31 0:29 {root} /sys/fs/cgroup/cpu,cpuacct ro,nosuid master:7 - cgroup cgroup rw,cpu,cpuacct
33 31 0:30 {root} /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset
34 31 0:31 {root} /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory
"""
V1_MEMBERSHIPS = """\
12:memory:/docker/1a2b
11:cpuset:/docker/1a2b
4:cpu,cpuacct:/docker/1a2b
1:name=systemd:/docker/1a2b
"""


@pytest.mark.parametrize(
    ("memberships", "mounts", "folders"),
    [
        ("0::/\n", V2_MOUNT, ["/sys/fs/cgroup"]),
        (
            "0::/system.slice/fleet.service\n",
            V2_MOUNT,
            ["/sys/fs/cgroup/system.slice/fleet.service", "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup"],
        ),
        # A process that was moved out of what it sees as the root.
        ("0::/../other\n", V2_MOUNT, ["/sys/fs/cgroup"]),
        ("0::/a:b\n", V2_MOUNT, ["/sys/fs/cgroup/a:b", "/sys/fs/cgroup"]),
        (V1_MEMBERSHIPS, V1_MOUNTS.format(root="/docker/1a2b"), ["/sys/fs/cgroup/cpu,cpuacct"]),
        (
            V1_MEMBERSHIPS,
            V1_MOUNTS.format(root="/"),
            [f"/sys/fs/cgroup/cpu,cpuacct{group}" for group in ("/docker/1a2b", "/docker", "")],
        ),
        (V1_MEMBERSHIPS, V1_MOUNTS.format(root="/docker/other"), ["/sys/fs/cgroup/cpu,cpuacct"]),
        ("4:cpuacct:/x\n0::/\n", V2_MOUNT.replace("/sys/fs/cgroup", "/with\\040blank"), ["/with blank"]),
        ("", V2_MOUNT, ["/sys/fs/cgroup"]),
        ("", "", []),
        ("0::/\n", "", []),
        ("junk\n", "junk - \n - \n", []),
    ],
)
def test_the_control_groups_of_a_process(memberships: str, mounts: str, folders: list[str]) -> None:
    assert [str(folder) for folder in cgroup_folders(memberships, mounts)] == folders


@given(memberships=strategies.text(), mounts=strategies.text())
def test_no_text_breaks_the_reading(memberships: str, mounts: str) -> None:
    list(cgroup_folders(memberships, mounts))
    list(cgroup_folders(f"0::{memberships}", f"{mounts} - cgroup2 {mounts} cpu"))


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({"cpu.max": "150000 100000\n"}, 1.5),
        ({"cpu.max": "50000 100000\n"}, 0.5),
        ({"cpu.max": "max 100000\n"}, None),
        ({"cpu.max": "\n"}, None),
        ({"cpu.max": "1 0\n"}, None),
        ({"cpu.cfs_quota_us": "200000\n", "cpu.cfs_period_us": "100000\n"}, 2.0),
        ({"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}, None),
        ({"cpu.cfs_quota_us": "200000\n"}, None),
        ({}, None),
    ],
)
def test_the_quota_of_a_control_group(files: dict[str, str], cpus: float | None) -> None:
    assert quota_cpus(Path("/group"), lambda file: files.get(file.name)) == cpus


@pytest.mark.parametrize(("cpus", "workers"), [(0.1, 1), (1.0, 1), (1.9, 1), (2.0, 2), (7.5, 7)])
def test_a_worker_for_each_whole_cpu(cpus: float, workers: int) -> None:
    assert worker_count(cpus) == workers


def test_this_process_may_use_some_cpu_and_not_more_than_it_runs_on() -> None:
    everywhere = os.sched_getaffinity(0)
    before = available_cpus()
    assert 0 < before <= len(everywhere)
    os.sched_setaffinity(0, {min(everywhere)})
    try:
        assert available_cpus() == min(1.0, before)
    finally:
        os.sched_setaffinity(0, everywhere)
    assert math.isclose(available_cpus(), before)
