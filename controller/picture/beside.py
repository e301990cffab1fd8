"""What the store and its clients put into the metadata of an object, beside what its manifest says."""

from typing import Final

from controller.picture.conditions import Document
from crds.annotations import LAST_APPLIED

_GIVEN: Final = frozenset({"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"})


def as_handed_in(metadata: Document) -> Document:
    """Metadata without all that."""
    return without_last_applied({name: value for name, value in metadata.items() if name not in _GIVEN})


def without_last_applied(metadata: Document) -> Document:
    """Metadata without the annotation that `kubectl apply` keeps for itself."""
    annotations = metadata.get("annotations") or {}
    if LAST_APPLIED not in annotations:
        return metadata
    others = {key: one for key, one in annotations.items() if key != LAST_APPLIED}
    if others:
        return {**metadata, "annotations": others}
    return {name: value for name, value in metadata.items() if name != "annotations"}


def beside_of(metadata: Document) -> Document:
    """What stands in the metadata of an object that is the clients' own: see `Stored.beside`."""
    beside: Document = {}
    if (applied := (metadata.get("annotations") or {}).get(LAST_APPLIED)) is not None:
        beside["annotations"] = {LAST_APPLIED: applied}
    if managed := metadata.get("managedFields"):
        beside["managedFields"] = managed
    return beside
