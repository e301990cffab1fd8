"""Texts as anybody may read them: of a secret in it nothing is left, not even a part.

What is masked goes rather too far than not far enough: nobody needs the rest of a line of a log that holds a password.
"""

import base64
import json
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote

from crds.secret import Secret
from crds.secret_forms import NAMED, secrets_in
from crds.secret_names import is_in_clear, is_secret_name

_STARS: Final = "***"
_SCHEME: Final = re.compile(r"(?<![\w+.-])[\w+.-]+://")
_ENCODED: Final = re.compile(r"://[^\s/]{0,512}%40")
# Shorter words are hidden in addresses alone: to hide every "a" of a text would leave none.
_SHORTEST_HIDDEN: Final = 4
_SHORTEST_LINE: Final = 16


def secret_words(secret: Secret) -> list[str]:
    """What nobody may read of a login: its password, and both together as headers have them."""
    if not secret.password:
        return []
    login = base64.b64encode(f"{secret.username}:{secret.password}".encode()).decode()
    return [secret.password, login]


def masked(text: str, words: Iterable[str] = (), *, sentences: bool = False) -> str:
    """The text without user info of addresses, values of parameters that hold secrets, and the given words.

    Args:
        text: any text, such as the output of an app.
        words: secrets that are known, wherever they stand and however they are encoded.
        sentences: the text is of our own, where a sentence follows the name of a key and a colon.
    """
    # The longest first: where one begins as another, the rest of it would be left.
    for form in sorted({form for word in words for form in _forms(word)}, key=len, reverse=True):
        text = text.replace(form, _STARS)
    return "\n".join(_masked_line(line, sentences=sentences) for line in text.split("\n"))


def _forms(word: str) -> Iterable[str]:
    lines = [line.strip() for line in word.splitlines() if len(line.strip()) >= _SHORTEST_LINE]
    for one in (word, *(lines if "\n" in word else ())):
        encoded = quote(one, safe="")
        for form in (
            one,
            encoded,
            quote(one),
            re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), encoded),
            json.dumps(one)[1:-1],
            json.dumps(one, ensure_ascii=False)[1:-1],
            repr(one)[1:-1],
        ):
            if len(form) >= _SHORTEST_HIDDEN:
                yield form


def _masked_line(line: str, *, sentences: bool) -> str:
    spans = [(found.start, found.end) for found in secrets_in(line)]
    scheme, at = _SCHEME.search(line), line.rfind("@")
    if scheme is not None and at >= scheme.end():
        # Up to the last "@" of the line: a password may hold "@" or "/" that nobody escaped.
        spans.append((scheme.end(), at))
    spans += [(match.start() + len("://"), match.end()) for match in _ENCODED.finditer(line)]
    for match in NAMED.finditer(line):
        value = line[match.end() :]
        if sentences and match["sign"] == ":":
            continue
        if value.strip() and is_secret_name(match["name"]) and is_in_clear(match["name"], value.split()[0]):
            # What is behind may belong to it, as words of a passphrase do.
            spans.append((match.end(), len(line)))
            break
    pieces, at = [], 0
    for start, end in sorted(spans):
        if end > at:
            pieces += [line[at:start], _STARS] if start >= at else []
            at = end
    return "".join([*pieces, line[at:]])
