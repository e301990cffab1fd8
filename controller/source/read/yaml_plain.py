"""YAML as nearly all manifests are written, read by libyaml: twenty times as fast as by `yaml_documents`.

It reads what both surely understand in the same way, and answers None to everything else: to whatever somebody could
have a complaint about, and to what is rare. `yaml_documents` then reads the text, and says what there is to say.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from yaml.error import YAMLError
from yaml.events import (
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from controller.source.read.yaml_places import Path, Place, Places
from controller.source.read.yaml_scalars import Doubtful, plain_value

try:
    from yaml._yaml import CParser
except ImportError:  # PyYAML was built on a machine without libyaml; its wheels never are
    _HAS_LIBYAML = False
else:
    _HAS_LIBYAML = True

# A manifest is far from both; what is above them is read, and refused where it must be, by `yaml_documents`.
_MOST_NODES: Final = 20_000
_MOST_DEPTH: Final = 32

# What libyaml takes and ruamel.yaml does not, or takes otherwise: found by comparing them on millions of texts.
_ODD = re.compile(
    r"""
    (?=[\t\r\x85\u2028\u2029\ufeff"'|>%.]) (?:         # Looked at first: it saves half of the time.
        [\t\x85\u2028\u2029\ufeff] | \r(?!\n)          # A blank or a line break to one of them.
      | ["']\s*:(?![ \r\n])                            # ["a":b]
      | [|>] (?: [-+0-9]*[0-9\#] | [-+]?[ ]*\# )       # A block of text with a number, or with a comment behind the sign.
      | [|>][-+]?[ ]*\r?\n[ ]*\r?\n                    # A block that begins with a blank line.
      | (?<![^\n]) (?: % | \.\.\. )                    # A directive, or the end of a document.
    )
    """,
    re.VERBOSE,
)


class _UnsureError(Exception):
    """The two might not agree, or there is something to complain about."""


def plain_document(text: str) -> tuple[Any, Place] | None:
    """The only document of a piece of text: its value, and where that begins.

    None: not surely what `yaml_documents` would read, without a complaint.
    """
    if not _HAS_LIBYAML or _ODD.search(text):
        return None
    try:
        return _Builder(text).document()
    except (_UnsureError, YAMLError, UnicodeError):
        return None


def plain_events(text: str) -> Callable[[], Any] | None:
    """The events of the only document of a piece of text, one with each call; None where `plain_document` answers None."""
    if plain_document(text) is None:
        return None
    following: Callable[[], Any] = CParser(text).get_event
    return following


def plain_places(text: str) -> Places | None:
    """Where everything stands in the only document of a piece of text; None where `plain_document` answers None."""
    events = plain_events(text)
    if events is None:
        return None
    events()
    events()
    places = Places()
    _put(places, (), events(), events)
    return places


def _put(places: Places, path: Path, event: Any, events: Callable[[], Any]) -> None:
    places.values[path] = _place(event)
    if type(event) is SequenceStartEvent:
        number = 0
        while type(event := events()) is not SequenceEndEvent:
            _put(places, (*path, number), event, events)
            number += 1
    elif type(event) is MappingStartEvent:
        while type(event := events()) is not MappingEndEvent:
            inner = (*path, event.value)
            places.keys[inner] = _place(event)
            _put(places, inner, value := events(), events)
            if type(value) is ScalarEvent and value.implicit[0] and plain_value(value.value) is None:
                # The parsers place a missing value at whatever comes next, lines below.
                places.values[inner] = places.keys[inner]


def _place(event: Any) -> Place:
    return event.start_mark.line, event.start_mark.column + 1


class _Builder:
    """Builds plain data from the events of libyaml."""

    def __init__(self, text: str) -> None:
        self._next: Callable[[], Any] = CParser(text).get_event
        self._nodes = 0

    def document(self) -> tuple[Any, Place]:
        self._next()
        opening = self._next()
        if type(opening) is not DocumentStartEvent or opening.version or opening.tags:
            raise _UnsureError
        root = self._next()
        if type(root) is not MappingStartEvent:
            raise _UnsureError
        value = self._node(root, 0)
        if type(self._next()) is not DocumentEndEvent or type(self._next()) is not StreamEndEvent:
            raise _UnsureError
        return value, _place(root)

    def _node(self, event: Any, depth: int) -> Any:
        """A mapping or a sequence. Scalars are read where they stand: there are so many that each call counts."""
        if depth > _MOST_DEPTH or event.anchor is not None or event.tag is not None:
            raise _UnsureError
        if type(event) is MappingStartEvent:
            value: Any = self._mapping(depth + 1)
        elif type(event) is SequenceStartEvent:
            value = self._sequence(depth + 1)
        else:
            raise _UnsureError
        self._nodes += 1 + len(value)
        if self._nodes > _MOST_NODES:
            raise _UnsureError
        return value

    def _sequence(self, depth: int) -> list[Any]:
        values = []
        while (kind := type(event := self._next())) is not SequenceEndEvent:
            values.append(_scalar(event) if kind is ScalarEvent else self._node(event, depth))
        return values

    def _mapping(self, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        following = self._next
        while (kind := type(event := following())) is not MappingEndEvent:
            if kind is not ScalarEvent:
                raise _UnsureError
            key, text = _scalar(event), event.value
            is_text = key is text or (type(key) is int and str(key) == text)
            if not is_text or text in values or text == "<<":
                raise _UnsureError
            value = following()
            values[text] = _scalar(value) if type(value) is ScalarEvent else self._node(value, depth)
        return values


def _scalar(event: Any) -> Any:
    text: str = event.value
    if event.anchor is not None or event.tag is not None:
        raise _UnsureError
    if event.implicit[0]:
        value = plain_value(text)
        if isinstance(value, Doubtful):
            raise _UnsureError
        return value
    if "\0" in text:
        raise _UnsureError
    return text
