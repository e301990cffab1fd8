"""Which file a new object goes into."""

import re
from bisect import bisect_left, insort
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from controller.edits.object_edit import CannotEdit, ObjectEdit
from controller.model import ObjectRef
from controller.source.files import is_manifest_path
from crds.kinds import KINDS

_FIRST_HOMES: Final = {"Camera": "cameras.yaml", "Node": "nodes.yaml", "DsInstance": "instances/{name}.yaml"}
_MOST_BYTES_OF_A_PART: Final = 255
"""Of a path, https://man7.org/linux/man-pages/man5/ext4.5.html and nearly all other file systems."""
_SEPARATORS: Final = re.compile(r"[-_. ]+")
_FILE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,62}")


@dataclass(frozen=True)
class Home:
    """Where a new object goes."""

    path: bytes
    neighbour: bytes | None
    """A file beside it that holds an object of the same kind, whose style is followed."""


class Homes:
    """Where new objects go, one after the other.

    Into the file that the edit names; else where the neighbours are, the objects of the same kind: those before it in the
    order of names, the next one first, then those after it.

    1. The first neighbour in a file that is shared, that is, which holds several of the kind, or is not named after the only one.
    2. Where each has a file of its own: a new file NAME.yaml in the directory of the first neighbour.
    3. Where there is none: `cameras.yaml`, `nodes.yaml`, `instances/NAME.yaml`.
    """

    def __init__(self, places: Mapping[ObjectRef, bytes], files: Collection[bytes]) -> None:
        """Takes what there is.

        Args:
            places: in which file each object stands.
            files: all that there are.
        """
        self._files = set(files)
        self._places = dict(places)
        self._names: dict[str, list[str]] = {}
        self._shared: dict[str, list[str]] = {}
        inhabitants: dict[tuple[str, bytes], list[str]] = {}
        for ref, path in places.items():
            self._names.setdefault(ref.kind, []).append(ref.name)
            inhabitants.setdefault((ref.kind, path), []).append(ref.name)
        for (kind, path), names in inhabitants.items():
            if len(names) > 1 or not _is_named_after(path, names[0]):
                self._shared.setdefault(kind, []).extend(names)
        for lists in (self._names, self._shared):
            for names in lists.values():
                names.sort()

    def take(self, edit: ObjectEdit) -> Home:
        """Where a new object goes; it is a neighbour of those that come after it.

        Raises:
            CannotEdit: the edit names no file of manifests, or the object's name makes none.
        """
        ref = edit.ref
        home = self._home_of(edit)
        self._files.add(home.path)
        self._places[ref] = home.path
        insort(self._names.setdefault(ref.kind, []), ref.name)
        if home.path == home.neighbour or not _is_named_after(home.path, ref.name):
            insort(self._shared.setdefault(ref.kind, []), ref.name)
        return home

    def _home_of(self, edit: ObjectEdit) -> Home:
        ref = edit.ref
        if ref.kind not in KINDS:
            raise CannotEdit.at(b"", f"there is no kind {ref.kind!r}; there are {', '.join(KINDS)}", path=("kind",))
        if edit.file:
            home = _named(edit, self._files)
            return Home(home, home if home in self._files else None)
        if shared := self._neighbour(ref, self._shared):
            return Home(shared, shared)
        if not _FILE_NAME.fullmatch(ref.name):
            message = "the name makes no name of a file: it is lower-case letters, digits, '-' and '.', at most 63"
            raise CannotEdit.at(b"", message, path=("metadata", "name"))
        if neighbour := self._neighbour(ref, self._names):
            directory, slash, last = neighbour.rpartition(b"/")
            return Home(directory + slash + ref.name.encode() + last[last.rfind(b".") :], neighbour)
        return Home(_FIRST_HOMES[ref.kind].format(name=ref.name).encode(), None)

    def _neighbour(self, ref: ObjectRef, names: Mapping[str, list[str]]) -> bytes | None:
        of_kind = names.get(ref.kind)
        if not of_kind:
            return None
        at = bisect_left(of_kind, ref.name)
        return self._places[ObjectRef(ref.kind, of_kind[max(at - 1, 0)])]


def _is_named_after(path: bytes, name: str) -> bool:
    """True for `lobby.yaml`, `camera-lobby.yaml` and `lobby_old.yaml`, the object being called `lobby`."""
    stem = path.rpartition(b"/")[2].rpartition(b".")[0].decode("utf-8", "replace")
    return f"-{_SEPARATORS.sub('-', name)}-" in f"-{_SEPARATORS.sub('-', stem.lower())}-"


def _named(edit: ObjectEdit, files: Collection[bytes]) -> bytes:
    def refusal(message: str) -> CannotEdit:
        return CannotEdit.at(b"", f"the object cannot go into the file {edit.file[:100]!r}: {message}")

    try:
        path = edit.file.encode()
    except UnicodeEncodeError:
        raise refusal("its name is no text") from None
    parts = path.split(b"/")
    if any(part in (b"", b".", b"..") for part in parts) or not edit.file.isprintable():
        raise refusal("give a path relative to the source, without '..', such as cameras/hall.yaml")
    if not is_manifest_path(path):
        raise refusal(
            "files of manifests end with .yaml or .yml, and no part of their path begins with '.', '#' or '~'"
        )
    if any(len(part) > _MOST_BYTES_OF_A_PART for part in parts):
        raise refusal(f"a part of its path has more than {_MOST_BYTES_OF_A_PART} bytes")
    above = {b"/".join(parts[:number]) for number in range(1, len(parts))}
    if path not in files and (not above.isdisjoint(files) or any(one.startswith(path + b"/") for one in files)):
        raise refusal("a part of its path is a file, or it is a directory")
    return path
