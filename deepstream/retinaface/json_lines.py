"""Where the values of a JSON text stand: the reader of JSON says nothing of it."""

import json
import re
from collections.abc import Mapping

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s\[\]{},:"]+', re.DOTALL)


def lines_in_json(text: str) -> Mapping[str, int]:
    """The lines of the values of a text that is JSON, counted from 1, by paths such as `sources[3].address`.

    Of a key that is repeated it is the first one's.
    """
    found: dict[str, int] = {}
    # Each object and list that is open: its path, and how many values of it came.
    open_at: list[tuple[str, int]] = []
    key: str | None = None
    is_key, line, last = False, 1, 0
    for token in _TOKEN.finditer(text):
        line += text.count("\n", last, token.start())
        last = token.start()
        word = token[0]
        if word in "]}":
            open_at.pop()
            is_key = False
        elif word == ",":
            is_key = bool(open_at) and open_at[-1][1] < 0
        elif word == ":":
            is_key = False
        elif is_key:
            key = json.loads(word)
        else:
            path = _path(open_at, key)
            found.setdefault(path, line)
            key = None
            if word in "[{":
                open_at.append((path, 0 if word == "[" else -1))
                is_key = word == "{"
    return found


def _path(open_at: list[tuple[str, int]], key: str | None) -> str:
    """The path of a value that begins; counts it in its list."""
    if not open_at:
        return ""
    outer, count = open_at[-1]
    if count < 0:
        return f"{outer}.{key}" if outer else str(key)
    open_at[-1] = (outer, count + 1)
    return f"{outer}[{count}]"
