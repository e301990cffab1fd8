"""Earlier revisions of manifests, as the log of a repository tells them: the commits of a branch that touch manifests."""

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

from controller.source.fetch.git_program import Git
from controller.source.fetch.git_tree import TreeReader
from controller.source.fetch.snapshot import SourceError
from controller.source.files import MOST_BYTES_OF_A_FILE, is_manifest_path
from controller.source.revisions import FEWEST_DIGITS, FileChanges, Files, PastRevision, RevisionsAway
from crds.masking import masked

LOG_SECONDS: Final = 15.0
"""Of looking for commits: in a repository of many others, those that touch manifests may be far apart."""
_MOST_BYTES_SHOWN: Final = 16 << 20
"""Of the files that a commit changed: more of them are told without what they hold."""
_FORMAT: Final = "%H%x1f%ct%x1f%an%x1f%s"
_HASH: Final = re.compile(rf"[0-9a-f]{{{FEWEST_DIGITS},64}}")
_LATEST_SECONDS: Final = 253_402_300_799
"""The end of the year 9999: whoever makes a commit gives it any time."""
_FILES: Final = (b"100644", b"100755")
_SPECIAL: Final = re.compile(r"([\\*?\[])")

_T = TypeVar("_T")


class GitRevisions:
    """Reads the log beside whoever reads and fetches the repository: one who asks at a time.

    Of a merge its first parent came before it, as for the branch: what was on the other side came in with the merge. A folder of
    manifests that symbolic links lead into is told of where it really stands.

    Args:
        git: the repository; run by nobody else.
        newest: the commit that was read last, and the folder of the manifests from the top of the repository; None before that.
    """

    def __init__(self, git: Git, newest: Callable[[], tuple[str, str] | None]) -> None:
        self._git = git
        self._newest = newest
        self._one_at_a_time = asyncio.Lock()

    async def listed(self, before: str, most: int) -> tuple[PastRevision, ...]:
        """See `Revisions`."""
        return await self._run(lambda tip, top: self._listed(tip, top, before, most), ())

    async def found(self, revision_id: str) -> PastRevision | None:
        """See `Revisions`."""
        if not _HASH.fullmatch(revision_id):
            return None  # whatever else git might take for a commit
        return await self._run(lambda tip, top: self._found(tip, top, revision_id), None)

    async def changes(self, revision: PastRevision) -> FileChanges:
        """See `Revisions`."""
        return await self._run(lambda _, top: self._changes(revision.revision_id, top), {})

    async def files(self, revision: PastRevision) -> Files:
        """See `Revisions`."""
        return await self._run(lambda _, top: self._files(revision.revision_id, top), {})

    async def _run(self, work: Callable[[str, str], _T], otherwise: _T) -> _T:
        async with self._one_at_a_time:
            if (newest := self._newest()) is None:
                return otherwise
            try:
                return await asyncio.to_thread(work, *newest)
            except SourceError as error:
                raise RevisionsAway(f"git: {error}") from None
            except asyncio.CancelledError:
                self._git.stop()
                raise

    def _listed(self, tip: str, top: str, before: str, most: int) -> tuple[PastRevision, ...]:
        start = tip
        if before:
            if not _HASH.fullmatch(before) or (one := self._commit(before, tip)) is None:
                return ()
            if (parent := self._parent(one)) is None:
                return ()
            start = parent
        return self._log(start, top, most)

    def _found(self, tip: str, top: str, revision_id: str) -> PastRevision | None:
        commit = self._commit(revision_id, tip)
        if commit is None:
            return None
        # A commit that touches no manifest holds those of the one before it that does.
        return next(iter(self._log(commit, top, 1)), None)

    def _log(self, start: str, top: str, most: int) -> tuple[PastRevision, ...]:
        options = ["--first-parent", f"--max-count={most}", "-z", f"--format={_FORMAT}", "--no-color"]
        arguments = ["-c", "log.showSignature=false", "log", *options, start, "--", *_pathspecs(top)]
        records = self._git.run(arguments, timeout=LOG_SECONDS).decode("utf-8", "replace").split("\0")
        return tuple(_past(record) for record in records if record)

    def _commit(self, revision_id: str, tip: str) -> str | None:
        """The whole hash of a commit, if it is the newest or came before it: what is on other branches is nobody's here."""
        try:
            answer = self._git.run(
                ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision_id}^{{commit}}"]
            )
            commit = answer.decode().split()[-1]
            self._git.run(["merge-base", "--is-ancestor", commit, tip])
        except SourceError as error:
            if "ended with" not in str(error):
                raise
            return None
        return commit

    def _parent(self, commit: str) -> str | None:
        parents = self._git.run(["rev-list", "--parents", "-n", "1", commit]).decode().split()[1:]
        return parents[0] if parents else None

    def _changes(self, commit: str, top: str) -> FileChanges:
        parent = self._parent(commit)
        tree = ["diff-tree", "-r", "-z", "--no-renames", "--no-commit-id"]
        which = [parent, commit] if parent else ["--root", commit]
        fields = self._git.run([*tree, *which, "--", *_pathspecs(top)]).split(b"\0")
        blobs: dict[bytes, tuple[bytes | None, bytes | None]] = {}
        for meta, path in zip(fields[0::2], fields[1::2], strict=False):
            old_mode, new_mode, old, new, _ = meta.removeprefix(b":").split()
            relative = path.removeprefix(f"{top}/".encode()) if top else path
            pair = (old if old_mode in _FILES else None, new if new_mode in _FILES else None)
            if is_manifest_path(relative) and pair != (None, None):
                blobs[relative] = pair
        contents = self._contents({one for pair in blobs.values() for one in pair if one})
        return {
            path: (old and contents.get(old, b""), new and contents.get(new, b"")) for path, (old, new) in blobs.items()
        }

    def _contents(self, blobs: set[bytes]) -> dict[bytes, bytes]:
        """What blobs hold, without those that are too large, or too many."""
        given = b"".join(blob + b"\n" for blob in sorted(blobs))
        wanted, total = list[bytes](), 0
        for line in self._git.run(["cat-file", "--batch-check"], given=given).splitlines():
            blob, _, size = line.rpartition(b" blob ")
            if size.isdigit() and int(size) <= MOST_BYTES_OF_A_FILE and total + int(size) <= _MOST_BYTES_SHOWN:
                wanted.append(blob)
                total += int(size)
        return TreeReader().contents(self._git, dict.fromkeys(wanted))

    def _files(self, commit: str, top: str) -> Files:
        found = TreeReader().files(self._git, commit, top)
        if refused := next((one for one in found if one.refusal), None):
            raise SourceError(f"commit {commit[:12]} holds what cannot be read: {refused.refusal}")
        return {one.path: one.content for one in found}


def _pathspecs(top: str) -> list[str]:
    folder = _SPECIAL.sub(r"\\\1", f"{top}/") if top else ""
    return [f":(top,glob,icase){folder}**/*.{ending}" for ending in ("yaml", "yml")]


def _past(record: str) -> PastRevision:
    commit, seconds, author, subject = record.split("\x1f", 3)
    at = datetime.fromtimestamp(min(max(int(seconds), 0), _LATEST_SECONDS), UTC)
    return PastRevision(commit.strip(), _line(author), at, masked(_line(subject), sentences=True), commit.strip())


def _line(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text).strip()
