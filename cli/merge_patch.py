"""What makes one document another, as a merge patch (RFC 7386)."""

import json
from collections.abc import Mapping
from typing import Any


def merge_patch_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The smallest merge patch; empty when both say the same. None in `after` is what is not there."""
    patch: dict[str, Any] = {name: None for name in before if after.get(name) is None}
    for name, value in after.items():
        old = before.get(name)
        if value is None or _is_same(old, value):
            continue
        if isinstance(value, dict) and isinstance(old, dict):
            if inner := merge_patch_between(old, value):
                patch[name] = inner
        else:
            patch[name] = value
    return patch


def _is_same(one: Any, other: Any) -> bool:
    # Python takes True for 1, and 1.0 too.
    return bool(one == other) and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
