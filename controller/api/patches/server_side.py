"""Server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply. Pure.

An object has managed fields from its first apply on. What stood in it before belongs to `before-first-apply`, as in Kubernetes:
the manifests may have been written by anybody.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from controller.api.patches.fields import (
    Path,
    dotted,
    fields_of,
    fields_v1,
    has,
    overlapping,
    paths_of,
    put,
    take_away,
    value_at,
)
from controller.api.patches.refused import Document, MalformedPatch

BEFORE_FIRST_APPLY: Final = "before-first-apply"


@dataclass(frozen=True)
class _Owner:
    """One entry of managedFields."""

    entry: Document
    paths: frozenset[Path]

    @property
    def name(self) -> str:
        return str(self.entry.get("manager", ""))

    def is_of(self, manager: str, operation: str) -> bool:
        return self.name == manager and self.entry.get("operation") == operation and not self.entry.get("subresource")

    def having(self, paths: frozenset[Path]) -> "_Owner":
        return self if paths == self.paths else _Owner({**self.entry, "fieldsV1": fields_v1(paths)}, paths)


class FieldConflicts(Exception):  # noqa: N818 - says what is so
    """Others own fields that are applied with other values."""

    def __init__(self, conflicts: Iterable[tuple[str, Path]], api_version: str) -> None:
        self.causes = [
            {
                "reason": "FieldManagerConflict",
                "message": f'conflict with "{name}" using {api_version}',
                "field": dotted(path),
            }
            for name, path in conflicts
        ]
        """As a Status names them."""
        count = len(self.causes)
        told = "; ".join(f"{one['message']}: {one['field']}" for one in self.causes)
        super().__init__(f"Apply failed with {count} conflict{'s' if count > 1 else ''}: {told}")


def apply(current: Document | None, applied: Document, manager: str, now: str, *, force: bool) -> Document:
    """The document after an apply, with its managed fields.

    Args:
        current: as it is; None for one that is not there.
        applied: all that the manager wants to say of it.
        manager: who applies.
        now: the time, RFC 3339.
        force: True to take fields from others.

    Raises:
        MalformedPatch: managed fields cannot be applied.
        FieldConflicts: others own fields with other values.
    """
    if (applied.get("metadata") or {}).get("managedFields"):
        raise MalformedPatch("metadata.managedFields must be nil")
    wanted, document = fields_of(applied), current or _head(applied)
    owners = _owners(document)
    if current is not None and not owners:
        owners = [_owner(BEFORE_FIRST_APPLY, "Update", fields_of(current), current["apiVersion"], now)]
    mine = next((one for one in owners if one.is_of(manager, "Apply")), None)
    others = [one for one in owners if one is not mine]
    differing = {path for path in wanted if not _says(document, path, value_at(applied, path))}
    is_taken = overlapping(differing)
    conflicts = {(one.name, theirs): None for one in others for theirs in sorted(one.paths) if is_taken(theirs)}
    if conflicts and not force:
        raise FieldConflicts(conflicts, str(applied["apiVersion"]))
    others = [one.having(frozenset(path for path in one.paths if not is_taken(path))) for one in others]
    is_kept = overlapping(wanted.union(*(one.paths for one in others)))
    document = copy.deepcopy(document)
    for path in sorted(mine.paths - wanted if mine else ()):
        if not is_kept(path):
            take_away(document, path)
    for path in sorted(wanted):
        put(document, path, copy.deepcopy(value_at(applied, path)))
    api_version = str(applied["apiVersion"])
    entry = mine if mine is not None and mine.paths == wanted else _owner(manager, "Apply", wanted, api_version, now)
    return _with_owners(document, [*(one for one in others if one.paths), entry])


def after_update(before: Document, after: Document, manager: str, now: str) -> Document:
    """A document that was changed by another way, with its managed fields as they are then; only one that has some gets others.

    Args:
        before: as it was, with its managed fields.
        after: as it is to be.
        manager: who changes it.
        now: the time, RFC 3339.
    """
    metadata = after.get("metadata") or {}
    held = before["metadata"].get("managedFields")
    if not held or metadata.get("managedFields", held) != held:
        return after  # it says itself who owns what
    old, new = fields_of(before), fields_of(after)
    changed = {path for path in new if not has(before, path) or not _says(before, path, value_at(after, path))}
    owners = _owners(before)
    mine = next((one for one in owners if one.is_of(manager, "Update")), None)
    is_gone = overlapping(changed | (old - new))
    rest = [one.having(frozenset(path for path in one.paths if not is_gone(path))) for one in owners if one is not mine]
    kept = frozenset(path for path in (mine.paths if mine else ()) if path in new) | changed
    if mine is not None and mine.paths == kept:
        rest.append(mine)
    elif kept:
        rest.append(_owner(manager, "Update", kept, before["apiVersion"], now))
    return _with_owners(after, [one for one in rest if one.paths])


def _says(document: Document, path: Path, value: Any) -> bool:
    found = value_at(document, path)
    return found == value or (value == {} and isinstance(found, dict))


def _head(applied: Document) -> Document:
    metadata = applied.get("metadata") or {}
    return {"apiVersion": applied["apiVersion"], "kind": applied["kind"], "metadata": {"name": metadata.get("name")}}


def _owners(document: Document) -> list[_Owner]:
    entries = document["metadata"].get("managedFields") or []
    return [_Owner(one, frozenset(paths_of(one.get("fieldsV1")))) for one in entries if isinstance(one, dict)]


def _owner(manager: str, operation: str, paths: Iterable[Path], api_version: str, now: str) -> _Owner:
    owned = frozenset(paths)
    entry = {
        "manager": manager, "operation": operation, "apiVersion": api_version, "time": now, "fieldsType": "FieldsV1",
        "fieldsV1": fields_v1(owned),
    }  # fmt: skip
    return _Owner(entry, owned)


def _with_owners(document: Document, owners: list[_Owner]) -> Document:
    return {**document, "metadata": {**document["metadata"], "managedFields": [one.entry for one in owners]}}
