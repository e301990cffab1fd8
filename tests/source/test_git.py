"""Git repositories are read as they were committed, and a remote that is away changes nothing."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from contextlib import aclosing
from pathlib import Path

import pytest

from controller.source.fetch.git import GitSource, is_remote, load_git
from controller.source.fetch.git_program import Git, split_credentials, without_user_info
from controller.source.fetch.snapshot import SourceError
from controller.source.read.reader import Loaded, Reading, Rejected, Unreadable
from tests.patience import in_time

RunGit = Callable[..., str]


def loaded(reading: Reading) -> Loaded:
    assert isinstance(reading, Loaded), reading
    return reading


def message(reading: Reading) -> str:
    assert isinstance(reading, Unreadable), reading
    return reading.message


def commit_camera(repository: Path, git: RunGit, name: str, *more: str) -> str:
    camera = repository / "manifests" / "extra.yaml"
    lobby = (repository / "manifests" / "cameras.yaml").read_text()
    camera.write_text(lobby.replace("lobby", name))
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", f"--message=Add {name}", *more)
    return git(repository, "rev-parse", "HEAD")


def test_the_committed_tree_is_read_and_not_the_working_tree(repository: Path, git: RunGit) -> None:
    (repository / "manifests" / "broken.yaml").write_text("{")
    git(repository, "add", ".")
    (repository / "manifests" / "cameras.yaml").unlink()
    reading = loaded(load_git(repository, "main", subdirectory="manifests"))
    assert reading.revision.id == git(repository, "rev-parse", "main")
    assert reading.revision.description == "The first fleet"
    assert [one.name for one in reading.revision.objects] == ["lobby", "faces", "edge-1"]


def test_a_directory_of_a_working_tree_is_what_is_below_it(repository: Path, git: RunGit) -> None:
    (repository / "compose.yaml").write_text("services: {}")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message=Something else")
    assert isinstance(load_git(repository, "HEAD"), Rejected)
    assert loaded(load_git(repository / "manifests", "HEAD")).revision.cameras
    assert len(loaded(load_git(repository, "HEAD", subdirectory="manifests/nodes/")).revision.objects) == 1


def test_what_a_commit_does_not_touch_is_the_very_same(repository: Path, git: RunGit) -> None:
    source = GitSource(repository, "main", subdirectory="manifests")
    before = loaded(source.read_now()).revision
    commit_camera(repository, git, "gate")
    after = loaded(source.read_now()).revision
    assert after.camera_by_name["lobby"] is before.camera_by_name["lobby"]
    assert after.instances is before.instances
    assert after.nodes is before.nodes


def test_refs_of_every_form(repository: Path, git: RunGit, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    git(repository, "tag", "--annotate", "--message=One", "v1.0")
    git(repository, "tag", "gate", "HEAD")
    git(repository, "branch", "gate")
    git(repository, "switch", "--quiet", "gate")
    second = commit_camera(repository, git, "gate")
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")
    for top in (repository, tmp_path / "bare.git"):
        for ref, expected in {
            "main": first, "v1.0": first, "gate~1": first, first: first, first[:9]: first, "refs/heads/gate": second,
            # A tag cannot take the place of the branch of its name.
            "gate": second, "HEAD": second, "@": second,
        }.items():  # fmt: skip
            assert loaded(load_git(top, ref, subdirectory="manifests")).revision.id == expected, ref


@pytest.mark.parametrize(
    "ref", ["-x", "--output=/tmp/x", "a..b", "a b", "", "HEAD:manifests", "a\n", ":/x", "$(x)", "^main"]
)
def test_what_is_no_ref_never_reaches_git(repository: Path, ref: str) -> None:
    assert message(load_git(repository, ref)) == f"{ref!r} is no name of a branch, a tag or a commit"


def test_what_is_not_there_is_an_error(repository: Path, tmp_path: Path, git: RunGit) -> None:
    commit = git(repository, "rev-parse", "HEAD")[:12]
    assert message(load_git(repository, "nope")) == f"{repository}: there is no commit 'nope' in the repository"
    assert message(load_git(repository, "main", subdirectory="a")) == (
        f"{repository}: there is no directory 'a' in commit {commit}"
    )
    assert "there is no directory" in message(load_git(repository, "main", subdirectory="manifests/cameras.yaml"))
    assert (
        message(load_git(repository, "main", subdirectory="../x"))
        == "'../x' is no directory below the top of the repository"
    )
    assert "not a git repository" in message(load_git(tmp_path, "main"))
    assert "No such file or directory" in message(load_git(tmp_path / "gone", "main"))
    git(repository, "rm", "-r", "--quiet", "manifests")
    git(repository, "commit", "--quiet", "--allow-empty", "--message=Nothing")
    assert "holds no manifest file" in message(load_git(repository, "main"))
    (tmp_path / "unborn").mkdir()
    git(tmp_path / "unborn", "init", "--quiet", ".")
    assert "there is no commit 'HEAD'" in message(load_git(tmp_path / "unborn", "HEAD"))


def test_git_that_is_not_installed_is_an_error(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert message(load_git(repository, "main")) == f"{repository}: the program git is not installed"


def test_git_that_hangs_is_killed(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nsleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    with pytest.raises(SourceError, match=r"git fetch took longer than 0\.2 s"):
        Git(str(repository)).run(["fetch"], timeout=0.2)


def test_the_environment_of_a_hook_leads_nowhere_else(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere/.git")
    monkeypatch.setenv("GIT_WORK_TREE", "/nowhere")
    monkeypatch.setenv("GIT_INDEX_FILE", "/nowhere/index")
    assert loaded(load_git(repository, "main", subdirectory="manifests"))


def test_submodules_are_refused(repository: Path, git: RunGit) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{commit},manifests/sub")
    git(repository, "commit", "--quiet", "--message=A part of others")
    reading = load_git(repository, "main", subdirectory="manifests")
    assert isinstance(reading, Rejected)
    assert [str(problem) for problem in reading.problems] == [
        "manifests/sub:1:1: submodules are not read: name a subdirectory without one, or commit the manifests themselves",
    ]
    assert reading.description == "A part of others"


def test_a_repository_with_sha256(
    tmp_path: Path, git: RunGit, fleet: Mapping[str, str], write_files: Callable[..., None]
) -> None:
    top = tmp_path / "new"
    top.mkdir()
    git(top, "init", "--quiet", "--object-format=sha256", "--initial-branch=main", ".")
    write_files(top, fleet)
    git(top, "add", ".")
    git(top, "commit", "--quiet", "--message=Long names")
    assert len(loaded(load_git(top, "main")).revision.id) == 64
    remote = GitSource(top.as_uri(), "main", cache_dir=tmp_path / "cache")
    assert len(loaded(remote.read_now()).revision.id) == 64


def test_large_files_are_refused_unread(repository: Path, git: RunGit) -> None:
    (repository / "manifests" / "large.yaml").write_bytes(b"a: b\n" * 300_000)
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message=Large")
    reading = load_git(repository, "main")
    assert isinstance(reading, Rejected)
    assert "1,500,000 bytes" in str(reading.problems[0])


def test_a_remote_is_mirrored_and_followed_through_force_pushes(repository: Path, git: RunGit, tmp_path: Path) -> None:
    async def run() -> None:
        source = GitSource(repository.as_uri(), "main", subdirectory="manifests", cache_dir=tmp_path / "cache")
        first = loaded(await source.read())
        second = commit_camera(repository, git, "door")
        assert await source.read() is first
        await source.refresh()
        assert loaded(await source.read()).revision.id == second
        rewritten = commit_camera(repository, git, "gate", "--amend")
        await source.refresh()
        reading = loaded(await source.read())
        assert reading.revision.id == rewritten
        assert set(reading.revision.camera_by_name) == {"lobby", "gate"}
        git(repository, "reset", "--quiet", "--hard", first.revision.id)
        await source.refresh()
        assert loaded(await source.read()).revision == first.revision

    asyncio.run(run())


def test_the_head_of_a_remote(repository: Path, tmp_path: Path, git: RunGit) -> None:
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "switch", "--quiet", "--create", "trunk")
    for ref in ("HEAD", "@"):
        source = GitSource(repository.as_uri(), ref, subdirectory="manifests", cache_dir=tmp_path / "cache")
        assert loaded(source.read_now()).revision.id == commit


def test_a_remote_that_goes_away_is_told_and_comes_back(repository: Path, git: RunGit, tmp_path: Path) -> None:
    async def run() -> None:
        source = GitSource(repository.as_uri(), "main", subdirectory="manifests", cache_dir=tmp_path / "cache")
        first = loaded(await source.read())
        shutil.move(repository, tmp_path / "away")
        await source.refresh()
        assert "cannot be fetched" in message(await source.read())
        shutil.move(tmp_path / "away", repository)
        assert await source.read() is first
        git(repository, "switch", "--quiet", "--create", "other")
        git(repository, "branch", "--delete", "--force", "main")
        await source.refresh()
        assert "there is no commit 'main'" in message(await source.read())

    asyncio.run(run())


def test_a_damaged_mirror_is_told(repository: Path, tmp_path: Path) -> None:
    source = GitSource(repository.as_uri(), "main", subdirectory="manifests", cache_dir=tmp_path / "cache")
    loaded(source.read_now())
    (mirror,) = (tmp_path / "cache").iterdir()
    shutil.rmtree(mirror / "objects")
    (mirror / "objects").mkdir()
    again = GitSource(repository.as_uri(), "main", subdirectory="manifests", cache_dir=tmp_path / "cache")
    assert isinstance(again.read_now(), Loaded | Unreadable)
    shutil.rmtree(mirror)
    assert loaded(
        GitSource(repository.as_uri(), "main", subdirectory="manifests", cache_dir=tmp_path / "cache").read_now()
    )


def test_commits_wake_up(repository: Path, git: RunGit, tmp_path: Path) -> None:
    async def run(where: str) -> None:
        cache = tmp_path / "cache"
        source = GitSource(where, "main", subdirectory="manifests", interval_seconds=0.05, cache_dir=cache)
        async with aclosing(source.changes()) as changes:
            await anext(changes)
            await source.read()
            commit = commit_camera(repository, git, f"camera-{len(where)}")
            await anext(changes)
            assert loaded(await source.read()).revision.id == commit
            shutil.move(repository, tmp_path / "away")
            await anext(changes)
            assert isinstance(await source.read(), Unreadable)
            shutil.move(tmp_path / "away", repository)
            await anext(changes)
            assert loaded(await source.read()).revision.id == commit

    async def test() -> None:
        for where in (str(repository), repository.as_uri()):
            async with in_time(30):
                await run(where)

    asyncio.run(test())


def test_the_end_of_the_program_does_not_wait_for_a_remote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., object]
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\nsleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")

    async def run() -> None:
        source = GitSource("https://example.invalid/x.git", "main", cache_dir=tmp_path / "cache")
        reading = asyncio.create_task(source.read())
        await asyncio.to_thread(wait_until, (tmp_path / "started").exists, "git was started")
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with in_time():
                await reading

    asyncio.run(run())


def test_no_password_is_told_or_written(tmp_path: Path) -> None:
    url = "http://robot:hunter2@127.0.0.1:1/fleet.git"
    source = GitSource(url, "main", cache_dir=tmp_path / "cache")
    told = message(source.read_now())
    assert told.startswith("http://***@127.0.0.1:1/fleet.git: cannot be fetched: ")
    assert "hunter2" not in told
    for file in (tmp_path / "cache").rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes()
    bare, settings = split_credentials(url)
    assert bare == "http://127.0.0.1:1/fleet.git"
    assert settings == {"http.extraHeader": "Authorization: Basic cm9ib3Q6aHVudGVyMg=="}
    assert without_user_info("fatal: https://u:half/a@half@h/x is away") == "fatal: https://***@h/x is away"
    assert without_user_info("fatal: https://a:b@h/x and ssh://c@h/y") == "fatal: https://***@h/x and ssh://***@h/y"


def test_remotes_are_told_from_directories(tmp_path: Path) -> None:
    assert is_remote("https://example.com/x.git")
    assert is_remote("git@example.com:x.git")
    assert not is_remote(str(tmp_path))
    assert not is_remote("./a:b")
    with pytest.raises(SourceError, match="needs a cache directory"):
        GitSource("https://example.com/x.git", "main")
    missing = GitSource("https://example.com/x.git", "main", cache_dir="/proc/nowhere")
    assert "cannot be written" in message(missing.read_now())
