"""Documents that differ in their words only: the YAML of the first ones is read, and the words of the others are put in its place.

The cameras of a fleet are written alike, by programs or from one example. What is answered here is what `yaml_plain` reads;
whatever that might read otherwise is left to it.
"""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pydantic import ValidationError

from controller.source.read.yaml_plain import plain_document
from controller.source.read.yaml_scalars import Doubtful, plain_value
from crds.document import Manifest
from crds.kinds import KINDS

# A word that ends a line, behind a key or the sign of a list. Whatever stands around it, nothing in such a word begins or ends
# anything in YAML: with another one in its place the text has the same parts.
_WORD: Final = re.compile(r"([:-] +)([A-Za-z0-9][A-Za-z0-9._/:-]{0,255}(?<!:))$", re.MULTILINE)
_MARK: Final = "zz:/{}.z-z"
_IN_JSON: Final = re.compile(r'"zz:/([0-9]+)\.z-z"')
_SIGN_OF_MARKS: Final = "zz:/"

_LONGEST_TEXT: Final = 4096
_MOST_FORMS: Final = 256


class _UnsureError(Exception):
    """Somebody might complain about the word."""


@dataclass(frozen=True)
class _Form:
    """What documents of one form mean: JSON, with a place for each of their words."""

    pieces: tuple[str, ...]
    """Every second one is a place, and empty."""
    kind: str | int
    """What stands there for it, or the number of the word that does."""

    def kind_of(self, words: list[str]) -> str:
        """What the kind is said to be."""
        return self.kind if isinstance(self.kind, str) else words[self.kind]

    def content(self, words: list[str]) -> str | None:
        pieces = list(self.pieces)
        try:
            pieces[1::2] = map(_literal, words)
        except _UnsureError:
            return None
        return "".join(pieces)


class AlikeDocuments:
    """The forms of the documents that were read. They are few, or the oldest are forgotten: it takes longer then."""

    def __init__(self) -> None:
        """Knows none."""
        self._seen = set[tuple[str, ...]]()
        """Forms that were met once: most have a single document, and are not worth to be read twice."""
        self._forms: dict[tuple[str, ...], _Form | None] = {}

    def manifest(self, text: str) -> Manifest | None:
        """The valid manifest that is the only document of a piece of text; None where it takes more to tell."""
        found = self._found(text)
        if found is None:
            return None
        form, words = found
        kind, content = KINDS.get(form.kind_of(words)), form.content(words)
        if kind is None or content is None:
            return None
        try:
            return kind.model_validate_json(content, strict=True, by_alias=True, by_name=False)
        except ValidationError:
            return None

    def content(self, text: str) -> str | None:
        """The value of the only document of a piece of text, as JSON; None where it takes more to tell."""
        found = self._found(text)
        return None if found is None else found[0].content(found[1])

    def _found(self, text: str) -> tuple[_Form, list[str]] | None:
        """The form of a text, and the words in it."""
        if len(text) > _LONGEST_TEXT:
            return None
        parts = _WORD.split(text)
        words = parts[2::3]
        del parts[2::3]
        key = tuple(parts)
        if key not in self._forms and not self._meet(key):
            return None
        form = self._forms[key]
        return None if form is None else (form, words)

    def _meet(self, key: tuple[str, ...]) -> bool:
        """Makes a form known when it is met for the second time."""
        if key not in self._seen:
            if len(self._seen) >= _MOST_FORMS:
                self._seen.clear()
            self._seen.add(key)
            return False
        if len(self._forms) >= _MOST_FORMS:
            self._forms.clear()
        self._seen.remove(key)
        self._forms[key] = _form(key)
        return True


def _form(key: tuple[str, ...]) -> _Form | None:
    """The form of texts with these parts around their words; None when the words may be more than words in it."""
    if any(_SIGN_OF_MARKS in part for part in key):
        return None
    count = len(key) // 2
    marked = (one for at in range(count) for one in (key[2 * at], key[2 * at + 1], _MARK.format(at)))
    plain = plain_document("".join((*marked, key[-1])))
    if plain is None:
        return None
    value, _ = plain
    pieces = _IN_JSON.split(json.dumps(value, separators=(",", ":"), ensure_ascii=False))
    # Each is a value by itself, and no key, or a part of a longer text.
    if pieces[1::2] != [str(at) for at in range(count)] or any(
        _SIGN_OF_MARKS in piece or piece.startswith(":") for piece in pieces[::2]
    ):
        return None
    pieces[1::2] = [""] * count
    kind = str(value.get("kind"))
    at = _IN_JSON.fullmatch(f'"{kind}"')
    return _Form(tuple(pieces), int(at[1]) if at else kind)


@lru_cache(maxsize=4096)
def _literal(word: str) -> str:
    """What a word means, as JSON."""
    value = plain_value(word)
    if isinstance(value, Doubtful):
        raise _UnsureError
    return json.dumps(value)
