"""The last ten versions of each instance outlive the controller, and a damaged file costs nothing but them."""

import errno
import sqlite3
from pathlib import Path

import pytest

from controller.history.version import MOST_VERSIONS, Version, key_of, number_of
from controller.history.version_file import VersionFile


def version(number: int, image: str, cause: str = "") -> Version:
    spec = {"image": image, "node": "edge-1"}
    return Version(number, key_of(spec), spec, cause, cause)


@pytest.fixture(params=["disk", "memory"])
def versions(request: pytest.FixtureRequest, tmp_path: Path) -> VersionFile:
    return VersionFile(tmp_path / "instance-versions.sqlite3" if request.param == "disk" else None)


def test_what_is_stored_is_there_from_the_oldest_to_the_newest(versions: VersionFile) -> None:
    one, two, other = version(1, "a:1"), version(2, "a:2", "because"), version(1, "b:1")
    versions.store("r1", {"door": one, "yard": other}, (), {})
    versions.store("r2", {"door": two}, (), {})
    assert (versions.of("door"), versions.of("yard"), versions.of("nobody")) == ((one, two), (other,), ())
    kept = versions.load()
    assert (kept.revision_id, dict(kept.newest)) == ("r2", {"door": (2, two.key), "yard": (1, other.key)})


def test_one_that_comes_back_has_a_new_number_and_loses_its_old_one(versions: VersionFile) -> None:
    for number, image in enumerate(("a:1", "a:2", "a:1"), 1):
        versions.store("r", {"door": version(number, image)}, (), {})
    assert [(one.number, one.spec["image"]) for one in versions.of("door")] == [(2, "a:2"), (3, "a:1")]


def test_ten_are_kept_of_each_and_none_of_what_is_gone(versions: VersionFile) -> None:
    for number in range(1, 31):
        versions.store("r", {"door": version(number, f"a:{number}"), "yard": version(number, f"b:{number}")}, (), {})
    assert [one.number for one in versions.of("door")] == list(range(21, 31))
    assert len(versions.of("yard")) == MOST_VERSIONS
    versions.store("r", {}, ("yard",), {})
    assert (versions.of("yard"), versions.load().newest.keys()) == ((), {"door"})


def test_why_it_came_may_be_said_afterwards(versions: VersionFile) -> None:
    versions.store("r", {"door": version(1, "a:1")}, (), {})
    versions.store("r", {"door": version(2, "a:2")}, (), {})
    versions.store("r", {}, (), {"door": "a better one", "nobody": "x"})
    assert [one.cause for one in versions.of("door")] == ["", "a better one"]


def test_they_outlive_the_controller_and_others_cannot_read_them(tmp_path: Path) -> None:
    path = tmp_path / "instance-versions.sqlite3"
    VersionFile(path).store("r1", {"door": version(1, "a:1")}, (), {})
    assert VersionFile(path).of("door") == (version(1, "a:1"),)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_damaged_file_is_none(tmp_path: Path) -> None:
    path = tmp_path / "instance-versions.sqlite3"
    path.write_bytes(b"no database" * 1000)
    versions = VersionFile(path)
    with pytest.raises(OSError, match="not a database") as error:
        versions.of("door")
    assert error.value.errno == errno.EBADMSG
    assert versions.load().newest == {}
    versions.store("r1", {"door": version(1, "a:1")}, (), {})
    assert len(versions.of("door")) == 1


def test_a_version_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "instance-versions.sqlite3"
    versions = VersionFile(path)
    versions.store("r1", {"door": version(1, "a:1")}, (), {})
    database = sqlite3.connect(path)
    with database:
        database.execute("update versions set spec = x'00'")
    database.close()
    with pytest.raises(OSError, match="incomplete"):
        versions.of("door")


def test_how_often_it_runs_is_no_part_of_a_version() -> None:
    assert key_of({"image": "a:1", "replicas": 0}) == key_of({"image": "a:1"})
    assert key_of({"image": "a:1", "restartedAt": "2026-03-01T12:00:00Z"}) != key_of({"image": "a:1"})


def test_the_number_of_a_version_is_known_before_it_is_kept() -> None:
    assert [number_of("b", newest) for newest in (None, (4, "b"), (4, "a"))] == [1, 4, 5]
