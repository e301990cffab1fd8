from pathlib import Path

import pytest

from nodeagent.ledger.starts import count_start
from ports.simulated import MemoryDisk

PLACE = Path("/state/starts")


def test_each_start_has_the_next_number() -> None:
    disk = MemoryDisk()
    assert [count_start(PLACE, disk) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("content", [b"", b"x", b"-4", b"\xff", b"9" * 5000, "\u0663".encode()])
def test_a_damaged_file_counts_from_the_beginning(content: bytes) -> None:
    disk = MemoryDisk()
    disk.write(PLACE, content)
    assert [count_start(PLACE, disk) for _ in range(2)] == [1, 2]


def test_a_full_disk_keeps_no_agent_from_starting() -> None:
    disk = MemoryDisk()
    count_start(PLACE, disk)
    disk.failure = OSError(28, "No space left on device")
    assert [count_start(PLACE, disk) for _ in range(2)] == [2, 2]
