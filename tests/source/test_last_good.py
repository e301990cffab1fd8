"""The last good revision outlives a restart, and a damaged file is no revision."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model import Revision
from controller.source.last_good import LastGood, Recalled
from controller.source.read.reader import Loaded, Reading
from crds.camera import Camera
from crds.digest import digest
from ports.disk import RealDisk
from ports.simulated import MemoryDisk
from tests.planner.short_manifests import manifest, revision_of


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


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["dock", "door"]),
        st.sampled_from([None, 1, 2]),
        st.booleans(),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=50)
@given(edits=EDITS)
def test_whatever_was_edited_and_not_taken_by_the_disk_the_newest_copy_is_what_was_stored(
    edits: list[tuple[str, int | None, bool, bool]],
) -> None:
    disk, path = MemoryDisk(), Path("/state/last-good.json")
    last_good, now, stored = LastGood(path, disk), revision_of([]), Recalled(None)
    for number, (name, address, is_full, begins_again) in enumerate(edits):
        if begins_again:
            last_good = LastGood(path, disk)
            assert last_good.load() == stored
        one = manifest(f"camera/{name}", {"address": f"rtsp://10.0.0.{address}/a"}) if address else None
        if one is None and name not in now.camera_by_name:
            continue
        now = now.edited(f"sha256:{number}", "", {name: one if isinstance(one, Camera) else None}, {}, {})
        disk.failure = OSError(28, "No space left on device") if is_full else None
        with contextlib.suppress(OSError):
            last_good.store(now)
            stored = Recalled(now)
        assert LastGood(path, disk).load() == stored


def test_what_was_taken_away_by_the_first_edit_after_a_restart_is_in_no_copy() -> None:
    disk, path = MemoryDisk(), Path("/state/last-good.json")
    before = revision_of([manifest("camera/dock", {})])
    LastGood(path, disk).store(before)
    last_good = LastGood(path, disk)
    assert last_good.load() == Recalled(before)
    after = before.edited("sha256:2", "", {"dock": None}, {}, {})
    last_good.store(after)
    assert LastGood(path, disk).load() == Recalled(after)


def test_an_edit_writes_one_piece_again(tmp_path: Path) -> None:
    fleet = {f"camera/c{number}": manifest(f"camera/c{number}", {}) for number in range(2000)}
    disk, path = MemoryDisk(), tmp_path / "last-good.json"
    last_good, now = LastGood(path, disk), revision_of(list(fleet.values()))
    last_good.store(now)
    before = disk.saved()
    edit = manifest("camera/c7", {"address": "rtsp://10.0.0.7/other"})
    assert isinstance(edit, Camera)
    now = now.edited("sha256:2", "", {"c7": edit}, {}, {})

    last_good.store(now)

    written = {one for one, content in disk.saved().items() if before.get(one) != content}
    assert len(written) == 2
    assert LastGood(path, disk).load() == Recalled(now)
    few = now.edited("sha256:3", "", {f"c{number}": None for number in range(1990)}, {}, {})
    last_good.store(few)
    assert LastGood(path, disk).load() == Recalled(few)
