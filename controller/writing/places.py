"""In which file each object stands, and what the files hold: kept up with readings, at the cost of what changed. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from controller.differing import differing
from controller.model import ObjectRef
from controller.source.read.file_reading import FileReading
from crds.document import Manifest
from crds.kinds import KINDS


@dataclass(frozen=True)
class Places:
    """What is known of the files that were read."""

    files: Mapping[bytes, FileReading] = field(default_factory=dict)
    by_ref: Mapping[ObjectRef, bytes] = field(default_factory=dict)
    """Of an object that stands in two files, one of them."""
    count: int = 0
    """How many objects stand in all files; more than there are places when some stand in two."""

    def of(self, files: Mapping[bytes, FileReading]) -> "Places":
        """What is known of other files."""
        if self.count != len(self.by_ref):
            return Places().of(files)  # what goes from one file may stand in another that did not change
        paths = differing(self.files, files)
        if not paths:
            return self
        by_ref, count = dict(self.by_ref), self.count
        changed = [path for path in paths if not _stand_as_they_stood(self.files.get(path), files.get(path))]
        for path in changed:
            for ref in _refs(self.files.get(path)):
                count -= 1
                del by_ref[ref]
        for path in changed:
            for ref in _refs(files.get(path)):
                count += 1
                by_ref[ref] = path
        return Places(files, by_ref, count)

    def manifest(self, ref: ObjectRef) -> Manifest | None:
        """An object as its file says it; None for one that is not there, or says something wrong."""
        path = self.by_ref.get(ref)
        if path is None:
            return None
        return next((one for one in self.files[path].manifests if (one.kind, one.name) == (ref.kind, ref.name)), None)


class Contents(Mapping[bytes, bytes]):
    """The bytes of files that were read."""

    def __init__(self, files: Mapping[bytes, FileReading]) -> None:
        self._files = files

    def __getitem__(self, path: bytes) -> bytes:
        return self._files[path].source.content

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)


def _stand_as_they_stood(before: FileReading | None, after: FileReading | None) -> bool:
    """True for a file in which objects changed, and none came or went."""
    if before is None or after is None or before.broken or after.broken:
        return False
    old, new = before.manifests, after.manifests
    return len(old) == len(new) and all(
        one is other or (one.kind, one.name) == (other.kind, other.name) for one, other in zip(old, new, strict=True)
    )


def _refs(reading: FileReading | None) -> Iterator[ObjectRef]:
    if reading is None:
        return
    for manifest in reading.manifests:
        yield ObjectRef(manifest.kind, manifest.name)
    for read in reading.broken:
        if read.claimed and read.claimed[0] in KINDS:
            yield ObjectRef(*read.claimed)
