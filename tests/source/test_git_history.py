"""The commits of a branch that touch manifests: who made them, what they changed, what they held."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.source.fetch.git import GitSource
from controller.source.revisions import PastRevision, Revisions, RevisionsAway
from tests.source.conftest import CAMERA, INSTANCE, NODE

Git = Callable[..., str]
ADDED = CAMERA.replace("lobby", "yard").replace("10.0.0.1", "10.0.0.2")


def revisions_of(repository: Path, ref: str = "main", subdirectory: str = "manifests") -> Revisions:
    source = GitSource(repository, ref, subdirectory=subdirectory)
    source.read_now()
    assert source.revisions is not None
    return source.revisions


def listed(revisions: Revisions, before: str = "", most: int = 50) -> list[str]:
    return [one.subject for one in asyncio.run(revisions.listed(before, most))]


def found(revisions: Revisions, revision_id: str) -> PastRevision | None:
    return asyncio.run(revisions.found(revision_id))


def commit(git: Git, repository: Path, path: str, text: str | None, message: str) -> str:
    file = repository / path
    if text is None:
        file.unlink()
    else:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git(repository, "add", "--all", ".")
    git(repository, "commit", "--quiet", f"--message={message}")
    return git(repository, "rev-parse", "HEAD")


@pytest.fixture
def long(repository: Path, git: Git) -> list[str]:
    """The commits of a repository that are about manifests, the oldest first; one between them is not."""
    first = git(repository, "rev-parse", "HEAD")
    second = commit(git, repository, "manifests/yard.YML", ADDED, "Add the yard\n\nsince rtsp://u:p@h")
    commit(git, repository, "manifests/README.md", "read me", "Say more")
    third = commit(git, repository, "manifests/yard.YML", None, "Take rtsp://admin:secret@10.0.0.1/x away")
    return [first, second, third]


def test_the_log(repository: Path, long: list[str]) -> None:
    revisions = revisions_of(repository)
    newest, second, first = asyncio.run(revisions.listed("", 50))
    assert [one.revision_id for one in (first, second, newest)] == long
    assert (second.author, second.subject) == ("A Tester", "Add the yard")
    assert newest.subject == "Take rtsp://***@10.0.0.1/x away"
    assert newest.at >= first.at
    assert listed(revisions, most=2) == [newest.subject, "Add the yard"]
    assert listed(revisions, second.cursor) == ["The first fleet"]
    assert listed(revisions, first.cursor) == []
    assert listed(revisions, "f" * 40) == listed(revisions, "HEAD~1") == []


def test_one_by_its_id_or_the_beginning_of_it(repository: Path, long: list[str], git: Git) -> None:
    revisions = revisions_of(repository)
    for name in (long[1], long[1][:7]):
        assert (one := found(revisions, name)) is not None
        assert one.revision_id == long[1]
    readme = git(repository, "rev-parse", "HEAD~1")
    one = found(revisions, readme)
    assert one is not None, "what holds the same manifests as the commit before it"
    assert one.revision_id == long[1]
    for name in ("HEAD", "main", "main~1", long[1][:6], "-1234567", "--all", "0" * 40, ""):
        assert found(revisions, name) is None, name


def test_what_stands_on_other_branches_is_not_told(repository: Path, long: list[str], git: Git) -> None:
    git(repository, "checkout", "--quiet", "-b", "side", long[0])
    side = commit(git, repository, "manifests/side.yaml", ADDED, "Aside")
    git(repository, "checkout", "--quiet", "main")
    revisions = revisions_of(repository)
    assert found(revisions, side) is None
    git(repository, "merge", "--quiet", "--no-ff", "--message=Merge side", "side")
    merged = revisions_of(repository)
    assert listed(merged, most=2)[0] == "Merge side"
    newest = asyncio.run(merged.listed("", 1))[0]
    assert asyncio.run(merged.changes(newest)) == {b"side.yaml": (None, ADDED.encode())}


def test_what_a_commit_changed_and_held(repository: Path, long: list[str]) -> None:
    revisions = revisions_of(repository)
    newest, second, first = asyncio.run(revisions.listed("", 50))
    assert asyncio.run(revisions.changes(second)) == {b"yard.YML": (None, ADDED.encode())}
    assert asyncio.run(revisions.changes(newest)) == {b"yard.YML": (ADDED.encode(), None)}
    whole = {b"cameras.yaml": CAMERA.encode(), b"nodes/edge-1.yml": NODE.encode(), b"instances.yaml": INSTANCE.encode()}
    assert asyncio.run(revisions.changes(first)) == {path: (None, content) for path, content in whole.items()}
    assert asyncio.run(revisions.files(first)) == asyncio.run(revisions.files(newest)) == whole
    assert asyncio.run(revisions.files(second)) == {**whole, b"yard.YML": ADDED.encode()}


def test_a_bare_one_and_one_that_is_read_from_below(
    repository: Path, long: list[str], git: Git, tmp_path: Path
) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare.git")
    for revisions in (
        revisions_of(tmp_path / "bare.git"),
        revisions_of(repository / "manifests", subdirectory=""),
        revisions_of(repository / "manifests" / "..", subdirectory=""),
    ):
        assert listed(revisions)[1:] == ["Add the yard", "The first fleet"]


def test_folders_with_odd_names_and_files_that_are_none(repository: Path, git: Git) -> None:
    odd = "man*[i]fests/ä b"
    text = {"c.yaml": CAMERA, "i.yaml": INSTANCE, "n.yaml": NODE}
    for name, content in text.items():
        last = commit(git, repository, f"{odd}/{name}", content, f"Add {name}")
    commit(git, repository, "manXifests/ä b/c.yaml", CAMERA, "Elsewhere")
    (repository / odd / "link.yaml").symlink_to("c.yaml")
    commit(git, repository, f"{odd}/.hidden/x.yaml", "x", "Hidden, and a link")
    revisions = revisions_of(repository, subdirectory=odd)
    newest, before, *_ = asyncio.run(revisions.listed("", 50))
    assert (newest.subject, before.revision_id) == ("Hidden, and a link", last)
    assert asyncio.run(revisions.changes(newest)) == {}
    assert asyncio.run(revisions.changes(before)) == {b"n.yaml": (None, NODE.encode())}


def test_what_cannot_be_read_says_so(repository: Path, long: list[str]) -> None:
    revisions = revisions_of(repository)
    one = found(revisions, long[0])
    assert one is not None
    (repository / ".git" / "HEAD").unlink()
    for asked in (revisions.listed("", 5), revisions.found(long[0]), revisions.changes(one), revisions.files(one)):
        with pytest.raises(RevisionsAway, match="git: "):
            asyncio.run(asked)


def test_before_anything_was_read_there_is_nothing(tmp_path: Path) -> None:
    revisions = GitSource(tmp_path, "main").revisions
    assert revisions is not None
    assert listed(revisions) == []
    assert found(revisions, "1" * 40) is None


def test_a_commit_with_an_odd_author_or_time_keeps_nobody_from_the_others(repository: Path, git: Git) -> None:
    first = git(repository, "rev-parse", "HEAD")
    (repository / "manifests" / "yard.yaml").write_text(ADDED)
    git(repository, "add", "--all", ".")
    git(repository, "commit", "--quiet", "--author=Eve\x1f7\x1fx <e@x>", "--message=Add the yard")
    (repository / "manifests" / "yard.yaml").write_text(ADDED.replace("10.0.0.2", "10.0.0.3"))
    git(repository, "add", "--all", ".")
    tree, parent = git(repository, "write-tree"), git(repository, "rev-parse", "HEAD")
    raw = repository / "commit"
    raw.write_text(
        f"tree {tree}\nparent {parent}\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 99999999999999 +0000\n\nLater\n"
    )
    later = git(repository, "hash-object", "-t", "commit", "-w", "--literally", str(raw))
    git(repository, "update-ref", "refs/heads/main", later)
    found = asyncio.run(revisions_of(repository).listed("", 50))
    assert [one.revision_id for one in found] == [later, parent, first]
    assert found[2].author == "A Tester"
