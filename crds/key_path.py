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
