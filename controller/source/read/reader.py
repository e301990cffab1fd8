"""Files to a reading: one revision, valid as a whole, or every problem that keeps it from being one."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Protocol

from controller.checks.checker import Checker
from controller.differing import differing
from controller.model import Position, Problem, Revision
from controller.source.files import SourceFile, cut_off, position_in, text_of
from controller.source.read.crosscheck import Claims, Remark, crosscheck
from controller.source.read.field_errors import path_text
from controller.source.read.manifests import LocatedManifest, ReadDocument, read_manifests
from controller.source.read.yaml_documents import Fault, pieces


@dataclass(frozen=True)
class Loaded:
    """A revision without a problem."""

    revision: Revision
    remarks: tuple[Remark, ...] = ()
    """What a person should know of, and need not correct."""

    @property
    def revision_id(self) -> str:
        """What a person approves of."""
        return self.revision.id


@dataclass(frozen=True)
class Rejected:
    """A revision that a person must correct; the last good one stays in force."""

    revision_id: str
    description: str
    problems: tuple[Problem, ...]
    """Sorted by file and line; never empty."""
    remarks: tuple[Remark, ...] = ()
    """What else a person should know of, as far as it can be told already."""


@dataclass(frozen=True)
class Unreadable:
    """The source could not be read: this says nothing about what should run."""

    message: str


Reading = Loaded | Rejected | Unreadable


class Source(Protocol):
    """Where manifests come from."""

    async def read(self) -> Reading:
        """The source as it is now. Never raises for what stands in it or for its being away."""
        ...

    def changes(self) -> AsyncIterator[None]:
        """Yields at once, and whenever the source may have changed: a reason to read it, and no more. Never ends."""
        ...

    async def refresh(self) -> None:
        """Looks at the source now instead of at the next interval, and wakes whoever iterates over `changes`."""
        ...


_CUT_OFF = "the file ends here, in the middle of a line: was it written to its end?"

# A piece of text with its line (from 0), and what it turned out to be.
_Pieces = tuple[tuple[int, str, tuple[ReadDocument, ...]], ...]


class ManifestReader:
    """Reads sets of files. What did not change since the last set is not parsed again."""

    def __init__(self) -> None:
        self._known: dict[bytes, tuple[bytes, _Pieces]] = {}
        self._checker = Checker()
        self._last = Revision("", (), (), ())

    def read(self, files: Iterable[SourceFile], *, root: str, revision_id: str, description: str) -> Reading:
        """Reads a set of files as one revision.

        Args:
            files: all files of the source that may hold manifests.
            root: where the source is, for the positions of problems.
            revision_id: what a person approves of.
            description: for people.
        """
        problems: list[Problem] = []
        manifests: list[LocatedManifest] = []
        broken: list[ReadDocument] = []
        known: dict[bytes, tuple[bytes, _Pieces]] = {}
        unread_files = False
        for file in sorted(files, key=lambda one: one.path):
            text = text_of(root, file)
            if isinstance(text, Problem):
                problems.append(text)
                unread_files = True
                continue
            known[file.path] = (file.content, self._pieces(file, text))
            name = position_in(root, file.path).file
            for line, _, documents in known[file.path][1]:
                for read in documents:
                    problems += [_problem(name, line, fault) for fault in read.faults]
                    if read.manifest:
                        manifests.append(LocatedManifest(read.manifest, read.document, name, line + 1))
                    else:
                        broken.append(read)
            last = [read for _, _, documents in known[file.path][1] for read in documents][-1:]
            if last and last[0].faults and (end := cut_off(text)):
                problems.append(Problem(position_in(root, file.path, *end), "", _CUT_OFF))
        self._known = known
        claimed = [read.claimed for read in broken]
        claims = Claims(
            frozenset(claim for claim in claimed if claim),
            complete=not unread_files and all(claim is not None for claim in claimed),
        )
        checked = crosscheck(manifests, claims, self._checker)
        problems += checked.problems
        if problems:
            return Rejected(revision_id, description, tuple(sorted(problems, key=_order)), checked.remarks)
        if not manifests:
            return Unreadable(f"{root or description}: no file holds a manifest (a Camera, a DsInstance or a Node)")
        found = sorted((located.manifest for located in manifests), key=lambda one: (one.kind, one.name))
        self._last = _edited(self._last, Revision.of(revision_id, found, description))
        return Loaded(self._last, checked.remarks)

    def _pieces(self, file: SourceFile, text: str) -> _Pieces:
        content, known = self._known.get(file.path, (b"", ()))
        if content == file.content:
            return known
        # An edit of one document in a file of a thousand leaves the others as they were.
        by_text = {piece: documents for _, piece, documents in known}
        return tuple((line, piece, by_text.get(piece) or read_manifests(piece)) for line, piece in pieces(text))


def _edited(before: Revision, after: Revision) -> Revision:
    """The second revision, with what it has in common with the first."""
    cameras, instances, nodes = after.camera_by_name, after.instance_by_name, after.node_by_name
    return before.edited(
        after.id,
        after.description,
        {name: cameras.get(name) for name in differing(before.camera_by_name, cameras)},
        {name: instances.get(name) for name in differing(before.instance_by_name, instances)},
        {name: nodes.get(name) for name in differing(before.node_by_name, nodes)},
    )


def _problem(file: str, first_line: int, fault: Fault) -> Problem:
    line, column = fault.place
    return Problem(Position(file, first_line + line + 1, column), path_text(fault.path), fault.message)


def _order(problem: Problem) -> tuple[str, int, int, str, str]:
    at = problem.position
    return (at.file, at.line, at.column, problem.path, problem.message)
