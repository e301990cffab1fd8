"""A document as nodes that know where in the text they stand, and what they mean."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml.loader import SafeLoader

from controller.source.read.yaml_plain import plain_events
from controller.source.read.yaml_scalars import Doubtful, plain_value

_GAP: Final = r"(?:[ \t\r\n]+|\#[^\r\n]*)*"
_COLON: Final = re.compile(rf"{_GAP}:")
_DASH: Final = re.compile(r"(?:[ \t\r\n]+|\#[^\r\n]*|[&!][^ \t\r\n]*)*-")
_COMMENT: Final = re.compile(r"#[^\r\n]*")
_PROPERTIES: Final = re.compile(r"(?:[&!][^ \t\r\n]*[ \t]*)*")


class NotUnderstoodError(Exception):
    """The text is written in a way that cannot be edited here."""


@dataclass(slots=True, eq=False)
class Node:
    """A value. Places are numbers of characters of the text, from 0."""

    start: int
    """Where it begins, with its anchor and its tag; behind the colon or the dash when nothing stands there."""
    end: int
    """Behind its last character; blanks, comments and the line's end come later."""
    value: Any
    """What it means: aliases and merge keys resolved."""
    anchor: str | None
    has_tag: bool

    def children(self) -> "list[Node]":
        """The values inside, in the order of the text."""
        return []


@dataclass(slots=True, eq=False)
class Scalar(Node):
    """A text, a number, a word, or nothing at all."""

    style: str | None
    """The sign that it begins with: a quote, `|` or `>`; None for a plain one."""

    @property
    def is_block(self) -> bool:
        """True for a text of several lines behind `|` or `>`."""
        return self.style in ("|", ">")


@dataclass(slots=True, eq=False)
class Alias(Node):
    """Stands for another node."""

    target: Node


@dataclass(slots=True, eq=False)
class Entry:
    """A key of a mapping and its value."""

    key: Node
    name: str
    colon: int
    """Where the colon stands; -1 when there is none."""
    value: Node
    is_merge: bool
    is_explicit: bool
    """True behind a `?`."""

    @property
    def end(self) -> int:
        """Behind its last character."""
        return max(self.value.end, self.colon + 1, self.key.end)


@dataclass(slots=True, eq=False)
class MappingNode(Node):
    """A mapping."""

    is_flow: bool
    entries: list[Entry] = field(default_factory=list)

    def children(self) -> list[Node]:
        """The values inside, in the order of the text."""
        return [entry.value for entry in self.entries]


@dataclass(slots=True, eq=False)
class SequenceNode(Node):
    """A list."""

    is_flow: bool
    dashes: list[int] = field(default_factory=list)
    """Where the dash of each element stands; empty inside of brackets."""
    items: list[Node] = field(default_factory=list)

    def children(self) -> list[Node]:
        """The values inside, in the order of the text."""
        return self.items


@dataclass(frozen=True, slots=True)
class DocumentNode:
    """One document of a piece of text."""

    root: Node
    end: int
    """Where the text behind it begins: behind a line `...`, or behind the piece."""


def nodes_of(text: str, index: int) -> DocumentNode:
    """One document of a piece of text that `yaml_documents` reads without a complaint.

    Args:
        text: the piece.
        index: the number of the document in it, from 0.

    Raises:
        NotUnderstoodError: it has something that cannot be edited.
    """
    try:
        return _Composer(text).document(index)
    except NotUnderstoodError:
        raise
    except Exception as error:
        # Whatever the parser makes of a text: it is a text that is not edited.
        raise NotUnderstoodError(type(error).__name__) from error


def _is(event: Any, kind: str) -> bool:
    """True for an event of a kind: both libraries have the same ones, by the same names."""
    return type(event).__name__ == f"{kind}Event"


class _Composer:
    def __init__(self, text: str) -> None:
        self._text = text
        # Those of libyaml, where they are the same, take a twentieth of the time.
        self._events = plain_events(text) or SafeLoader(text).get_event
        self._anchors: dict[str, Node] = {}

    def document(self, index: int) -> DocumentNode:
        self._events()
        number = 0
        while not _is(self._events(), "StreamEnd"):
            self._anchors = {}
            root = self._node(self._events())
            ending = self._events()
            if number == index:
                return DocumentNode(root, ending.end_mark.index)
            number += 1
        raise NotUnderstoodError("there is no such document")

    def _node(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        if _is(event, "Alias"):
            if event.anchor not in self._anchors:
                raise NotUnderstoodError("an alias without an anchor")
            target = self._anchors[event.anchor]
            return Alias(start, end, target.value, None, has_tag=False, target=target)
        has_tag = event.tag is not None
        node: Node
        if _is(event, "Scalar"):
            node = self._scalar(event, has_tag=has_tag)
        elif _is(event, "MappingStart"):
            node = MappingNode(start, end, {}, event.anchor, has_tag, is_flow=bool(event.flow_style))
            self._mapping(node)
        else:
            node = SequenceNode(start, end, [], event.anchor, has_tag, is_flow=bool(event.flow_style))
            self._sequence(node)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _scalar(self, event: Any, *, has_tag: bool) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        value, style = event.value, event.style or None
        if style is None and not has_tag:
            value = plain_value(value)
            if isinstance(value, Doubtful):
                raise NotUnderstoodError(value.message)
        if style in ("|", ">"):
            head = self._text[start:end].split("\n", 1)[0]
            if "+" not in head.split("#", 1)[0]:
                end = start + len(self._text[start:end].rstrip())
            elif self._text[end - 1] == "\n":
                end -= 2 if self._text[end - 2 : end] == "\r\n" else 1
        return Scalar(start, end, value, event.anchor, has_tag, style=style)

    def _sequence(self, node: SequenceNode) -> None:
        before = node.start
        while not _is(event := self._events(), "SequenceEnd"):
            item = self._node(event)
            if not node.is_flow:
                dash = _DASH.match(self._text, before)
                if dash is None:
                    raise NotUnderstoodError("an element without a dash")
                node.dashes.append(dash.end() - 1)
                self._place_nothing(item, dash.end())
            node.items.append(item)
            before = item.end
        node.end = event.end_mark.index if node.is_flow else before
        node.value = [item.value for item in node.items]

    def _mapping(self, node: MappingNode) -> None:
        before = node.start
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not _is(event := self._events(), "MappingEnd"):
            key = self._node(event)
            name = event.value if _is(event, "Scalar") else key.value
            if not isinstance(name, str):
                raise NotUnderstoodError("a key that is no text")
            is_merge = name == "<<" and _is(event, "Scalar") and not event.style
            value = self._node(self._events())
            colon = _COLON.match(self._text, key.end)
            at = colon.end() - 1 if colon else -1
            is_explicit = "?" in _COMMENT.sub("", self._text[before : key.start])
            self._place_nothing(value, at + 1 if colon else key.end)
            entry = Entry(key, name, at, value, is_merge, is_explicit)
            node.entries.append(entry)
            before = entry.end
            if not is_merge:
                own[name] = value.value
                continue
            for one in value.value if isinstance(value.value, list) else [value.value]:
                merged = {**one, **merged}
        node.end = event.end_mark.index if node.is_flow else before
        node.value = {**merged, **own}

    def _place_nothing(self, node: Node, at: int) -> None:
        """The parser places a missing value at whatever comes next."""
        if isinstance(node, Scalar) and node.style is None and node.start == node.end:
            node.start = node.end = at


def end_of_properties(text: str, node: Node) -> int:
    """Behind the anchor and the tag of a node: where its own text, or the line's rest, begins."""
    if not node.anchor and not node.has_tag:
        return node.start
    match = _PROPERTIES.match(text, node.start)
    end = match.end() if match else node.start
    return node.start + len(text[node.start : end].rstrip())
