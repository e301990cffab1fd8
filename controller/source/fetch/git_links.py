"""The tree of one commit as a checkout of it would look: symbolic links lead where they lead, inside the repository. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from controller.source.fetch.snapshot import (
    LEADS_BACK,
    MOST_DIRECTORIES,
    MOST_DIRECTORIES_DEEP,
    TOO_DEEP,
    TOO_MANY_DIRECTORIES,
    SourceError,
)
from controller.source.files import is_manifest_path, too_large

LINK: Final = b"120000"
SUBMODULE: Final = b"160000"
LONGEST_TARGET: Final = 4096
# What Linux follows in one path, https://man7.org/linux/man-pages/man7/path_resolution.7.html.
_MOST_LINKS: Final = 40

_SUBMODULES = "submodules are not read: name a subdirectory without one, or commit the manifests themselves"
_NOWHERE = "the symbolic link leads nowhere in this commit: commit what it leads to, or remove it"
_OUTSIDE = "the symbolic link leads out of the repository: commit the manifests themselves"
_CIRCLE = "the symbolic link leads to itself: remove it"
_INTO_SUBMODULE = f"the symbolic link leads into a submodule; {_SUBMODULES}"


@dataclass(frozen=True)
class TreeEntry:
    """A file, link or submodule of a commit."""

    mode: bytes
    blob: bytes
    size: bytes


@dataclass(frozen=True)
class Found:
    """A manifest file, at the path that led there; or something that cannot be read, with its refusal."""

    path: bytes
    entry: TreeEntry | None = None
    refusal: str = ""


class CommittedTree:
    """All that a commit holds.

    Args:
        entries: by their paths from the top of the repository.
        targets: what the links say, by their blobs; one that is not here is longer than any path.
    """

    def __init__(self, entries: Mapping[bytes, TreeEntry], targets: Mapping[bytes, bytes]) -> None:
        self._entries = entries
        self._targets = targets
        self._children: dict[bytes, set[bytes]] = defaultdict(set)
        for path in entries:
            while path:
                above, _, name = path.rpartition(b"/")
                is_known = name in self._children[above]
                self._children[above].add(name)
                if is_known:
                    break
                path = above  # noqa: PLW2901 - up to the top
        self._directories = 0

    def directory(self, path: bytes) -> bytes | None:
        """The real path of a directory, through links; None when there is none."""
        found = self._resolved(b"", path)
        return found if isinstance(found, bytes) and found not in self._entries else None

    def manifests(self, directory: bytes) -> Iterator[Found]:
        """The manifest files below a directory, with paths relative to it, and whatever cannot be followed.

        Args:
            directory: its real path.

        Raises:
            SourceError: links make it endless.
        """
        self._directories = 0
        yield from self._below(directory, b"", (directory,))

    def _below(self, real: bytes, below: bytes, above: tuple[bytes, ...]) -> Iterator[Found]:
        self._directories += 1
        if self._directories > MOST_DIRECTORIES:
            raise SourceError(TOO_MANY_DIRECTORIES)
        for name in sorted(self._children[real]):
            if name.startswith(b"."):
                continue
            path = _joined(below, name)
            at = self._resolved(real, name)
            if isinstance(at, _Refusal):
                yield Found(path, refusal=at.message)
            elif (entry := self._entries.get(at)) is not None:
                if is_manifest_path(path):
                    yield Found(path, entry, too_large(int(entry.size)) if entry.size.isdigit() else "")
            elif at in above:
                yield Found(path, refusal=LEADS_BACK)
            elif len(above) > MOST_DIRECTORIES_DEEP:
                yield Found(path, refusal=TOO_DEEP)
            else:
                yield from self._below(at, path, (*above, at))

    def _resolved(self, directory: bytes, path: bytes) -> "bytes | _Refusal":
        """The real path of a file or directory, as the kernel finds it in a checkout."""
        at, links, missing = directory, 0, path.split(b"/")[::-1]
        while missing:
            if at in self._entries:
                return _Refusal(_NOWHERE)  # a file has nothing below it, not even itself
            step = self._step(at, missing.pop())
            if isinstance(step, _Refusal):
                return _Refusal(_INTO_SUBMODULE) if links and step.message == _SUBMODULES else step
            if isinstance(step, bytes):
                at = step
                continue
            links += 1
            if links > _MOST_LINKS:
                return _Refusal(_CIRCLE)
            missing += step.target.split(b"/")[::-1]
        return at

    def _step(self, at: bytes, part: bytes) -> "bytes | _Link | _Refusal":
        if part in (b"", b"."):
            return at
        if part == b"..":
            return at.rpartition(b"/")[0] if at else _Refusal(_OUTSIDE)
        path = _joined(at, part)
        entry = self._entries.get(path)
        if entry is None:
            return path if part in self._children.get(at, ()) else _Refusal(_NOWHERE)
        if entry.mode == SUBMODULE:
            return _Refusal(_SUBMODULES)
        return self._followed(entry) if entry.mode == LINK else path

    def _followed(self, link: TreeEntry) -> "_Link | _Refusal":
        target = self._targets.get(link.blob, b"")
        if target.startswith(b"/"):
            return _Refusal(_OUTSIDE)
        return _Link(target) if target else _Refusal(_NOWHERE)


@dataclass(frozen=True)
class _Link:
    target: bytes


@dataclass(frozen=True)
class _Refusal:
    message: str


def _joined(directory: bytes, name: bytes) -> bytes:
    return directory + b"/" + name if directory else name
