"""Makes a commit of edited files by git's own plumbing, in an index of its own: no work tree is touched by it."""

import contextlib
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from controller.source.fetch.git_program import Git
from controller.source.fetch.git_tree import TreeReader
from controller.source.fetch.snapshot import SourceError
from controller.source.files import is_manifest_path, shown
from controller.source.source_edit import NotWritable, SourceChanged, SourceEdit

COMMITTER: Final = "fleet controller"
NO_SPACE: Final = "No space left on device"
"""As git says it."""
_UNFINISHED: Final = "refs/fleet/unfinished"
"""Names a commit while work trees are to follow the branch that names it."""
_FILE: Final = b"100644"
_LINK: Final = b"120000"
_MAIL: Final = "localhost"
_PATHS_AT_ONCE: Final = 200
"""In the arguments of one program, each of at most some hundred characters."""
_LONGEST_NAME: Final = 100


def commit_edit(git: Git, parent: str, directory: bytes, edit: SourceEdit) -> str:
    """The hash of a commit that holds an edit; no ref names it yet.

    Args:
        git: the repository.
        parent: the hash of the commit that it follows.
        directory: where the files are, from the top of the repository.
        edit: with paths relative to that.

    Raises:
        SourceChanged: a file of the parent is not as it was before the edit.
        NotWritable: a path leads to something else than a file.
        SourceError: git fails.
    """
    places = {path: _full(directory, path) for path in edit.after}
    entries = _entries(git, parent, places.values())
    olds = TreeReader().contents(git, {blob: None for _, blob in entries.values()})
    for path, full in places.items():
        if (olds[entries[full][1]] if full in entries else None) != edit.before[path]:
            raise SourceChanged(f"{shown(path)} is not as it was read")
    new = {path: content for path, content in edit.after.items() if content is not None}
    blobs = dict(zip(new, _blobs(git, tuple(new.values())), strict=True))
    lines = []
    for path, full in places.items():
        if path in blobs:
            mode = entries[full][0] if full in entries else _FILE
            lines.append(mode + b" " + blobs[path] + b"\t" + full + b"\0")
        else:
            lines.append(b"0 " + b"0" * len(parent) + b"\t" + full + b"\0")
    with _own_index() as variables:
        git.run(["read-tree", parent], variables=variables)
        git.run(["update-index", "-z", "--add", "--index-info"], given=b"".join(lines), variables=variables)
        tree = git.run(["write-tree"], variables=variables).decode().strip()
    arguments = ["-c", "i18n.commitEncoding=UTF-8", "commit-tree", tree, "-p", parent, "-F", "-"]
    given = f"{edit.message.strip()}\n".encode("utf-8", "replace").replace(b"\0", b"")
    return git.run(arguments, given=given, variables=_people(edit.author)).decode().strip()


def _full(directory: bytes, path: bytes) -> bytes:
    parts = path.split(b"/")
    if not is_manifest_path(path) or any(part in (b"", b".", b"..") for part in parts) or b"\0" in path:
        raise NotWritable(
            f"{shown(path)!r} is no file for manifests: name one below the source that ends with .yaml, without hidden parts"
        )
    return directory + b"/" + path if directory else path


def _blobs(git: Git, contents: Sequence[bytes]) -> list[bytes]:
    """The blobs of contents, written in one go: going back to an old revision may write a thousand files."""
    with tempfile.TemporaryDirectory(prefix="fleet-blobs-") as folder:
        paths = [Path(folder) / str(number) for number in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        given = "".join(f"{path}\n" for path in paths).encode()
        return git.run(["hash-object", "-w", "--no-filters", "--stdin-paths"], given=given).split()


def _entries(git: Git, commit: str, paths: Collection[bytes]) -> dict[bytes, tuple[bytes, bytes]]:
    """Mode and blob of each file that is there.

    Raises:
        NotWritable: one of them is something else, or stands below a symbolic link.
    """
    found: dict[bytes, tuple[bytes, bytes, bytes]] = {}
    above = {
        b"/".join(parts[:end]) for path in paths if (parts := path.split(b"/")) for end in range(1, len(parts) + 1)
    }
    wanted = sorted(above)
    for start in range(0, len(wanted), _PATHS_AT_ONCE):
        # Pathspecs would take *, [ and : for more than themselves.
        names = [one.decode("utf-8", "surrogateescape") for one in wanted[start : start + _PATHS_AT_ONCE]]
        arguments = ["--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", *names]
        for line in git.run(arguments).split(b"\0")[:-1]:
            meta, _, path = line.partition(b"\t")
            mode, kind, blob = meta.split()
            found[path] = (mode, kind, blob)
    files = set(paths)
    for path, (mode, kind, _) in found.items():
        if path in above and (mode == _LINK or (kind != b"tree" and path not in files)):
            raise NotWritable(
                f"{shown(path)} is a symbolic link or no directory in the repository: edit what it leads to there"
            )
        if path in files and kind != b"blob":
            raise NotWritable(f"{shown(path)} is no file in the repository")
    return {path: (mode, blob) for path, (mode, _, blob) in found.items() if path in files}


@contextlib.contextmanager
def _own_index() -> Iterator[Mapping[str, str]]:
    with tempfile.TemporaryDirectory(prefix="fleet-index-") as folder:
        yield {"GIT_INDEX_FILE": str(Path(folder) / "index")}


def _people(author: str) -> Mapping[str, str]:
    plain = "".join(one for one in author if one.isprintable() and one not in '<>"')[:_LONGEST_NAME].strip(" .,:;'\\")
    name = plain or "anonymous"
    mail = name if "@" in name and " " not in name else f"{'-'.join(name.split())}@{_MAIL}"
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": mail,
        "GIT_COMMITTER_NAME": COMMITTER,
        "GIT_COMMITTER_EMAIL": f"fleet@{_MAIL}",
    }


def work_trees_of(git: Git, branch: str) -> tuple[str, ...]:
    """The work trees that have a branch checked out, each with the files of its commit.

    Raises:
        NotWritable: in one of them files are changed and not committed.
    """
    found, path = [], ""
    for line in git.run(["worktree", "list", "--porcelain"]).decode("utf-8", "surrogateescape").splitlines():
        word, _, rest = line.partition(" ")
        if word == "worktree":
            path = rest
        elif line == f"branch refs/heads/{branch}":
            found.append(path)
    for one in found:
        if not Path(one).is_dir():
            raise NotWritable(f"{branch} is checked out in {one}, which is away: `git worktree prune` forgets it")
        if _is_changed(tree := Git(one)) and not _is_behind_by_our_commit(tree):
            raise NotWritable(
                f"{branch} is checked out in {one}, where files are changed and not committed: commit or stash them, or give "
                "the controller a bare repository or --write-branch"
            )
    return tuple(found)


def _is_changed(tree: Git) -> bool:
    return bool(tree.run(["status", "--porcelain", "--untracked-files=no"]))


def _is_behind_by_our_commit(tree: Git) -> bool:
    """Finishes what a controller began that was killed when the branch named its commit already, and the files were the old ones.

    They look as if somebody wanted to take the commit back.
    """
    with contextlib.suppress(SourceError):
        unfinished, head = tree.run(["rev-parse", _UNFINISHED, "HEAD"]).split()
        is_as_before = not tree.run(["diff-index", "--cached", "HEAD^"]) and not tree.run(["diff-files"])
        if unfinished == head and is_as_before:
            tree.run(["read-tree", "-u", "-m", "HEAD^", "HEAD"])
            return not _is_changed(tree)
    return False


def move_branch(git: Git, branch: str, new: str, old: str | None) -> None:
    """Has a branch of a repository name a commit, and the clean work trees that have it checked out hold its files.

    Args:
        git: the repository.
        branch: its name.
        new: the hash of the commit.
        old: of the one that it names; None for a branch that is not there.

    Raises:
        SourceChanged: it names another one by now.
        NotWritable: a work tree has changes of its own, or a file in the way.
        SourceError: the disk is full.
    """
    trees = work_trees_of(git, branch) if old is not None else ()
    ref = f"refs/heads/{branch}"
    if trees:
        git.run(["update-ref", _UNFINISHED, new])
    try:
        git.run(["update-ref", "-m", "fleet: edit manifests", ref, new, old or "0" * len(new)])
    except SourceError:
        if tip_of(git, branch) == old:
            raise
        raise SourceChanged(f"branch {branch} moved on meanwhile") from None
    for at, tree in enumerate(trees):
        try:
            Git(tree).run(["read-tree", "-u", "-m", new if old is None else old, new])
        except SourceError as error:
            for done in trees[:at]:
                with contextlib.suppress(SourceError):
                    Git(done).run(["read-tree", "-u", "-m", new, old or new])
            git.run(["update-ref", ref, old or new, new])
            if NO_SPACE in str(error):
                raise
            raise NotWritable(
                f"the work tree {tree}, which has {branch} checked out, cannot take it: {error}"
            ) from None
    if trees:
        with contextlib.suppress(SourceError):  # it is written, whatever this says: the next edit takes it away
            git.run(["update-ref", "-d", _UNFINISHED])


def tip_of(git: Git, branch: str) -> str | None:
    """The commit that a branch names; None when there is no such branch."""
    try:
        return (
            git.run(["rev-parse", "--verify", "--quiet", "--end-of-options", f"refs/heads/{branch}^{{commit}}"])
            .decode()
            .split()[-1]
        )
    except SourceError as error:
        if "rev-parse ended with" not in str(error):
            raise
        return None
