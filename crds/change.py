"""How a changed field is applied: the change class belongs to the field, and nobody else guesses."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo

_SCHEMA_KEY = "x-change-class"


class ChangeClass(StrEnum):
    """How a change of a field reaches a running instance, from the cheapest to the dearest."""

    NONE = "none"
    """Nothing running is touched: the field matters to the controller or the agent alone."""
    HOT = "hot"
    """Applied to the running app through its REST interface: no other camera notices."""
    RELOAD = "reload"
    """The app reads a file again: no restart, but its counters start anew."""
    RESTART = "restart"
    """Files are rewritten and the app is stopped and started in the same container."""
    RECREATE = "recreate"
    """The container is replaced by a new one."""
    REBUILD_ENGINE = "rebuild-engine"
    """The container is replaced, and a TensorRT engine must be built first: minutes of blind time."""

    @property
    def rank(self) -> int:
        """Position in the order of cost; the class of several changes is the one with the highest rank."""
        return list(ChangeClass).index(self)


APPLIED_BY_AGENTS: Final = frozenset(
    {ChangeClass.NONE, ChangeClass.RESTART, ChangeClass.RECREATE, ChangeClass.REBUILD_ENGINE}
)
"""What the agents of this version can do; hot and reload come with DeepStream's REST interface."""


def changes(change_class: ChangeClass, default: Any = ..., **constraints: Any) -> Any:
    """A pydantic field that declares how a change of it is applied.

    Args:
        change_class: the class that every change of this field belongs to.
        default: the default value; none makes the field required.
        constraints: passed to `pydantic.Field`.
    """
    return Field(default, json_schema_extra={_SCHEMA_KEY: change_class.value}, **constraints)


def declared_change_class(field: FieldInfo) -> ChangeClass | None:
    """The class that a field declares, or None when it leaves that to the fields inside it or around it.

    A key of DeepStream that an engine depends on declares just that; all others leave it to the kind that embeds them.
    """
    extra = field.json_schema_extra
    if isinstance(extra, dict) and _SCHEMA_KEY in extra:
        return ChangeClass(str(extra[_SCHEMA_KEY]))
    # Here, since agents know the classes of changes and no keys: half a MiB of each of them.
    from deepstream.groups import declared_key  # noqa: PLC0415 - see above

    key = declared_key(field)
    return ChangeClass.REBUILD_ENGINE if key is not None and key.engine else None


def change_class_of(model: type[BaseModel], path: Sequence[str | int]) -> ChangeClass:
    """The change class of a changed value.

    Args:
        model: the model that the path starts in.
        path: see `fields_along`; what follows the last field belongs to it.

    Returns:
        The class of the innermost field on the path that declares one.

    Raises:
        KeyError: no field on the path declares a class.
    """
    classes = [found for field in fields_along(model, path) if (found := declared_change_class(field))]
    if not classes:
        raise KeyError(f"{model.__name__}: no change class is declared along {'.'.join(map(str, path))}")
    return classes[-1]


def fields_along(model: type[BaseModel], path: Sequence[str | int]) -> Iterator[FieldInfo]:
    """The fields that a path leads through, outermost first, as far as this version knows them.

    Args:
        model: the model that the path starts in.
        path: names of fields, as attributes or as manifests write them, outermost first; keys of mappings and
            positions in lists stand between them where the values hold models.
    """
    annotation: Any = model
    for part in path:
        for one in alternatives(annotation):
            if isinstance(one, type) and issubclass(one, BaseModel):
                field = _field_named(one, part)
                if field is not None:
                    yield field
                    annotation = field.annotation
                    break
            elif (inside := type_inside(one, part)) is not None:
                annotation = inside
                break
        else:
            return


def alternatives(annotation: Any) -> Iterator[Any]:
    """The parts of a union, and what stands behind `Annotated`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from alternatives(get_args(annotation)[0])
    elif origin in (Union, UnionType):
        for one in get_args(annotation):
            yield from alternatives(one)
    else:
        yield annotation


def _field_named(model: type[BaseModel], part: str | int) -> FieldInfo | None:
    fields = model.model_fields
    return fields.get(str(part)) or next((field for field in fields.values() if field.alias == part), None)


def type_inside(annotation: Any, part: str | int) -> Any:
    """The type of the value at one key of a mapping or position of a list; None for what is neither."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if not isinstance(origin, type) or not arguments:
        return None
    if issubclass(origin, Mapping):
        return arguments[-1]
    if not issubclass(origin, Sequence | AbstractSet):
        return None
    positions = len(arguments)
    if origin is tuple and arguments[-1] is not ... and isinstance(part, int):
        return arguments[part] if 0 <= part < positions else None
    return arguments[0]
