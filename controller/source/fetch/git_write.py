"""Takes edits into a repository: where their commits go, and how they get there."""

import contextlib
import errno
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from controller.source.fetch.git_commit import NO_SPACE, commit_edit, move_branch, tip_of
from controller.source.fetch.git_program import FETCH_SECONDS, Git, GitError, checked_ref, without_user_info
from controller.source.fetch.git_web import pull_request_url
from controller.source.fetch.snapshot import SourceError
from controller.source.source_edit import NotWritable, SourceChanged, SourceEdit, Written

_STALE: Final = (b"(stale info)", b"(fetch first)", b"(non-fast-forward)", b"(failed to update ref)")
_REFUSED: Final = re.compile(rb"\[(?:remote rejected|rejected)\] \((.*)\)")


@dataclass(frozen=True)
class GitWriting:
    """How edits of a repository are written."""

    url: str
    """Of a remote one, without a password; empty for one on this machine."""
    ref: str
    """What is read."""
    read_only: bool
    why_read_only: str = "--read-only"
    write_branch: str = ""
    """Where commits go instead of to what is read; empty for that."""

    @property
    def why_not(self) -> str:
        """Why no edit is taken, whatever it is; empty when some are."""
        if not self.read_only:
            return ""
        return f"the repository is read-only here ({self.why_read_only}): commit and push by git"

    def write(self, git: Git, commit: str, directory: bytes, edit: SourceEdit) -> Written:
        """Commits an edit, and pushes it to a remote. Blocks.

        Args:
            git: the repository, or the mirror of a remote one.
            commit: what the edit was made from: the newest that was read.
            directory: where the files are, from the top of the repository.
            edit: the edit.

        Raises:
            SourceChanged: somebody else committed meanwhile.
            NotWritable: commits cannot go there.
            OSError: the disk does not take it, or the remote is away.
        """
        if self.why_not:
            raise NotWritable(self.why_not)
        try:
            return self._write(git, commit, directory, edit)
        except SourceError as error:
            if NO_SPACE in str(error):
                raise OSError(errno.ENOSPC, NO_SPACE) from None
            raise OSError(errno.EIO, f"git: {error}") from None

    def _write(self, git: Git, commit: str, directory: bytes, edit: SourceEdit) -> Written:
        read = self.ref.removeprefix("refs/heads/")
        tip = tip_of(git, read)
        if tip is None:
            raise NotWritable(
                f"{self.ref} is no branch, and commits go to branches alone: have the controller read one, or give it --write-branch"
            )
        if tip != commit:
            raise SourceChanged(f"branch {read} moved on meanwhile")
        branch = self.write_branch or read
        old = tip_of(git, branch)
        parent = old if old is not None and not _is_in(git, old, tip) else tip
        try:
            new = commit_edit(git, parent, directory, edit)
        except SourceChanged as error:
            if parent == tip:
                raise
            raise NotWritable(
                f"branch {branch} holds a change of the same file that was not taken over yet ({error}): merge or delete the branch"
            ) from None
        if self.url:
            self._push(git, branch, new, old)
        else:
            move_branch(git, branch, new, old)
        if branch == read:
            return Written(new)
        return Written(new, branch, pull_request_url(self.url or _origin(git), read, branch))

    def _push(self, git: Git, branch: str, new: str, old: str | None) -> None:
        ref = f"refs/heads/{branch}"
        options = ["--quiet", "--porcelain", "--no-verify", "--no-follow-tags", f"--force-with-lease={ref}:{old or ''}"]
        try:
            git.run(["push", *options, "--end-of-options", self.url, f"{new}:{ref}"], timeout=FETCH_SECONDS)
        except GitError as error:
            if any(word in error.output for word in _STALE):
                raise SourceChanged(f"branch {branch} of the remote moved on meanwhile") from None
            if found := _REFUSED.search(error.output):
                why = without_user_info(found[1].decode("utf-8", "replace"))
                raise NotWritable(
                    f"the remote refuses commits on branch {branch} ({why}): let the controller push there, or give it --write-branch"
                ) from None
            raise
        with contextlib.suppress(SourceError):  # it is pushed, whatever the mirror says: the next fetch tells that, too
            git.run(["update-ref", ref, new])


def writing_of(repository: str, url: str, ref: str, *, read_only: bool | None, write_branch: str) -> GitWriting:
    """How edits are written.

    Args:
        repository: as it was named.
        url: the same without a password; empty for one on this machine.
        ref: what is read.
        read_only: True or False as a person says; None: of a remote without credentials.
        write_branch: see `GitWriting`.

    Raises:
        SourceError: that cannot be the name of a branch.
    """
    branch = checked_ref(write_branch).removeprefix("refs/heads/") if write_branch else ""
    if re.search(r"[~^@]\{|[~^:]", branch):
        raise SourceError(f"{write_branch!r} is no name of a branch")
    if read_only is not None or not url or _has_credentials(repository):
        return GitWriting(url, ref, bool(read_only), write_branch=branch)
    why = "a remote without credentials: give a user and a password in its URL, or --writable when git finds them elsewhere"
    return GitWriting(url, ref, read_only=True, why_read_only=why, write_branch=branch)


def _has_credentials(repository: str) -> bool:
    """True for a URL with a password, for SSH, which has keys, and for a directory of this machine."""
    if "://" not in repository:
        return True
    parts = urlsplit(repository)
    return parts.scheme in ("ssh", "file") or "@" in parts.netloc


def _is_in(git: Git, commit: str, later: str) -> bool:
    """True when a later commit holds all of one."""
    with contextlib.suppress(SourceError):
        git.run(["merge-base", "--is-ancestor", commit, later])
        return True
    return False


def _origin(git: Git) -> str:
    with contextlib.suppress(SourceError):
        return without_user_info(git.run(["remote", "get-url", "origin"]).decode("utf-8", "replace").strip())
    return ""
