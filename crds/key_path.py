"""Where a key of a file of DeepStream stands in a manifest."""

from deepstream.groups import KeyGroup

EXTRA_KEYS = "extraKeys"


def key_path(group: KeyGroup | type[KeyGroup], name: str) -> tuple[str, ...]:
    """The path of a key below its group, in the words of manifests.

    Args:
        group: the group, or its model.
        name: the key as files write it; empty for the group as a whole.

    Returns:
        The field, and for keys with a free part, such as `roi-door`, that part; keys that the model does not know stand
        among the extra keys.
    """
    if not name:
        return ()
    model = group if isinstance(group, type) else type(group)
    if isinstance(group, KeyGroup) and name in group.extra_keys:
        return (EXTRA_KEYS, name)
    fields = model.model_fields
    keys = model.keys()
    for field, declared in keys.items():
        if not declared.prefix and declared.name == name:
            return (fields[field].alias or field,)
    prefixes = sorted((one for one in keys.items() if one[1].prefix), key=lambda one: -len(one[1].name))
    for field, declared in prefixes:
        if name.startswith(declared.name):
            free_part = name[len(declared.name) :]
            alias = fields[field].alias or field
            return (alias, free_part) if free_part else (alias,)
    return (EXTRA_KEYS, name)


def key_of_path(model: type[KeyGroup], path: tuple[str | int, ...]) -> str:
    """The key that stands at a path below its group, the other way round than `key_path`.

    Args:
        model: of the group.
        path: the field, and perhaps more; fields of other kinds have no key.
    """
    first, *rest = (str(part) for part in path)
    if first == EXTRA_KEYS:
        return rest[0] if rest else ""
    for field, declared in model.keys().items():
        if first in (field, model.model_fields[field].alias):
            return declared.name + (rest[0] if declared.prefix and rest else "")
    return ""
