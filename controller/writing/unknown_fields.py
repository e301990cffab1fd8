"""Fields of an object that its kind does not have. Pure."""

import json
from collections.abc import Sequence
from typing import Any, Final

from pydantic import ValidationError

from controller.picture.conditions import Document
from controller.source.read.unknown_fields import unknown_field
from crds.document import Manifest
from crds.kinds import KINDS

_MOST_MEANT: Final = 20
"""So many are told what was meant: looking for that takes time, and an object can have thousands of them."""

Path = tuple[str | int, ...]
_Tree = dict[str | int, "_Tree"]
"""What goes, by the parts of the paths; empty at their ends."""


def without_unknown_fields(manifest: Document) -> tuple[Document, tuple[str, ...]]:
    """The manifest without the fields that its kind does not have, and what is said of them.

    That begins as in Kubernetes, `unknown field "spec.adress"`, and ends with what `fleet validate` says.
    """
    kind = KINDS.get(str(manifest.get("kind")))
    if kind is None:
        return manifest, ()
    try:
        kind.model_validate_json(json.dumps(manifest), strict=True, by_alias=True, by_name=False)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False, include_context=False)
    else:
        return manifest, ()
    paths = [error["loc"] for error in errors if error["type"] == "extra_forbidden"]
    found = [path for path in paths if _has(manifest, path)]
    if not found:
        return manifest, ()
    tree: _Tree = {}
    for path in found:
        node = tree
        for part in path[:-1]:
            node = node.setdefault(part, {})
        node[path[-1]] = {}
    told = (*_with_what_is_meant(kind, found[:_MOST_MEANT]), *map(_unknown, found[_MOST_MEANT:]))
    return _without(manifest, tree), told


def _with_what_is_meant(kind: type[Manifest], paths: Sequence[Path]) -> list[str]:
    return [f"{_unknown(path)}: {unknown_field(kind, path)[0]}" for path in paths]


def _unknown(path: Path) -> str:
    return f'unknown field "{_text(path)}"'


def _has(value: Any, path: Path) -> bool:
    for part in path:
        known: Any = value if isinstance(value, dict) else dict(enumerate(value)) if isinstance(value, list) else {}
        if part not in known:
            return False
        value = known[part]
    return True


def _without(value: Any, gone: _Tree) -> Any:
    """All at once: an object can have thousands of them."""
    if not isinstance(value, dict | list):
        return value
    if isinstance(value, list):
        return [_without(one, gone[at]) if at in gone else one for at, one in enumerate(value)]
    return {
        name: _without(one, gone[name]) if name in gone else one
        for name, one in value.items()
        if name not in gone or gone[name]
    }


def _text(path: Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
