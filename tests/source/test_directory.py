"""A directory is read as it was at one moment, or not at all."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from controller.source.fetch import snapshot
from controller.source.fetch.directory import DirectorySource, load_directory
from controller.source.fetch.snapshot import SnapshotTaker, SourceError
from controller.source.read.reader import Loaded, Rejected, Unreadable
from tests.patience import in_time

Write = Callable[[Path, Mapping[str, str]], None]

# Nothing here waits this long: it is how late a wake-up may be on a machine that is busy.


@pytest.fixture
def directory(tmp_path: Path, fleet: Mapping[str, str], write_files: Write) -> Path:
    top = tmp_path / "manifests"
    write_files(top, fleet)
    return top


def problems_of(path: Path) -> list[str]:
    reading = load_directory(path)
    assert isinstance(reading, Rejected), reading
    return [str(problem).removeprefix(f"{path}/") for problem in reading.problems]


def test_a_fleet_is_read(directory: Path) -> None:
    reading = load_directory(directory)
    assert isinstance(reading, Loaded)
    assert [one.name for one in reading.revision.objects] == ["lobby", "faces", "edge-1"]
    assert reading.revision.description == str(directory)


def test_the_id_follows_paths_and_bytes_and_nothing_else(directory: Path, tmp_path: Path) -> None:
    first = load_directory(directory)
    shutil.copytree(directory, tmp_path / "copy")
    (tmp_path / "copy" / "README.md").write_text("no manifest")
    os.utime(tmp_path / "copy" / "cameras.yaml", (0, 0))
    copy = load_directory(tmp_path / "copy")
    (tmp_path / "copy" / "cameras.yaml").rename(tmp_path / "copy" / "cams.yaml")
    renamed = load_directory(tmp_path / "copy")
    assert isinstance(first, Loaded)
    assert isinstance(copy, Loaded)
    assert isinstance(renamed, Loaded)
    assert first.revision.id == copy.revision.id != renamed.revision.id
    assert first.revision.id.startswith("sha256:")


def test_what_editors_and_programs_leave_behind_is_not_read(directory: Path, write_files: Write) -> None:
    before = load_directory(directory)
    leftovers = (".cameras.yaml.swp", "cameras.yaml~", "#cameras.yaml#", ".#cameras.yaml", "cameras.yaml.bak", "~$x.yaml",
                 ".hidden.yaml", ".git/a.yaml", "nodes/.cache/b.yml", "notes.txt", "4913")  # fmt: skip
    write_files(directory, dict.fromkeys(leftovers, "{"))
    assert load_directory(directory) == before


def test_a_directory_that_is_away_or_empty_is_no_empty_fleet(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    away = load_directory(tmp_path / "nowhere")
    empty = load_directory(tmp_path / "empty")
    no_directory = load_directory(directory / "cameras.yaml")
    assert away == Unreadable(f"there is no directory {tmp_path}/nowhere")
    assert empty == Unreadable(f"{tmp_path}/empty holds no manifest file (*.yaml or *.yml)")
    assert no_directory == Unreadable(f"{directory}/cameras.yaml is not a directory")


def test_links_are_followed_and_their_loops_are_told(directory: Path, tmp_path: Path, fleet: Mapping[str, str]) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "more.yaml").write_text(fleet["cameras.yaml"].replace("lobby", "linked"))
    (directory / "linked").symlink_to(elsewhere)
    reading = load_directory(directory)
    assert isinstance(reading, Loaded)
    assert "linked" in reading.revision.camera_by_name
    (elsewhere / "loop").symlink_to(directory)
    (directory / "self.yaml").symlink_to("self.yaml")
    (directory / "gone.yaml").symlink_to("nothing")
    (directory / "gone").symlink_to("nothing")
    assert problems_of(directory) == [
        "gone:1:1: the symbolic link leads nowhere (No such file or directory)",
        "gone.yaml:1:1: the symbolic link leads nowhere (No such file or directory)",
        "linked/loop:1:1: the symbolic link leads back into a directory that it stands in: remove it",
        "self.yaml:1:1: the symbolic link leads nowhere (Too many levels of symbolic links)",
    ]


def test_what_is_no_file_is_told_and_not_waited_for(directory: Path) -> None:
    os.mkfifo(directory / "pipe.yaml")
    assert problems_of(directory) == ["pipe.yaml:1:1: is no regular file"]


def test_a_large_file_is_refused_by_its_size(directory: Path) -> None:
    with (directory / "large.yaml").open("wb") as file:
        file.truncate(50 << 20)
    assert problems_of(directory) == [
        "large.yaml:1:1: the file has 52,428,800 bytes; at most 1,048,576 are read: split it"
    ]


def test_a_file_that_cannot_be_read_is_no_missing_file(directory: Path) -> None:
    # Reading it fails for root too, whom no permission stops.
    (directory / "memory.yaml").symlink_to("/proc/self/mem")
    reading = load_directory(directory)
    assert isinstance(reading, Unreadable)
    assert "memory.yaml cannot be read: " in reading.message


def test_names_that_are_no_text_are_shown_and_do_not_break_the_line(directory: Path) -> None:
    Path(os.fsdecode(os.fsencode(directory) + b"/a\xff\n\x1b.yaml")).write_text("{")
    lines = problems_of(directory)
    assert all(line.startswith("a\\xff\\n\\x1b.yaml:1:") for line in lines)


def test_a_file_replaced_while_it_is_read_is_read_again(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = []
    read_file = snapshot._read_file

    def replace_after_reading(path: bytes) -> bytes:
        content = read_file(path)
        reads.append(path)
        if len(reads) == 1:
            (directory / "cameras.yaml").write_text(content.decode().replace("lobby", "door"))
            (directory / "instances.yaml").unlink()
        return content

    monkeypatch.setattr(snapshot, "_read_file", replace_after_reading)
    reading = load_directory(directory)
    assert isinstance(reading, Loaded)
    assert [one.name for one in reading.revision.objects] == ["door", "edge-1"]


def test_what_was_read_through_a_link_that_was_set_back_is_not_kept(
    tmp_path: Path, write_files: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_FINE_RESOLUTION_NS", 0)
    current, leads_to = tmp_path / "current", iter(["two", "one"])
    for name in ("one", "two"):
        write_files(tmp_path / name, {"all.yaml": name})
    current.symlink_to("one")
    read_file, listing = snapshot._read_file, SnapshotTaker._listing

    def swap() -> None:
        if (target := next(leads_to, None)) is not None:
            current.unlink()
            current.symlink_to(target)

    def swapped_before(path: bytes) -> bytes:
        swap()
        return read_file(path)

    def swapped_after(taker: SnapshotTaker) -> dict[bytes, Any]:
        found = listing(taker)
        if current.readlink().name == "two":
            swap()
        return found

    monkeypatch.setattr(snapshot, "_read_file", swapped_before)
    monkeypatch.setattr(SnapshotTaker, "_listing", swapped_after)
    taker = SnapshotTaker(str(current))
    assert [[file.content for file in taker.take()] for _ in range(2)] == [[b"one"], [b"one"]]


def test_a_file_that_comes_and_goes_again_at_once_is_gone(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def differ_after(nanoseconds: int) -> None:
        for resolution in ("_FINE_RESOLUTION_NS", "_COARSE_RESOLUTION_NS"):
            monkeypatch.setattr(snapshot, resolution, nanoseconds)

    taker = SnapshotTaker(str(directory))
    differ_after(0)
    before = taker.take()
    differ_after(10**18)
    (directory / "short.yaml").write_text("")
    assert len(taker.take()) == len(before) + 1
    (directory / "short.yaml").unlink()
    assert [file.path for file in taker.take()] == [file.path for file in before]


def test_a_directory_that_does_not_stop_changing_is_not_read(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read_file = snapshot._read_file
    count = iter(range(1, 10_000))

    def change_after_reading(path: bytes) -> bytes:
        (directory / "busy.yaml").write_text("#" * next(count))
        return read_file(path)

    monkeypatch.setattr(snapshot, "_read_file", change_after_reading)
    slept: list[float] = []
    with pytest.raises(SourceError, match="cannot be read as a whole: it does not stop changing"):
        SnapshotTaker(str(directory), sleep=slept.append).take()
    assert len(slept) >= snapshot.ATTEMPTS


def test_a_directory_removed_while_it_is_read_is_away(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def remove(path: bytes) -> bytes:
        shutil.rmtree(directory)
        raise FileNotFoundError(2, "No such file", path)

    monkeypatch.setattr(snapshot, "_read_file", remove)
    assert load_directory(directory) == Unreadable(f"there is no directory {directory}")


def test_a_fresh_edit_is_waited_for(directory: Path) -> None:
    slept: list[float] = []
    (directory / "cameras.yaml").touch()
    SnapshotTaker(str(directory), sleep=slept.append, settle_seconds=5.0).take()
    assert len(slept) == 1
    assert 0 < slept[0] <= 5.0


def test_an_edit_is_seen_whatever_its_time_stamp_says(directory: Path, fleet: Mapping[str, str]) -> None:
    source = DirectorySource(directory)
    camera = directory / "cameras.yaml"
    os.utime(camera, (0, 0))
    assert isinstance(source.read_now(), Loaded)
    camera.write_text(fleet["cameras.yaml"].replace("10.0.0.1", "10.0.0.2"))
    os.utime(camera, (0, 0))
    reading = source.read_now()
    assert isinstance(reading, Loaded)
    assert reading.revision.cameras[0].spec.address == "rtsp://10.0.0.2/1"


def test_an_unchanged_directory_is_the_same_reading(directory: Path) -> None:
    source = DirectorySource(directory)
    first = source.read_now()
    (directory / "cameras.yaml").touch()
    assert source.read_now() is first


def test_only_files_that_changed_are_read_and_the_others_are_the_very_same(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_file, reads = snapshot._read_file, list[str]()

    def told(path: bytes) -> bytes:
        reads.append(os.path.relpath(os.fsdecode(path), directory))
        return read_file(path)

    monkeypatch.setattr(snapshot, "_read_file", told)
    # Files of a moment ago may change under the same stamp, and are read again until they are old enough.
    monkeypatch.setattr(snapshot, "_FINE_RESOLUTION_NS", 0)
    taker = SnapshotTaker(str(directory))
    first = taker.take()
    assert taker.take() is first
    assert len(reads) == len(first)
    (directory / "cameras.yaml").touch()
    assert taker.take() is first
    (directory / "cameras.yaml").write_text("edited")
    (directory / "more.yaml").write_text("new")
    (directory / "nodes" / "edge-1.yml").unlink()
    second = {file.path: file for file in taker.take()}
    assert list(second) == [b"cameras.yaml", b"instances.yaml", b"more.yaml"]
    assert any(second[b"instances.yaml"] is file for file in first)
    assert reads[len(first) :] == ["cameras.yaml", "cameras.yaml", "more.yaml"]


async def wakes(changes: AsyncIterator[None]) -> None:
    async with in_time():
        await anext(changes)


async def until_read(source: DirectorySource, changes: AsyncIterator[None], expected: Callable[[Any], bool]) -> None:
    """Reads after each wake-up until the reading is the expected one: a wake-up may come in the middle of an edit."""
    async with in_time():
        while not expected(await source.read()):
            await anext(changes)


def names_cameras(*names: str) -> Callable[[Any], bool]:
    return lambda reading: isinstance(reading, Loaded) and set(reading.revision.camera_by_name) == set(names)


def test_edits_wake_up(directory: Path, fleet: Mapping[str, str], write_files: Write) -> None:
    async def run() -> None:
        source = DirectorySource(directory, poll_seconds=3600)
        async with aclosing(source.changes()) as changes:
            await wakes(changes)
            write_files(directory, {"new/door.yaml": fleet["cameras.yaml"].replace("lobby", "door")})
            await until_read(source, changes, names_cameras("lobby", "door"))
            temporary = directory / ".door.tmp"
            temporary.write_text(fleet["cameras.yaml"].replace("lobby", "gate"))
            temporary.rename(directory / "new" / "door.yaml")
            await until_read(source, changes, names_cameras("lobby", "gate"))
            (directory / "new" / "door.yaml").unlink()
            await until_read(source, changes, names_cameras("lobby"))

    asyncio.run(run())


def test_a_directory_may_go_and_come_back(directory: Path, fleet: Mapping[str, str], write_files: Write) -> None:
    async def run() -> None:
        source = DirectorySource(directory, poll_seconds=3600)
        async with aclosing(source.changes()) as changes:
            await wakes(changes)
            shutil.rmtree(directory)
            await until_read(source, changes, lambda reading: isinstance(reading, Unreadable))
            write_files(directory, fleet)
            await until_read(source, changes, names_cameras("lobby"))
            (directory / "cameras.yaml").write_text(
                fleet["cameras.yaml"] + "---\n" + fleet["cameras.yaml"].replace("lobby", "b")
            )
            await until_read(source, changes, names_cameras("lobby", "b"))

    asyncio.run(run())


def test_a_directory_may_come_later(tmp_path: Path, fleet: Mapping[str, str], write_files: Write) -> None:
    async def run() -> None:
        source = DirectorySource(tmp_path / "later", poll_seconds=3600)
        async with aclosing(source.changes()) as changes:
            await wakes(changes)
            assert isinstance(await source.read(), Unreadable)
            write_files(tmp_path / "later", fleet)
            await until_read(source, changes, names_cameras("lobby"))

    asyncio.run(run())


def test_a_configmap_is_swapped_as_kubernetes_does_it(
    tmp_path: Path, fleet: Mapping[str, str], write_files: Write
) -> None:
    mount = tmp_path / "mount"
    write_files(mount / "..2024_1", {"all.yaml": "---\n".join(fleet.values())})
    write_files(mount / "..2024_2", {"all.yaml": "---\n".join(fleet.values()).replace("lobby", "door")})
    (mount / "..data").symlink_to("..2024_1")
    (mount / "all.yaml").symlink_to("..data/all.yaml")

    async def run() -> None:
        source = DirectorySource(mount, poll_seconds=3600)
        async with aclosing(source.changes()) as changes:
            await wakes(changes)
            await until_read(source, changes, names_cameras("lobby"))
            (mount / "..data_tmp").symlink_to("..2024_2")
            (mount / "..data_tmp").rename(mount / "..data")
            await until_read(source, changes, names_cameras("door"))

    asyncio.run(run())


def test_the_directory_may_be_a_link_that_moves_on(
    tmp_path: Path, fleet: Mapping[str, str], write_files: Write
) -> None:
    write_files(tmp_path / "one", {"all.yaml": "---\n".join(fleet.values())})
    write_files(tmp_path / "two", {"all.yaml": "---\n".join(fleet.values()).replace("lobby", "door")})
    current = tmp_path / "current"
    current.symlink_to("one")

    async def run() -> None:
        source = DirectorySource(current, poll_seconds=3600)
        async with aclosing(source.changes()) as changes:
            await wakes(changes)
            await until_read(source, changes, names_cameras("lobby"))
            (tmp_path / "next").symlink_to("two")
            (tmp_path / "next").rename(current)
            await until_read(source, changes, names_cameras("door"))

    asyncio.run(run())


def test_polling_and_refreshing_wake_up_without_a_change(directory: Path) -> None:
    async def run() -> None:
        polling = DirectorySource(directory, poll_seconds=0.05)
        async with aclosing(polling.changes()) as changes:
            for _ in range(3):
                await wakes(changes)
        refreshed = DirectorySource(directory, poll_seconds=3600)
        async with aclosing(refreshed.changes()) as changes:
            await wakes(changes)
            await refreshed.refresh()
            await wakes(changes)

    asyncio.run(run())


def test_without_a_watch_it_polls(directory: Path, fleet: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    def no_watch(*_: object, **__: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("controller.source.fetch.watch.awatch", no_watch)

    async def run() -> None:
        source = DirectorySource(directory, poll_seconds=0.05)
        async with aclosing(source.changes()) as changes:
            await wakes(changes)
            (directory / "cameras.yaml").write_text(fleet["cameras.yaml"].replace("10.0.0.1", "10.0.0.2"))
            await until_read(
                source, changes, lambda one: isinstance(one, Loaded) and "0.2" in one.revision.cameras[0].spec.address
            )

    asyncio.run(run())
