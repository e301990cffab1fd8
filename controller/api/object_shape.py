"""What every object must be before anybody looks into it: not too deep or large, and with metadata of the types that clients read. Pure.

The model of its kind says all else. These fields it never sees: they are kept beside the manifests and shown to all clients,
and one of another type would keep every client that is written in Go from reading the list that it stands in.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from controller.api.errors import bad_request
from controller.picture.conditions import Document
from controller.source.read.yaml_documents import MOST_DEPTH, MOST_NODES
from crds.annotations import APPROVE, FILE, LAST_APPLIED, REASON

_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
_TEXTS: Final = (APPROVE, FILE, LAST_APPLIED, REASON)


def checked_metadata(metadata: Any) -> Document:
    """The metadata of an object.

    Managed fields that say nothing are left out: `[{}]` is how clients of Kubernetes ask to forget all of them.

    Raises:
        ApiError: BadRequest, a field is of another type than it has in Kubernetes.
    """
    if not isinstance(metadata, dict):
        raise bad_request("metadata must be an object")
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict | None):
        raise bad_request("metadata.annotations must be an object")
    for name in _TEXTS:
        if not isinstance((annotations or {}).get(name), str | None):
            raise bad_request(f"metadata.annotations[{name}] must be a text")
    managed = metadata.get("managedFields")
    if managed is None:
        return metadata
    if not isinstance(managed, list):
        raise bad_request("metadata.managedFields must be a list")
    for at, entry in enumerate(managed):
        _require_entry(entry, f"metadata.managedFields[{at}]")
    return {**metadata, "managedFields": [entry for entry in managed if entry]}


def require_bounded(document: Document) -> None:
    """Takes an object that may stand in a manifest. Its status does not, and is not looked at.

    Raises:
        ApiError: BadRequest, it is nested too deep, or has too many values.
    """
    level: list[Any] = [value for name, value in document.items() if name != "status"]
    count = 0
    for _ in range(MOST_DEPTH):
        if (count := count + len(level)) > MOST_NODES:
            raise bad_request(f"the object has more than {MOST_NODES:,} values")
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return
    raise bad_request(f"the object is nested deeper than {MOST_DEPTH} levels")


def require_bounded_patch(patch: Any) -> None:
    """Takes a patch each step of which may be made; raises as `require_bounded` does."""
    for step in patch if isinstance(patch, list) else (patch,):
        require_bounded({"step": step})


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_time(value: Any) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_ENTRY: Final[Mapping[str, tuple[Callable[[Any], bool], str]]] = {
    "manager": (_is_text, "a text"),
    "operation": (_is_text, "a text"),
    "apiVersion": (_is_text, "a text"),
    "time": (_is_time, "a time as in RFC 3339"),
    "fieldsType": (_is_text, "a text"),
    "fieldsV1": (lambda value: isinstance(value, dict), "an object"),
    "subresource": (_is_text, "a text"),
}
"""https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.30/#managedfieldsentry-v1-meta."""


def _require_entry(entry: Any, where: str) -> None:
    if not isinstance(entry, dict):
        raise bad_request(f"{where} must be an object")
    for name, value in entry.items():
        if name not in _ENTRY:
            raise bad_request(f"{where} has no field {name!r}")
        is_one, what = _ENTRY[name]
        if value is not None and not is_one(value):
            raise bad_request(f"{where}.{name} must be {what}")
