"""Documents to manifests of the kinds that exist, or to faults that say what to change."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any, Final

from pydantic import ValidationError

from controller.model import Position
from controller.source.read.field_errors import given, sentence
from controller.source.read.trials import Trials
from controller.source.read.unknown_fields import unknown_field
from controller.source.read.yaml_documents import Fault, Origin, YamlDocument, read_piece
from controller.source.read.yaml_places import Path
from controller.source.read.yaml_scalars import with_ways
from crds.document import API_GROUP, API_VERSION, Manifest
from crds.kinds import KINDS
from deepstream.near_miss import nearest

SERVER_SIDE: Final[tuple[Path, ...]] = (
    ("status",),
    *(
        ("metadata", name)
        for name in (
            "creationTimestamp", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid",
        )
    ),
)  # fmt: skip
_POINT: Final = re.compile(r"the point ([\d.e-]+);([\d.e-]+) ")


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What one document turned out to be. Its places count from the beginning of its piece of text."""

    document: Origin
    manifest: Manifest | None
    """None when there is a fault."""
    faults: tuple[Fault, ...]
    claimed: tuple[str, str] | None
    """Kind and name that the document says it has, when it is no valid manifest all the same."""


@dataclass(frozen=True)
class LocatedManifest:
    """A valid manifest and where it stands. It is made when somebody asks where: mostly nobody does."""

    manifest: Manifest
    file: str
    line: int
    """The line that its piece of text begins in, from 1."""
    text: str
    """That piece."""
    index: int
    """Its number among the documents of the piece, from 0."""

    @cached_property
    def _document(self) -> Origin:
        return read_piece(self.text)[self.index].origin

    @property
    def position(self) -> Position:
        """Where it begins."""
        line, column = self._document.start
        return Position(self.file, self.line + line, column)

    def position_of(self, *path: str | int) -> Position:
        """Where the value at a path stands."""
        line, column = self._document.places.of_value(path)
        return Position(self.file, self.line + line, column)


def read_manifests(text: str) -> tuple[ReadDocument, ...]:
    """The manifests of a piece of text, as `yaml_documents.pieces` cuts it."""
    return tuple(read_document(document) for document in read_piece(text))


def read_document(document: YamlDocument) -> ReadDocument:
    """The manifest of one document of a piece of text."""
    manifest, faults = _manifest(document)
    # Of what was understood nothing but the manifest is kept.
    return ReadDocument(document.origin, manifest, faults, None if manifest else _claimed(document.value))


def _claimed(value: Any) -> tuple[str, str] | None:
    metadata = value.get("metadata") if isinstance(value, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    kind = value.get("kind") if isinstance(value, dict) else None
    return (kind, name) if isinstance(kind, str) and isinstance(name, str) else None


def _manifest(document: YamlDocument) -> tuple[Manifest | None, tuple[Fault, ...]]:
    if document.value is None or (document.faults and not isinstance(document.value, dict)):
        return None, document.faults
    if not isinstance(document.value, dict):
        said = f"a manifest is a mapping with apiVersion and kind, not {given(document.value)}"
        return None, (Fault(document.origin.start, (), said),)
    kind, faults = _kind_of(document)
    value, server_side = _without_server_side(document)
    faults += server_side
    manifest = None
    if kind:
        manifest, field_faults = _validated(document, kind, value)
        faults += field_faults
    removed = [fault.path for fault in server_side]
    told = [fault for fault in document.faults if not any(fault.path[: len(path)] == path for path in removed)]
    if kind:
        trials = _trials(kind, value)
        told = [mended for fault in told if (mended := _with_ways_that_are_taken(fault, trials, faults)) is not None]
    known = {fault.path for fault in told}
    faults = [*told, *(fault for fault in faults if fault.path not in known)]
    faults.sort(key=lambda fault: fault.place)
    return None if faults else manifest, tuple(faults)


def _kind_of(document: YamlDocument) -> tuple[type[Manifest] | None, list[Fault]]:
    value: Mapping[str, Any] = document.value
    faults: list[Fault] = []

    def fault(field: str, message: str) -> None:
        place = document.origin.places.of_value((field,)) if field in value else document.origin.start
        faults.append(Fault(place, (field,), message))

    api_version, kind = value.get("apiVersion"), value.get("kind")
    if kind == "List" or (isinstance(kind, str) and kind.endswith("List") and kind.removesuffix("List") in KINDS):
        fault("kind", "lists are not read: write each item as a document of its own, with --- between them")
        return None, faults
    if "apiVersion" not in value:
        fault("apiVersion", f"is missing: write apiVersion: {API_VERSION}")
    elif api_version != API_VERSION:
        of_us = isinstance(api_version, str) and (
            api_version.startswith(API_GROUP) or nearest(api_version, [API_VERSION])
        )
        hint = "" if of_us else "; keep manifests of other systems out of this directory"
        fault("apiVersion", f"expected {API_VERSION}, got {given(api_version)}{hint}")
    if "kind" not in value:
        fault("kind", f"is missing: it is one of {', '.join(KINDS)}")
    elif not isinstance(kind, str) or kind not in KINDS:
        near = nearest(kind, KINDS) if isinstance(kind, str) else None
        hint = f"; did you mean {near}?" if near else f"; there are {', '.join(KINDS)}"
        fault("kind", f"there is no kind {given(kind)}{hint}")
    else:
        return KINDS[kind], faults
    return None, faults


def _without_server_side(document: YamlDocument) -> tuple[dict[str, Any], list[Fault]]:
    value: dict[str, Any] = document.value
    faults: list[Fault] = []
    for path in SERVER_SIDE:
        holder = value if len(path) == 1 else value.get(str(path[0]))
        if not isinstance(holder, dict) or path[-1] not in holder:
            continue
        faults.append(Fault(document.origin.places.of_key(path), path, "is written by the controller: remove it"))
        rest = {key: one for key, one in holder.items() if key != path[-1]}
        value = rest if len(path) == 1 else {**value, str(path[0]): rest}
    return value, faults


def _read(kind: type[Manifest], value: dict[str, Any]) -> Manifest:
    """Through JSON, because strictness there means what a manifest means: "5" is no number, a list is a tuple.

    Raises:
        ValidationError: it is none of that kind.
    """
    text = json.dumps({**value, "apiVersion": API_VERSION})
    return kind.model_validate_json(text, strict=True, by_alias=True, by_name=False)


def _trials(kind: type[Manifest], value: dict[str, Any]) -> Trials:
    return Trials(partial(_read, kind), value)


def _with_ways_that_are_taken(fault: Fault, trials: Trials, others: Sequence[Fault]) -> Fault | None:
    """The same fault with those ways out of a doubt that the field takes.

    None where it takes none, and says itself what is expected.
    """
    if fault.doubt is None:
        return fault
    ways = [words for words, value in fault.doubt.ways if trials.at(fault.path)(value)]
    stands_for_itself = isinstance(fault.doubt.value, str)
    if not ways and stands_for_itself and any(one.path == fault.path for one in others):
        return None
    return replace(fault, message=with_ways(fault.doubt.complaint, ways))


def _validated(
    document: YamlDocument, kind: type[Manifest], value: dict[str, Any]
) -> tuple[Manifest | None, list[Fault]]:
    try:
        return _read(kind, value), []
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
    places, trials = document.origin.places, _trials(kind, value)
    faults: list[Fault] = []
    meant: set[Path] = set()
    for error in errors:
        path = tuple(part for part in error["loc"] if part != "[key]")
        if error["type"] == "extra_forbidden":
            message, instead = unknown_field(kind, path)
            if instead and _is_given(value, (*path[:-1], instead)):
                message = f"there is no such field, and {instead} is given, too: remove this"
            faults.append(Fault(places.of_key(path), path, message))
            if instead:
                meant.add((*path[:-1], instead))
        elif error["type"] != "missing":
            message = sentence(error, kind, trials.at(path))
            if error["type"] == "value_error":
                path = _point_meant(path, document.value, message) or _field_meant(path, error["input"], message)
            at = places.of_key if error["loc"][-1] == "[key]" else places.of_value
            faults.append(Fault(at(path), path, message))
    # A field that is there under a wrong name is one mistake, not two.
    faults += [
        Fault(places.of_key(error["loc"][:-1]), error["loc"], sentence(error, kind))
        for error in errors
        if error["type"] == "missing" and error["loc"] not in meant
    ]
    return None, faults


def _is_given(value: Any, path: Path) -> bool:
    """Whether a field stands in a document, and is no mapping that more could be put into."""
    for part in path[:-1]:
        value = value[part]
    return path[-1] in value and not isinstance(value[path[-1]], dict)


def _point_meant(path: Path, value: Any, message: str) -> Path | None:
    """The path of the point that a sentence about a line or a region names; None when it names none."""
    named = _POINT.match(message)
    if named is None:
        return None
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    point = [float(number) for number in named.groups()]
    return next((found for found, one in _points(path, value) if one == point), None)


def _points(path: Path, value: Any) -> Iterator[tuple[Path, list[Any]]]:
    """The points in lists of points, and in the rows of numbers that DeepStream's files hold."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if isinstance(value, list) and value and all(type(one) in (int, float) for one in value):
        yield from (((*path, at) if len(value) > 2 else path, value[at : at + 2]) for at in range(0, len(value), 2))
        return
    for part, one in inner:
        yield from _points((*path, part), one)


def _field_meant(path: Path, value: Any, message: str) -> Path:
    """The path of the first field that a sentence about several of them names."""
    if isinstance(value, dict):
        for word in re.findall(r"[A-Za-z]+", message):
            if word in value:
                return (*path, word)
    return path
