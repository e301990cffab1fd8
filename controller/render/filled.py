"""Keys that are filled in where the manifest says nothing."""

from typing import Any, TypeVar

from deepstream.groups import KeyGroup

GroupT = TypeVar("GroupT", bound=KeyGroup)


def filled(group: GroupT, **defaults: Any) -> GroupT:
    """The group with these values for keys that have none."""
    missing = {name: one for name, one in defaults.items() if getattr(group, name) is None}
    return group.model_copy(update=missing) if missing else group
