"""A git repository as the source of manifests."""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from controller.model import Revision
from controller.source.fetch.git_history import GitRevisions
from controller.source.fetch.git_program import FETCH_SECONDS, Git, checked_ref, split_credentials, without_user_info
from controller.source.fetch.git_tree import TreeReader, checked_subdirectory, resolve, subject_of
from controller.source.fetch.git_write import writing_of
from controller.source.fetch.snapshot import SourceError
from controller.source.fetch.wakeup import merged
from controller.source.place import SourcePlace
from controller.source.read.reader import Loaded, ManifestReader, Reading, Rejected, Unreadable
from controller.source.revisions import Revisions
from controller.source.source_edit import SourceChanged, SourceEdit, Written

INTERVAL_SECONDS: Final = 30.0
LOCAL_INTERVAL_SECONDS: Final = 1.0

_REMOTE_HEAD: Final = "refs/remotes/origin/HEAD"

_T = TypeVar("_T")


class GitSource:
    """Reads the committed tree that a ref names. The id of a revision is the hash of its commit.

    A local repository is read where it is. A remote one is mirrored into `cache_dir`; when it cannot be fetched, `read`
    says so until it can.

    Args:
        repository: a bare repository, any directory of a working tree (only what is below it is read then), or a URL
            (`https://`, `ssh://`, `git://`, `file://`, or `host:path`).
        ref: a branch, a tag, or a commit.
        subdirectory: where the manifests are, relative to that.
        interval_seconds: how often to look for changes. Default: 30 s for a URL, 1 s for a directory.
        cache_dir: where mirrors are kept; needed for a URL.
        read_only: True when edits are refused, False when they are not; None: those of a remote without credentials are.
        write_branch: the branch that takes edits, instead of `ref`.

    Raises:
        SourceError: the ref, the branch or the subdirectory cannot be one, or the cache directory is missing.
    """

    def __init__(
        self,
        repository: str | os.PathLike[str],
        ref: str,
        *,
        subdirectory: str = "",
        interval_seconds: float | None = None,
        cache_dir: str | os.PathLike[str] | None = None,
        read_only: bool | None = None,
        write_branch: str = "",
    ) -> None:
        self._repository = os.fspath(repository)
        self._ref = checked_ref(ref)
        self._subdirectory = checked_subdirectory(subdirectory)
        self._is_remote = is_remote(self._repository)
        if self._is_remote and re.match(r"(HEAD|@)(?![A-Za-z0-9._/-])", ref):
            # The HEAD of the mirror is nobody's; the one of the remote is fetched to this name.
            self._ref = _REMOTE_HEAD + ref.removeprefix("HEAD").removeprefix("@")
        self.interval_seconds = interval_seconds or (INTERVAL_SECONDS if self._is_remote else LOCAL_INTERVAL_SECONDS)
        """How often it is looked at."""
        directory = self._repository
        settings: dict[str, str] = {}
        if self._is_remote:
            if cache_dir is None:
                raise SourceError("a remote repository needs a cache directory")
            self._url, settings = split_credentials(self._repository)
            name = hashlib.sha256(self._url.encode()).hexdigest()[:24] + ".git"
            directory = str(Path(cache_dir) / name)
        self._directory = directory
        self._git = Git(directory, settings)
        url = self._url if self._is_remote else ""
        self._writing = writing_of(self._repository, url, ref, read_only=read_only, write_branch=write_branch)
        self._top = ""
        """The directory of the manifests, from the top of the repository, as it was read last."""
        self._trees = TreeReader()
        self._reader = ManifestReader()
        self._last: Reading | None = None
        self._fetched: SourceError | bool = not self._is_remote
        self._busy = asyncio.Lock()
        self._refreshed = asyncio.Event()
        self.revisions: Revisions | None = GitRevisions(Git(directory, settings), self._newest)
        """The commits that touch manifests."""

    @property
    def place(self) -> SourcePlace:
        """Where it is, for people."""
        location = without_user_info(self._url if self._is_remote else self._repository)
        branch = self._ref.removeprefix("refs/heads/").replace(_REMOTE_HEAD, "HEAD")
        return SourcePlace("git", location, branch, self._writing.why_not)

    @property
    def takes_edits_together(self) -> bool:
        """False: each is a commit with its author."""
        return False

    @property
    def why_read_only(self) -> str:
        """See `Source`."""
        return self._writing.why_not

    async def read(self) -> Reading:
        """The newest commit that is known. A remote that was never fetched, or not the last time, is fetched first."""
        async with self._busy:
            return await self._in_thread(self.read_now)

    def read_now(self) -> Reading:
        """The same, in this thread."""
        try:
            if self._fetched is not True:
                self._fetch()
            commit = resolve(self._git, self._ref)
            prefix = "" if self._is_remote else self._git.run(["rev-parse", "--show-prefix"]).decode("utf-8", "replace")
            self._top = checked_subdirectory(f"{prefix.strip()}{self._subdirectory}")
            return self._read_commit(commit, self._top)
        except SourceError as error:
            return Unreadable(f"{without_user_info(self._repository)}: {error}")

    def expect(self, revision: Revision) -> None:
        """Has what is as in this revision given out as its very objects: see `Source`."""
        self._reader.expect(revision)

    async def preview(self, after: Mapping[bytes, bytes | None]) -> Reading:
        """What would be read if some files of the newest reading were others: see `Source`."""
        async with self._busy:
            return await self._in_thread(lambda: self._reader.preview(after, description="an edit"))

    async def write(self, edit: SourceEdit) -> Written:
        """Commits files on the branch that is read, or on another one, and pushes them to a remote: see `Source`.

        Raises:
            SourceChanged: somebody else committed meanwhile.
            NotWritable: commits cannot go there.
            OSError: the disk does not take it, or the remote is away.
        """
        async with self._busy:
            return await self._in_thread(lambda: self._write_now(edit))

    def _write_now(self, edit: SourceEdit) -> Written:
        if not isinstance(self._last, Loaded | Rejected):
            raise SourceChanged("the repository was not read yet")
        try:
            return self._writing.write(self._git, self._last.revision_id, self._top.encode(), edit)
        except SourceChanged:
            if self._is_remote:
                with contextlib.suppress(SourceError):  # the next reading tells
                    self._fetch()
            raise

    def _newest(self) -> tuple[str, str] | None:
        return (self._last.revision_id, self._top) if isinstance(self._last, Loaded | Rejected) else None

    async def refresh(self) -> None:
        """Fetches a remote now, and wakes whoever iterates over `changes`. A failure is told by the next `read`."""
        async with self._busy:
            await self._in_thread(self._look)
        self._refreshed.set()

    def changes(self) -> AsyncIterator[None]:
        """Yields when the ref names another commit, or when the source fails or works again."""
        return merged(self._look_again_and_again(), self._refreshed)

    async def _look_again_and_again(self) -> AsyncGenerator[None, None]:
        seen: str | None = None
        while True:
            async with self._busy:
                found = await self._in_thread(self._look)
            if found != seen:
                seen = found
                yield
            await asyncio.sleep(self.interval_seconds)

    def _look(self) -> str:
        """The commit, or what is wrong."""
        try:
            if self._is_remote:
                self._fetch()
            return resolve(self._git, self._ref)
        except SourceError as error:
            return f"error: {error}"

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        try:
            return await asyncio.to_thread(work)
        except asyncio.CancelledError:
            # A fetch from a remote that is away would hold the end of the program for minutes.
            self._git.stop()
            raise

    def _fetch(self) -> None:
        try:
            self._make_mirror("sha1")
            try:
                self._fetch_refs()
            except SourceError as error:
                if "mismatched algorithms" not in str(error):
                    raise
                shutil.rmtree(self._directory, ignore_errors=True)
                self._make_mirror("sha256")
                self._fetch_refs()
        except SourceError as error:
            self._fetched = SourceError(f"cannot be fetched: {error}")
            raise self._fetched from None
        self._fetched = True

    def _fetch_refs(self) -> None:
        refspecs = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]
        if self._ref.startswith(_REMOTE_HEAD):
            refspecs.append(f"+HEAD:{_REMOTE_HEAD}")
        options = [
            "--quiet",
            "--prune",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-gc",
            "--no-recurse-submodules",
        ]
        self._git.run(["fetch", *options, "--end-of-options", self._url, *refspecs], timeout=FETCH_SECONDS)

    def _make_mirror(self, object_format: str) -> None:
        directory = Path(self._directory)
        if (directory / "HEAD").is_file():
            return
        try:
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir(mode=0o700, parents=True)
        except OSError as error:
            raise SourceError(f"the cache directory {directory.parent} cannot be written: {error.strerror}") from None
        self._git.run(["init", "--quiet", "--bare", f"--object-format={object_format}", "."])

    def _read_commit(self, commit: str, subdirectory: str) -> Reading:
        if isinstance(self._last, Loaded | Rejected) and self._last.revision_id == commit:
            return self._last
        description = subject_of(self._git, commit)
        files = self._trees.files(self._git, commit, subdirectory)
        if not files:
            where = f"{subdirectory} in " if subdirectory else ""
            raise SourceError(f"{where}commit {commit[:12]} holds no manifest file (*.yaml or *.yml)")
        self._last = self._reader.read(files, root=subdirectory, revision_id=commit, description=description)
        return self._last


def is_remote(repository: str) -> bool:
    """True for what git fetches from, false for a directory."""
    if "://" in repository:
        return True
    before, colon, _ = repository.partition(":")
    return bool(colon) and "/" not in before and not Path(repository).exists()


def load_git(repository: str | os.PathLike[str], ref: str, *, subdirectory: str = "") -> Reading:
    """Reads one commit of a local repository once.

    Args:
        repository: a bare repository, or any directory of a working tree: only what is below it is read then.
        ref: a branch, a tag, a commit, or an expression such as `HEAD~1`.
        subdirectory: where the manifests are, relative to that.
    """
    try:
        return GitSource(repository, ref, subdirectory=subdirectory).read_now()
    except SourceError as error:
        return Unreadable(str(error))
