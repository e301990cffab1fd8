import os
import stat
import time
from pathlib import Path

import pytest

from tasks.service.image_files import ImageFiles


@pytest.fixture
def files(tmp_path: Path) -> ImageFiles:
    return ImageFiles(tmp_path / "images")


def test_a_picture_comes_back_and_is_for_the_service_alone(files: ImageFiles, tmp_path: Path) -> None:
    name = files.add(b"picture")
    assert files.read(name) == b"picture"
    assert stat.S_IMODE((tmp_path / "images").stat().st_mode) == 0o700
    files.remove(name)
    files.remove(name)
    with pytest.raises(FileNotFoundError):
        files.read(name)


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "/etc/passwd", "A" * 32, "0" * 31, "0" * 31 + "/", "0" * 32 + "\n"]
)
def test_no_other_name_leads_to_a_file(files: ImageFiles, name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a picture"):
        files.path(name)


def test_what_cannot_be_written_leaves_nothing(
    files: ImageFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        files.add(b"picture")
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_old_files_without_a_task_are_swept_away_and_nothing_else(files: ImageFiles) -> None:
    kept, young, orphan = (files.add(b"picture") for _ in range(3))
    unfinished = files.path(kept).with_suffix(".part")
    unfinished.write_bytes(b"pic")
    for file in (files.path(kept), files.path(orphan), unfinished):
        os.utime(file, (time.time() - 4000, time.time() - 4000))
    assert files.sweep(lambda names: {kept} & set(names)) == 2
    assert (files.read(kept), files.read(young)) == (b"picture", b"picture")
    assert not files.path(orphan).exists()
    assert not unfinished.exists()
