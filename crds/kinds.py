"""The kinds by their names."""

from crds.camera import Camera
from crds.document import Manifest
from crds.dsinstance import DsInstance
from crds.node import Node

KINDS: dict[str, type[Manifest]] = {"Camera": Camera, "DsInstance": DsInstance, "Node": Node}


def kind_named(word: str) -> type[Manifest] | None:
    """The kind that a word of a command line means: kind, plural, singular or short name, in any case."""
    lowered = word.lower()
    for name, kind in KINDS.items():
        if lowered in (name.lower(), kind.plural, kind.short_name):
            return kind
    return None
