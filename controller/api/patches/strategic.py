"""Strategic merge patches, as kubectl sends them. Pure.

https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md. Lists of
objects that all have a name are merged by it, and so are the volumes of a container, by the path that they are mounted at; all
other lists take the place of those that were there.
"""

import json
from typing import Any, Final

from controller.api.patches.refused import MalformedPatch

_KEYS: Final = ("name", "mountPath")
_ORDER: Final = "$setElementOrder/"
_DELETE_FROM: Final = "$deleteFromPrimitiveList/"


def strategic_merge(target: Any, patch: Any) -> Any:
    """The target after a patch.

    Raises:
        MalformedPatch: a directive in it is none.
    """
    if not isinstance(patch, dict):
        return patch
    how = patch.get("$patch")
    if how not in (None, "replace", "merge", "delete"):
        raise MalformedPatch(f"there is no $patch: {how!r}; it is replace, merge or delete")
    rest = {name: value for name, value in patch.items() if name not in ("$patch", "$retainKeys")}
    if how in ("replace", "delete"):
        return rest if how == "replace" else {}
    merged = dict(target) if isinstance(target, dict) else {}
    if (kept := patch.get("$retainKeys")) is not None:
        merged = {name: value for name, value in merged.items() if name in _list("$retainKeys", kept)}
    orders = {name.removeprefix(_ORDER): _list(name, value) for name, value in rest.items() if name.startswith(_ORDER)}
    for name, value in rest.items():
        if not name.startswith(_ORDER):
            _merge_field(merged, name, value)
    return {
        name: _ordered(one, orders[name]) if name in orders and isinstance(one, list) else one
        for name, one in merged.items()
    }


def _merge_field(merged: dict[str, Any], name: str, value: Any) -> None:
    if name.startswith(_DELETE_FROM):
        field, gone = name.removeprefix(_DELETE_FROM), set(map(_text, _list(name, value)))
        if isinstance(merged.get(field), list):
            merged[field] = [one for one in merged[field] if _text(one) not in gone]
    elif value is None:
        merged.pop(name, None)
    elif isinstance(value, list):
        merged[name] = _merged_list(merged.get(name), value)
    else:
        merged[name] = strategic_merge(merged.get(name), value)


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise MalformedPatch(f"{name} is a list, not {value!r}")
    return value


def _key_of(*lists: list[Any]) -> str:
    """What the objects of all these lists are merged by; empty where they are not."""
    every = [one for items in lists for one in items if not (isinstance(one, dict) and one.get("$patch") == "replace")]
    return next((key for key in _KEYS if every and all(_is_named(one, key) for one in every)), "")


def _is_named(one: Any, key: str) -> bool:
    return isinstance(one, dict) and isinstance(one.get(key), str)


def _text(value: Any) -> str:
    """The same for what is the same: lists can be long, and what stands in them need not be hashable."""
    return json.dumps(value, sort_keys=True)


def _merged_list(target: Any, patch: list[Any]) -> list[Any]:
    items = [one for one in patch if not (isinstance(one, dict) and one.get("$patch") == "replace")]
    if not isinstance(target, list) or len(items) < len(patch) or not (key := _key_of(target, items)):
        return [
            strategic_merge({}, one) for one in items if not (isinstance(one, dict) and one.get("$patch") == "delete")
        ]
    merged = {one[key]: one for one in target}
    for one in items:
        if one.get("$patch") == "delete":
            merged.pop(one[key], None)
        else:
            merged[one[key]] = strategic_merge(merged.get(one[key]), one)
    return list(merged.values())


def _ordered(items: list[Any], order: list[Any]) -> list[Any]:
    """Those that the order names, in that order, at the places of these; the others stay where they are."""
    key = _key_of(items) if items else ""
    places: dict[str, int] = {}
    for one in order:
        places.setdefault(_text(one.get(key) if key and isinstance(one, dict) else one), len(places))
    found = [places.get(_text(one[key] if key else one)) for one in items]
    listed = iter(sorted((place, at) for at, place in enumerate(found) if place is not None))
    return [one if place is None else items[next(listed)[1]] for one, place in zip(items, found, strict=True)]
