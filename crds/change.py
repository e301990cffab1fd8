"""How a changed field is applied: the change class belongs to the field, and nobody else guesses."""

from enum import StrEnum
from typing import Any

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


def changes(change_class: ChangeClass, default: Any = ..., **constraints: Any) -> Any:
    """A pydantic field that declares how a change of it is applied.

    Args:
        change_class: the class that every change of this field belongs to.
        default: the default value; none makes the field required.
        constraints: passed to `pydantic.Field`.
    """
    return Field(default, json_schema_extra={_SCHEMA_KEY: change_class.value}, **constraints)


def declared_change_class(field: FieldInfo) -> ChangeClass | None:
    """The class that a field declares, or None when it leaves that to the fields inside it."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and _SCHEMA_KEY in extra:
        return ChangeClass(str(extra[_SCHEMA_KEY]))
    return None


def change_class_of(model: type[BaseModel], path: tuple[str, ...]) -> ChangeClass:
    """The change class of a changed value.

    Args:
        model: the model that the path starts in.
        path: names of fields as Python attributes, outermost first; what follows a declared field (keys of a mapping,
            positions in a list) belongs to it.

    Returns:
        The class of the innermost field on the path that declares one.

    Raises:
        KeyError: a name on the path is no field, or no field on the path declares a class.
    """
    found: ChangeClass | None = None
    inner: type[BaseModel] | None = model
    for name in path:
        if inner is None:
            break
        field = inner.model_fields[name]
        found = declared_change_class(field) or found
        inner = _model_inside(field.annotation)
    if found is None:
        raise KeyError(f"{model.__name__}: no change class is declared along {'.'.join(path)}")
    return found


def _model_inside(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, BaseModel) else None
    inner = [found for part in getattr(annotation, "__args__", ()) if (found := _model_inside(part))]
    return inner[0] if inner else None
