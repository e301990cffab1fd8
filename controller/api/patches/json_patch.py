"""JSON patches: https://www.rfc-editor.org/rfc/rfc6902, with pointers of https://www.rfc-editor.org/rfc/rfc6901. Pure."""

import copy
import re
from typing import Any, Final

from controller.api.patches.refused import MalformedPatch, PatchRefused

MOST_OPERATIONS: Final = 10_000
"""As many as Kubernetes' API server takes."""
_MOST_COPIED: Final = 1 << 20
"""Characters that copies may add: each could double the document."""
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")


def json_patch(document: Any, operations: Any) -> Any:
    """The document after all operations, one after the other.

    Raises:
        MalformedPatch: it is no list of operations.
        PatchRefused: an operation names what is not there, or a test fails.
    """
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise MalformedPatch("a JSON patch is a list of operations, each an object with op and path")
    if len(operations) > MOST_OPERATIONS:
        raise MalformedPatch(f"the patch has {len(operations):,} operations; at most {MOST_OPERATIONS:,} are applied")
    holder, copied = {"": copy.deepcopy(document)}, 0
    for operation in operations:
        path = _pointer(operation, "path")
        if (
            operation.get("op") == "copy"
            and (copied := copied + len(repr(_get(holder, _pointer(operation, "from"))))) > _MOST_COPIED
        ):
            raise PatchRefused("the patch copies more than a manifest can hold", _field(path))
        _carry_out(holder, operation, path)
    return holder[""]


def _carry_out(holder: Any, operation: dict[str, Any], path: tuple[str, ...]) -> None:
    match operation.get("op"):
        case "add":
            _add(holder, path, copy.deepcopy(_value(operation)))
        case "remove":
            _remove(holder, path)
        case "replace":
            _get(holder, path)
            _put(holder, path, copy.deepcopy(_value(operation)))
        case "test":
            if not _same(_get(holder, path), _value(operation)):
                raise PatchRefused(f"testing path {operation['path']} failed: another value is there", _field(path))
        case "copy":
            _add(holder, path, copy.deepcopy(_get(holder, _pointer(operation, "from"))))
        case "move":
            source = _pointer(operation, "from")
            if path[: len(source)] == source and path != source:
                raise PatchRefused(f"{operation['from']!r} cannot be moved into itself", _field(source))
            value = _get(holder, source)
            _remove(holder, source)
            _add(holder, path, value)
        case other:
            raise MalformedPatch(f"there is no operation {other!r} of JSON patches")


def _value(operation: dict[str, Any]) -> Any:
    if "value" not in operation:
        raise MalformedPatch(f"the operation {operation['op']} at {operation['path']!r} has no value")
    return operation["value"]


def _pointer(operation: dict[str, Any], name: str) -> tuple[str, ...]:
    pointer = operation.get(name)
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise MalformedPatch(f"{name} of an operation is a JSON pointer such as /spec/address, not {pointer!r}")
    if re.search(r"~(?![01])", pointer):
        raise MalformedPatch(f"{pointer!r} is no JSON pointer: write ~0 for ~ and ~1 for /")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/"))


def _field(path: tuple[str, ...]) -> str:
    return ".".join(path[1:])


def _missing(path: tuple[str, ...]) -> PatchRefused:
    return PatchRefused(f"there is nothing at {'/'.join(path) or 'the top'}", _field(path))


def _at(holder: Any, part: str, path: tuple[str, ...], *, most: int = 0) -> int:
    if not _INDEX.fullmatch(part) or int(part) >= len(holder) + most:
        raise _missing(path)
    return int(part)


def _get(holder: Any, path: tuple[str, ...]) -> Any:
    value = holder
    for part in path:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list):
            value = value[_at(value, part, path)]
        else:
            raise _missing(path)
    return value


def _add(holder: Any, path: tuple[str, ...], value: Any) -> None:
    inside = _get(holder, path[:-1])
    if isinstance(inside, list):
        inside.insert(len(inside) if path[-1] == "-" else _at(inside, path[-1], path, most=1), value)
    elif isinstance(inside, dict):
        inside[path[-1]] = value
    else:
        raise _missing(path)


def _put(holder: Any, path: tuple[str, ...], value: Any) -> None:
    inside = _get(holder, path[:-1])
    inside[_at(inside, path[-1], path) if isinstance(inside, list) else path[-1]] = value


def _remove(holder: Any, path: tuple[str, ...]) -> None:
    if path == ("",):
        raise PatchRefused("the whole object cannot be removed by a patch: delete it")
    _get(holder, path)
    inside = _get(holder, path[:-1])
    del inside[_at(inside, path[-1], path) if isinstance(inside, list) else path[-1]]


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON has it: true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)
