"""Mappings that are sorted by name, and what an edit makes of them. Pure."""

from collections.abc import Mapping
from typing import TypeVar

K = TypeVar("K", str, bytes)
T = TypeVar("T")


def edited(before: Mapping[K, T], changes: Mapping[K, T | None]) -> Mapping[K, T]:
    """A mapping sorted by name, after an edit; the very same one when there is none.

    Args:
        before: sorted by name.
        changes: what came or changed, and None for what went.
    """
    if not changes:
        return before
    after = dict(before)
    for name, one in changes.items():
        if one is None:
            after.pop(name, None)
        else:
            after[name] = one
    if after.keys() <= before.keys():
        return after
    return {name: after[name] for name in sorted(after)}
