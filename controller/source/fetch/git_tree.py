"""The manifest files of one commit: always the committed tree, never the working tree."""

import re

from controller.source.fetch.git_links import LINK, LONGEST_TARGET, CommittedTree, Found, TreeEntry
from controller.source.fetch.git_program import Git, checked_ref
from controller.source.fetch.snapshot import SourceError
from controller.source.files import MOST_BYTES, MOST_FILES, SourceFile

_HASH = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def checked_subdirectory(subdirectory: str) -> str:
    """A directory of a repository, relative to its top, without slashes at its ends.

    Raises:
        SourceError: it leads out of the repository.
    """
    parts = [part for part in subdirectory.split("/") if part not in ("", ".")]
    if subdirectory.startswith("/") or ".." in parts or "\0" in subdirectory:
        raise SourceError(f"{subdirectory!r} is no directory below the top of the repository")
    return "/".join(parts)


def resolve(git: Git, ref: str) -> str:
    """The hash of the commit that a ref names. A branch goes before a tag of the same name.

    Raises:
        SourceError: there is no such commit.
    """
    checked_ref(ref)
    for name in (f"refs/heads/{ref}", ref):
        try:
            found = git.run(["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"])
        except SourceError as error:
            # With --quiet, a ref that does not exist is the one failure that says nothing.
            if "rev-parse ended with" not in str(error):
                raise
            continue
        # Old versions of git repeat --end-of-options in their answer.
        commit = found.decode().split()[-1]
        if _HASH.fullmatch(commit):
            return commit
    raise SourceError(f"there is no commit {ref.removeprefix('refs/remotes/origin/')!r} in the repository")


def subject_of(git: Git, commit: str) -> str:
    """The subject of a commit."""
    answer = git.run(
        ["-c", "log.showSignature=false", "log", "-1", "--no-color", "--format=%s", "--end-of-options", commit]
    )
    return "".join(one if one.isprintable() else " " for one in answer.decode("utf-8", "replace").strip())


class TreeReader:
    """Reads the files of commits. Contents that the last commit had too are not asked for again.

    A file that is as it was in the last commit is the very same object.
    """

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}
        self._files: dict[tuple[bytes, bytes], SourceFile] = {}
        """By path and blob."""

    def files(self, git: Git, commit: str, subdirectory: str) -> tuple[SourceFile, ...]:
        """The manifest files of a commit, with paths relative to the subdirectory.

        Args:
            git: the repository.
            commit: a hash.
            subdirectory: as `checked_subdirectory` gives it.

        Raises:
            SourceError: the subdirectory is not there, or too much is in it.
        """
        found = self._found(git, commit, subdirectory)
        files = [SourceFile(one.path, refusal=one.refusal) for one in found if one.refusal]
        wanted = [(one.path, one.entry) for one in found if one.entry and not one.refusal]
        total = sum(int(entry.size) for _, entry in wanted)
        if total > MOST_BYTES or len(wanted) > MOST_FILES:
            raise SourceError(
                f"{len(wanted):,} manifest files of {total:,} bytes; at most {MOST_FILES:,} of {MOST_BYTES:,} are read"
            )
        contents = self.contents(git, dict.fromkeys(entry.blob for _, entry in wanted))
        self._known = contents
        self._files = {
            (path, entry.blob): self._files.get((path, entry.blob)) or SourceFile(path, contents[entry.blob])
            for path, entry in wanted
        }
        return (*files, *self._files.values())

    def _found(self, git: Git, commit: str, subdirectory: str) -> list[Found]:
        try:
            listing = _listing(git, f"{commit}:{subdirectory}" if subdirectory else commit)
        except SourceError as error:
            if "not a tree" not in str(error) and "Not a valid object name" not in str(error):
                raise
            listing = None
        if listing is not None and all(entry.mode != LINK for entry in listing.values()):
            return list(CommittedTree(listing, {}).manifests(b""))
        # Links may lead to anywhere in the commit, and the subdirectory may be one.
        whole = _listing(git, commit)
        links = [entry for entry in whole.values() if entry.mode == LINK and int(entry.size) <= LONGEST_TARGET]
        tree = CommittedTree(whole, self.contents(git, dict.fromkeys(entry.blob for entry in links)))
        directory = tree.directory(subdirectory.encode())
        if directory is None:
            raise SourceError(f"there is no directory {subdirectory!r} in commit {commit[:12]}")
        return list(tree.manifests(directory))

    def contents(self, git: Git, blobs: dict[bytes, None]) -> dict[bytes, bytes]:
        """What blobs hold.

        Raises:
            SourceError: one is missing.
        """
        missing = [blob for blob in blobs if blob not in self._known]
        contents = {blob: self._known[blob] for blob in blobs if blob in self._known}
        answer = git.run(["cat-file", "--batch"], given=b"".join(blob + b"\n" for blob in missing)) if missing else b""
        at = 0
        for blob in missing:
            end = answer.find(b"\n", at)
            head = answer[at:end].split()
            if end < 0 or len(head) != 3 or head[:2] != [blob, b"blob"]:
                raise SourceError(f"object {blob.decode()} of the repository is missing or damaged")
            at = end + 1 + int(head[2])
            contents[blob] = answer[end + 1 : at]
            at += 1
        return contents


def _listing(git: Git, tree: str) -> dict[bytes, TreeEntry]:
    listing = {}
    for line in git.run(["ls-tree", "-r", "-z", "-l", "--full-tree", tree]).split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        mode, _, blob, size = meta.split()
        listing[path] = TreeEntry(mode, blob, size)
    return listing
