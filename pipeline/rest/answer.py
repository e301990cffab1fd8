"""A call to the port and the answer to it, without the sockets in between."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

_ERROR_TYPE: Final = "text/plain; charset=utf-8"

PROMETHEUS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True)
class Call:
    """One call.

    Attributes:
        method: In capitals.
        path: As it was sent, still percent-encoded, without the query.
        query: What stands behind the question mark.
        accept: The header of that name, empty if there is none.
        body: Empty if there is none.
    """

    method: str
    path: str
    query: str = ""
    accept: str = ""
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Answer:
    """What is sent back; ``headers`` are those beyond type and length."""

    status: HTTPStatus
    content_type: str
    content: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(content: object) -> Answer:
    """JSON as DeepStream sends it: keys sorted, nothing but ASCII, labelled as plain text."""
    return Answer(HTTPStatus.OK, "text/plain", json.dumps(content, sort_keys=True).encode())


def prometheus_answer(text: bytes) -> Answer:
    """Metrics in Prometheus' text format."""
    return Answer(HTTPStatus.OK, PROMETHEUS_TYPE, text)


def error_answer(status: HTTPStatus, reason: str = "") -> Answer:
    """An error of HTTP, in the form that DeepStream's server has for it.

    Args:
        status: Of HTTP.
        reason: One line; without it, the name of the status stands there again, as in DeepStream.
    """
    return Answer(status, _ERROR_TYPE, f"Error {status.value}: {status.phrase}\n{reason or status.phrase}\n".encode())
