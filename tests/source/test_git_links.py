"""Symbolic links in a repository are followed like those of a directory, as long as they stay inside it."""

import contextlib
import itertools
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from controller.source.fetch.git import load_git
from controller.source.fetch.git_links import LINK, CommittedTree, TreeEntry
from controller.source.fetch.snapshot import SnapshotTaker, SourceError
from controller.source.read.reader import Loaded, Reading, Rejected, Unreadable

RunGit = Callable[..., str]


@pytest.fixture
def commit(repository: Path, git: RunGit) -> Callable[[Mapping[str, str]], None]:
    """`commit({path: target})` commits symbolic links."""

    def run(links: Mapping[str, str]) -> None:
        for path, target in links.items():
            (repository / path).parent.mkdir(parents=True, exist_ok=True)
            (repository / path).symlink_to(target)
        git(repository, "add", ".")
        git(repository, "commit", "--quiet", "--message=Links")

    return run


def cameras_of(reading: Reading) -> list[str]:
    assert isinstance(reading, Loaded), reading
    return [camera.name for camera in reading.revision.cameras]


def problems_of(reading: Reading) -> list[str]:
    assert isinstance(reading, Rejected), reading
    return [str(problem) for problem in reading.problems]


def test_a_folder_that_is_a_link_is_followed_wherever_it_leads_in_the_repository(
    repository: Path, commit: Callable[..., None]
) -> None:
    cameras = repository / "manifests" / "cameras.yaml"
    (repository / "shared" / "site").mkdir(parents=True)
    shutil.move(cameras, repository / "shared" / "site" / "all.yaml")
    commit({"manifests/cameras": "../links/site", "links/site": "../shared/site"})

    assert cameras_of(load_git(repository, "main", subdirectory="manifests")) == ["lobby"]


def test_a_file_that_is_a_link_is_followed_by_its_own_name(repository: Path, commit: Callable[..., None]) -> None:
    shutil.move(repository / "manifests" / "cameras.yaml", repository / "manifests" / ".cameras.txt")
    commit({"manifests/cameras.yaml": ".cameras.txt", "manifests/README.md": "nodes/edge-1.yml"})

    assert cameras_of(load_git(repository, "main", subdirectory="manifests")) == ["lobby"]


def test_what_lies_behind_a_link_is_named_by_the_path_that_leads_there(
    repository: Path, commit: Callable[..., None]
) -> None:
    (repository / "shared").mkdir()
    (repository / "shared" / "more.yaml").write_text("kind: Kamera\n")
    commit({"manifests/more": "../shared"})

    first, *_ = problems_of(load_git(repository, "main", subdirectory="manifests"))
    assert first.startswith("manifests/more/more.yaml:1:1: apiVersion: is missing")


def test_the_directory_itself_may_be_a_link(repository: Path, commit: Callable[..., None]) -> None:
    commit({"current": "manifests", "away": "../elsewhere"})

    assert cameras_of(load_git(repository, "main", subdirectory="current")) == ["lobby"]
    assert isinstance(load_git(repository, "main", subdirectory="away"), Unreadable)
    assert isinstance(load_git(repository, "main", subdirectory="none"), Unreadable)


NOWHERE = "the symbolic link leads nowhere in this commit: commit what it leads to, or remove it"
OUTSIDE = "the symbolic link leads out of the repository: commit the manifests themselves"


@pytest.mark.parametrize(
    ("path", "target", "refusal"),
    [
        ("more", "../elsewhere", NOWHERE),
        ("more", "../../elsewhere", OUTSIDE),
        ("more", "/etc", OUTSIDE),
        ("more.yaml", "/etc/passwd", OUTSIDE),
        ("more", "cameras.yaml/more", NOWHERE),
        ("more", "cameras.yaml/..", NOWHERE),
        ("more", "more", "the symbolic link leads to itself: remove it"),
        ("more", "more/on", "the symbolic link leads to itself: remove it"),
        ("more", ".", "the symbolic link leads back into a directory that it stands in: remove it"),
        ("nodes/more", "..", "the symbolic link leads back into a directory that it stands in: remove it"),
        ("nodes/more", "../../.git/hooks", NOWHERE),
    ],
)
def test_what_cannot_be_followed_is_refused_with_its_place(
    repository: Path, commit: Callable[..., None], path: str, target: str, refusal: str
) -> None:
    commit({f"manifests/{path}": target})

    assert problems_of(load_git(repository, "main", subdirectory="manifests")) == [f"manifests/{path}:1:1: {refusal}"]


def test_a_link_into_a_submodule_is_refused(repository: Path, git: RunGit, commit: Callable[..., None]) -> None:
    head = git(repository, "rev-parse", "HEAD")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{head},vendor/fleet")
    git(repository, "commit", "--quiet", "--message=A submodule")
    (repository / "vendor" / "fleet").mkdir(parents=True)
    git(repository, "update-index", "--skip-worktree", "vendor/fleet")
    (repository / "manifests" / "more").symlink_to("../vendor/fleet/manifests")
    git(repository, "add", "manifests")
    git(repository, "commit", "--quiet", "--message=A link into it")

    (problem,) = problems_of(load_git(repository, "main", subdirectory="manifests"))
    assert problem.startswith("manifests/more:1:1: the symbolic link leads into a submodule; submodules are not read")


def test_links_that_double_at_every_level_end() -> None:
    levels = [f"l{number}".encode() for number in range(25)]
    entries, targets = {}, {}
    for one, other in itertools.pairwise(levels):
        for side in (b"a", b"b"):
            entries[one + b"/" + side] = TreeEntry(LINK, other, b"9")
        targets[other] = b"../" + other
    entries[levels[-1] + b"/x.yaml"] = TreeEntry(b"100644", b"blob", b"1")
    with pytest.raises(SourceError, match="more than 10,000 directories"):
        list(CommittedTree(entries, targets).manifests(levels[0]))


NAMES = st.sampled_from(["a", "b", "c.yaml", "d.yaml", ".e"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TARGETS = st.lists(st.sampled_from(["a", "b", "c.yaml", "..", ".", ".e"]), min_size=1, max_size=4).map("/".join)


def committed(top: Path) -> CommittedTree:
    """The tree as git sees it, without git."""
    entries, targets = {}, {}
    for at in sorted(top.rglob("*")):
        path = os.fsencode(at.relative_to(top))
        if at.is_symlink():
            entries[path], targets[path] = TreeEntry(LINK, path, b"1"), os.readlink(os.fsencode(at))  # noqa: PTH115 - pathlib makes another target of it
        elif at.is_file():
            entries[path] = TreeEntry(b"100644", at.read_bytes(), b"1")
    return CommittedTree(entries, targets)


@settings(deadline=None, max_examples=100)
@given(files=st.sets(PATHS, min_size=1, max_size=5), links=st.dictionaries(PATHS, TARGETS, max_size=4))
def test_a_commit_is_read_like_a_checkout_of_it(
    tmp_path_factory: pytest.TempPathFactory, files: set[str], links: dict[str, str]
) -> None:
    """The same files, by the same paths; but for links out of it, which only a directory follows."""
    top = tmp_path_factory.mktemp("checkout").resolve()
    for path, target in [*((one, "") for one in sorted(files)), *links.items()]:
        at = top / path
        with contextlib.suppress(OSError):  # there is something else at that path already
            at.parent.mkdir(parents=True, exist_ok=True)
            assume(at.parent.resolve().is_relative_to(top))
            if target:
                os.symlink(target, at)  # noqa: PTH211 - pathlib makes another target of it
            else:
                at.write_text(path)
    for at in top.rglob("*"):
        with contextlib.suppress(RuntimeError, OSError):  # a link to itself leads nowhere else
            assume(at.resolve().is_relative_to(top))

    found = tuple(committed(top).manifests(b""))

    there = SnapshotTaker(str(top), settle_seconds=0).take()
    assert {one.path: one.content for one in there if not one.refusal} == {
        one.path: one.entry.blob for one in found if one.entry
    }
    assert {one.path for one in there if one.refusal} == {one.path for one in found if one.refusal}
