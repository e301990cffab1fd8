"""Revisions that were, on a directory and on git: told, compared, and gone back to by a write like any other."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.source.fetch.directory import DirectorySource
from controller.source.fetch.git import GitSource
from controller.source.read.reader import Source
from tests.patience import wait_until
from tests.writing.conftest import CAMERAS as TEXT
from tests.writing.conftest import INSTANCE
from tests.writing.served import CAMERAS, INSTANCES, Served, served

REVISIONS, PLAN = "/fleet/v1/revisions", "/fleet/v1/plan"
PREVIEW = {"accept": "application/json;as=Preview;v=v1;g=dsfleet.io", "content-type": "application/json"}
RunGit = Callable[..., str]


@pytest.fixture
def git(directory: Path) -> RunGit:
    """`git(...)` in the directory, which is a repository with one commit."""
    who = {f"GIT_{role}_{what}": f"{what.lower()}@x" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            ["git", *arguments], cwd=directory, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    run("init", "--quiet", "--initial-branch=main", ".")
    run("add", ".")
    run("commit", "--quiet", "--message=The first")
    return run


@pytest.fixture(params=["directory", "git"])
def source(request: pytest.FixtureRequest, directory: Path) -> Source:
    if request.param == "directory":
        return DirectorySource(directory)
    request.getfixturevalue("git")
    return GitSource(directory, "main")


@pytest.fixture
def either(source: Source) -> Iterator[Served]:
    with served(source) as fleet:
        yield fleet


def listed(fleet: Served, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = fleet.get(f"{REVISIONS}{query}")["revisions"]
    return found


def files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*.yaml")}


def restore(fleet: Served, revision: str, body: Any = None, **params: str) -> Any:
    return fleet("POST", f"{REVISIONS}/{revision}/restore", json=body or {}, params=params)


def widen(fleet: Served, width: int, reason: str = "") -> str:
    answer = fleet.patch(f"{CAMERAS}/lobby", {"spec": {"width": width}}, params={"reason": reason})
    assert answer.status_code == 200, answer.text
    return answer.headers["fleet-revision"]


def test_who_made_each_and_what_it_changed(either: Served, directory: Path) -> None:
    made = widen(either, 640, "a new lens")
    newest, first = listed(either)
    assert (newest["revision"], newest["author"], newest["inForce"]) == (made, "anonymous", True)
    assert newest["subject"].startswith("Patch camera/lobby")
    assert newest["canRestore"].startswith("the manifests are those of ")
    assert (first["inForce"], first["canRestore"]) == (False, None)
    assert first["subject"] in ("The first", "found in the directory")
    one = either.get(f"{REVISIONS}/{made[:20]}")
    assert {**newest, "files": one["files"]} == one
    (file,) = one["files"]
    assert file["path"] == "cameras.yaml"
    assert [line for line in file["diff"].splitlines()[3:] if line[0] in "+-"] == ["+  width: 640"]
    page = either.get(f"{REVISIONS}?limit=1")
    assert page == {"revisions": [newest], "next": page["next"]}
    assert either.get(f"{REVISIONS}?limit=1&before={page['next']}") == {"revisions": [first], "next": None}
    assert listed(either, f"?before={made}") == [first]
    assert either("GET", f"{REVISIONS}/{'0' * 40}").status_code == 404
    assert either("GET", f"{REVISIONS}?limit=x").status_code == 400


def test_there_and_back_gives_the_first_bytes_again(either: Served, directory: Path) -> None:
    """Whatever was edited: objects that came, that went, a file that came, one that went."""
    before = files(directory)
    first = listed(either)[0]["revision"]
    widen(either, 640)
    new = {
        "apiVersion": "dsfleet.io/v1",
        "kind": "Camera",
        "metadata": {"name": "attic"},
        "spec": {"address": "rtsp://h/1"},
    }
    new["metadata"]["annotations"] = {"dsfleet.io/file": "site/attic.yaml"}  # type: ignore[index]
    assert either("POST", CAMERAS, json=new).status_code == 201
    assert either("DELETE", f"{CAMERAS}/gate").status_code == 200
    last, after = listed(either)[0]["revision"], files(directory)
    back = restore(either, first, {"reason": "it was dark"})
    assert back.status_code == 200, back.text
    assert files(directory) == before
    assert "width" not in either.get(f"{CAMERAS}/lobby")["spec"]
    assert {one["metadata"]["name"] for one in either.get(CAMERAS)["items"]} == {"lobby", "yard", "gate"}
    assert listed(either)[0]["subject"].startswith("Restore ")
    assert listed(either)[0]["revision"] == back.headers["fleet-revision"]
    assert restore(either, last).status_code == 200
    assert files(directory) == after
    assert len(listed(either)) == 6
    again = restore(either, last)
    assert (again.status_code, "already" in again.json()["message"]) == (200, True)
    assert "fleet-revision" not in again.headers


def test_what_it_would_do_is_shown_first(either: Served, directory: Path) -> None:
    first, before = listed(either)[0]["revision"], files(directory)
    widen(either, 640)
    path, params = f"{REVISIONS}/{first}/restore", {"dryRun": "All"}
    found = either("POST", path, content=b"", headers=PREVIEW, params=params).json()
    assert (found["kind"], found["object"], found["parked"]) == ("Preview", None, None)
    assert found["files"][0]["diff"].splitlines()[-4:] == [
        "-  width: 640",
        " ---",
        " apiVersion: dsfleet.io/v1",
        " kind: Camera",
    ]
    assert found["changes"][0]["instance"] == "faces"
    dry = restore(either, first, dryRun="All")
    assert dry.json()["message"].startswith("the manifests would be those of ")
    assert "width: 640" in (directory / "cameras.yaml").read_text()
    assert before != files(directory)
    assert either("POST", path, content=b"", headers=PREVIEW).status_code == 400
    assert restore(either, first, {"reasn": "x"}).status_code == 400
    assert restore(either, "0" * 40).status_code == 404


def test_the_guard_weighs_it_as_any_write(either: Served, directory: Path) -> None:
    first, before = listed(either)[0]["revision"], files(directory)
    faces = either.get(f"{INSTANCES}/faces")
    for name in ("second", "third"):
        made = {**faces, "metadata": {"name": name}, "spec": {**faces["spec"], "cameras": ["gate"]}}
        assert either("POST", INSTANCES, json=made).status_code == 201
    wait_until(lambda: _published(either) == 3, "all are published")
    refused = restore(either, first)
    assert (refused.status_code, refused.json()["reason"]) == (409, "Conflict")
    details = refused.json()["details"]
    assert (details["name"], details["causes"][0]["reason"]) == (first, "RemovalGuard")
    assert files(directory) != before
    looked = either("POST", f"{REVISIONS}/{first}/restore", json={}, headers=PREVIEW, params={"dryRun": "All"}).json()
    assert looked["parked"].startswith("it removes 2 of 3 instances (second, third), more than 25 %")
    assert looked["revision"] == details["revision"]
    assert restore(either, first, {"approve": looked["revision"]}).status_code == 200
    assert files(directory) == before
    wait_until(lambda: _published(either) == 1, "they are gone")


def _published(fleet: Served) -> int:
    configs = fleet.controller.answers._knowledge.state.published.configs.values()
    return sum(len(config.node_config_list) for config in configs)


def test_what_was_refused_before_is_refused_again_with_its_place(directory: Path, git: RunGit) -> None:
    (directory / "cameras.yaml").write_text(TEXT.replace("rtsp://10.0.0.2", "http://10.0.0.2"))
    git("commit", "--quiet", "--all", "--message=A mistake")
    broken = git("rev-parse", "HEAD")
    git("revert", "--quiet", "--no-edit", "HEAD")
    with served(GitSource(directory, "main")) as fleet:
        refused = restore(fleet, broken)
        assert (refused.status_code, refused.json()["reason"]) == (422, "Invalid")
        (cause,) = refused.json()["details"]["causes"]
        assert (cause["field"], cause["file"], cause["line"]) == ("spec.address", "cameras.yaml", 13)
        assert (directory / "cameras.yaml").read_text() == TEXT


def test_a_source_that_is_only_read(directory: Path, git: RunGit) -> None:
    for source in (DirectorySource(directory, read_only=True), GitSource(directory, "main", read_only=True)):
        with served(source) as fleet:
            (one, *_) = listed(fleet)
            assert "read-only" in one["canRestore"]
            (directory / "cameras.yaml").write_text(TEXT.replace("rtsp://10.0.0.2", "rtsp://10.0.0.12"))
            git("commit", "--quiet", "--all", f"--message=By hand {type(source).__name__}")
            wait_until(lambda fleet=fleet: len(listed(fleet)) > 1, "it is in force")  # type: ignore[misc]
            refused = restore(fleet, one["revision"])
            assert (refused.status_code, refused.json()["reason"]) == (405, "MethodNotAllowed")
            (directory / "cameras.yaml").write_text(TEXT)
            git("commit", "--quiet", "--all", "--message=Back")


def test_on_git_it_is_a_commit_on_top_and_a_branch_of_its_own_takes_it(directory: Path, git: RunGit) -> None:
    first = git("rev-parse", "HEAD")
    with served(GitSource(directory, "main")) as fleet:
        made = widen(fleet, 640)
        assert restore(fleet, first[:10], {"reason": "it was dark"}).status_code == 200
        told = f"anonymous|Restore {first[:12]}: The first|it was dark"
        assert git("log", "-1", "--format=%an|%s|%b") == told
        assert git("rev-parse", "HEAD~1") == made
        assert git("diff", "--stat", first, "HEAD") == ""
    with served(GitSource(directory, "main", write_branch="edits")) as fleet:
        answer = restore(fleet, made)
        assert (answer.status_code, answer.headers["fleet-branch"]) == (202, "edits")
        assert "width: 640" in git("show", "edits:cameras.yaml")
        assert "width" not in git("show", "main:cameras.yaml")


def test_by_hand_in_a_directory(fleet: Served, directory: Path) -> None:
    (directory / "cameras.yaml").write_text(TEXT.replace("10.0.0.3", "10.0.0.9"))
    wait_until(lambda: len(listed(fleet)) == 2, "it is in force")
    newest = listed(fleet)[0]
    assert (newest["author"], newest["subject"]) == ("", "edited in the directory")
    (directory / "cameras.yaml").write_text(TEXT)
    wait_until(lambda: len(listed(fleet)) == 3, "it is in force")
    newest, between, first = listed(fleet)
    assert newest["revision"] == first["revision"] != between["revision"]
    assert [one["inForce"] for one in (newest, between, first)] == [True, False, False]


def commit(directory: Path, **texts: str) -> None:
    for name, text in texts.items():
        (directory / f"{name}.yaml").write_text(text)
    if (directory / ".git").exists():
        subprocess.run(
            ["git", "-c", "user.name=bob", "-c", "user.email=b@x", "commit", "-qam", "Break it"],
            cwd=directory,
            check=True,
        )


def test_what_is_wrong_is_told_with_its_place(either: Served, directory: Path) -> None:
    assert either.get(PLAN) == {"pending": None, "problems": []}
    commit(
        directory, cameras=TEXT.replace("address: rtsp", "adress: rtsp").replace("'rtsp://10.0.0.2", "'http://10.0.0.2")
    )
    wait_until(lambda: either.get(PLAN)["problems"], "it is read")
    found = either.get(PLAN)
    assert found["pending"] is None
    assert {Path(one["file"]).name for one in found["problems"]} == {"cameras.yaml"}
    assert [(one["line"], one["path"], one["hint"]) for one in found["problems"]] == [
        (8, "spec.adress", "did you mean address?"), (13, "spec.address", None),
    ]  # fmt: skip
    commit(directory, cameras=TEXT)
    wait_until(lambda: not either.get(PLAN)["problems"], "it is mended")


def test_what_waits_is_a_preview(either: Served, directory: Path) -> None:
    commit(directory, faces=INSTANCE.replace("[lobby, yard]", "[]"))
    wait_until(lambda: either.get(PLAN)["pending"], "it is read")
    found = either.get(PLAN)
    assert found["parked"] == "2 of 2 cameras would no longer be watched (lobby, yard), more than 25 % and more than 1"
    assert found["changes"][0]["camerasRemoved"] == ["lobby", "yard"]
    (file,) = found["files"]
    assert [line for line in file["diff"].splitlines()[3:] if line[0] in "+-"] == [
        "-  cameras: [lobby, yard]",
        "+  cameras: []",
    ]
    is_git = (directory / ".git").exists()
    assert (found["author"], found["subject"]) == (("bob", "Break it") if is_git else ("", "edited in the directory"))
    assert either.get(PLAN) == found
    in_force = next(one for one in listed(either) if one["inForce"])
    assert restore(either, in_force["revision"]).status_code == 200, "what waits is taken back"
    assert (directory / "faces.yaml").read_text() == INSTANCE
    wait_until(lambda: either.get(PLAN)["pending"] is None, "nothing waits")
    approve = {"revision": found["pending"]}
    assert either("POST", "/fleet/v1/approve", json=approve).status_code == 409
