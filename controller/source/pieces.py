"""A revision on disk in pieces of some hundred manifests, of which an edit writes few again."""

import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from controller.differing import differing
from controller.model import Revision
from crds.document import Manifest
from ports.disk import Disk

_MOST_IN_A_PIECE: Final = 256
"""An edit writes this many manifests again: two milliseconds. Each file that is written costs as much."""
_FEWEST_IN_A_PIECE: Final = 16

Digests = Mapping[str, str]
"""Of the pieces, by the names of their files."""


class DamagedPieceError(ValueError):
    """A piece is not the one that was written last."""


class _Kind:
    """The manifests of one kind in pieces, by what follows from their names."""

    def __init__(self, manifests: Mapping[str, Manifest]) -> None:
        self.count = 1
        while len(manifests) > self.count * _MOST_IN_A_PIECE // 2:
            self.count *= 2
        self._names: list[list[str]] = [[] for _ in range(self.count)]
        self.manifests: Mapping[str, Manifest] = {}

    def is_right_for(self, size: int) -> bool:
        """False when there are too many or too few in a piece."""
        is_full_enough = self.count == 1 or size >= self.count * _FEWEST_IN_A_PIECE
        return size <= self.count * _MOST_IN_A_PIECE and is_full_enough

    def become(self, manifests: Mapping[str, Manifest]) -> set[int]:
        """Takes other manifests; the numbers of the pieces that differ."""
        numbers = set()
        for name in differing(self.manifests, manifests):
            number = zlib.crc32(name.encode()) % self.count
            numbers.add(number)
            if name not in self.manifests:
                self._names[number].append(name)
            elif name not in manifests:
                self._names[number].remove(name)
        self.manifests = manifests
        return numbers

    def content(self, number: int) -> bytes:
        """A piece as it is written."""
        return b"[%b]" % b",\n".join(self.manifests[name].text() for name in sorted(self._names[number]))


class Pieces:
    """The pieces of the revision that was written last, in one folder."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        """Reads and writes nothing yet."""
        self._folder = folder
        self._disk = disk
        self._kinds: dict[str, _Kind] = {}
        self._digests: dict[str, str] = {}

    def write(self, revision: Revision) -> Digests:
        """Writes what differs from the revision before. Blocks.

        Raises:
            OSError: the disk does not take it. The pieces on it are of one or the other then, and all are written the next time.
        """
        try:
            digests: dict[str, str] = {}
            kinds = {
                "cameras": revision.camera_by_name,
                "dsinstances": revision.instance_by_name,
                "nodes": revision.node_by_name,
            }
            for word, manifests in kinds.items():
                digests |= self._write(word, manifests)
        except Exception:
            self._kinds, self._digests = {}, {}
            raise
        self._digests = digests
        return digests

    def _write(self, word: str, manifests: Mapping[str, Manifest]) -> Digests:
        kind = self._kinds.get(word)
        if kind is not None and kind.is_right_for(len(manifests)):
            numbers = kind.become(manifests)
        else:
            kind = self._kinds[word] = _Kind(manifests)
            kind.become(manifests)
            numbers = set(range(kind.count))  # those on disk may hold what is there no more
        digests, files = {}, []
        for number in range(kind.count):
            name = f"{word}-{kind.count}-{number}.json"
            digests[name] = known = self._digests.get(name, "")
            if number in numbers or not known:
                content = kind.content(number)
                digests[name] = _digest(content)
                if digests[name] != known:
                    files.append((self._folder / name, content))
        self._disk.write_all(files)
        return digests

    def read(self, digests: Digests) -> Iterator[dict[str, Any]]:
        """The documents of all manifests, as they were written. Blocks.

        Args:
            digests: as `write` gave them.

        Raises:
            OSError: the disk does not give them.
            DamagedPieceError: a piece is another one by now.
        """
        for name, digest in digests.items():
            try:
                content = self._disk.read(self._folder / Path(name).name)
            except FileNotFoundError:
                content = b""
            if _digest(content) != digest:
                raise DamagedPieceError(name)
            yield from json.loads(content)
        self._digests = dict(digests)


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()
