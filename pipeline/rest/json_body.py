"""The JSON of a body: read strictly, then looked into as DeepStream's JSON library (jsoncpp) does, with its complaints."""

import json
import math
from typing import NoReturn


class NotJsonError(ValueError):
    """The body is not JSON in UTF-8; the message says so in a few words."""


class UnfitJsonError(ValueError):
    """A value is of a kind that cannot be used as it was to be; the message is the one of jsoncpp."""


def read_json(body: bytes) -> object:
    """Returns what the body says.

    jsoncpp also takes comments, control characters in strings, commas before a closing bracket, and anything after the first value; this
    does not. Integers beyond 64 bits become floats, as there.

    Raises:
        NotJsonError: If it is not JSON, is nested too deeply, or holds half a surrogate pair, which no UTF-8 has.
    """
    try:
        content: object = json.loads(
            body.decode("utf-8-sig"), parse_constant=_refuse, parse_float=_finite, parse_int=_integer
        )
        json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise NotJsonError("the body is not JSON") from None
    return content


def keys_of(content: object) -> list[str]:
    """What jsoncpp's iterator finds: the sorted keys of an object, the places of an array, nothing in anything else."""
    match content:
        case dict():
            return sorted(content)
        case list():
            return [str(place) for place in range(len(content))]
        case _:
            return []


def inner_of(content: object, key: str) -> object:
    """What stands at the key; None if nothing does.

    Raises:
        UnfitJsonError: If the content is neither an object nor null.
    """
    if content is None:
        return None
    if not isinstance(content, dict):
        raise UnfitJsonError("in Json::Value::find(begin, end): requires objectValue or nullValue")
    return content.get(key)


def text_of(value: object) -> str:
    """The value as text; null is the empty one.

    Raises:
        UnfitJsonError: If it is an object or an array.
    """
    match value:
        case None:
            return ""
        case str():
            # DeepStream hands texts on as C does: nothing after a NUL is seen.
            return value.partition("\0")[0]
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float():
            digits = f"{value:.17g}"
            return digits if "." in digits or "e" in digits else f"{digits}.0"
        case _:
            raise UnfitJsonError("Type is not convertible to string")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("too large")
    return number


def _integer(text: str) -> int | float:
    number = int(text)
    return number if -(2**63) <= number < 2**64 else _finite(text)
