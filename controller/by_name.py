"""Mappings that are sorted by name, and what an edit makes of them. Pure."""

from bisect import bisect_left
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
    if all((one is not None) is (name in before) for name, one in changes.items()):
        after = dict(before)
        after.update((name, one) for name, one in changes.items() if one is not None)
        return after
    if len(changes) > len(before):
        made = {**before, **changes}
        return {name: one for name in sorted(made) if (one := made[name]) is not None}
    names, values = list(before), list(before.values())
    for name in sorted(changes):
        one, at = changes[name], bisect_left(names, name)
        if name in before:
            del names[at], values[at]
        if one is not None:
            names.insert(at, name)
            values.insert(at, one)
    return dict(zip(names, values, strict=True))
