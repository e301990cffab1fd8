"""One piece of a file, with one of its documents made another."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from controller.edits import values
from controller.edits.aim import aim
from controller.edits.alignment import same
from controller.edits.nodes import MappingNode, Node, NotUnderstoodError, SequenceNode, nodes_of
from controller.edits.object_edit import CannotEdit
from controller.edits.splicer import Splicer
from controller.edits.splices import Lines
from controller.edits.values import Style
from controller.edits.wanted import Wanted
from controller.source.read.manifests import SERVER_SIDE, read_document
from controller.source.read.yaml_documents import MOST_DEPTH, YamlDocument, cut, read_piece

_TOP: Final = 1
"""The depth of `metadata` and `spec`: they are the largest that is written anew."""


def edited_piece(piece: str, index: int, wanted: Wanted, file: bytes, line: int) -> str:
    """A piece of text with one document as it is wanted, and all else as it was.

    Args:
        piece: as `yaml_documents.cut` gives it.
        index: the number of the document in it, of those that are not empty.
        wanted: the object.
        file: for the positions of refusals.
        line: that the piece begins in, from 0.

    Raises:
        CannotEdit: nothing that is written there reads as what is wanted.
    """
    before = read_piece(piece)
    document = before[index]
    if document.faults:
        fault = document.faults[0]
        message = f"nothing can be edited before this is mended: {fault.message}"
        raise CannotEdit.at(file, message, line=line + fault.place[0] + 1, column=fault.place[1], path=fault.path)
    manifest = read_document(document).manifest
    meant = manifest.document() if manifest else _without_server_side(document.value)
    target = aim(document.value, meant, wanted.document, wanted.given)
    if same(document.value, target):
        return piece
    expected = [target if number == index else one.value for number, one in enumerate(before)]
    for result in _spliced(piece, document, target):
        if _is_right(result, before, index, expected, wanted):
            return result
    place = document.origin.start
    message = "this document is written in a way that cannot be edited here: change it in the file"
    raise CannotEdit.at(file, message, line=line + place[0] + 1, column=place[1])


def _spliced(piece: str, document: YamlDocument, target: Any) -> Iterator[str]:
    """The piece with splices, the smallest first."""
    try:
        root = nodes_of(piece, document.origin.index).root
    except NotUnderstoodError:
        return
    if not same(root.value, document.value):
        return
    style = _style_of(piece, root)
    for deepest in (MOST_DEPTH, *range(_depth(document.value), _TOP - 1, -1)):
        try:
            result = Splicer(piece, root, style, deepest).text(target)
        except NotUnderstoodError:
            continue
        yield result
        if not result.endswith("\n"):
            # A text of several lines that ends the file has no line end in its last line.
            yield result + style.line_end


def _is_right(result: str, before: Sequence[YamlDocument], index: int, expected: Sequence[Any], wanted: Wanted) -> bool:
    """True when a text means what it is to mean, to the very reader of the fleet."""
    if len(cut(result)) != 1:
        return False
    after = read_piece(result)
    if len(after) != len(before) or not all(map(same, (one.value for one in after), expected)):
        return False
    if [*map(_complaints, after)] != [*map(_complaints, before)]:
        return False
    manifest = read_document(after[index]).manifest if wanted.is_valid else None
    return manifest is None or same(manifest.document(), wanted.document)


def _complaints(document: YamlDocument) -> list[str]:
    return [fault.message for fault in document.faults]


def _depth(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, children), default=-1)


def _without_server_side(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    value = dict(value)
    if isinstance(value.get("metadata"), dict):
        value["metadata"] = dict(value["metadata"])
    for path in SERVER_SIDE:
        holder = value if len(path) == 1 else value.get(str(path[0]))
        if isinstance(holder, dict):
            holder.pop(str(path[-1]), None)
    return value


def new_text(wanted: Wanted, style: Style) -> str:
    """A new document, with a line end at its end and without a marker."""
    return "".join(line + style.line_end for line in values.mapping_lines(wanted.given, 0, style))


def style_of(piece: str) -> Style:
    """How a piece of text is written; the usual style where nothing tells."""
    try:
        return _style_of(piece, nodes_of(piece, 0).root)
    except NotUnderstoodError:
        return Style()


def _style_of(piece: str, root: Node) -> Style:
    """What the first of its mappings and lists tell."""
    lines = Lines(piece)
    found: dict[str, int] = {}
    _look(root, lines, found)
    return Style(found.get("step", 2), found.get("dash", 2), lines.line_end(root.start))


def _look(node: Node, lines: Lines, found: dict[str, int]) -> None:
    if not isinstance(node, MappingNode) or node.is_flow:
        return
    for entry in node.entries:
        column, value = lines.column(entry.key.start), entry.value
        if isinstance(value, MappingNode) and not value.is_flow and value.entries:
            found.setdefault("step", lines.column(value.entries[0].key.start) - column)
        elif isinstance(value, SequenceNode) and not value.is_flow:
            found.setdefault("dash", lines.column(value.dashes[0]) - column)
        _look(value, lines, found)
