"""An object as clients send it, taken apart: what belongs into the manifest, what is kept beside it, and what is only asked. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from controller.model import ObjectRef
from controller.picture.beside import beside_of, without_last_applied
from controller.picture.conditions import Document
from controller.picture.store import Stored, object_uid
from crds.annotations import APPROVE, FILE, LAST_APPLIED, REASON

_SERVERS: Final = frozenset({
    "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
    "managedFields", "selfLink", "generateName",
})  # fmt: skip
"""Of the metadata: what the server gives, and no manifest holds."""
_ASKS: Final = (APPROVE, FILE, REASON, LAST_APPLIED)
_LONGEST_REASON: Final = 1024
_MAY_BE_EMPTY: Final = ("labels", "annotations", "ownerReferences", "finalizers", "namespace")


@dataclass(frozen=True)
class Wanted:
    """One object as it is asked for."""

    manifest: Document
    """apiVersion, kind, metadata and spec, as they are to be written."""
    beside: Document
    """See `controller.picture.store.beside_of`."""
    asks: Mapping[str, str] = field(default_factory=dict)
    """By annotation: what is asked and not kept."""


def taken_apart(document: Document, before: Document | None) -> Wanted:
    """Takes a document apart.

    Args:
        document: an object with whatever its server or client adds to it.
        before: the manifest as it is; None for one that is not there.
    """
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        metadata = {}
    annotations = metadata.get("annotations")
    asks: dict[str, str] = {}
    kept = {name: value for name, value in metadata.items() if name not in _SERVERS}
    if isinstance(annotations, dict):
        asks = {name: str(value) for name, value in annotations.items() if name in _ASKS and name != LAST_APPLIED}
        kept["annotations"] = {name: value for name, value in annotations.items() if name not in _ASKS}
    had = (before or {}).get("metadata", {})
    for name in _MAY_BE_EMPTY:
        if name in kept and not kept[name] and not (name in had and kept[name] == had[name]):
            del kept[name]
    if kept.get("namespace") == "default":
        del kept["namespace"]  # there is no other, and our objects are in none
    manifest = {name: value for name, value in document.items() if name not in ("status", "metadata")}
    return Wanted({"apiVersion": None, "kind": None, "metadata": kept, **manifest}, beside_of(metadata), asks)


def manifest_in(source: Document) -> Document:
    """What of a stored document was written in its manifest, as far as it is shown."""
    rest = {name: value for name, value in source.items() if name != "status"}
    return {**rest, "metadata": without_last_applied(source["metadata"])}


def as_shown(wanted: Wanted, stored: Stored | None) -> Document:
    """An object as it would be shown, as far as that can be told before it is written.

    Args:
        wanted: as it is asked for.
        stored: as it is; None for one that is not there.
    """
    manifest = wanted.manifest
    given: dict[str, Any] = {"uid": object_uid(manifest["kind"], manifest["metadata"]["name"]), "generation": 1}
    status: dict[str, Any] = {}
    if stored is not None:
        before = stored.document
        is_same = before.get("spec") == manifest.get("spec")
        given = {name: before["metadata"][name] for name in ("uid", "resourceVersion", "creationTimestamp")}
        given["generation"] = stored.generation + (not is_same)
        status = {"status": before["status"]} if "status" in before else {}
    metadata = {**manifest["metadata"], **given, **wanted.beside}
    if "annotations" in wanted.beside:
        metadata["annotations"] = {**manifest["metadata"].get("annotations", {}), **wanted.beside["annotations"]}
    return {**manifest, "metadata": metadata, **status}


def what_is_changed(verb: str, refs: tuple[ObjectRef, ...]) -> str:
    """The first line of a commit: `Update camera/dock`."""
    names = ", ".join(str(ref) for ref in refs[:3])
    more = f" and {len(refs) - 3} more" if len(refs) > 3 else ""
    return f"{verb.capitalize()} {names}{more}"


def message_of(subject: str, reason: str) -> str:
    """The message of a commit: what is changed, and why, as far as a terminal that shows it is to read that."""
    lines = ("".join(one for one in line if one.isprintable()) for line in reason[:_LONGEST_REASON].splitlines())
    return f"{subject}\n\n{chr(10).join(lines)}".strip()
