"""The keys of DeepStream that the kinds embed, each with other valid values made from its type."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain, product
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from crds.change import ChangeClass, declared_change_class
from deepstream.groups import GroupedFile, KeyGroup, declared_key
from deepstream.retinaface.inference import InferenceChain

EMBEDDED = (KeyGroup, GroupedFile, InferenceChain)

_SCALARS = (1, 2, 3, 4, 7, 16, 32, 640, True, False, 0.25, 0.5, "a", "b", "loose", "strict", "gpu0", "7.1", "8.0")
_ITEMS = (1, 2, 0, 0.25, 0.5, "a", "b", (0, 0), (8, 9))
_LISTS = tuple([item] * length for length, item in product((1, 2, 3, 4, 6, 8), _ITEMS))
_SHAPES = (
    {"direction": [[0, 0], [0, 9]], "line": [[0, 5], [9, 5]]},
    {"direction": [[0, 9], [0, 0]], "line": [[0, 5], [9, 5]]},
    [[0, 0], [9, 0], [9, 9]],
    [[0, 0], [9, 0], [0, 9]],
    [[0, 0], [0, 9]],
    [[0, 9], [0, 0]],
)
_NAMES = ("dock", "0")


@dataclass(frozen=True)
class EmbeddedKey:
    """One key in a manifest."""

    path: tuple[str, ...]
    """As manifests write it, from the spec on, through keys of mappings too."""
    declared: ChangeClass
    """The class of a change: that of the field of the kind, unless an engine depends on the key."""
    values: tuple[Any, Any]
    """Two valid values that differ."""

    def __str__(self) -> str:
        return ".".join(self.path)


def embedded_keys(kind: type[BaseModel]) -> Iterator[EmbeddedKey]:
    """All keys under the fields of a kind that hold models of DeepStream's groups."""
    yield from _keys(kind, (), None, inside=False)


def is_embedded(annotation: Any) -> bool:
    """True when a field holds a model of DeepStream's groups, alone or in a mapping."""
    model, _ = _model_in(annotation)
    return model is not None and issubclass(model, EMBEDDED)


def _keys(
    model: type[BaseModel], path: tuple[str, ...], above: ChangeClass | None, *, inside: bool
) -> Iterator[EmbeddedKey]:
    for field in model.model_fields.values():
        own = declared_change_class(field) or above
        inner, name = _model_in(field.annotation)
        here = (*path, str(field.alias))
        if inner is not None and declared_key(field) is None:
            below = (*here, name) if name else here
            yield from _keys(inner, below, own, inside=inside or issubclass(inner, EMBEDDED))
        elif inside and own is not None:
            yield EmbeddedKey(here, own, _two_values(field))


def _model_in(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    """The model that a field holds; with the name of one of its entries when it is a mapping of such."""
    for one in get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one, ""
        if get_origin(one) is dict and isinstance(get_args(one)[1], type) and issubclass(get_args(one)[1], BaseModel):
            names = TypeAdapter(get_args(one)[0])
            return get_args(one)[1], next(name for name in _NAMES if _accepts(names, name))
    return None, ""


def _two_values(field: FieldInfo) -> tuple[Any, Any]:
    found: list[tuple[Any, Any]] = []
    constraints = tuple(field.metadata)
    adapter: TypeAdapter[Any] = TypeAdapter(
        Annotated[(field.annotation, *constraints)] if constraints else field.annotation  # type: ignore[misc]
    )
    for candidate in _candidates(field):
        try:
            value = adapter.validate_python(candidate)
        except ValidationError:
            continue
        if value not in [known for known, _ in found]:
            found.append((value, candidate))
        if len(found) == 2:
            return found[0][1], found[1][1]
    raise AssertionError(f"no two values for {field!r}")


def _candidates(field: FieldInfo) -> Iterator[Any]:
    key = declared_key(field)
    plain = chain(_literals(field.annotation), _SCALARS, _LISTS)
    if key is not None and key.prefix:
        return ({name: one} for name, one in product(("5", "a"), chain(_SHAPES, _LISTS, _SCALARS)))
    return chain(plain, ({"zz": "a"}, {"zz": "b"}, {"zz": {"a": "1"}}, {"zz": {"a": "2"}}))


def _literals(annotation: Any) -> Iterator[Any]:
    for one in get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,):
        if get_origin(one) is Literal:
            yield from get_args(one)


def _accepts(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        adapter.validate_python(value)
    except ValidationError:
        return False
    return True


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The value at its place in a manifest."""
    for name in reversed(path):
        value = {name: value}
    assert isinstance(value, Mapping)
    return dict(value)


@cache
def keys_of(kind: type[BaseModel]) -> tuple[EmbeddedKey, ...]:
    """See `embedded_keys`."""
    return tuple(embedded_keys(kind))
