"""What one file says: its manifests with their places, or what is wrong with them. Remembered as long as the file stays."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from controller.model import Position, Problem, Revision
from controller.source.files import SourceFile, cut_off, position_in, text_of
from controller.source.read.alike_documents import AlikeDocuments
from controller.source.read.field_errors import path_text
from controller.source.read.manifests import LocatedManifest, ReadDocument, read_manifests
from controller.source.read.yaml_documents import Fault, pieces
from crds.document import Manifest

_CUT_OFF = "the file ends here, in the middle of a line: was it written to its end?"


@dataclass(frozen=True)
class FileReading:
    """What one file says. Of a manifest nothing else is kept: where it stands is found in the file when somebody asks."""

    source: SourceFile
    name: str
    """Of the file, for positions."""
    documents: tuple[Manifest | ReadDocument, ...] = ()
    """The manifests, and as they were read the documents that are none; in their order."""
    counts: tuple[int, ...] = ()
    """How many of them stand in each piece of its text. None of a file whose text cannot be read."""
    problems: tuple[Problem, ...] = ()
    is_unread: bool = False
    """True when nobody knows what stands in it."""
    telling: tuple[Manifest, ...] = ()
    """Those that hold a secret for certain: see `controller.checks.secrets`."""

    @property
    def manifests(self) -> tuple[Manifest, ...]:
        """The manifests, in their order."""
        return tuple(one for one in self.documents if isinstance(one, Manifest))

    @property
    def broken(self) -> tuple[ReadDocument, ...]:
        """The documents that are no valid manifests."""
        return tuple(one for one in self.documents if isinstance(one, ReadDocument))

    @property
    def is_sound(self) -> bool:
        """True when nothing is wrong with it."""
        return not self.problems and not self.broken

    def pieces(self) -> Iterator[tuple[int, str, tuple[Manifest | ReadDocument, ...]]]:
        """The pieces of its text: the number of the line that each begins in, from 0, and what stands in it."""
        text, documents = text_of("", self.source), iter(self.documents)
        for (line, piece), count in zip(pieces(text) if isinstance(text, str) else (), self.counts, strict=True):
            yield line, piece, tuple(islice(documents, count))

    def located(self) -> Iterator[LocatedManifest]:
        """The manifests and where they stand."""
        for line, piece, documents in self.pieces():
            for index, one in enumerate(documents):
                if isinstance(one, Manifest):
                    yield LocatedManifest(one, self.name, line + 1, piece, index)


def read_file(
    root: str,
    source: SourceFile,
    before: Sequence[FileReading] = (),
    expected: Revision | None = None,
    alike: AlikeDocuments | None = None,
) -> FileReading:
    """Reads one file.

    Args:
        root: where the source is, for the positions of problems.
        source: the file.
        before: what it said before, at one time or another. An edit of one document in a file of a thousand leaves the others as they were.
        expected: has its very objects stand for manifests that say the same.
        alike: knows forms of documents; it changes the time that this takes, and nothing else.
    """
    text, name = text_of(root, source), position_in(root, source.path).file
    if isinstance(text, Problem):
        return FileReading(source, name, problems=(text,), is_unread=True)
    known = {piece: documents for reading in reversed(before) for _, piece, documents in reading.pieces()}
    alike = alike or AlikeDocuments()
    found = [(line, known.get(piece) or _read(piece, expected, alike)) for line, piece in pieces(text)]
    documents = [(line, one) for line, some in found for one in some]
    problems = [
        _problem(name, line, fault) for line, one in documents if isinstance(one, ReadDocument) for fault in one.faults
    ]
    if documents and isinstance(documents[-1][1], ReadDocument) and (end := cut_off(text)):
        problems.append(Problem(position_in(root, source.path, *end), "", _CUT_OFF))
    return FileReading(
        source, name, tuple(one for _, one in documents), tuple(len(some) for _, some in found), tuple(problems)
    )


def manifests_of(files: Mapping[bytes, FileReading]) -> tuple[LocatedManifest, ...]:
    """All manifests, in the order of their files and lines; none is packed any more, since who asks looks at all of each."""
    found = tuple(located for path in sorted(files) for located in files[path].located())
    for located in found:
        located.manifest.unpack()
    return found


def _read(piece: str, expected: Revision | None, alike: AlikeDocuments) -> tuple[Manifest | ReadDocument, ...]:
    if (manifest := alike.manifest(piece)) is not None:
        return (_as_expected(manifest, expected),)
    return tuple(
        read if read.manifest is None else _as_expected(read.manifest, expected) for read in read_manifests(piece)
    )


def _as_expected(manifest: Manifest, expected: Revision | None) -> Manifest:
    known = None if expected is None else expected.manifest(manifest.kind, manifest.name)
    # What is written tells what was said, and what was left to the defaults: models that differ in that are equal.
    if known is not None and (known.text() == manifest.text() or known.document() == manifest.document()):
        return known
    return manifest


def _problem(file: str, first_line: int, fault: Fault) -> Problem:
    line, column = fault.place
    return Problem(Position(file, first_line + line + 1, column), path_text(fault.path), fault.message)
