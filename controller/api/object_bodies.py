"""Bodies that hold objects or patches, as JSON or YAML: whole, in time, not too large, and never sent by a foreign page.

A web page can have a browser post plain texts and forms anywhere, but JSON, YAML and patches only after asking, and nobody here
answers that: a body of any other type, or of none, is refused.
"""

import json
from math import isfinite
from typing import Any, Final, NoReturn

from fastapi import Request

from controller.api.bodies import read_body
from controller.api.errors import ApiError, bad_request
from controller.source.files import MOST_BYTES_OF_A_FILE
from controller.source.read.yaml_documents import cut, read_piece

JSON: Final = "application/json"
YAML: Final = "application/yaml"


async def body_of(request: Request) -> bytes:
    """The body: at most as large as a file of manifests may be.

    Raises:
        ApiError: it is larger, too slow, or broke off.
    """
    return await read_body(request, MOST_BYTES_OF_A_FILE)


def parsed(body: bytes, *, is_yaml: bool) -> Any:
    """What a body says.

    Raises:
        ApiError: it cannot be read.
    """
    return _yaml(body) if is_yaml else _json(body)


def unsupported(expected: tuple[str, ...]) -> ApiError:
    """The body is of a type that is not taken here."""
    return ApiError(415, "UnsupportedMediaType", f"the body must be sent as {' or '.join(expected)}")


def _json(body: bytes) -> Any:
    try:
        value = json.loads(body, parse_constant=_no_number, parse_float=_number)
        # JSON can name halves of characters, which are no text and can be written nowhere.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise bad_request("the body is no JSON, or holds a half of a surrogate pair") from None
    return value


def _number(word: str) -> float:
    value = float(word)
    return value if isfinite(value) else _no_number(word)  # 1e999 is read as infinity, which JSON cannot say


def _no_number(word: str) -> NoReturn:
    raise ValueError(word)


def _yaml(body: bytes) -> Any:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise bad_request("the body is not UTF-8") from None
    documents = [(index, one) for index, piece in enumerate(cut(text)) for one in read_piece(piece)]
    if len(documents) != 1:
        raise bad_request(f"the body holds {len(documents)} YAML documents, and one is expected")
    _, document = documents[0]
    if document.faults:
        line, column = document.faults[0].place
        raise bad_request(f"the body is no YAML, line {line + 1}, column {column}: {document.faults[0].message}")
    return document.value
