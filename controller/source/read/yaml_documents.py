"""YAML text to documents of plain data, with the place of every key and value: most by `yaml_plain`, any by ruamel.yaml.

Whatever the text holds, the answer is documents and faults, in bounded time and memory. Anchors, aliases and merge keys
work as usual; tags, directives and anything that JSON could not carry are faults.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from ruamel.yaml.loader import SafeLoader
from ruamel.yaml.reader import ReaderError

from controller.source.read.yaml_complaints import sentence_for
from controller.source.read.yaml_places import Path, Place, Places
from controller.source.read.yaml_plain import plain_document, plain_places
from controller.source.read.yaml_scalars import Doubtful, plain_value, with_ways

# Far above any manifest (an instance with 1,024 cameras has 1,100 nodes), far below what aliases of aliases expand to.
MOST_NODES: Final = 20_000
MOST_DEPTH: Final = 64

# A line that begins with `---` ends whatever stands before it, even an open quote: the one safe place to cut YAML at.
_MARKER = re.compile(r"---(?=[ \t\r\n]|\Z)")
_DIRECTIVE = re.compile(r"\A(?:[ \t]*(?:#[^\n]*)?\n)*%")
_STRING_TAGS = ("tag:yaml.org,2002:str", "!")
_COLLECTION_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


@dataclass(frozen=True)
class Fault:
    """Something wrong inside one piece of text."""

    place: Place
    path: Path
    message: str
    doubt: Doubtful | None = None
    """The scalar that it is about, where programs read that differently."""


@dataclass(frozen=True)
class Origin:
    """Where one document stands. Its places are found when somebody asks: most documents have no problem."""

    start: Place
    text: str
    """The piece of text that the document stands in."""
    index: int = 0
    """Its number in that piece."""

    @cached_property
    def places(self) -> Places:
        """Where everything stands."""
        return plain_places(self.text) or places_in_any_piece(self.text, self.index)


@dataclass(frozen=True)
class YamlDocument:
    """One document of a piece of text."""

    value: Any
    """Plain data: dict, list, str, int, float, bool or None."""
    faults: tuple[Fault, ...]
    origin: Origin


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Cuts a text at its document markers, so that a fault in one document hides none in the next.

    Yields:
        The number of the line that a piece starts in, from 0, and the piece; blank ones are left out.
    """
    line = 0
    for piece in cut(text):
        if not is_blank(piece):
            yield line, piece
        line += piece.count("\n")


def cut(text: str) -> list[str]:
    """All that a text consists of, cut at its document markers: joined it is the text again."""
    starts = [at for match in _MARKER.finditer(text) if (at := match.start()) == 0 or text[at - 1] == "\n"]
    if not starts or starts[0] > 0:
        starts.insert(0, 0)
    return [text[start:end] for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]


def is_blank(piece: str) -> bool:
    """True for a piece in which nothing stands but a marker."""
    return piece.strip() in ("", "---")


def read_piece(text: str) -> tuple[YamlDocument, ...]:
    """The documents of a piece of text, without the empty ones; a fault of the syntax ends the last of them."""
    plain = plain_document(text)
    if plain is None:
        return read_any_piece(text)
    value, start = plain
    return (YamlDocument(value, (), Origin(start, text)),)


def read_any_piece(text: str) -> tuple[YamlDocument, ...]:
    """What `read_piece` answers, by ruamel.yaml alone: slower, and with all there is to complain about."""
    directive = _DIRECTIVE.match(text)
    if directive:
        place = (directive.group().count("\n"), 1)
        fault = Fault(place, (), "YAML directives (lines that begin with %) have no use here: remove the line")
        return (YamlDocument(None, (fault,), Origin(place, text)),)
    composer = _Composer(text)
    return tuple(document for document in composer.documents() if document.value is not None or document.faults)


def places_in_any_piece(text: str, index: int) -> Places:
    """Where everything stands in one document of a piece of text, by ruamel.yaml alone.

    Args:
        text: the piece.
        index: the number of the document in it, from 0.
    """
    composer = _Composer(text)
    for document in composer.documents():
        if document.origin.index == index:
            break
    return composer.places


class _RefusedError(Exception):
    """Reading cannot go on after this fault."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class _Composer:
    """Builds plain data from the events of ruamel.yaml, counting and measuring on the way."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._start_document()

    def _start_document(self) -> None:
        self.places = Places()
        self._faults: list[Fault] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0

    def documents(self) -> Iterator[YamlDocument]:
        """The documents, in order; `places` holds those of the last one."""
        start: Place = (0, 1)
        index = 0
        value = None
        try:
            self._loader = SafeLoader(self._text)
            self._loader.get_event()
            while not isinstance(event := self._loader.get_event(), StreamEndEvent):
                self._start_document()
                start, value = _place(event), None
                if event.version or event.tags:
                    self._fault(event, (), "YAML directives have no use here: remove them")
                root = self._loader.get_event()
                start = _place(root)
                value = self._node(root, (), 0)
                self._loader.get_event()
                yield YamlDocument(value, tuple(self._faults), Origin(start, self._text, index))
                index += 1
        except _RefusedError as refused:
            fault = refused.fault
        except ReaderError as error:
            before = self._text[: error.position]
            place = (before.count("\n"), len(before) - before.rfind("\n"))
            what = f"the control character U+{error.character:04X} is not allowed in YAML"
            if error.character == 0:
                what = "the text goes on with NUL bytes: it was not written to its end, restore the file"
            fault = Fault(place, (), what)
        except MarkedYAMLError as error:
            fault = Fault(*sentence_for(error, self._text))
        except Exception as error:  # noqa: BLE001 - no text may end the controller, whatever the parser makes of it
            fault = Fault(start, (), f"cannot be read as YAML ({type(error).__name__})")
        else:
            return
        yield YamlDocument(None, (*self._faults, fault), Origin(start, self._text, index))

    def _fault(self, event: Any, path: Path, message: str, doubt: Doubtful | None = None) -> None:
        self._faults.append(Fault(_place(event), path, message, doubt))

    def _count(self, event: Any, path: Path, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            message = f"the document has more than {MOST_NODES:,} values, aliases expanded: split it"
            raise _RefusedError(Fault(_place(event), path, message))

    def _node(self, event: Any, path: Path, depth: int) -> Any:
        self.places.values[path] = _place(event)
        if isinstance(event, AliasEvent):
            return self._aliased(event, path)
        self._count(event, path, 1)
        if depth > MOST_DEPTH:
            message = f"nested deeper than {MOST_DEPTH} levels"
            raise _RefusedError(Fault(_place(event), path[:3], message))
        before = self._nodes - 1
        value: Any
        if isinstance(event, ScalarEvent):
            value = self._scalar(event, path)
        else:
            if event.ctag is not None and event.tag not in _COLLECTION_TAGS:
                self._fault(event, path, f"the tag {_short_tag(event.tag)} is not allowed: write plain YAML")
            collect = self._mapping if isinstance(event, MappingStartEvent) else self._sequence
            value = collect(path, depth)
        if event.anchor:
            self._anchors[event.anchor] = (value, self._nodes - before)
        return value

    def _aliased(self, event: AliasEvent, path: Path) -> Any:
        if event.anchor not in self._anchors:
            message = f"the alias *{event.anchor} has no anchor &{event.anchor} before it in this document"
            self._fault(event, path, message)
            return None
        value, nodes = self._anchors[event.anchor]
        self._count(event, path, nodes)
        return value

    def _scalar(self, event: ScalarEvent, path: Path, *, is_key: bool = False) -> Any:
        text: str = event.value
        if event.ctag is not None and event.tag not in _STRING_TAGS:
            self._fault(event, path, f"the tag {_short_tag(event.tag)} is not allowed: write plain YAML")
            return text
        if event.style is None and event.ctag is None:
            value = plain_value(text)
            if isinstance(value, Doubtful):
                if is_key:  # which is text, whatever stands there
                    ways = [words for words, meant in value.ways if isinstance(meant, str)]
                    self._fault(event, path, with_ways(value.complaint, ways))
                else:
                    self._fault(event, path, value.message, value)
                return value.value
            return value
        if any("\ud800" <= character <= "\udfff" or character == "\0" for character in text):
            self._fault(event, path, "the text holds a character that is none (an escaped NUL or surrogate)")
            return ""
        return text

    def _sequence(self, path: Path, depth: int) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := self._loader.get_event(), SequenceEndEvent):
            values.append(self._node(event, (*path, len(values)), depth + 1))
        return values

    def _mapping(self, path: Path, depth: int) -> dict[str, Any]:
        values: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(key_event := self._loader.get_event(), MappingEndEvent):
            is_merge = isinstance(key_event, ScalarEvent) and key_event.value == "<<" and key_event.style is None
            key = self._key(key_event, path, depth)
            if key is None:
                self._discard(depth)
                continue
            inner = (*path, key)
            if key in values:
                line = self.places.keys[inner][0] - _place(key_event)[0]
                where = f"{-line} lines above" if line < -1 else "one line above" if line else "in the same line"
                self._fault(key_event, inner, f"the key stands here twice; the first is {where}")
                self._discard(depth)
                continue
            self.places.keys[inner] = _place(key_event)
            value_event = self._loader.get_event()
            value = self._node(value_event, inner, depth + 1)
            if value is None:
                # The parser places a missing value at whatever comes next, lines below.
                self.places.values[inner] = self.places.keys[inner]
            if not is_merge:
                values[key] = value
                continue
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict):
                    merged = {**one, **merged}
                else:
                    self._fault(value_event, inner, "<< merges mappings: give an alias of one, or a list of them")
        return {**merged, **values} if merged else values

    def _key(self, event: Any, path: Path, depth: int) -> str | None:
        if isinstance(event, ScalarEvent):
            inner = (*path, event.value)
            known = len(self._faults)
            value = self._scalar(event, inner, is_key=True)
            if event.anchor:
                self._anchors[event.anchor] = (value, 1)
            # Kubernetes' tools take a plain number for its text too; groups of DeepStream are numbered.
            is_number = type(value) is int and str(value) == event.value
            if not isinstance(value, str) and not is_number and len(self._faults) == known:
                hint = f'a key must be text: write "{event.value}" in quotes' if event.value else "a ':' without a key"
                self._fault(event, inner, hint)
            return value if isinstance(value, str) else str(event.value)
        value = None
        if isinstance(event, AliasEvent):
            value = self._aliased(event, path)
        else:
            self._discard_from(event, depth)
        if isinstance(value, str):
            return value
        self._fault(event, path, "a key must be text, not a list or a mapping")
        return None

    def _discard(self, depth: int) -> None:
        self._discard_from(self._loader.get_event(), depth)

    def _discard_from(self, event: Any, depth: int) -> None:
        places, faults = self.places, self._faults
        self.places, self._faults = Places(), []
        self._node(event, (), depth + 1)
        self.places, self._faults = places, faults


def _place(event: Any) -> Place:
    mark = event.start_mark
    return (mark.line, mark.column + 1)


def _short_tag(tag: str | None) -> str:
    return str(tag).replace("tag:yaml.org,2002:", "!!")
