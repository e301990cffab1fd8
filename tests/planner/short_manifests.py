"""Whole manifests from short ones: what a test does not care about gets a valid value.

A short fleet maps `camera/dock`, `node/gate` or `dsinstance/yard` to its spec in the words of manifests; `labels` and
`annotations` beside the fields of the spec go to the metadata.
"""

import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from controller.model import Revision
from crds.camera import Camera
from crds.document import Manifest
from crds.dsinstance import DsInstance
from crds.kinds import kind_named
from crds.node import Node

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

ShortFleet = Mapping[str, Mapping[str, Any] | None]


def node_id(name: str) -> str:
    """The id of a node that a test knows by name."""
    return f"{zlib.crc32(name.encode()):08x}-0000-4000-8000-000000000000"


def manifest(key: str, short: Mapping[str, Any] | None) -> Manifest:
    """One manifest from its key, such as `camera/dock`, and its short form."""
    word, name = key.split("/", 1)
    kind = kind_named(word)
    assert kind is not None, f"{word!r} is no kind"
    given = dict(short or {})
    labels = given.pop("labels", {})
    annotations = given.pop("annotations", {})
    defaults: dict[type[Manifest], dict[str, Any]] = {
        Camera: {"address": f"rtsp://10.0.0.9/{name}"},
        DsInstance: {"image": "retinaface:1"},
        Node: {"nodeId": node_id(name), "hostname": name},
    }
    return kind.model_validate(
        {
            "apiVersion": "dsfleet.io/v1",
            "kind": kind.__name__,
            "metadata": {"name": name, "labels": labels, "annotations": annotations},
            "spec": {**defaults[kind], **given},
        }
    )


def revision_of(manifests: list[Manifest], revision_id: str = "sha256:1") -> Revision:
    """A revision as a source makes it: each kind sorted by name."""
    ordered = sorted(manifests, key=lambda one: (one.kind, one.name))
    return Revision(
        revision_id,
        cameras=tuple(one for one in ordered if isinstance(one, Camera)),
        instances=tuple(one for one in ordered if isinstance(one, DsInstance)),
        nodes=tuple(one for one in ordered if isinstance(one, Node)),
        description="a test",
    )


def revision(short: ShortFleet, revision_id: str = "sha256:1") -> Revision:
    """A revision from a short fleet."""
    return revision_of([manifest(key, one) for key, one in short.items()], revision_id)


def merged(before: Any, patch: Any) -> Any:
    """The short fleet after a JSON merge patch (RFC 7396): null takes away, mappings are merged, the rest replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(before) if isinstance(before, Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result
