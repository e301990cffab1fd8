"""The last good revision outlives a restart, and a damaged file is no revision."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.model import Revision
from controller.source.last_good import LastGood, Recalled
from controller.source.read.reader import Loaded, Reading
from crds.digest import digest
from ports.disk import RealDisk


@pytest.fixture
def revision(fleet: Any, read_files: Callable[..., Reading]) -> Revision:
    reading = read_files(fleet)
    assert isinstance(reading, Loaded)
    return reading.revision


def test_what_was_stored_is_recalled(revision: Revision, tmp_path: Path) -> None:
    last_good = LastGood(tmp_path / "state" / "last-good.json", RealDisk())
    assert last_good.load() == Recalled(None)
    last_good.store(revision)
    assert LastGood(tmp_path / "state" / "last-good.json", RealDisk()).load() == Recalled(revision)
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["last-good", "last-good.json"]


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b"null", b'{"revision": 5}', b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}']
)
def test_a_damaged_file_is_ignored_with_a_warning(damage: bytes, tmp_path: Path) -> None:
    (tmp_path / "last-good.json").write_bytes(damage)
    recalled = LastGood(tmp_path / "last-good.json", RealDisk()).load()
    assert recalled.revision is None
    assert recalled.warning.startswith(f"{tmp_path}/last-good.json is damaged")


def test_a_flipped_bit_is_noticed(revision: Revision, tmp_path: Path) -> None:
    path = tmp_path / "last-good.json"
    LastGood(path, RealDisk()).store(revision)
    original = path.read_text()
    path.write_text(original.replace("sha256:", "sha512:"))
    assert LastGood(path, RealDisk()).load() == Recalled(
        None, f"{path} is damaged (its digest does not match): ignored"
    )
    path.write_text(original)
    piece = tmp_path / "last-good" / "cameras-1-0.json"
    piece.write_text(piece.read_text().replace("10.0.0.1", "10.0.0.2"))
    assert LastGood(path, RealDisk()).load() == Recalled(None, f"{path} is damaged (DamagedPieceError): ignored")
    piece.unlink()
    assert LastGood(path, RealDisk()).load() == Recalled(None, f"{path} is damaged (DamagedPieceError): ignored")


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("format", 99, "was written by another version"),
        ("documents", [{"kind": "Camera"}], "holds manifests that are not valid any more"),
        ("documents", [{"kind": "Gone"}], "is damaged (KeyError)"),
    ],
)
def test_a_file_of_another_version_is_ignored(
    key: str, value: Any, expected: str, revision: Revision, tmp_path: Path
) -> None:
    path = tmp_path / "last-good.json"
    LastGood(path, RealDisk()).store(revision)
    content = {**json.loads(path.read_text())["revision"], key: value}
    path.write_text(json.dumps({"digest": digest(content), "revision": content}))
    recalled = LastGood(path, RealDisk()).load()
    assert recalled.revision is None
    assert expected in recalled.warning


def test_a_failed_write_keeps_the_one_before(
    revision: Revision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "last-good.json"
    LastGood(path, RealDisk()).store(revision)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        LastGood(path, RealDisk()).store(Revision("other", (), (), ()))
    assert LastGood(path, RealDisk()).load() == Recalled(revision)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["last-good", "last-good.json"]


def test_what_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    recalled = LastGood(tmp_path, RealDisk()).load()
    assert recalled == Recalled(None, f"{tmp_path} cannot be read: Is a directory")
