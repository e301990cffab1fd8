"""In which file an object stands, and in which line: found when somebody asks. Pure."""

from collections.abc import Mapping

from controller.model import ObjectRef, Position
from controller.source.files import position_in
from controller.source.read.file_reading import FileReading
from crds.document import Manifest


def where_stands(files: Mapping[bytes, FileReading], ref: ObjectRef) -> Position | None:
    """Where a manifest begins, with the file relative to its source; None for one that is in none, or says something wrong.

    It looks at the names of all manifests, which takes a few ms of 60,000 of them.
    """
    for path, reading in files.items():
        if any(_is(one, ref) for one in reading.documents):
            found = next(one.position for one in reading.located() if _is(one.manifest, ref))
            return position_in("", path, found.line, found.column)
    return None


def _is(one: object, ref: ObjectRef) -> bool:
    return isinstance(one, Manifest) and (one.kind, one.name) == (ref.kind, ref.name)
