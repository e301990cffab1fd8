"""What stands in the query of a request, as numbers and as yes or no."""

from typing import Final

from fastapi import Request

from controller.api.errors import bad_request

_YES: Final = ("true", "1")
_NO: Final = ("", "false", "0")
_MOST_DIGITS: Final = 19


def flag(request: Request, name: str) -> bool:
    """A parameter that says yes or no; no when it is not given.

    Raises:
        ApiError: BadRequest, it says neither.
    """
    text = request.query_params.get(name, "")
    if (said := text.lower()) in _YES:
        return True
    if said in _NO:
        return False
    raise bad_request(f"{name} is {text[:40]!r}, expected true or false")


def number(request: Request, name: str) -> int | None:
    """A parameter that is a number, of at most 19 digits; None when it is not given.

    Raises:
        ApiError: BadRequest, it is none.
    """
    if not (text := request.query_params.get(name, "")):
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise bad_request(f"{name} is {text[:40]!r}, expected a decimal number")
    return int(text)
