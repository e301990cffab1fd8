"""Which fields of a document are somebody's: sets of paths, and the form FieldsV1 that they have in managedFields. Pure.

https://kubernetes.io/docs/reference/using-api/server-side-apply. Lists are one field each: no list of our kinds is merged.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from controller.api.patches.refused import Document

Path = tuple[str, ...]
_MISSING: Final = object()
_NOBODYS: Final = frozenset(
    {
        "name",
        "namespace",
        "generateName",
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "managedFields",
        "selfLink",
    }
)
"""Of the metadata: what the server gives, or the object is named by."""


def fields_of(document: Document) -> frozenset[Path]:
    """The paths of all values in a document that somebody can own."""
    rest = {name: value for name, value in document.items() if name not in ("apiVersion", "kind", "status", "metadata")}
    metadata = {name: value for name, value in (document.get("metadata") or {}).items() if name not in _NOBODYS}
    if metadata:
        rest["metadata"] = metadata
    return frozenset(path for path in _leaves(rest, ()) if path)


def _leaves(value: Any, path: Path) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _leaves(one, (*path, name))
    else:
        yield path


def fields_v1(paths: Iterable[Path]) -> Document:
    """The paths as managedFields have them."""
    tree: Document = {}
    for path in sorted(paths):
        node = tree
        for part in path:
            node = node.setdefault(f"f:{part}", {})
    for path in sorted(paths):
        node = tree
        for part in path:
            node = node[f"f:{part}"]
        if node:
            node.setdefault(".", {})
    return tree


def paths_of(tree: Any, path: Path = ()) -> Iterator[Path]:
    """The paths that managedFields name. What they name inside of a list is the list."""
    if not isinstance(tree, dict):
        return
    inner = {name: one for name, one in tree.items() if name.startswith("f:")}
    if path and len(inner) < max(len(tree), 1):
        yield path
    for name, one in inner.items():
        yield from paths_of(one, (*path, name.removeprefix("f:")))


def value_at(document: Any, path: Path) -> Any:
    """The value at a path; an object of its own kind when there is none."""
    for part in path:
        if not isinstance(document, dict) or part not in document:
            return _MISSING
        document = document[part]
    return document


def has(document: Any, path: Path) -> bool:
    """True when there is a value at a path."""
    return value_at(document, path) is not _MISSING


def with_value(document: Any, path: Path, value: Any) -> Any:
    """The document with another value at a path."""
    if not path:
        # Whoever says {} of what holds something wants it to be there, and no more.
        return document if value == {} and isinstance(document, dict) else value
    held = dict(document) if isinstance(document, dict) else {}
    held[path[0]] = with_value(held.get(path[0]), path[1:], value)
    return held


def without(document: Any, path: Path) -> Any:
    """The document without the value at a path, and without what is empty then."""
    if not isinstance(document, dict) or path[0] not in document:
        return document
    held = dict(document)
    rest = without(held[path[0]], path[1:]) if len(path) > 1 else {}
    if (rest == {} and held[path[0]] != {}) or len(path) == 1:
        del held[path[0]]
    else:
        held[path[0]] = rest
    return held


def dotted(path: Path) -> str:
    """The path as people read it in conflicts: `.spec.address`."""
    return "".join(f".{part}" if part.replace("-", "").isalnum() else f'["{part}"]' for part in path)


def overlap(one: Path, other: Path) -> bool:
    """True when one is the other, or stands in it."""
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]
