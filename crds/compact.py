"""Values that take less memory: a fleet has them by the hundred thousand, and nearly all of each is tables of the same names."""

from collections.abc import Mapping
from functools import lru_cache
from sys import intern
from typing import Any, Final, TypeVar

from pydantic import BaseModel

ModelT = TypeVar("ModelT", bound=BaseModel)

_GIVEN: Final = "__pydantic_fields_set__"
"""Where pydantic keeps which fields were given, in a set of 216 bytes and more for each model."""
_MOST_NAMES: Final = 29
"""CPython shares tables of up to 30 names, and has one for the next that may come: `SHARED_KEYS_MAX_SIZE` of its dictobject.c."""
_ENOUGH: Final = 40
"""The tables of so many objects are larger than they need be, since Python does not know yet what else they will hold."""


def compact(model: BaseModel) -> None:
    """Has a frozen model, with all models in it, take a third of the memory. It is the same object, and says the same.

    The names of its fields are kept once for all: see `with_shared_names`. The note of which fields were given is that of all
    models that were given the same. Nobody may add to it, and nobody does: copies have copies of it. Equal texts are one.
    """
    names = _one_of(frozenset(model.model_fields_set))
    if model.model_fields_set is names:
        return  # it is so already: a default that many have, or a part that was not read again
    become(model, {name: _small(value) for name, value in model.__dict__.items()})


def become(model: BaseModel, values: dict[str, Any]) -> None:
    """Has a frozen model keep these values, and no others; which fields were given is noted once for all models."""
    object.__setattr__(model, "__dict__", with_shared_names(values))
    object.__setattr__(model, _GIVEN, _one_of(frozenset(model.model_fields_set)))


def one_copy(texts: Mapping[str, str]) -> dict[str, str]:
    """The same texts, in the one dictionary of all that have the same. Nobody may change it."""
    return _with_texts(tuple(texts.items()))


def made_compact(kind: type[ModelT], values: dict[str, Any], given: frozenset[str]) -> ModelT:
    """A model as validation and `compact` would leave it, of values that are known to be valid.

    Args:
        kind: a frozen model without extra fields.
        values: of all fields in their order, defaults as well; texts and models among them need not be compact.
        given: the names of the fields that are no defaults.
    """
    model = kind.__new__(kind)
    object.__setattr__(model, "__dict__", with_shared_names({name: _small(one) for name, one in values.items()}))
    object.__setattr__(model, _GIVEN, _one_of(given))
    object.__setattr__(model, "__pydantic_extra__", None)
    object.__setattr__(model, "__pydantic_private__", None)
    return model


def _small(value: Any) -> Any:
    if type(value) is str:
        return intern(value)
    if isinstance(value, BaseModel):
        compact(value)
    elif type(value) is tuple:
        return tuple(map(_small, value))
    return value


def with_shared_names(values: dict[str, Any]) -> dict[str, Any]:
    """The same values under the same names in the same order, in a dictionary that has no table of its names.

    Python makes such dictionaries for objects that set their own attributes (PEP 412), and copies of them: 184 bytes for
    fourteen names instead of 464. Who adds a name gets a table of his own.
    """
    if not 0 < len(values) <= _MOST_NAMES:
        return values
    same = _with_names(tuple(values)).copy()
    same.update(values)
    return same


@lru_cache(maxsize=4096)
def _with_names(names: tuple[str, ...]) -> dict[str, Any]:
    kind = type("Names", (), {})
    for _ in range(_ENOUGH):
        one = kind()
        for name in names:
            setattr(one, name, None)
    found: dict[str, Any] = vars(one)
    return found


@lru_cache(maxsize=4096)
def _with_texts(texts: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return dict(texts)


@lru_cache(maxsize=4096)
def _one_of(names: frozenset[str]) -> set[str]:
    return set(names)
