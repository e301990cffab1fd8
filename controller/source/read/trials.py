"""Whether a value would be taken where another one was not: what people are told to write must not be refused in its turn."""

import re
from collections.abc import Callable
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]
Accepts = Callable[[Any], bool]
"""Tells whether a value would be taken at one place."""

REMOVED: Final = object()
"""To be tried in place of a value: the key is not there."""
_MOST_TRIALS: Final = 50
"""Of one document: each reads it whole, and people mend the first of many faults first."""


def anything(_: Any) -> bool:
    """Where nothing can be tried."""
    return True


class Trials:
    """Tries values in one document.

    Args:
        validate: reads a document; raises ValidationError.
        document: plain data.
    """

    def __init__(self, validate: Callable[[dict[str, Any]], object], document: dict[str, Any]) -> None:
        self._validate = validate
        self._document = document
        self._left = _MOST_TRIALS

    def at(self, path: Path) -> Accepts:
        """Whether a value would be taken at a path. Nothing is, once too much was tried."""
        return lambda value: self._is_taken(path, value)

    def _is_taken(self, path: Path, value: Any) -> bool:
        if not self._left:
            return False
        self._left -= 1
        try:
            self._validate(_with(self._document, path, value))
        except ValidationError as error:
            return not any(_is_about(path, one) for one in error.errors(include_url=False))
        except LookupError:  # the path is that of a name, and of no value
            return False
        return True


def _is_about(path: Path, error: ErrorDetails) -> bool:
    """Whether an error is that of a place: also one of several fields together that names the field on the way there."""
    above = error["loc"]
    if above[: len(path)] == path:
        return True
    if error["type"] != "value_error" or path[: len(above)] != above:
        return False
    return str(path[len(above)]) in re.findall(r"[A-Za-z]+", error["msg"])


def _with(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return value
    first, *rest = path
    if value is REMOVED and not rest and isinstance(document, dict):
        return {key: one for key, one in document.items() if key != first}
    inside = _with(document[first], tuple(rest), value)
    if isinstance(document, dict):
        return {**document, first: inside}
    return [inside if index == first else one for index, one in enumerate(document)]
