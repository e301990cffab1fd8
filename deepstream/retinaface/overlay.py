"""Some values of a model laid over those of another one, key by key and however deep."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel


def laid_over(default: BaseModel, given: Mapping[str, Any]) -> dict[str, Any]:
    """What to validate as the model of `default`: its values, except for those that are given.

    Keys may be names of fields or their aliases. A key that is given as None is taken away. What the model does not
    know stays, so that validation refuses it at its place.

    Raises:
        ValueError: a key is given by its name and its alias.
    """
    fields = type(default).model_fields
    result: dict[str, Any] = {field.alias or name: getattr(default, name) for name, field in fields.items()}
    for name, (written, value) in by_field(type(default), given).items():
        alias = (fields[name].alias or name) if name in fields else written
        result[alias] = _over(getattr(default, name), value) if name in fields else value
    return result


def difference(default: BaseModel, actual: BaseModel) -> dict[str, Any]:
    """What `laid_over` makes the actual value of the default with, as plain data: changed keys, and null for others."""
    before, after = (one.model_dump(mode="json", by_alias=True, exclude_defaults=True) for one in (default, actual))
    return _difference(before, after)


def by_field(model: type[BaseModel], given: Mapping[str, Any]) -> dict[str, tuple[str, Any]]:
    """What is given, by the names of fields, each with the key as it was written.

    Raises:
        ValueError: a key is given by its name and its alias.
    """
    names = {field.alias: name for name, field in model.model_fields.items() if field.alias}
    found: dict[str, tuple[str, Any]] = {}
    for written, value in given.items():
        name = names.get(written, written)
        if name in found:
            raise ValueError(f"{found[name][0]} and {written} are the same key: give one of them")
        found[name] = (written, value)
    return found


def _difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = {key: None for key in before if key not in after}
    for key, value in after.items():
        known = before.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            inner = _difference(known, value)
            changed |= {key: inner} if inner else {}
        elif key not in before or known != value:
            changed[key] = value
    return changed


def _over(current: Any, value: Any) -> Any:
    if isinstance(current, BaseModel) and isinstance(value, Mapping):
        return laid_over(current, value)
    if not isinstance(current, Mapping) or not (value is None or isinstance(value, Mapping)):
        return value
    if value is None:
        return {}
    kept = {name: one for name, one in current.items() if name not in value}
    return kept | {
        name: _over(current[name], one) if name in current else one for name, one in value.items() if one is not None
    }
