"""Memory that was freed is the machine's again."""

import contextlib
import ctypes
import gc
import subprocess
import sys
import weakref

import pytest

from ports.memory import LongLooks, looking_for_cycles_among_what_is_new

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


AFTER_A_START = """
import hashlib, sqlite3, ssl
from ports.memory import give_back_what_the_start_needed
def kib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4
before = kib()
give_back_what_the_start_needed()
after = kib()
assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
print(before - after, hashlib.sha256(b"").hexdigest()[:8], ssl.create_default_context() is not None)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library is not the one of GNU")
def test_code_that_the_start_needed_is_given_back_and_comes_again_when_it_is_needed() -> None:
    done = subprocess.run([sys.executable, "-c", AFTER_A_START], capture_output=True, check=True, text=True)
    given_back, *worked = done.stdout.split()
    assert int(given_back) > 1024
    assert worked == ["e3b0c442", "True"]


def test_what_is_made_and_kept_is_looked_through_seldom() -> None:
    looks: list[str] = []

    def look(phase: str, _: dict[str, int]) -> None:
        looks.append(phase)

    with looking_for_cycles_among_what_is_new():
        gc.collect()
        gc.callbacks.append(look)
        try:
            kept = [[number] for number in range(20_000)]
        finally:
            gc.callbacks.remove(look)
    assert len(kept) == 20_000
    assert not looks


def test_searches_for_cycles_are_afterwards_what_they_were() -> None:
    before = gc.get_threshold(), list(gc.callbacks), gc.get_freeze_count()
    with contextlib.suppress(ZeroDivisionError), looking_for_cycles_among_what_is_new():
        gc.freeze()
        _ = 1 / 0
    assert (gc.get_threshold(), gc.callbacks, gc.get_freeze_count()) == before


def test_what_outlived_a_long_look_for_cycles_is_set_aside_for_a_day() -> None:
    now, done = [100.0], list[str]()
    looks = LongLooks(lambda: now[0], lambda: done.append("set aside"), lambda: done.append("take back"))

    def look(generation: int, seconds: float) -> None:
        looks("start", {"generation": generation})
        now[0] += seconds
        looks("stop", {"generation": generation})

    look(2, 0.01)
    look(1, 1.0)
    assert done == []
    look(2, 0.05)
    assert done == ["set aside"]
    now[0] += 24 * 3600
    look(2, 0.05)
    assert done == ["set aside", "take back"]
    look(2, 3.0)
    assert done == ["set aside", "take back", "set aside"]


def test_what_is_set_aside_is_freed_like_everything_else() -> None:
    class Node:
        pass

    looks = LongLooks(iter((0.0, 0.0, 1.0)).__next__)
    node = Node()
    gone = weakref.ref(node)
    gc.callbacks.append(looks)
    try:
        gc.collect()
        assert gc.get_freeze_count() > 0
        del node
        assert gone() is None
    finally:
        gc.callbacks.remove(looks)
        gc.unfreeze()
