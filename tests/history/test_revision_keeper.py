"""Revisions of a directory are kept as they come into force: over restarts, slow disks and full ones."""

import asyncio
import errno
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.history import revision_file, revision_keeper
from controller.history.revision_file import CameIntoForce, RevisionFile
from controller.history.revision_keeper import RevisionKeeper
from controller.knowledge import Knowledge
from controller.picture.picture import Picture
from controller.picture.store import ObjectStore
from controller.rules import Rules
from controller.source.files import SourceFile, digest_of
from controller.source.read.reader import Loaded, ManifestReader
from controller.state import Gate, State
from controller.timings import Timings
from ports.clock import SystemClock
from ports.simulated import NoThreads
from tests.patience import patient
from tests.source.conftest import CAMERA, INSTANCE, NODE

FLEET = {b"c.yaml": CAMERA.encode(), b"n.yaml": NODE.encode(), b"i.yaml": INSTANCE.encode()}


def with_camera(address: str) -> dict[bytes, bytes]:
    return {**FLEET, b"c.yaml": CAMERA.replace("10.0.0.1", address).encode()}


class Stand:
    """A keeper, and what is in force."""

    def __init__(self, file: RevisionFile) -> None:
        rules = Rules("f", "", "1")
        picture = Picture(rules, objects=ObjectStore(1), events=ObjectStore(1), monotonic=SystemClock().monotonic)
        self.knowledge = Knowledge(picture, SystemClock())
        timings = Timings(keep_again_seconds=0.01)
        self.keeper = RevisionKeeper(file, self.knowledge, NoThreads(), timings, SystemClock(), self._author)
        self._reader = ManifestReader()

    def _author(self, revision_id: str) -> tuple[str, str] | None:
        return ("ann", "Patch camera/lobby") if revision_id == id_of(with_camera("10.0.0.7")) else None

    def comes_into_force(self, files: Mapping[bytes, bytes]) -> None:
        sources = [SourceFile(path, content) for path, content in files.items()]
        reading = self._reader.read(sources, root="", revision_id=id_of(files), description="d")
        assert isinstance(reading, Loaded)
        self.knowledge.state = State(reading=reading, gate=Gate(reading.revision))
        self.knowledge.files_changed.set()

    async def run(self, *fleets: Mapping[bytes, bytes]) -> list[str]:
        async def for_ever() -> None:
            while True:
                await self.keeper.keep()

        tasks = [asyncio.create_task(self.keeper.watch()), asyncio.create_task(for_ever())]
        try:
            async with asyncio.timeout(patient(5)):
                for files in fleets:
                    self.comes_into_force(files)
                    await asyncio.sleep(0)
                return [one.subject for one in await self.keeper.listed("", 50)]
        finally:
            for task in tasks:
                task.cancel()


def id_of(files: Mapping[bytes, bytes]) -> str:
    return digest_of(SourceFile(path, content) for path, content in files.items())


def run(file: RevisionFile, *fleets: Mapping[bytes, bytes]) -> list[str]:
    return asyncio.run(Stand(file).run(*fleets))


def test_who_made_each(tmp_path: Path) -> None:
    told = run(RevisionFile(), FLEET, with_camera("10.0.0.7"), with_camera("10.0.0.8"), with_camera("10.0.0.8"))
    assert told == ["edited in the directory", "Patch camera/lobby", "found in the directory"]


def test_a_restart_keeps_nothing_twice_and_sees_what_was_edited_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "revisions.sqlite3"
    run(RevisionFile(path), FLEET)
    assert run(RevisionFile(path), FLEET) == ["found in the directory"]
    file = RevisionFile(path)
    assert run(file, {b"c.yaml": CAMERA.encode(), b"x.yaml": NODE.encode(), b"i.yaml": INSTANCE.encode()})[0] == (
        "edited in the directory"
    )
    newest, first = file.listed("", 9)
    assert file.changes(newest) == {b"x.yaml": (None, NODE.encode()), b"n.yaml": (NODE.encode(), None)}
    assert file.files(first) == FLEET


def test_many_at_once_are_all_kept() -> None:
    assert len(run(RevisionFile(), *(with_camera(f"10.0.0.{number}") for number in range(10, 20)))) == 10


class FullFile(RevisionFile):
    """Takes nothing for a while."""

    left = 3

    def store(self, revision: CameIntoForce, changes: Mapping[bytes, SourceFile | None]) -> None:
        if self.left:
            self.left -= 1
            raise OSError(errno.ENOSPC, "no space")
        super().store(revision, changes)


def test_what_the_disk_did_not_take_is_kept_later(caplog: pytest.LogCaptureFixture) -> None:
    assert len(run(FullFile(), FLEET, with_camera("10.0.0.7"))) == 2
    assert "cannot be kept on disk" in caplog.text


def test_a_disk_that_never_takes_it_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision_keeper, "_KEPT_WITHIN_SECONDS", 0.01)
    file = FullFile()
    file.left = 10**6
    assert run(file, FLEET) == []


def test_manifests_that_are_too_large_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    stand = Stand(RevisionFile(most_bytes=10))
    assert asyncio.run(stand.run(FLEET, with_camera("10.0.0.7"), with_camera("10.0.0.8"))) == []
    assert caplog.text.count("RevisionsNotKept") == 1


def test_the_time_is_when_it_came_into_force() -> None:
    file, before = RevisionFile(), datetime.now(UTC)
    run(file, FLEET)
    assert before <= file.listed("", 1)[0].at <= datetime.now(UTC)
    assert revision_file.MOST_REVISIONS == 20


@pytest.mark.parametrize("content", [None, b"no database at all, " * 100])
def test_a_file_that_is_lost_while_it_is_used_begins_anew_with_all_that_there_is(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "revisions.sqlite3"

    class LostFile(RevisionFile):
        """Is lost once the first revision is kept."""

        def store(self, revision: CameIntoForce, changes: Mapping[bytes, SourceFile | None]) -> None:
            super().store(revision, changes)
            if revision.revision_id == id_of(FLEET):
                path.unlink() if content is None else path.write_bytes(content)

    file = LostFile(path)
    assert len(run(file, FLEET, with_camera("10.0.0.7"))) == 1
    (newest,) = file.listed("", 9)
    assert file.files(newest) == with_camera("10.0.0.7")


def test_a_secret_in_the_words_of_who_wrote_is_not_kept() -> None:
    stand = Stand(RevisionFile())
    stand.keeper._authorship = lambda _: ("ann", "Patch camera/lobby (was rtsp://admin:hunter2@10.0.0.1/x)")
    assert asyncio.run(stand.run(FLEET)) == ["Patch camera/lobby (was rtsp://***@10.0.0.1/x)"]
