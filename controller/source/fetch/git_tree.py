"""The manifest files of one commit: always the committed tree, never the working tree."""

import re
from typing import Final

from controller.source.fetch.git_program import Git, checked_ref
from controller.source.fetch.snapshot import SourceError
from controller.source.files import MOST_BYTES, MOST_FILES, SourceFile, is_manifest_path, too_large

_LINK: Final = b"120000"
_SUBMODULE: Final = b"160000"
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
    """Reads the files of commits. Contents that the last commit had too are not asked for again."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}

    def files(self, git: Git, commit: str, subdirectory: str) -> tuple[SourceFile, ...]:
        """The manifest files of a commit, with paths relative to the subdirectory.

        Args:
            git: the repository.
            commit: a hash.
            subdirectory: as `checked_subdirectory` gives it.

        Raises:
            SourceError: the subdirectory is not there, or too much is in it.
        """
        tree = f"{commit}:{subdirectory}" if subdirectory else commit
        try:
            listing = git.run(["ls-tree", "-r", "-z", "-l", "--full-tree", tree])
        except SourceError as error:
            if "not a tree" in str(error) or "Not a valid object name" in str(error):
                raise SourceError(f"there is no directory {subdirectory!r} in commit {commit[:12]}") from None
            raise
        files: list[SourceFile] = []
        wanted: list[tuple[bytes, bytes]] = []
        total = 0
        for line in listing.split(b"\0")[:-1]:
            meta, _, path = line.partition(b"\t")
            mode, _, blob, size = meta.split()
            refusal = _refusal(mode, size)
            if mode == _SUBMODULE and not any(part.startswith(b".") for part in path.split(b"/")):
                files.append(SourceFile(path, refusal=refusal))
            elif not is_manifest_path(path):
                continue
            elif refusal:
                files.append(SourceFile(path, refusal=refusal))
            else:
                wanted.append((path, blob))
                total += int(size)
        if total > MOST_BYTES or len(wanted) > MOST_FILES:
            raise SourceError(
                f"{len(wanted):,} manifest files of {total:,} bytes; at most {MOST_FILES:,} of {MOST_BYTES:,} are read"
            )
        contents = self._contents(git, dict.fromkeys(blob for _, blob in wanted))
        files += [SourceFile(path, contents[blob]) for path, blob in wanted]
        return tuple(files)

    def _contents(self, git: Git, blobs: dict[bytes, None]) -> dict[bytes, bytes]:
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
        self._known = contents
        return contents


def _refusal(mode: bytes, size: bytes) -> str:
    if mode == _SUBMODULE:
        return "submodules are not read: name a subdirectory without one, or commit the manifests themselves"
    if mode == _LINK:
        return "symbolic links are not followed in a repository: commit the file itself"
    return too_large(int(size)) if size.isdigit() else ""
