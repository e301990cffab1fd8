"""What the models of the kinds say about a path of a manifest: the field there, and what its value should be."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from crds.change import alternatives, type_inside

Path = tuple[str | int, ...]

ANY_NAME: Final = "<name>"
ANY_NUMBER: Final = "<number>"
"""Stand in the path of a field for the free names of mappings around it."""


@dataclass(frozen=True)
class Spot:
    """A place in the manifests of a kind."""

    annotation: Any
    """The type of the value there; None for a place that the kind does not know."""
    field: FieldInfo | None
    """The innermost field on the way there."""

    @property
    def model(self) -> type[BaseModel] | None:
        """The model of the value, when it is one."""
        return next((one for one in alternatives(self.annotation) if _is_model(one)), None)


def spot_at(kind: type[BaseModel], path: Path) -> Spot:
    """The place that a path in the words of manifests leads to: through fields, mappings with free names and lists."""
    spot = Spot(kind, None)
    for part in path:
        spot = next(
            (found for one in alternatives(spot.annotation) if (found := _step(one, part, spot.field))), None
        ) or (Spot(None, spot.field))
    return spot


def is_numbered(annotation: Any) -> bool:
    """True for a mapping whose names are numbers."""
    origin = get_origin(annotation)
    return isinstance(origin, type) and issubclass(origin, Mapping) and int in alternatives(get_args(annotation)[0])


@cache
def homes(kind: type[BaseModel]) -> Mapping[str, tuple[Path, ...]]:
    """Where the fields of a kind stand, by their names in manifests; the shortest paths first."""
    found: dict[str, list[Path]] = {}
    for path in _fields_below(kind, ()):
        found.setdefault(str(path[-1]), []).append(path)
    return MappingProxyType({name: tuple(sorted(paths, key=len)) for name, paths in found.items()})


def _fields_below(annotation: Any, above: Path) -> Iterator[Path]:
    for one in alternatives(annotation):
        if _is_model(one):
            for name, field in one.model_fields.items():
                path = (*above, field.alias or name)
                yield path
                yield from _fields_below(field.annotation, path)
            continue
        origin, arguments = get_origin(one), get_args(one)
        if not isinstance(origin, type) or not arguments:
            continue
        if issubclass(origin, Mapping):
            yield from _fields_below(arguments[-1], (*above, ANY_NUMBER if is_numbered(one) else ANY_NAME))
        elif issubclass(origin, Sequence | AbstractSet):
            yield from _fields_below(arguments[0], (*above, 0))


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _step(annotation: Any, part: str | int, around: FieldInfo | None) -> Spot | None:
    if _is_model(annotation):
        fields: Mapping[str, FieldInfo] = annotation.model_fields
        field = next((one for name, one in fields.items() if (one.alias or name) == part), None)
        return Spot(field.annotation, field) if field is not None else None
    inside = type_inside(annotation, part)
    return Spot(inside, around) if inside is not None else None
