"""One digest over the resolved form of an object, the very one that is applied."""

import hashlib
import json
from typing import Any

from pydantic import BaseModel


def canonical_json(value: Any) -> bytes:
    """The one byte form of a JSON value: keys sorted, no blanks, UTF-8, no NaN.

    Args:
        value: a pydantic model or anything that `json` can write.

    Raises:
        ValueError: the value holds NaN or an infinity.
    """
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: Any) -> str:
    """SHA-256 over `canonical_json(value)`, written as `sha256:` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(canonical_json(value)).hexdigest()
