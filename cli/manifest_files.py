"""The objects in the files that `-f` names: a file, a folder or standard input; YAML, JSON, or lists of objects."""

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from cli.failure import Failure, printable
from cli.kinds import GROUP_PATH, OBJECT_KINDS, Kind, Target

if TYPE_CHECKING:
    from controller.source.read.yaml_documents import Origin

STDIN = "-"
_SUFFIXES = (".yaml", ".yml", ".json")
_MOST_BYTES = 64 * 1024 * 1024
_API_VERSION = GROUP_PATH.removeprefix("/apis/")
_STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


@dataclass(frozen=True)
class Given:
    """One object that a file holds."""

    kind: Kind
    name: str
    """Empty for one that the server names."""
    document: dict[str, Any]
    file: str
    line: int
    """That its piece of the file begins in, from 0."""
    origin: "Origin"
    steps: tuple[str | int, ...] = ()
    """To the object, in a list of them."""

    @property
    def target(self) -> Target:
        """The object."""
        return Target(self.kind, self.name or None)

    def place_of(self, field: str = "") -> str:
        """Where a field stands, or what it would stand in: file:line:column."""
        steps = tuple(int(number) if number else word for number, word in _STEP.findall(field))
        values = self.origin.places.values
        keys = self.origin.places.keys
        for length in range(len(steps), -1, -1):
            path = (*self.steps, *steps[:length])
            if place := keys.get(path) or values.get(path):
                return f"{self.file}:{self.line + place[0] + 1}:{place[1]}"
        return f"{self.file}:{self.line + 1}:1"


def objects_in(names: Sequence[str], *, recursive: bool) -> list[Given]:
    """All objects that files hold, in the order of the files.

    Args:
        names: files, folders, or `-`.
        recursive: look into folders of folders, too.

    Raises:
        Failure: a file cannot be read, or holds something else.
    """
    found: list[Given] = []
    for name in names:
        for file, text in _texts(name, recursive=recursive):
            found += objects_of(file, text)
    if not found:
        raise Failure(f"there are no objects in {printable(', '.join(names))}")
    first: dict[Target, Given] = {}
    for one in found:
        if one.name and (before := first.setdefault(one.target, one)) is not one:
            raise Failure(f"{one.place_of()}: {one.target} stands at {before.place_of()}, too: remove one of them")
    return found


def objects_of(file: str, text: str) -> Iterator[Given]:
    """The objects in a text; raises as `objects_in` does."""
    from controller.source.read.yaml_documents import pieces, read_piece

    for line, piece in pieces(text):
        for document in read_piece(piece):
            if document.faults:
                row, column = document.faults[0].place
                raise Failure(f"{file}:{line + row + 1}:{column}: {document.faults[0].message}")
            yield from _objects(file, line, document.origin, document.value, ())


def _objects(file: str, line: int, origin: "Origin", value: Any, steps: tuple[str | int, ...]) -> Iterator[Given]:
    if isinstance(value, dict) and str(value.get("kind")).endswith("List") and isinstance(value.get("items"), list):
        for number, item in enumerate(value["items"]):
            yield from _objects(file, line, origin, item, (*steps, "items", number))
        return
    known = {kind.name: kind for kind in OBJECT_KINDS}
    kind = known.get(str(value.get("kind"))) if isinstance(value, dict) else None
    given = Given(kind or OBJECT_KINDS[0], "", {}, file, line, origin, steps)
    if kind is None or value.get("apiVersion") != _API_VERSION:
        field = "" if not isinstance(value, dict) else "kind" if kind is None else "apiVersion"
        kinds = ", ".join(known)
        raise Failure(f"{given.place_of(field)}: this is no object of {_API_VERSION}: its kinds are {kinds}")
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(metadata, dict) or not isinstance(name or metadata.get("generateName"), str):
        raise Failure(f"{given.place_of('metadata')}: the object has no name: give metadata.name")
    yield Given(kind, str(name or ""), value, file, line, origin, steps)


def _texts(name: str, *, recursive: bool) -> Iterator[tuple[str, str]]:
    if name == STDIN:
        yield "<stdin>", _decoded("<stdin>", sys.stdin.buffer.read(_MOST_BYTES + 1))
        return
    path = Path(name)
    try:
        for file in _files(path, recursive=recursive) if path.is_dir() else [path]:
            with file.open("rb") as opened:
                yield str(file), _decoded(str(file), opened.read(_MOST_BYTES + 1))
    except OSError as error:
        raise Failure(f"{printable(str(error.filename or path))} cannot be read: {error.strerror}") from None


def _files(folder: Path, *, recursive: bool) -> Iterator[Path]:
    entries = sorted(one for one in folder.iterdir() if not one.name.startswith("."))
    yield from (one for one in entries if one.is_file() and one.suffix in _SUFFIXES)
    for inner in entries:
        if inner.is_dir():
            if recursive:
                yield from _files(inner, recursive=True)
            else:
                click.echo(f"{printable(str(inner))} is not read: -R reads folders in folders, too", err=True)


def _decoded(file: str, content: bytes) -> str:
    if len(content) > _MOST_BYTES:
        raise Failure(f"{file} holds more than 64 MiB: split it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Failure(f"{file}:{line}:1: the file is not UTF-8") from None
