"""An object that is wanted, as plain data that a file can hold."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

from pydantic import ValidationError

from controller.edits.object_edit import CannotEdit, ObjectEdit
from controller.source.read.manifests import SERVER_SIDE
from controller.source.read.yaml_documents import MOST_DEPTH, MOST_NODES
from controller.source.read.yaml_places import Path
from crds.kinds import KINDS

_USUAL_ORDER: Final = {"apiVersion": None, "kind": None, "metadata": {"name": None}, "spec": None}
_MOST_BITS: Final = 128
"""More than any number of a manifest; readers refuse those of more than 40 digits."""


@dataclass(frozen=True)
class Wanted:
    """One object that is wanted."""

    given: dict[str, Any]
    """As somebody wrote it, without what belongs to the controller."""
    document: dict[str, Any]
    """As the API would show it once it is read; what was given, where it is no valid manifest."""
    is_valid: bool
    """True when it is a valid manifest, taken for itself. An invalid one is written, too: its reader says what is wrong, and where."""


def wanted_object(edit: ObjectEdit, wanted: Mapping[str, Any], file: bytes) -> Wanted:
    """What an edit wants.

    Args:
        edit: for its names.
        wanted: of the edit.
        file: where it stands or is to stand.

    Raises:
        CannotEdit: no YAML file can hold it, or it is another object than the edit names.
    """
    given = _Plain(file).mapping(wanted)
    for path in SERVER_SIDE:
        holder = given if len(path) == 1 else given.get(str(path[0]))
        if isinstance(holder, dict):
            holder.pop(str(path[-1]), None)
    metadata = given.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    for path, found, expected in (
        (("kind",), given.get("kind"), edit.ref.kind),
        (("metadata", "name"), name, edit.ref.name),
    ):
        if found != expected:
            message = f"the object is {edit.ref}, so {expected!r} must stand here: an edit gives no object another kind or name"
            raise CannotEdit.at(file, message, path=path)
    kind = KINDS.get(edit.ref.kind)
    if kind is None:
        raise CannotEdit.at(file, f"there is no kind {edit.ref.kind!r}; there are {', '.join(KINDS)}", path=("kind",))
    try:
        manifest = kind.model_validate_json(json.dumps(given), strict=True, by_alias=True, by_name=False)
    except ValidationError:
        given = _in_order(given, _USUAL_ORDER)
        return Wanted(given, given, is_valid=False)
    document = manifest.document()
    return Wanted(_in_order(given, document), document, is_valid=True)


def _in_order(given: Any, pattern: Any) -> Any:
    """The value with its keys in the order of another: clients sort them by letters, and people read the name first."""
    if isinstance(given, dict) and isinstance(pattern, dict):
        keys = [*(key for key in pattern if key in given), *(key for key in given if key not in pattern)]
        return {key: _in_order(given[key], pattern.get(key)) for key in keys}
    if isinstance(given, list) and isinstance(pattern, list) and len(given) == len(pattern):
        return [*map(_in_order, given, pattern)]
    return given


class _Plain:
    """Copies JSON values, and refuses all that is none."""

    def __init__(self, file: bytes) -> None:
        self._file = file
        self._nodes = 0

    def mapping(self, value: Mapping[Any, Any]) -> dict[str, Any]:
        return self._mapping(value, ())

    def _refusal(self, path: Path, message: str) -> CannotEdit:
        return CannotEdit.at(self._file, message, path=path[:3])

    def _mapping(self, value: Mapping[Any, Any], path: Path) -> dict[str, Any]:
        for key in value:
            if not isinstance(key, str):
                raise self._refusal(path, f"a key must be text, not {type(key).__name__}")
            self._check_text(key, path)
        return {key: self._value(one, (*path, key)) for key, one in value.items()}

    def _value(self, value: Any, path: Path) -> Any:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise self._refusal(path, f"the object has more than {MOST_NODES:,} values: split it")
        if len(path) > MOST_DEPTH:
            raise self._refusal(path, f"nested deeper than {MOST_DEPTH} levels")
        if isinstance(value, Mapping):
            return self._mapping(value, path)
        if isinstance(value, list | tuple):
            return [self._value(one, (*path, number)) for number, one in enumerate(value)]
        if value is None or type(value) is bool:
            return value
        return self._scalar(value, path)

    def _scalar(self, value: Any, path: Path) -> str | int | float:
        """Of enumerations and the like, what they are at heart."""
        if isinstance(value, str):
            self._check_text(value, path)
            return str.__str__(value)
        if isinstance(value, int):
            if value.bit_length() > _MOST_BITS:
                raise self._refusal(path, "the number is too large: write it in quotes if it is text")
            return int(value)
        if isinstance(value, float):
            if not isfinite(value):
                raise self._refusal(path, "not-a-number and infinity are not allowed: give a number")
            return float(value)
        raise self._refusal(path, f"a JSON value is expected, not {type(value).__name__}")

    def _check_text(self, text: str, path: Path) -> None:
        if any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text):
            raise self._refusal(path, "the text holds a character that is none (NUL or half of a surrogate pair)")
