"""One document made to mean something else, by splices as small as can be.

The rules, for blocks (`flow_splices` has those for brackets):

* A key that goes takes with it its own line, and the comment lines directly above it that stand in its column, up to the
  first empty line; and comment lines right below its value that stand deeper than the key. All else stays.
* A key that comes stands behind the key before it in the order of what is wanted (that of the model), of those that the
  mapping has; behind the last one when none of them is before it.
* The elements of a list are those that `alignment` finds.
* What has an anchor keeps it. An alias or a merge key that would mean something else by that becomes what it meant: the
  alias a value, the merge key entries of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from controller.edits import values
from controller.edits.alignment import aligned, same
from controller.edits.block_splices import Part, edit_lines
from controller.edits.flow_splices import FlowSplices
from controller.edits.nodes import (
    Alias,
    Entry,
    MappingNode,
    Node,
    NotUnderstoodError,
    Scalar,
    SequenceNode,
    end_of_properties,
)
from controller.edits.splices import Lines, Splices
from controller.edits.values import Style

_GONE: Final = object()
"""What a node means that is not in the text any more."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a value stands."""

    after: int
    """Behind the colon or the dash."""
    column: int
    """Of the key or the dash."""
    in_flow: bool
    in_list: bool
    depth: int


class Splicer:
    """Finds the splices for one document."""

    def __init__(self, text: str, root: Node, style: Style, deepest: int) -> None:
        """Finds nothing yet.

        Args:
            text: the piece that the document stands in.
            root: the document.
            style: how new lines are written.
            deepest: values so deep below the document are written anew when they differ, whatever is in them.
        """
        self._text = text
        self._lines = Lines(text)
        self._splices = Splices(text)
        self._root = root
        self._style = style
        self._deepest = deepest
        self._now: dict[int, Any] = {}
        """What the nodes mean that anchors stand at, by id, as far as that changes."""
        self._has_aliases = _has_aliases(root)

    def text(self, target: Any) -> str:
        """The text that means the target.

        Raises:
            NotUnderstoodError: there is none that splices make.
        """
        if not isinstance(self._root, MappingNode):
            raise NotUnderstoodError("no mapping")
        spot = _Spot(self._root.start, -self._style.step, self._root.is_flow, in_list=False, depth=0)
        self._collection(self._root, target, spot)
        return self._splices.result()

    def _become(self, node: Node, target: Any, spot: _Spot) -> None:
        """Has a value mean the target."""
        if isinstance(node, Alias):
            if not same(self._meaning(node.target), target):
                self._replace(node, target, spot)
            return
        if same(node.value, target) and not self._has_aliases:
            return
        is_alike = (isinstance(node, MappingNode) and isinstance(target, dict)) or (
            isinstance(node, SequenceNode) and isinstance(target, list)
        )
        if is_alike and (spot.depth < self._deepest or same(node.value, target)):
            mark, known = self._splices.mark(), dict(self._now)
            try:
                self._collection(node, target, spot)
            except NotUnderstoodError:
                self._splices.back_to(mark)
                self._now = known
            else:
                self._now[id(node)] = target
                return
        if not same(node.value, target):
            self._replace(node, target, spot)
        elif is_alike:
            raise NotUnderstoodError("aliases in what cannot be edited")

    def _collection(self, node: Node, target: Any, spot: _Spot) -> None:
        if isinstance(node, MappingNode):
            self._mapping(node, target, spot)
        elif isinstance(node, SequenceNode):
            self._sequence(node, target, spot)

    def _meaning(self, node: Node) -> Any:
        return self._now.get(id(node), node.value)

    def _forget(self, node: Node, *, but_itself: bool = False) -> None:
        if not but_itself:
            self._now[id(node)] = _GONE
        for child in node.children():
            self._forget(child)

    # Mappings.

    def _mapping(self, node: MappingNode, target: dict[str, Any], spot: _Spot) -> None:
        own = {entry.name: entry for entry in node.entries if not entry.is_merge}
        merges = [entry for entry in node.entries if entry.is_merge]
        kept, gone = [], []
        for entry in node.entries:
            if entry.is_merge:
                continue
            if entry.name in target:
                kept.append(entry)
                self._become(entry.value, target[entry.name], self._spot_of(entry, node, spot))
            else:
                gone.append(entry)
                self._forget(entry.value)
        merged = self._merged(merges)
        if merges and (merged is None or merged.keys() - target.keys()):
            gone += merges
            merged = {}
        new = {
            name: value
            for name, value in target.items()
            if name not in own and not (merged and name in merged and same(merged[name], value))
        }
        if not gone and not new:
            return
        if any(entry.is_explicit for entry in node.entries):
            raise NotUnderstoodError("keys behind ?")
        if len(gone) == len(node.entries) and not new:
            self._replace(node, target, spot)
            return
        places: dict[int, list[tuple[str, Any]]] = {}
        for name, value in new.items():
            places.setdefault(self._neighbour(node, name, target), []).append((name, value))
        if node.is_flow:
            quote = self._quote_of(node.entries[0].key) if node.entries else ""
            texts = {
                at: [
                    f"{values.key(name, in_flow=True, quote=quote)}: {values.flow(value, quote=quote)}"
                    for name, value in pairs
                ]
                for at, pairs in places.items()
            }
            spans = [(entry.key.start, entry.end) for entry in node.entries]
            FlowSplices(self._text, self._splices, node, spans).edit({node.entries.index(one) for one in gone}, texts)
            return
        parts = [Part(entry.key.start, entry.end) for entry in node.entries]
        column = self._lines.column(node.entries[0].key.start)
        quote = self._quote_of(node.entries[0].key)
        blocks = {
            at: [
                line
                for name, value in pairs
                for line in values.entry_lines(name, value, column, self._style, quote=quote)
            ]
            for at, pairs in places.items()
        }
        edit_lines(
            self._splices,
            self._style,
            parts,
            column,
            {node.entries.index(one) for one in gone},
            blocks,
            self._floor(node, spot),
        )

    def _neighbour(self, node: MappingNode, name: str, target: dict[str, Any]) -> int:
        """The number of the entry that a new one comes behind; -1 in a mapping without any."""
        numbers = {entry.name: number for number, entry in enumerate(node.entries)}
        found = len(node.entries) - 1
        for one in target:
            if one == name:
                break
            if one in numbers:
                found = numbers[one]
        return found

    def _merged(self, merges: Sequence[Entry]) -> dict[str, Any] | None:
        """What merge keys bring, as everything is now; None when that cannot be told."""
        merged: dict[str, Any] = {}
        for entry in merges:
            nodes = entry.value.items if isinstance(entry.value, SequenceNode) else [entry.value]
            for one in nodes:
                meaning = self._meaning(one.target) if isinstance(one, Alias) else one.value
                if not isinstance(meaning, dict):
                    return None
                merged = {**meaning, **merged}
        return merged

    def _spot_of(self, entry: Entry, node: MappingNode, spot: _Spot) -> _Spot:
        after = entry.colon + 1 if entry.colon >= 0 else -1
        column = self._lines.column(entry.key.start)
        return _Spot(after, column, node.is_flow, in_list=False, depth=spot.depth + 1)

    # Lists.

    def _sequence(self, node: SequenceNode, target: list[Any], spot: _Spot) -> None:
        pairs = aligned([item.value for item in node.items], target)
        gone = []
        places: dict[int, list[Any]] = {}
        before = -1
        for old, new in pairs:
            if old is not None:
                before = old
            if new is None and old is not None:
                gone.append(old)
                self._forget(node.items[old])
            elif new is not None and old is None:
                places.setdefault(before, []).append(target[new])
            elif new is not None and old is not None:
                after = -1 if node.is_flow else node.dashes[old] + 1
                column = -1 if node.is_flow else self._lines.column(node.dashes[old])
                inner = _Spot(after, column, node.is_flow, in_list=True, depth=spot.depth + 1)
                self._become(node.items[old], target[new], inner)
        if not gone and not places:
            return
        if not target:
            self._replace(node, target, spot)
            return
        quote = self._quote_of(node.items[0]) if node.items else ""
        if node.is_flow:
            texts = {at: [values.flow(one, quote=quote) for one in some] for at, some in places.items()}
            spans = [(item.start, item.end) for item in node.items]
            FlowSplices(self._text, self._splices, node, spans).edit(set(gone), texts)
            return
        column = self._lines.column(node.dashes[0])
        parts = [Part(dash, max(item.end, dash + 1)) for dash, item in zip(node.dashes, node.items, strict=True)]
        blocks = {at: values.sequence_lines(some, column, self._style, quote=quote) for at, some in places.items()}
        edit_lines(self._splices, self._style, parts, column, set(gone), blocks, self._floor(node, spot))

    # Lines of blocks.

    def _floor(self, node: Node, spot: _Spot) -> int:
        """Where the first line begins that may belong to what is in a block."""
        at = end_of_properties(self._text, node) if node.anchor or node.has_tag else spot.after
        return self._lines.next(at) if spot.depth else 0

    # Values.

    def _replace(self, node: Node, target: Any, spot: _Spot) -> None:
        """Writes a value anew."""
        self._now[id(node)] = target
        self._forget(node, but_itself=True)
        if spot.after < 0 and spot.in_flow and node.start == node.end:
            raise NotUnderstoodError("nothing stands here")
        anchor = f"&{node.anchor} " if node.anchor else ""
        put = self._splices.put
        is_block = isinstance(node, MappingNode | SequenceNode) and not node.is_flow
        if is_block and not self._begins_in_line(node, spot):
            self._replace_lines(node, target, spot)
            return
        quote = node.style if isinstance(node, Scalar) and node.style in ("'", '"') else ""
        is_flow = spot.in_flow or (not is_block and isinstance(node, MappingNode | SequenceNode))
        if is_flow:
            quote = quote or self._quote_inside(node)
            written = values.flow(target, quote=quote)
        elif values.is_in_one_line(target):
            written = values.in_one_line(target, quote=quote)
        else:
            self._replace_by_lines(node, target, spot)
            return
        if node.start == node.end:
            put(node.start, node.end, f" {written}")
        elif isinstance(node, Scalar) and node.is_block:
            head = end_of_properties(self._text, node)
            sign = self._sign_end(head)
            put(node.start, sign, anchor + written)
            put(self._lines.end(sign), node.end, "")
        else:
            put(node.start, node.end, anchor + written)

    def _begins_in_line(self, node: Node, spot: _Spot) -> bool:
        """True for a block that begins in the line of its dash."""
        first = node.children()[0].start if not isinstance(node, MappingNode) else node.entries[0].key.start
        return self._lines.start(first) == self._lines.start(spot.after)

    def _sign_end(self, at: int) -> int:
        while at < len(self._text) and self._text[at] in "|>+-0123456789":
            at += 1
        return at

    def _replace_lines(self, node: Node, target: Any, spot: _Spot) -> None:
        """Writes a block anew that stands below its key."""
        if node.has_tag:
            raise NotUnderstoodError("a tag")
        head = end_of_properties(self._text, node) if node.anchor else spot.after
        line = self._lines.end(head)
        end = self._lines.end_of_comments_inside(node.end, spot.column)
        if values.is_in_one_line(target):
            self._splices.put(head, head, f" {values.in_one_line(target)}")
            self._splices.put(line, end, "")
        elif isinstance(target, str):
            sign, inner = values.block_text(target, spot.column + self._style.step)
            self._splices.put(head, head, f" {sign}")
            self._splices.put(line, end, self._below(inner))
        else:
            self._splices.put(line, end, self._below(values.lines(target, max(spot.column, 0), self._style)))

    def _replace_by_lines(self, node: Node, target: Any, spot: _Spot) -> None:
        """Writes several lines in the place of what began in the line of its key or dash."""
        put = self._splices.put
        if isinstance(target, str):
            column = spot.column + self._style.step
            sign, inner = values.block_text(target, column)
            anchor = f" &{node.anchor}" if node.anchor else ""
            if isinstance(node, Scalar) and node.is_block:
                head = end_of_properties(self._text, node)
                put(head, self._sign_end(head), (" " if head != node.start else "") + sign)
                put(self._lines.end(head), node.end, self._below(inner))
                return
            put(spot.after, node.end, f"{anchor} {sign}")
            end = self._lines.end(node.end)
            put(end, end, self._below(inner))
            return
        if spot.in_list:
            inner = values.item_lines(target, spot.column, self._style)
            put(spot.after, self._lines.end(node.end), self._style.line_end.join(inner)[spot.column + 1 :])
            return
        end = self._lines.end(node.end)
        anchor = f" &{node.anchor}" if node.anchor else ""
        if isinstance(node, Scalar) and node.is_block:
            behind = self._sign_end(end_of_properties(self._text, node))
            put(spot.after, behind, anchor)
            put(self._lines.end(behind), node.end, "")
        else:
            put(spot.after, node.end, anchor)
        put(end, end, self._below(values.lines(target, spot.column, self._style)))

    def _below(self, lines: Sequence[str]) -> str:
        return "".join(self._style.line_end + line for line in lines)

    def _quote_of(self, node: Node) -> str:
        return node.style or "" if isinstance(node, Scalar) and node.style in ("'", '"') else ""

    def _quote_inside(self, node: Node) -> str:
        if isinstance(node, MappingNode) and node.entries:
            return self._quote_of(node.entries[0].key)
        return self._quote_of(node.children()[0]) if node.children() else ""


def _has_aliases(node: Node) -> bool:
    return isinstance(node, Alias) or any(map(_has_aliases, node.children()))
