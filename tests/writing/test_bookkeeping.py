"""What clients keep beside the manifests: on a disk that fails, in a file that is damaged, and read by nobody else."""

import contextlib
import errno
import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from controller.picture.conditions import Document
from controller.picture.difference import Key
from controller.source.fetch.directory import DirectorySource
from controller.writing.bookkeeping import BookkeepingFile, MemoryBookkeeping
from crds.annotations import LAST_APPLIED
from tests.writing.served import CAMERAS, served

GATE = f"{CAMERAS}/gate"
KEPT: Mapping[Key, Document] = {("Camera", "gate"): {"annotations": {LAST_APPLIED: "{}"}}}


class FullDisk(MemoryBookkeeping):
    def store(self, changes: Mapping[Key, Document]) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_is_written_is_not_said_to_have_failed(directory: Path) -> None:
    with served(DirectorySource(directory), bookkeeping=FullDisk()) as fleet:
        beside = {"metadata": {"annotations": {LAST_APPLIED: "x"}}}
        answer = fleet.patch(GATE, {"spec": {"width": 640}, **beside})
        assert answer.status_code == 200, answer.text
        assert answer.headers["fleet-revision"]
        assert "No space left on device" in str(answer.headers.get_list("warning"))
        assert answer.json()["metadata"]["annotations"] == {LAST_APPLIED: "x"}
        nothing_else = fleet.patch(GATE, {"metadata": {"annotations": {LAST_APPLIED: "y"}}})
        assert nothing_else.status_code == 507, nothing_else.text
        assert fleet.get(GATE)["metadata"]["annotations"] == {LAST_APPLIED: "x"}


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = BookkeepingFile(path := tmp_path / "beside.sqlite3")
    assert file.load() == {}
    assert not path.exists()
    file.store(KEPT)
    assert path.stat().st_mode & 0o777 == 0o600
    assert file.load() == KEPT


def test_a_damaged_file_goes_and_one_that_is_locked_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = BookkeepingFile(path := tmp_path / "beside.sqlite3")
    file.store(KEPT)
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda where: connect(where, timeout=0))
    with contextlib.closing(connect(path)) as other:
        other.execute("begin exclusive")
        assert file.load() == {}
        with pytest.raises(OSError, match="locked"):
            file.store({})
    assert file.load() == KEPT
    path.write_bytes(b"no database at all" * 100)
    assert file.load() == {}
    file.store(KEPT)
    assert file.load() == KEPT
