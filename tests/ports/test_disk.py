"""One contract for disks, the real one and the one in memory."""

import errno
import os
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ports.disk import Disk, RealDisk
from ports.simulated import MemoryDisk

FULL = OSError(28, "No space left on device")


def names(folder: Path) -> list[str]:
    """Of all that is there, also what nobody should see."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(params=[RealDisk, MemoryDisk])
def disk(request: pytest.FixtureRequest) -> Disk:
    made: Disk = request.param()
    return made


@pytest.fixture
def fails(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def full(_: int) -> None:
        raise FULL

    def begin() -> None:
        if isinstance(disk, MemoryDisk):
            disk.failure = FULL
        else:
            monkeypatch.setattr(os, "fsync", full)

    return begin


def test_what_was_written_is_read(disk: Disk, tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    disk.write(path, b"one")
    disk.write(path, b"two")
    assert disk.read(path) == b"two"
    assert disk.names(path.parent) == ("file",)


def test_many_files_are_written_together(disk: Disk, tmp_path: Path) -> None:
    files = {tmp_path / "a" / "1": b"one", tmp_path / "a" / "2": b"two", tmp_path / "b" / "1": b"three"}
    disk.write_all(files.items())
    assert {path: disk.read(path) for path in files} == files
    assert (disk.names(tmp_path / "a"), disk.names(tmp_path / "b")) == (("1", "2"), ("1",))


def test_one_that_cannot_be_written_keeps_no_other_from_it(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        RealDisk().write_all((tmp_path / name, b"new") for name in ("1", "folder", "2"))
    assert RealDisk().names(tmp_path) == ("1", "2")


def test_a_folder_is_looked_through_once_for_all_that_is_written_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand copies were written to one folder, and 50 s of a start went into looking through it after each."""
    (tmp_path / ".7.0badcafe").write_bytes(b"half")
    os.utime(tmp_path / ".7.0badcafe", (0, 0))
    looks, scandir = [], os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: (looks.append(folder), scandir(folder))[1])
    RealDisk().write_all((tmp_path / str(number), b"whole") for number in range(10))
    assert looks == [tmp_path]
    assert names(tmp_path) == [str(number) for number in range(10)]


def test_what_is_not_there(disk: Disk, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        disk.read(tmp_path / "file")
    assert raised.value.filename == str(tmp_path / "file")
    assert disk.names(tmp_path / "folder") == ()


def test_a_file_is_made_once(disk: Disk, tmp_path: Path) -> None:
    assert disk.create(tmp_path / "key", b"first")
    assert not disk.create(tmp_path / "key", b"second")
    assert disk.read(tmp_path / "key") == b"first"
    assert disk.names(tmp_path) == ("key",)


@pytest.mark.parametrize("method", ["write", "create"])
def test_a_failed_write_leaves_what_was_there_and_nothing_else(
    disk: Disk, tmp_path: Path, fails: Callable[[], None], method: str
) -> None:
    disk.write(tmp_path / "old", b"old")
    fails()
    with pytest.raises(OSError, match="No space left"):
        getattr(disk, method)(tmp_path / ("old" if method == "write" else "new"), b"new")
    assert disk.read(tmp_path / "old") == b"old"
    assert disk.names(tmp_path) == ("old",)


def test_who_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        RealDisk().write(tmp_path / "closed" / "key", b"")
        RealDisk().write(tmp_path / "open" / "record", b"", private=False)
        RealDisk().create(tmp_path / "closed" / "other", b"")
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes == {"closed": 0o700, "key": 0o600, "other": 0o600, "open": 0o755, "record": 0o644}


def test_the_file_is_durable_before_it_has_its_name_and_the_name_before_it_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    RealDisk().write(path, b"old")
    seen = []

    def watched(descriptor: int) -> None:
        seen.append((stat.S_ISDIR(os.fstat(descriptor).st_mode), path.read_bytes()))

    monkeypatch.setattr(os, "fsync", watched)
    RealDisk().write(path, b"new")
    assert seen == [(False, b"old"), (True, b"new")]


def test_what_a_killed_writer_left_is_taken_away_by_a_later_one(tmp_path: Path) -> None:
    for name, age in ((".file.0badcafe", 0), (".file.0badcaff", None), (".filed.0badcafe", 0), (".file.short", 0)):
        (tmp_path / name).write_bytes(b"half")
        if age is not None:
            os.utime(tmp_path / name, (age, age))
    RealDisk().write(tmp_path / "file", b"whole")
    assert RealDisk().names(tmp_path) == (".file.0badcaff", ".file.short", ".filed.0badcafe", "file")


def test_whatever_looks_like_a_leftover_the_write_is_durable_and_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".file.0badcafe").mkdir()
    os.utime(tmp_path / ".file.0badcafe", (0, 0))
    flushed = []
    flush = os.fsync

    def watched(descriptor: int) -> None:
        flush(descriptor)
        flushed.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))

    monkeypatch.setattr(os, "fsync", watched)
    RealDisk().write(tmp_path / "file", b"whole")
    assert flushed == [False, True]
    assert (tmp_path / "file").read_bytes() == b"whole"


@pytest.mark.parametrize(
    "name", [".g.tmp-2024", ".g.original", ".g.0BADCAFE", ".g.0badcafe0", ".g.0badcaf", "g.0badcafe"]
)
@pytest.mark.parametrize("method", ["write", "create"])
def test_files_of_others_stay(tmp_path: Path, method: str, name: str) -> None:
    (tmp_path / name).write_bytes(b"theirs")
    os.utime(tmp_path / name, (0, 0))
    getattr(RealDisk(), method)(tmp_path / "g", b"ours")
    assert (tmp_path / name).read_bytes() == b"theirs"


@pytest.mark.parametrize("method", ["write", "create"])
def test_folders_that_are_made_are_durable_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    flushed = []

    def watched(descriptor: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{descriptor}").readlink())

    monkeypatch.setattr(os, "fsync", watched)
    getattr(RealDisk(), method)(tmp_path / "one" / "two" / "file", b"")
    assert [path for path in flushed if path.is_dir()] == [tmp_path, tmp_path / "one", tmp_path / "one" / "two"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK])
def test_a_file_is_made_once_where_there_are_no_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refused(source: Path, target: Path) -> None:
        raise OSError(number, os.strerror(number), str(source), None, str(target))

    monkeypatch.setattr(os, "link", refused)
    assert RealDisk().create(tmp_path / "key", b"first")
    assert not RealDisk().create(tmp_path / "key", b"second")
    assert (tmp_path / "key").read_bytes() == b"first"
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert names(tmp_path) == ["key"]

    def full(_: Path, __: Path) -> None:
        raise FULL

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        RealDisk().create(tmp_path / "other", b"first")
    assert names(tmp_path) == ["key"]


def test_another_reason_to_refuse_a_link_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Path, __: Path) -> None:
        raise FULL

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="No space left"):
        RealDisk().create(tmp_path / "key", b"first")
    assert names(tmp_path) == []


def test_of_a_key_that_was_never_finished_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / ".key.0badcafe").write_bytes(b"half of a key")
    assert RealDisk().create(tmp_path / "key", b"a key")
    assert names(tmp_path) == ["key"]


def test_of_many_who_make_a_file_at_once_one_wins_and_nothing_else_is_left(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        for number in range(20):
            path = tmp_path / f"key{number}"
            won = list(threads.map(lambda who, path=path: RealDisk().create(path, str(who).encode()), range(8)))
            assert won.count(True) == 1
            assert path.read_bytes() == str(won.index(True)).encode()
    assert names(tmp_path) == sorted(f"key{number}" for number in range(20))
