"""Which fields of a document are somebody's: sets of paths, and the form FieldsV1 that they have in managedFields. Pure.

https://kubernetes.io/docs/reference/using-api/server-side-apply. Lists are one field each: no list of our kinds is merged.
"""

from collections.abc import Callable, Iterable, Iterator
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


def put(document: Document, path: Path, value: Any) -> None:
    """Gives a document of one's own another value at a path."""
    for part in path[:-1]:
        inner = document.get(part)
        if not isinstance(inner, dict):
            inner = document[part] = {}
        document = inner
    if value == {} and isinstance(document.get(path[-1]), dict):
        return  # whoever says {} of what holds something wants it to be there, and no more
    document[path[-1]] = value


def take_away(document: Document, path: Path) -> None:
    """Takes the value at a path from a document of one's own, and what is empty then."""
    holders: list[Any] = [document]
    for part in path[:-1]:
        holders.append(holders[-1].get(part) if isinstance(holders[-1], dict) else None)
    for holder, part in zip(reversed(holders), reversed(path), strict=True):
        if not isinstance(holder, dict) or part not in holder:
            return
        del holder[part]
        if holder:
            return


def dotted(path: Path) -> str:
    """The path as people read it in conflicts: `.spec.address`."""
    return "".join(f".{part}" if part.replace("-", "").isalnum() else f'["{part}"]' for part in path)


def overlapping(paths: Iterable[Path]) -> Callable[[Path], bool]:
    """Whether a path is one of these, or stands in one, or one in it: at a cost that does not grow with how many they are."""
    known = frozenset(paths)
    above = {path[:end] for path in known for end in range(len(path))}
    return lambda path: path in above or any(path[:end] in known for end in range(len(path) + 1))
