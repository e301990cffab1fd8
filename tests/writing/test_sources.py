"""Where writes go: commits with a name on them, branches of their own, disks that are full, and two who write at once."""

import errno
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from controller.source.fetch.directory import DirectorySource
from controller.source.fetch.git import GitSource
from controller.source.source_edit import SourceChanged, SourceEdit, Written
from controller.writing.bookkeeping import BookkeepingFile
from crds.annotations import LAST_APPLIED
from tests.writing.conftest import CAMERAS as TEXT
from tests.writing.served import CAMERAS, Served, served

RunGit = Callable[..., str]


@pytest.fixture
def git(directory: Path) -> RunGit:
    identity = {f"GIT_{role}_{what}": "tester" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def run(*arguments: str) -> str:
        command = ["git", "-C", str(directory), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()

    run("init", "--quiet", "--initial-branch=main", ".")
    run("add", ".")
    run("commit", "--quiet", "--message=The fleet")
    return run


class Moody(DirectorySource):
    """A directory that does not take what is written, now and then."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.moods: list[Exception] = []
        self.edits: list[SourceEdit] = []

    async def write(self, edit: SourceEdit) -> Written:
        self.edits.append(edit)
        if self.moods:
            raise self.moods.pop()
        return await super().write(edit)


def widen(fleet: Served, name: str, width: int, **options: Any) -> int:
    return fleet.patch(f"{CAMERAS}/{name}", {"spec": {"width": width}}, **options).status_code


def test_a_write_is_a_commit_with_a_reason(directory: Path, git: RunGit) -> None:
    with served(GitSource(directory, "main")) as fleet:
        why = {"dsfleet.io/reason": "the lens was changed"}
        patch = {"spec": {"width": 640}, "metadata": {"annotations": why}}
        answer = fleet.patch(f"{CAMERAS}/gate", patch)
        assert answer.status_code == 200, answer.text
        assert answer.headers["fleet-revision"] == git("rev-parse", "main")
        assert git("log", "-1", "--format=%an|%cn|%s|%b") == (
            "anonymous|fleet controller|Patch camera/gate|the lens was changed"
        )
        assert "annotations" not in answer.json()["metadata"]
        (directory / "cameras.yaml").write_text(TEXT + "# by hand\n")
        refused = fleet.patch(f"{CAMERAS}/gate", {"spec": {"width": 641}})
        assert (refused.status_code, refused.json()["reason"]) == (405, "MethodNotAllowed")
        assert "not committed" in refused.json()["message"]


def test_a_branch_of_its_own_is_answered_with_202(directory: Path, git: RunGit) -> None:
    git("remote", "add", "origin", "git@gitlab.example.org:site/fleet.git")
    with served(GitSource(directory, "main", write_branch="edits")) as fleet:
        answer = fleet.patch(f"{CAMERAS}/gate", {"spec": {"width": 640}})
        assert answer.status_code == 202, answer.text
        assert answer.json()["spec"]["width"] == 640
        assert answer.headers["fleet-branch"] == "edits"
        assert answer.headers["fleet-pull-request"].startswith(
            "https://gitlab.example.org/site/fleet/-/merge_requests/new"
        )
        assert any("committed on branch edits" in one for one in answer.headers.get_list("warning"))
        assert "width" not in fleet.get(f"{CAMERAS}/gate")["spec"]
        assert "width: 640" in git("show", "edits:cameras.yaml")


def test_a_source_that_is_only_read(directory: Path) -> None:
    with served(DirectorySource(directory, read_only=True)) as fleet:
        answer = fleet.patch(f"{CAMERAS}/gate", {"spec": {"width": 640}})
        assert (answer.status_code, answer.json()["reason"]) == (405, "MethodNotAllowed")
        assert "--read-only" in answer.json()["message"]
        assert widen(fleet, "gate", 640, params={"dryRun": "All"}) == 200


def test_disks_that_are_full_and_editors_that_are_faster(directory: Path) -> None:
    source = Moody(directory)
    with served(source) as fleet:
        source.moods = [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))]
        answer = fleet.patch(f"{CAMERAS}/gate", {"spec": {"width": 640}})
        assert (answer.status_code, answer.json()["reason"]) == (507, "InsufficientStorage")
        source.moods = [OSError(errno.EIO, "the disk is dying")]
        answer = fleet.patch(f"{CAMERAS}/gate", {"spec": {"width": 640}})
        assert (answer.status_code, "the disk is dying" in answer.text) == (503, True)
        assert (directory / "cameras.yaml").read_text() == TEXT
        source.moods = [SourceChanged("faster")] * 3
        assert widen(fleet, "gate", 640) == 200
        source.moods = [SourceChanged("faster")] * 100
        assert widen(fleet, "gate", 641) == 409


def test_what_is_asked_and_so_already_writes_nothing(directory: Path) -> None:
    source = Moody(directory)
    with served(source) as fleet:
        assert widen(fleet, "gate", 640) == 200
        version = fleet.get(f"{CAMERAS}/gate")["metadata"]["resourceVersion"]
        assert widen(fleet, "gate", 640) == 200
        assert fleet.patch(f"{CAMERAS}/gate", {"status": {"ready": True}}).status_code == 200
        assert fleet.get(f"{CAMERAS}/gate")["metadata"]["resourceVersion"] == version
        assert len(source.edits) == 1


@pytest.mark.parametrize("has_git", [False, True])
def test_two_who_write_at_once_lose_nothing(directory: Path, request: pytest.FixtureRequest, *, has_git: bool) -> None:
    """Each counts up what it reads, by the version that it read; others patch beside them."""
    if has_git:
        request.getfixturevalue("git")
    turns = 3 if has_git else 6

    def count(fleet: Served) -> None:
        for _ in range(turns):
            while True:
                gate = fleet.get(f"{CAMERAS}/gate")
                gate["spec"]["width"] = gate["spec"].get("width", 100) + 1
                if (code := fleet("PUT", f"{CAMERAS}/gate", json=gate).status_code) == 200:
                    break
                assert code == 409

    def patch(fleet: Served) -> None:
        for number in range(turns):
            assert fleet.patch(f"{CAMERAS}/gate", {"metadata": {"labels": {f"l{number}": "x"}}}).status_code == 200

    with served(GitSource(directory, "main") if has_git else DirectorySource(directory)) as fleet:
        with ThreadPoolExecutor(3) as pool:
            done: list[Any] = [pool.submit(work, fleet) for work in (count, count, patch)]
            for one in done:
                one.result()
        gate = fleet.get(f"{CAMERAS}/gate")
    assert gate["spec"]["width"] == 100 + 2 * turns
    assert gate["metadata"]["labels"] == {f"l{number}": "x" for number in range(turns)}


def test_what_clients_keep_outlives_the_controller(directory: Path, tmp_path: Path) -> None:
    file = tmp_path / "beside.sqlite3"
    with served(DirectorySource(directory), bookkeeping=BookkeepingFile(file)) as fleet:
        for name in ("gate", "yard"):
            fleet.patch(f"{CAMERAS}/{name}", {"metadata": {"annotations": {LAST_APPLIED: name}}})
    (directory / "faces.yaml").write_text((directory / "faces.yaml").read_text().replace(", yard", ""))
    (directory / "cameras.yaml").write_text(TEXT.replace("name: yard", "name: roof"))
    with served(DirectorySource(directory), bookkeeping=BookkeepingFile(file)) as fleet:
        assert fleet.get(f"{CAMERAS}/gate")["metadata"]["annotations"] == {LAST_APPLIED: "gate"}
        fleet.patch(f"{CAMERAS}/lobby", {"metadata": {"annotations": {LAST_APPLIED: "lobby"}}})
    assert sorted(key for key, _ in BookkeepingFile(file).load().items()) == [("Camera", "gate"), ("Camera", "lobby")]
