"""Fields of an object that its kind does not have. Pure."""

import json
from typing import Any

from pydantic import ValidationError

from controller.picture.conditions import Document
from crds.kinds import KINDS

Path = tuple[str | int, ...]
_Tree = dict[str | int, "_Tree"]
"""What goes, by the parts of the paths; empty at their ends."""


def without_unknown_fields(manifest: Document) -> tuple[Document, tuple[str, ...]]:
    """The manifest without the fields that its kind does not have, and their paths: `spec.adress`."""
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
    return _without(manifest, tree), tuple(_text(path) for path in found)


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
