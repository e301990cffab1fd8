"""One digest over the resolved form of an object, the very one that is applied."""

import hashlib
import json
from collections.abc import Mapping
from json.encoder import encode_basestring as quoted
from typing import Any, Final

from pydantic import BaseModel

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_json(value: Any) -> bytes:
    """The one byte form of a JSON value: keys sorted, no blanks, UTF-8, no NaN.

    Args:
        value: a pydantic model or anything that `json` can write.

    Raises:
        ValueError: the value holds NaN or an infinity.
    """
    return canonical_text(value).encode()


def canonical_text(value: Any) -> str:
    """As `canonical_json`, not encoded yet."""
    return _ENCODER.encode(value.model_dump(mode="json") if isinstance(value, BaseModel) else value)


def canonical_object(parts: Mapping[str, str]) -> str:
    """The canonical text of an object.

    Args:
        parts: the canonical texts of its values, by key.
    """
    return "{" + ",".join([f"{quoted(key)}:{parts[key]}" for key in sorted(parts)]) + "}"


def digest(value: Any) -> str:
    """SHA-256 over `canonical_json(value)`, written as `sha256:` and 64 hexadecimal digits."""
    return digest_of_text(canonical_text(value))


def digest_of_text(text: str) -> str:
    """The digest of a value with this canonical text."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
