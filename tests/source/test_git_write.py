"""Edits become commits: on the branch that is read or another one, here or at a remote, and nobody's work is touched."""

import asyncio
import errno
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from controller.source.fetch import git_commit
from controller.source.fetch.git import GitSource
from controller.source.fetch.git_program import Git
from controller.source.fetch.git_web import pull_request_url
from controller.source.fetch.git_write import writing_of
from controller.source.fetch.snapshot import SourceError
from controller.source.read.reader import Loaded
from controller.source.source_edit import NotWritable, SourceChanged, SourceEdit, Written

RunGit = Callable[..., str]


@pytest.fixture
def bare(repository: Path, tmp_path: Path, git: RunGit) -> Path:
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")
    return tmp_path / "bare.git"


@pytest.fixture
def remote(bare: Path, tmp_path: Path) -> GitSource:
    return GitSource(f"file://{bare}", "main", subdirectory="manifests", cache_dir=tmp_path / "cache")


def edit(fleet: Mapping[str, str], number: int = 2, **more: str) -> SourceEdit:
    before = fleet["cameras.yaml"]
    after = before.replace("10.0.0.1", f"10.0.0.{number}")
    return SourceEdit({b"cameras.yaml": before.encode()}, {b"cameras.yaml": after.encode()}, **more)


def written(source: GitSource, asked: SourceEdit) -> Written:
    async def write() -> Written:
        await source.read()
        return await source.write(asked)

    return asyncio.run(write())


def address(source: GitSource) -> str:
    reading = asyncio.run(source.read())
    assert isinstance(reading, Loaded), reading
    return reading.revision.camera_by_name["lobby"].spec.address


def test_an_edit_is_a_commit_with_author_committer_and_message(
    bare: Path, git: RunGit, fleet: Mapping[str, str]
) -> None:
    source = GitSource(bare, "main", subdirectory="manifests")
    before = git(bare, "rev-parse", "main")
    asked = edit(fleet, author="Ann <x> Other", message="Update camera/lobby\n\nIt moved.")
    done = written(source, asked)
    shown = git(bare, "log", "-1", "--format=%H|%P|%an|%ae|%cn|%ce|%s|%b", "main")
    assert (
        shown
        == f"{done.revision_id}|{before}|Ann x Other|Ann-x-Other@localhost|fleet controller|fleet@localhost|Update camera/lobby|It moved."
    )
    assert git(bare, "diff", "--numstat", before, "main") == "1\t1\tmanifests/cameras.yaml"
    assert address(source) == "rtsp://10.0.0.2/1"


def test_many_files_take_no_more_programs_than_few(
    bare: Path, fleet: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    run = Git.run

    def noting(git: Git, arguments: Sequence[str], **options: Any) -> bytes:
        ran.append(next(one for one in arguments if not one.startswith("-")))
        return run(git, arguments, **options)

    monkeypatch.setattr(Git, "run", noting)
    source, counts = GitSource(bare, "main", subdirectory="manifests"), []
    old = fleet["cameras.yaml"]
    for names in (("a",), ("b", "c", "dir/d", "dir/e", "dir/f")):
        new = {f"{name}.yaml".encode(): old.replace("lobby", name[-1]).encode() for name in names}
        ran.clear()
        written(source, SourceEdit(dict.fromkeys(new), new))
        counts.append(len(ran))
    assert counts[0] >= counts[1]
    monkeypatch.setattr(git_commit, "_PATHS_AT_ONCE", 2)
    back = {**dict.fromkeys(new), b"a.yaml": b"# changed\n" + old.replace("lobby", "a").encode()}
    before = {**new, b"a.yaml": old.replace("lobby", "a").encode()}
    written(source, SourceEdit(before, back))
    reading = asyncio.run(source.read())
    assert isinstance(reading, Loaded), reading
    assert set(reading.revision.camera_by_name) == {"lobby", "a"}


def test_files_come_and_go_and_keep_their_mode(bare: Path, git: RunGit, fleet: Mapping[str, str]) -> None:
    source = GitSource(bare, "main", subdirectory="manifests")
    old, gate = fleet["cameras.yaml"].encode(), fleet["cameras.yaml"].replace("lobby", "gate").encode()
    instances = fleet["instances.yaml"]
    written(
        source,
        SourceEdit(
            {b"cameras.yaml": old, b"new/gate.yaml": None, b"instances.yaml": instances.encode()},
            {
                b"cameras.yaml": None,
                b"new/gate.yaml": gate,
                b"instances.yaml": instances.replace("lobby", "gate").encode(),
            },
        ),
    )
    assert git(bare, "ls-tree", "-r", "--name-only", "main").split() == [
        "manifests/instances.yaml", "manifests/new/gate.yaml", "manifests/nodes/edge-1.yml",
    ]  # fmt: skip


def test_who_comes_after_another_commit_is_told(repository: Path, git: RunGit, fleet: Mapping[str, str]) -> None:
    source = GitSource(repository, "main", subdirectory="manifests")

    async def race() -> None:
        await source.read()
        git(repository, "commit", "--quiet", "--allow-empty", "--message=Faster")
        with pytest.raises(SourceChanged, match="branch main moved on"):
            await source.write(edit(fleet))
        await source.read()
        with pytest.raises(SourceChanged, match=r"cameras\.yaml is not as it was read"):
            await source.write(SourceEdit({b"cameras.yaml": b"other"}, {b"cameras.yaml": b"x"}))
        await source.write(edit(fleet))

    asyncio.run(race())


def test_a_clean_work_tree_goes_along_and_another_is_left_alone(
    repository: Path, git: RunGit, fleet: Mapping[str, str]
) -> None:
    source = GitSource(repository, "main", subdirectory="manifests")
    (repository / "notes.txt").write_text("mine")
    written(source, edit(fleet))
    assert "10.0.0.2" in (repository / "manifests" / "cameras.yaml").read_text()
    assert git(repository, "status", "--porcelain") == "?? notes.txt"
    (repository / "manifests" / "cameras.yaml").write_text("my own work")
    commit = git(repository, "rev-parse", "main")
    again = {"cameras.yaml": fleet["cameras.yaml"].replace("10.0.0.1", "10.0.0.2")}
    with pytest.raises(NotWritable, match="where files are changed and not committed"):
        written(source, edit(again, number=3))
    assert (repository / "manifests" / "cameras.yaml").read_text() == "my own work"
    assert git(repository, "rev-parse", "main") == commit
    # On another branch nobody is in the way.
    git(repository, "checkout", "--quiet", "--force", "-b", "mine")
    (repository / "manifests" / "cameras.yaml").write_text("my own work")
    written(source, edit({"cameras.yaml": again["cameras.yaml"]}))
    assert (repository / "manifests" / "cameras.yaml").read_text() == "my own work"


def test_a_work_tree_that_a_killed_controller_left_behind_goes_along(
    repository: Path, git: RunGit, fleet: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The branch names the new commit, the files are the old ones: whoever commits them takes the edit back."""

    class Killed(BaseException):
        pass

    real = Git.run

    def run(self: Git, arguments: Sequence[str], **options: Any) -> bytes:
        if arguments[:2] == ["read-tree", "-u"]:
            raise Killed
        return real(self, arguments, **options)

    monkeypatch.setattr(Git, "run", run)
    with pytest.raises(Killed):
        written(GitSource(repository, "main", subdirectory="manifests"), edit(fleet))
    monkeypatch.undo()
    assert "cameras.yaml" in git(repository, "status", "--porcelain")
    source = GitSource(repository, "main", subdirectory="manifests")
    second = {"cameras.yaml": fleet["cameras.yaml"].replace("10.0.0.1", "10.0.0.2")}
    written(source, SourceEdit({b"cameras.yaml": second["cameras.yaml"].encode()}, edit(fleet, 3).after))
    assert git(repository, "status", "--porcelain") == ""
    assert "10.0.0.3" in (repository / "manifests" / "cameras.yaml").read_text()
    assert git(repository, "for-each-ref", "refs/fleet") == ""
    git(repository, "checkout", "HEAD^", "--", ".")
    with pytest.raises(NotWritable, match="not committed"):
        written(source, SourceEdit(edit(fleet, 3).after, edit(fleet, 4).after))


@pytest.mark.parametrize("is_killed", [False, True], ids=["full", "killed"])
def test_wherever_it_ends_the_branch_holds_the_old_or_the_new(
    repository: Path, git: RunGit, fleet: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, *, is_killed: bool
) -> None:
    """At one command of git after the other the disk is full, or the controller is killed: who starts next goes on."""

    class Killed(BaseException):
        pass

    real, old, ends = Git.run, git(repository, "rev-parse", "main"), set[str]()
    for moment in range(1, 30):
        calls = iter(range(1, 100))

        def run(self: Git, arguments: Sequence[str], **options: Any) -> bytes:
            if next(calls) == moment:  # noqa: B023 - it is called in this turn alone
                raise Killed if is_killed else SourceError("error: unable to write file: No space left on device")
            return real(self, arguments, **options)

        source = GitSource(repository, "main", subdirectory="manifests")
        assert address(source) == "rtsp://10.0.0.1/1"
        monkeypatch.setattr(Git, "run", run)
        try:
            asyncio.run(source.write(edit(fleet)))
            ended = "written"
        except (Killed, OSError) as error:
            ended = error.strerror if isinstance(error, OSError) else "killed"
        monkeypatch.undo()
        ends.add(ended)
        now = git(repository, "rev-parse", "main")
        text = git(repository, "show", "main:manifests/cameras.yaml") + "\n"
        assert text == fleet["cameras.yaml"] if now == old else "10.0.0.2" in text, moment
        if is_killed:
            after = SourceEdit({b"cameras.yaml": text.encode()}, edit(fleet, 4).after)
            written(GitSource(repository, "main", subdirectory="manifests"), after)
        else:
            assert (ended == "written") == (now != old), moment
        assert git(repository, "status", "--porcelain") == "", moment
        git(repository, "reset", "--quiet", "--hard", old)
        if next(calls) <= moment:
            break
    assert ends == ({"killed", "written"} if is_killed else {"No space left on device", "written"})


def test_a_file_in_the_way_leaves_branch_and_work_tree(repository: Path, git: RunGit) -> None:
    source = GitSource(repository, "main", subdirectory="manifests")
    (repository / "manifests" / "new.yaml").write_text("not committed")
    before = git(repository, "rev-parse", "main")
    with pytest.raises(NotWritable, match="cannot take it"):
        written(source, SourceEdit({b"new.yaml": None}, {b"new.yaml": b"x: 1\n"}))
    assert git(repository, "rev-parse", "main") == before
    assert git(repository, "status", "--porcelain") == "?? manifests/new.yaml"


def test_tags_and_commits_take_no_edits(repository: Path, git: RunGit, fleet: Mapping[str, str]) -> None:
    git(repository, "tag", "v1")
    for ref in ("v1", git(repository, "rev-parse", "HEAD")):
        with pytest.raises(NotWritable, match="is no branch"):
            written(GitSource(repository, ref, subdirectory="manifests"), edit(fleet))


def test_a_branch_of_its_own_collects_edits_until_they_are_taken_over(
    bare: Path, git: RunGit, fleet: Mapping[str, str]
) -> None:
    git(bare, "remote", "set-url", "origin", "https://github.com/example/site.git")
    source = GitSource(bare, "main", subdirectory="manifests", write_branch="fleet/edits")
    before = git(bare, "rev-parse", "main")
    first = written(source, edit(fleet))
    assert first == Written(
        git(bare, "rev-parse", "fleet/edits"),
        "fleet/edits",
        "https://github.com/example/site/compare/main...fleet/edits?expand=1",
    )
    assert git(bare, "rev-parse", "main") == before
    assert address(source) == "rtsp://10.0.0.1/1"
    node = {b"nodes/edge-1.yml": fleet["nodes/edge-1.yml"].encode()}
    second = written(source, SourceEdit(node, {b"nodes/edge-1.yml": node[b"nodes/edge-1.yml"] + b"# seen\n"}))
    assert git(bare, "rev-parse", "fleet/edits~1") == first.revision_id
    with pytest.raises(NotWritable, match="holds a change of the same file"):
        written(source, edit(fleet, number=3))
    git(bare, "update-ref", "refs/heads/main", second.revision_id)
    assert address(source) == "rtsp://10.0.0.2/1"
    third = written(source, edit({"cameras.yaml": fleet["cameras.yaml"].replace("10.0.0.1", "10.0.0.2")}))
    assert git(bare, "rev-parse", f"{third.revision_id}~1") == second.revision_id


def test_a_remote_is_pushed_to(remote: GitSource, bare: Path, git: RunGit, fleet: Mapping[str, str]) -> None:
    done = written(remote, edit(fleet))
    assert git(bare, "rev-parse", "main") == done.revision_id
    assert address(remote) == "rtsp://10.0.0.2/1"


def test_commits_and_branches_outlive_a_power_cut(bare: Path) -> None:
    for settings in ({}, {"http.extraHeader": "x"}):
        assert Git(str(bare), settings).run(["config", "core.fsync"]) == b"committed,reference\n"


def test_what_is_pushed_is_written_whatever_the_mirror_says(
    remote: GitSource, bare: Path, git: RunGit, fleet: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Git.run

    def run(self: Git, arguments: Sequence[str], **options: Any) -> bytes:
        if arguments[0] == "update-ref":
            raise SourceError("No space left on device")
        return real(self, arguments, **options)

    monkeypatch.setattr(Git, "run", run)
    done = written(remote, edit(fleet))
    assert git(bare, "rev-parse", "main") == done.revision_id


def test_a_push_that_comes_too_late_is_told_and_fetches(
    remote: GitSource, repository: Path, bare: Path, git: RunGit, fleet: Mapping[str, str]
) -> None:
    async def race() -> None:
        await remote.read()
        (repository / "manifests" / "cameras.yaml").write_text(fleet["cameras.yaml"].replace("10.0.0.1", "10.0.0.7"))
        git(repository, "commit", "--quiet", "--all", "--message=Faster")
        git(repository, "push", "--quiet", str(bare), "main")
        with pytest.raises(SourceChanged, match="of the remote moved on"):
            await remote.write(edit(fleet))

    asyncio.run(race())
    assert address(remote) == "rtsp://10.0.0.7/1"
    assert git(bare, "log", "-1", "--format=%s", "main") == "Faster"


def test_a_protected_branch_says_so(remote: GitSource, bare: Path, git: RunGit, fleet: Mapping[str, str]) -> None:
    hook = bare / "hooks" / "update"
    hook.write_text("#!/bin/sh\ntest $1 != refs/heads/main\n")
    hook.chmod(0o755)
    with pytest.raises(NotWritable, match=r"the remote refuses commits on branch main .*--write-branch"):
        written(remote, edit(fleet))
    assert address(remote) == "rtsp://10.0.0.1/1"


def test_a_remote_that_is_away_is_no_conflict(remote: GitSource, bare: Path, fleet: Mapping[str, str]) -> None:
    asyncio.run(remote.read())
    bare.rename(bare.with_name("gone.git"))
    with pytest.raises(OSError, match="git: ") as raised:
        asyncio.run(remote.write(edit(fleet)))
    assert raised.value.errno == errno.EIO


@pytest.mark.parametrize(
    ("repository", "said", "is_read_only"),
    [
        ("https://example.com/a.git", None, True),
        ("https://user:token@example.com/a.git", None, False),
        ("https://example.com/a.git", False, False),
        ("git://example.com/a.git", None, True),
        ("ssh://git@example.com/a.git", None, False),
        ("git@example.com:a.git", None, False),
        ("git@example.com:a.git", True, True),
    ],
)
def test_a_remote_without_credentials_is_only_read(repository: str, said: bool | None, is_read_only: bool) -> None:
    assert writing_of(repository, repository, "main", read_only=said, write_branch="").read_only is is_read_only


@pytest.mark.parametrize(
    ("repository", "page"),
    [
        ("git@github.com:a/b.git", "https://github.com/a/b/compare/main...x?expand=1"),
        (
            "https://gitlab.example.org/g/s/b.git",
            "https://gitlab.example.org/g/s/b/-/merge_requests/new?merge_request%5Bsource_branch%5D=x&merge_request%5Btarget_branch%5D=main",
        ),
        ("ssh://git@codeberg.org/a/b", "https://codeberg.org/a/b/compare/main...x?expand=1"),
        ("https://git.example.org/a/b", ""),
        ("/srv/git/b", ""),
    ],
)
def test_where_a_pull_request_is_opened(repository: str, page: str) -> None:
    assert pull_request_url(repository, "main", "x") == page
