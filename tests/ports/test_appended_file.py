import errno
import os
import stat
from pathlib import Path

import pytest

from ports.appended_file import AppendedFile


def test_lines_follow_each_other_and_nobody_else_reads_them(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.log"
    for _ in range(2):  # a second program goes on where the first one ended
        AppendedFile(path, 1000, 3).append(b"one\n")
    assert path.read_bytes() == b"one\none\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_files_are_bounded_in_size_and_number(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    file = AppendedFile(path, 10, 3)
    for number in range(9):
        file.append(b"%03d\n" % number)
    kept = {one.name: one.read_bytes() for one in tmp_path.iterdir()}
    assert kept == {"a.log": b"008\n", "a.log.1": b"006\n007\n", "a.log.2": b"004\n005\n"}


def test_a_line_that_is_longer_than_a_file_may_be_has_one_of_its_own(tmp_path: Path) -> None:
    file = AppendedFile(tmp_path / "a.log", 3, 2)
    file.append(b"12345\n")
    file.append(b"6\n")
    assert (tmp_path / "a.log.1").read_bytes() == b"12345\n"


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = AppendedFile(tmp_path / "a.log", 1000, 2)
    file.append(b"one\n")
    write, asked = os.write, []

    def full(descriptor: int, data: bytes) -> int:
        asked.append(data)
        if len(asked) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, data[:2])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        file.append(b"two\n")
    monkeypatch.undo()
    file.append(b"three\n")
    assert (tmp_path / "a.log").read_bytes() == b"one\nthree\n"


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path: Path) -> None:
    file = AppendedFile(tmp_path / "a.log", 1000, 2)
    file.append(b"one\n")
    (tmp_path / "a.log").rename(tmp_path / "moved")
    file.append(b"two\n")
    assert (tmp_path / "a.log").read_bytes() == b"two\n"
