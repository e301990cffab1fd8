"""Versions of objects grow over restarts, whatever the clock does."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.first_version import first_version_ms
from controller.picture.store import ObjectStore
from ports.disk import RealDisk
from tests.picture.fleets import NOW, camera

DISK = RealDisk()
NOW_MS = int(NOW.timestamp() * 1000)


def test_they_begin_at_the_time_of_now(tmp_path: Path) -> None:
    path = tmp_path / "versions.json"
    assert first_version_ms(path, DISK, NOW) == NOW_MS
    assert first_version_ms(path, DISK, NOW + timedelta(minutes=1)) == NOW_MS + 60_000


@given(jumps=st.lists(st.integers(-(10**6), 10**6), max_size=4))
def test_whatever_the_clock_does_they_grow(tmp_path_factory: pytest.TempPathFactory, jumps: list[int]) -> None:
    path, now, last = tmp_path_factory.mktemp("state") / "versions.json", NOW, 0
    for seconds in (0, *jumps):
        now += timedelta(seconds=seconds)
        store = ObjectStore(first_version_ms(path, DISK, now))
        assert store.version > last
        store.replace([camera(f"hq-{number}").document() for number in range(3)], now)
        last = store.version


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"format": 1}', '{"format": 7, "first_ms": 1}', '{"format": 1, "first_ms": "x"}']
)
def test_a_file_that_cannot_be_read_is_written_anew(tmp_path: Path, content: str) -> None:
    path = tmp_path / "versions.json"
    path.write_text(content)
    assert first_version_ms(path, DISK, NOW) == NOW_MS
    assert first_version_ms(path, DISK, NOW - timedelta(hours=1)) > NOW_MS
