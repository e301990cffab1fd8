"""Files of a directory are written whole or not at all, where they really stand, and as the same file for everybody else."""

import asyncio
import errno
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from controller.source.fetch import directory_write
from controller.source.fetch.directory import DirectorySource
from controller.source.fetch.snapshot import SnapshotTaker
from controller.source.read.reader import Loaded, Reading, Rejected
from controller.source.source_edit import NotWritable, SourceChanged, SourceEdit

Write = Callable[[Path, Mapping[str, str]], None]


@pytest.fixture
def directory(tmp_path: Path, fleet: Mapping[str, str], write_files: Write) -> Path:
    top = tmp_path / "manifests"
    write_files(top, fleet)
    return top


def edit(directory: Path, after: Mapping[str, str | None]) -> SourceEdit:
    before = {path: (directory / path).read_bytes() if (directory / path).exists() else None for path in after}
    return SourceEdit(
        {path.encode(): content for path, content in before.items()},
        {path.encode(): None if content is None else content.encode() for path, content in after.items()},
    )


def written(directory: Path, after: Mapping[str, str | None], source: DirectorySource | None = None) -> Reading:
    async def write() -> Reading:
        into = source or DirectorySource(directory)
        await into.read()
        revision = await into.write(edit(directory, after))
        reading = await into.read()
        assert isinstance(reading, Loaded | Rejected)
        assert reading.revision_id == revision.revision_id
        return reading

    return asyncio.run(write())


def names(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("*") if not path.is_dir())


def test_files_come_change_and_go_as_one_revision(directory: Path, fleet: Mapping[str, str]) -> None:
    gate = fleet["cameras.yaml"].replace("lobby", "gate")
    reading = written(
        directory,
        {
            "cameras.yaml": None,
            "sites/new/gate.yaml": gate,
            "instances.yaml": fleet["instances.yaml"].replace("[lobby]", "[gate]"),
        },
    )
    assert isinstance(reading, Loaded)
    assert [one.name for one in reading.revision.cameras] == ["gate"]
    assert names(directory) == ["instances.yaml", "nodes/edge-1.yml", "sites/new/gate.yaml"]


def test_what_is_looked_at_before_changes_nothing_and_is_of_the_very_same_objects(directory: Path) -> None:
    async def look() -> None:
        source = DirectorySource(directory)
        now = await source.read()
        assert isinstance(now, Loaded)
        text = (directory / "cameras.yaml").read_bytes().replace(b"10.0.0.1", b"10.0.0.2")
        preview = await source.preview({b"cameras.yaml": text})
        assert isinstance(preview, Loaded)
        assert preview.revision.nodes is now.revision.nodes
        assert preview.revision.camera_by_name["lobby"].spec.address == "rtsp://10.0.0.2/1"
        refused = await source.preview({b"cameras.yaml": None})
        assert isinstance(refused, Rejected)
        assert "lobby" in str(refused.problems[0])
        assert await source.read() is now
        done = await source.write(edit(directory, {"cameras.yaml": text.decode()}))
        assert done.revision_id == preview.revision.id

    asyncio.run(look())


def test_what_was_written_here_is_read_without_a_pause(directory: Path) -> None:
    pauses: list[float] = []
    taker = SnapshotTaker(str(directory), sleep=pauses.append, settle_seconds=3600)
    for path in ("cameras.yaml", "instances.yaml"):
        (directory / path).write_text("x: 1\n")
    taker.wrote([b"cameras.yaml", b"instances.yaml", b"gone.yaml", b"nodes/edge-1.yml"])
    taker.take()
    assert pauses == []
    (directory / "cameras.yaml").write_text("x: 2\n")
    taker.take()
    assert len(pauses) == 1


def test_a_file_that_somebody_saved_is_not_written_over(directory: Path) -> None:
    stale = edit(directory, {"cameras.yaml": "x", "instances.yaml": "y"})
    (directory / "instances.yaml").write_text("saved")
    with pytest.raises(SourceChanged, match=r"instances\.yaml is not as it was read"):
        asyncio.run(DirectorySource(directory).write(stale))
    assert "lobby" in (directory / "cameras.yaml").read_text()
    stale = SourceEdit({b"new.yaml": None}, {b"new.yaml": b"x"})
    (directory / "new.yaml").write_text("saved")
    with pytest.raises(SourceChanged):
        asyncio.run(DirectorySource(directory).write(stale))


def test_links_are_written_where_they_lead(directory: Path, tmp_path: Path, fleet: Mapping[str, str]) -> None:
    (directory / "cameras.yaml").rename(tmp_path / "elsewhere.yaml")
    (directory / "cameras.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    (directory / "nodes").rename(tmp_path / "machines")
    (directory / "nodes").symlink_to("../machines")
    text = fleet["cameras.yaml"].replace("10.0.0.1", "10.0.0.2")
    node = fleet["nodes/edge-1.yml"] + "# seen\n"
    assert isinstance(written(directory, {"cameras.yaml": text, "nodes/edge-1.yml": node}), Loaded)
    assert (directory / "cameras.yaml").is_symlink()
    assert (directory / "nodes").is_symlink()
    assert (tmp_path / "elsewhere.yaml").read_text() == text
    assert (tmp_path / "machines" / "edge-1.yml").read_text() == node
    # What stands in no file of the source any more is no business of the source.
    written(directory, {"cameras.yaml": None, "instances.yaml": None})
    assert not (directory / "cameras.yaml").is_symlink()
    assert (tmp_path / "elsewhere.yaml").read_text() == text


def test_permissions_and_owner_stay(directory: Path, fleet: Mapping[str, str]) -> None:
    path = directory / "cameras.yaml"
    path.chmod(0o640)
    owner = (4711, 4712) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    os.chown(path, *owner)
    written(directory, {"cameras.yaml": fleet["cameras.yaml"] + "# seen\n"})
    status = path.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o640, *owner)


@pytest.mark.parametrize("path", [".hidden.yaml", "../x.yaml", "a/../x.yaml", "/etc/x.yaml", "notes.txt", "a//b.yaml"])
def test_what_is_no_file_for_manifests_is_not_written(directory: Path, path: str) -> None:
    with pytest.raises(NotWritable, match="is no file for manifests"):
        asyncio.run(DirectorySource(directory).write(SourceEdit({path.encode(): None}, {path.encode(): b"x"})))


def test_a_source_that_is_only_read_says_so(directory: Path) -> None:
    with pytest.raises(NotWritable, match="--read-only"):
        asyncio.run(DirectorySource(directory, read_only=True).write(edit(directory, {"cameras.yaml": None})))


@pytest.mark.parametrize(
    ("code", "error"), [(errno.ENOSPC, OSError), (errno.EROFS, NotWritable), (errno.EACCES, NotWritable)]
)
@pytest.mark.parametrize("call", ["replace", "open", "fsync"])
def test_a_disk_that_refuses_leaves_the_old_files(
    directory: Path, monkeypatch: pytest.MonkeyPatch, code: int, error: type[Exception], call: str
) -> None:
    real, calls = getattr(os, call), []

    def refuse(*arguments: object, **options: object) -> object:
        path = arguments[0]
        if call == "fsync" or (isinstance(path, bytes) and b"fleet-unfinished" in path):
            calls.append(path)
            if len(calls) == 2:
                raise OSError(code, os.strerror(code))
        return real(*arguments, **options)

    source, before = DirectorySource(directory), {name: (directory / name).read_text() for name in names(directory)}
    asked = edit(directory, {"cameras.yaml": "a: 1\n", "instances.yaml": "b: 2\n"})
    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(error):
        asyncio.run(source.write(asked))
    monkeypatch.undo()
    assert {name: (directory / name).read_text() for name in names(directory)} == before


def test_what_moves_into_another_file_is_never_in_none(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, seen = os.unlink, list[str]()

    def refuse(path: object) -> None:
        if isinstance(path, bytes) and path.endswith(b"cameras.yaml"):
            seen.append((directory / "zoo.yaml").read_text())
            raise OSError(errno.EIO, "the disk is dying")
        real(path)  # type: ignore[arg-type]

    text = (directory / "cameras.yaml").read_text()
    asked = edit(directory, {"cameras.yaml": None, "zoo.yaml": text})
    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(OSError, match="the disk is dying"):
        asyncio.run(DirectorySource(directory).write(asked))
    assert seen == [text]
    assert names(directory) == ["cameras.yaml", "instances.yaml", "nodes/edge-1.yml"]


def test_what_a_person_saved_meanwhile_is_not_put_back(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two files the second cannot be written, and the first is not ours any more."""
    real, saved = os.replace, "# by hand\n"

    def replace(unfinished: bytes, place: bytes) -> None:
        if place.endswith(b"instances.yaml"):
            (directory / "cameras.yaml").write_text(saved)
            (directory / "zoo.yaml").write_text(saved)
            raise OSError(errno.EIO, "the disk is dying")
        real(unfinished, place)

    asked = edit(directory, {"cameras.yaml": "a: 1\n", "zoo.yaml": "b: 2\n", "instances.yaml": "c: 3\n"})
    monkeypatch.setattr(directory_write.os, "replace", replace)
    with pytest.raises(OSError, match="the disk is dying"):
        asyncio.run(DirectorySource(directory).write(asked))
    assert [(directory / name).read_text() for name in ("cameras.yaml", "zoo.yaml")] == [saved, saved]


def test_a_reader_waits_for_all_of_an_edit(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def race() -> None:
        source = DirectorySource(directory)
        before = await source.read()
        loop, second = asyncio.get_running_loop(), asyncio.Event()
        real = os.replace

        def slowly(*arguments: object) -> None:
            real(*arguments)  # type: ignore[arg-type]
            loop.call_soon_threadsafe(second.set)

        monkeypatch.setattr(directory_write.os, "replace", slowly)
        texts = {name: (directory / name).read_text() + "# seen\n" for name in ("cameras.yaml", "instances.yaml")}
        writing = asyncio.create_task(source.write(edit(directory, texts)))
        await second.wait()
        seen = await source.read()
        assert isinstance(seen, Loaded)
        assert isinstance(before, Loaded)
        assert seen.revision.id == (await writing).revision_id != before.revision.id

    asyncio.run(race())


_KILLED_AT_EVERY_MOMENT = """
import os, signal, sys
from controller.source.fetch.directory_write import write_files
from controller.source.source_edit import SourceEdit

root = os.fsencode(sys.argv[1])
paths = {name: os.path.join(root, name) for name in (b"cameras.yaml", b"instances.yaml")}
CALLS = ("open", "write", "flush", "fsync", "replace", "fchmod")

def read():
    return {name: open(path, "rb").read() for name, path in paths.items()}

def write(moment):
    count = 0
    def watch(frame, event, argument):
        nonlocal count
        if event == "c_call" and getattr(argument, "__name__", "") in CALLS:
            count += 1
            if count == moment:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.setprofile(watch)
    write_files(root, SourceEdit(old, new))
    os._exit(0)

old = read()
new = {name: content + b"# seen\\n" * 100 for name, content in old.items()}
seen = set()
for moment in range(1, 100):
    if not (child := os.fork()):
        write(moment)
    _, status = os.waitpid(child, 0)
    now = read()
    assert all(now[name] in (old[name], new[name]) for name in paths), moment
    seen.add(tuple(now[name] == new[name] for name in paths))
    if status == 0:
        break
    assert status == signal.SIGKILL
    for name, path in paths.items():
        open(path, "wb").write(old[name])
print(sorted(seen), any(b"unfinished" in name for name in os.listdir(root)))
"""


def test_a_writer_that_is_killed_leaves_each_file_old_or_new(directory: Path) -> None:
    """Killed at one moment after the other, from the first new byte to the last rename."""
    command = [sys.executable, "-c", _KILLED_AT_EVERY_MOMENT, str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # What the others left is gone once one got through.
    assert done.stdout.strip() == "[(False, False), (True, False), (True, True)] False", done.stderr


def test_whoever_watches_is_woken_by_an_edit(directory: Path) -> None:
    async def watch() -> None:
        source = DirectorySource(directory)
        changes = source.changes()
        await anext(changes)
        await anext(changes)  # the watch stands
        texts = {"cameras.yaml": (directory / "cameras.yaml").read_text() + "# seen\n"}
        await source.read()
        await source.write(edit(directory, texts))
        await anext(changes)
        await changes.aclose()  # type: ignore[attr-defined]

    asyncio.run(watch())
