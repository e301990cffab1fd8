"""Kinds of values that several groups of deepstream-app share."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from deepstream.groups import KeyGroup, key
from deepstream.keyfile_values import Reader


def _any_number_is_on(value: Any) -> Any:
    return bool(value) if isinstance(value, int) else value


Flag = Annotated[bool, BeforeValidator(_any_number_is_on)]
"""A switch that files hold as a number. DeepStream takes any number but 0 for on; 1 is written."""

Colour = tuple[float, float, float, float]
"""Red, green, blue and opacity, each from 0 to 1. DeepStream refuses any other count of numbers."""

Unsigned = Annotated[int, Field(ge=0)]
"""DeepStream keeps it as an unsigned number, where -1 becomes 4294967295."""


class SwitchedGroup(KeyGroup):
    """A group that counts only when it is switched on."""

    enable: Flag | None = key(
        "enable", Reader.INTEGER, "1 = in use. 0 or absent: DeepStream goes on without the group."
    )
