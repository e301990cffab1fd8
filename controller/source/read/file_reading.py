"""What one file says: its manifests with their places, or what is wrong with them. Remembered as long as the file stays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from controller.model import Position, Problem, Revision
from controller.source.files import SourceFile, cut_off, position_in, text_of
from controller.source.read.field_errors import path_text
from controller.source.read.manifests import LocatedManifest, ReadDocument, read_manifests
from controller.source.read.yaml_documents import Fault, pieces

_CUT_OFF = "the file ends here, in the middle of a line: was it written to its end?"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text, and what it turned out to be."""

    line: int
    """The number of the line that it begins in, from 0."""
    text: str
    documents: tuple[ReadDocument, ...]


@dataclass(frozen=True)
class FileReading:
    """What one file says."""

    source: SourceFile
    pieces: tuple[Piece, ...] = ()
    """None of a file whose text cannot be read."""
    manifests: tuple[LocatedManifest, ...] = ()
    problems: tuple[Problem, ...] = ()
    broken: tuple[ReadDocument, ...] = ()
    """The documents that are no valid manifests."""
    is_unread: bool = False
    """True when nobody knows what stands in it."""

    @property
    def is_sound(self) -> bool:
        """True when nothing is wrong with it."""
        return not self.problems and not self.broken


def read_file(
    root: str, source: SourceFile, before: Sequence[FileReading] = (), expected: Revision | None = None
) -> FileReading:
    """Reads one file.

    Args:
        root: where the source is, for the positions of problems.
        source: the file.
        before: what it said before, at one time or another. An edit of one document in a file of a thousand leaves the others as they were.
        expected: has its very objects stand for manifests that say the same.
    """
    text = text_of(root, source)
    if isinstance(text, Problem):
        return FileReading(source, problems=(text,), is_unread=True)
    known = {piece.text: piece.documents for reading in reversed(before) for piece in reading.pieces}
    found = tuple(Piece(line, piece, known.get(piece) or _read(piece, expected)) for line, piece in pieces(text))
    name = position_in(root, source.path).file
    documents = [(piece.line, read) for piece in found for read in piece.documents]
    problems = [_problem(name, line, fault) for line, read in documents for fault in read.faults]
    if documents and documents[-1][1].faults and (end := cut_off(text)):
        problems.append(Problem(position_in(root, source.path, *end), "", _CUT_OFF))
    return FileReading(
        source,
        found,
        tuple(_located(name, documents, (located for reading in before for located in reading.manifests))),
        tuple(problems),
        tuple(read for _, read in documents if read.manifest is None),
    )


def manifests_of(files: Mapping[bytes, FileReading]) -> tuple[LocatedManifest, ...]:
    """All manifests, in the order of their files and lines."""
    return tuple(located for path in sorted(files) for located in files[path].manifests)


def _read(piece: str, expected: Revision | None) -> tuple[ReadDocument, ...]:
    documents = read_manifests(piece)
    return documents if expected is None else tuple(_as_expected(one, expected) for one in documents)


def _as_expected(read: ReadDocument, expected: Revision) -> ReadDocument:
    if read.manifest is None:
        return read
    known = expected.manifest(read.manifest.kind, read.manifest.name)
    # The documents tell what was said, and what was left to the defaults: models that differ in that are equal.
    is_same = known is not None and known.document() == read.manifest.document()
    return replace(read, manifest=known) if is_same else read


def _located(
    file: str, documents: Iterable[tuple[int, ReadDocument]], before: Iterable[LocatedManifest]
) -> Iterable[LocatedManifest]:
    # By both: manifests that are expected are the same in documents that are not, with other lines and comments in them.
    known = {(id(located.manifest), id(located.document), located.line): located for located in before}
    for line, read in documents:
        if read.manifest is not None:
            same = known.get((id(read.manifest), id(read.document), line + 1))
            yield same or LocatedManifest(read.manifest, read.document, file, line + 1)


def _problem(file: str, first_line: int, fault: Fault) -> Problem:
    line, column = fault.place
    return Problem(Position(file, first_line + line + 1, column), path_text(fault.path), fault.message)
