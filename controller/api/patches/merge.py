"""JSON merge patches: https://www.rfc-editor.org/rfc/rfc7386. Pure."""

from typing import Any


def merge_patch(target: Any, patch: Any) -> Any:
    """The target after a patch: null takes away, objects are merged, all else takes the place of what was there."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged
