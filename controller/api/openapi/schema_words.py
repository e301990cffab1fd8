"""Schemas in few words: of what is so simple that its type and a sentence say all."""

from collections.abc import Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

OPEN: Final[Schema] = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
"""Anything may stand there."""


def text(description: str) -> Schema:
    """A text."""
    return {"type": "string", "description": description}


def number(description: str) -> Schema:
    """An integer."""
    return {"type": "integer", "format": "int64", "description": description}


def time(description: str) -> Schema:
    """A time, RFC 3339."""
    return {"type": "string", "format": "date-time", "description": description}


def texts(description: str) -> Schema:
    """Texts by name."""
    return {"type": "object", "description": description, "additionalProperties": {"type": "string"}}


def list_of(description: str, items: Schema) -> Schema:
    """A list."""
    return {"type": "array", "description": description, "items": items}


def record(description: str, **properties: Schema) -> Schema:
    """An object with these fields."""
    return {"type": "object", "description": description, "properties": properties}
