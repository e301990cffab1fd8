"""Memory that was freed is the machine's again."""

import ctypes
import subprocess
import sys

import pytest

PROGRAM = """
import sys
from ports.memory import give_back_what_is_freed
if sys.argv[1] == "with":
    give_back_what_is_freed()
def mib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 >> 20
before, held, kept = mib(), [], []
for _ in range(1500):
    held.append(bytes(100_000))
    kept.append(bytes(1000))  # what stays lies between what goes
held.clear()
print(mib() - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not the one of GNU")
def test_large_values_that_are_gone_take_no_room_whatever_lies_between_them() -> None:
    left = {
        how: int(
            subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, check=True, text=True).stdout
        )
        for how in ("with", "without")
    }
    assert left["with"] * 3 < left["without"]
