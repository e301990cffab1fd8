"""Files as they are, and edits, to the files that become others.

What is not edited stays to the last byte. A new document comes behind the last one of its file. One that goes takes its
marker with it, and all up to the next one; of the first one what stands above it stays: the head of the file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, Final

from controller.edits.alignment import same
from controller.edits.documents import edited_piece, new_text, style_of
from controller.edits.homes import Home, Homes
from controller.edits.nodes import NotUnderstoodError, nodes_of
from controller.edits.object_edit import CannotEdit, ObjectEdit
from controller.edits.splices import Lines
from controller.edits.values import Style
from controller.edits.wanted import Wanted, wanted_object
from controller.model import ObjectRef, Problem
from controller.source.files import MOST_BYTES_OF_A_FILE, MOST_DOCUMENTS_OF_A_FILE, SourceFile, text_of
from controller.source.read.yaml_documents import YamlDocument, cut, is_blank, read_piece

_BOM: Final = b"\xef\xbb\xbf"
_NAMES: Final = re.compile(r"""name["']?\s*:\s*["']?([^\s"',}]+)""")
_MARKER_LINE: Final = re.compile(r"---[ \t]*(?:\r\n|\n|\Z)")
_MARKER: Final = re.compile(r"\A---(?=[ \t\r\n]|\Z)")
_CONTENT: Final = re.compile(r"^[ \t]*(?!\.\.\.[ \t]*\r?$)[^\s#]", re.MULTILINE)
_LINES: Final = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)")
_SCHEMA_LINE: Final = re.compile(r"# yaml-language-server:[^\r\n]*\n")


def edit_files(
    files: Mapping[bytes, bytes], places: Mapping[ObjectRef, bytes], edits: Sequence[ObjectEdit]
) -> Mapping[bytes, bytes | None]:
    """Files to the files that become others; each is read and written once, whatever the number of edits.

    Args:
        files: contents by path. Of those that no edit touches the paths alone are looked at.
        places: in which file each object stands.
        edits: one for each object.

    Returns:
        The new contents by path; None for a file that is to go. What is as it was is not among them.

    Raises:
        CannotEdit: one of the edits cannot be made; none is made then.
    """
    seen: set[ObjectRef] = set()
    homes: Homes | None = None
    by_file: dict[bytes, list[tuple[ObjectEdit, Home | None]]] = {}
    for edit in edits:
        if edit.ref in seen:
            raise CannotEdit.at(places.get(edit.ref, b""), f"{edit.ref} is to be edited twice at once")
        seen.add(edit.ref)
        home = None
        path = places.get(edit.ref)
        if path is None:
            if edit.wanted is None:
                raise CannotEdit.at(b"", f"there is no {edit.ref} that could be deleted")
            homes = homes or Homes(places, files)
            home = homes.take(edit)
            path = home.path
        elif path not in files:
            raise CannotEdit.at(path, f"{edit.ref} stands in a file that is not there: read the source again")
        by_file.setdefault(path, []).append((edit, home))
    changed: dict[bytes, bytes | None] = {}
    for path, its_edits in by_file.items():
        try:
            after = _edited(files, path, its_edits)
        except RecursionError:
            raise CannotEdit.at(
                path, "an object is nested too deeply to be edited here: change it in the file"
            ) from None
        if after != files.get(path):
            changed[path] = after
    return changed


def _edited(files: Mapping[bytes, bytes], path: bytes, edits: Sequence[tuple[ObjectEdit, Home | None]]) -> bytes | None:
    file = _File(path, files.get(path))
    gone = [file.find(edit.ref) for edit, home in edits if home is None and edit.wanted is None]
    for edit, home in edits:
        if home is None and edit.wanted is not None:
            file.change(file.find(edit.ref), wanted_object(edit, edit.wanted, path))
    file.delete(gone)
    for edit, home in edits:
        if home is not None and edit.wanted is not None:
            neighbour = files.get(home.neighbour or b"", b"") if home.neighbour != path else b""
            file.add(wanted_object(edit, edit.wanted, path), neighbour)
    return file.content()


# The number of a piece, and of a document in it.
_Spot = tuple[int, int]


class _File:
    """One file under way."""

    def __init__(self, path: bytes, content: bytes | None) -> None:
        self._path = path
        self._bom = b""
        self._pieces: list[str] = []
        if content is not None:
            self._bom = _BOM if content.startswith(_BOM) else b""
            self._pieces = cut(self._text(content))
        self._sure = {*self._pieces}
        """Pieces that are known to say what they are to say."""
        self._edited: set[str] = set()
        self._meant: dict[int, list[Any]] = {}
        """What the other pieces are to say, by their numbers."""
        self._first_lines = [0, *accumulate(piece.count("\n") for piece in self._pieces)]
        self._spots: dict[ObjectRef, _Spot] = {}
        self._read: set[int] = set()
        self._style: Style | None = None

    def _text(self, content: bytes) -> str:
        text = text_of("", SourceFile(self._path, content))
        if isinstance(text, Problem):
            raise CannotEdit(text)
        return text

    @cached_property
    def _names(self) -> Mapping[str, Sequence[int]]:
        """The pieces by the names that seem to stand in them."""
        names: dict[str, list[int]] = {}
        for number, piece in enumerate(self._pieces):
            for name in {*_NAMES.findall(piece)}:
                names.setdefault(name, []).append(number)
        return names

    def find(self, ref: ObjectRef) -> _Spot:
        """Where an object stands."""
        if ref not in self._spots:
            # Those that seem to hold it first: a file may have thousands.
            for number in (*self._names.get(ref.name, ()), *range(len(self._pieces))):
                self._look(number)
                if ref in self._spots:
                    break
        if ref not in self._spots:
            raise CannotEdit.at(self._path, f"{ref} does not stand in this file any more: read the source again")
        return self._spots[ref]

    def _look(self, number: int) -> None:
        if number in self._read:
            return
        self._read.add(number)
        for index, document in enumerate(_documents(self._pieces[number])):
            if ref := _ref_of(document):
                self._spots.setdefault(ref, (number, index))

    def change(self, spot: _Spot, wanted: Wanted) -> None:
        """Has a document say what is wanted."""
        number, index = spot
        line = self._first_lines[number]
        self._pieces[number] = edited_piece(self._pieces[number], index, wanted, self._path, line)
        self._sure.add(self._pieces[number])
        self._edited.add(self._pieces[number])

    def delete(self, spots: Sequence[_Spot]) -> None:
        """Takes documents out."""
        for number, index in sorted(spots, reverse=True):
            piece = self._pieces[number]
            documents = [*_documents(piece)]
            if len(documents) > 1:
                rest = [one.value for one in documents[:index] + documents[index + 1 :]]
                self._put(number, _without(piece, documents[index].origin.index, self._path), rest)
            elif number == 0 or not any(map(_has_content, self._pieces[:number])):
                self._delete_first(number, documents[0])
            else:
                self._put(number, "", [])

    def _put(self, number: int, piece: str, meant: Sequence[Any]) -> None:
        self._pieces[number], self._meant[number] = piece, [*meant]

    def _delete_first(self, number: int, document: YamlDocument) -> None:
        head = "".join(_LINES.findall(self._pieces[number])[: document.origin.start[0]])
        following = next((at for at in range(number + 1, len(self._pieces)) if self._pieces[at]), None)
        if following is not None and _MARKER_LINE.match(self._pieces[following]):
            without_marker = _MARKER_LINE.sub("", self._pieces[following], count=1)
            self._put(following, without_marker, self._meaning(following))
        self._put(number, head, [])

    def _meaning(self, number: int) -> list[Any]:
        """What a piece is to say."""
        meant = self._meant.get(number)
        return [one.value for one in _documents(self._pieces[number])] if meant is None else meant

    def add(self, wanted: Wanted, neighbour: bytes) -> None:
        """Puts a document behind the last one.

        Args:
            wanted: the object.
            neighbour: the content of a file whose head and style a new file follows.
        """
        style = self._style = self._style or self._style_of(neighbour)
        written = new_text(wanted, style)
        if not self._pieces:
            head = _SCHEMA_LINE.match(neighbour.removeprefix(_BOM).decode("utf-8", "replace"))
            self._pieces.append("")
            self._put(0, (head.group() if head else "") + written, [wanted.given])
            return
        last = next((at for at in range(len(self._pieces) - 1, -1, -1) if self._pieces[at]), 0)
        if self._pieces[last] and not self._pieces[last].endswith("\n"):
            self._put(last, self._pieces[last] + style.line_end, self._meaning(last))
        if any(map(_has_content, self._pieces)) and not _MARKER_LINE.fullmatch(self._pieces[last]):
            written = f"---{style.line_end}{written}"
        self._pieces.append("")
        self._put(len(self._pieces) - 1, written, [wanted.given])

    def _style_of(self, neighbour: bytes) -> Style:
        pieces = self._pieces or cut(neighbour.removeprefix(_BOM).decode("utf-8", "replace"))
        last = next((piece for piece in reversed(pieces) if _has_content(piece)), "")
        return style_of(last)

    def content(self) -> bytes | None:
        """The file as it is now; None when no document is left in it."""
        if not any(map(_has_content, self._pieces)):
            return None
        text = "".join(self._pieces)
        if not self._is_right(text):
            message = "this file is written in a way that cannot be edited here: change it by hand"
            raise CannotEdit.at(self._path, message)
        content = self._bom + text.encode()
        if len(content) > MOST_BYTES_OF_A_FILE or len(self._pieces) > MOST_DOCUMENTS_OF_A_FILE or not self._is_well():
            self._text(content)
        return content

    def _is_right(self, text: str) -> bool:
        """True when the text means what its pieces are to mean, to the very reader of the fleet."""
        if not self._meant:
            return True
        expected: list[Any] = []
        for number, piece in enumerate(self._pieces):
            if _has_content(piece):
                expected += [(piece,)] if piece in self._sure else self._meaning(number)
        found: list[Any] = []
        for piece in cut(text):
            if _has_content(piece):
                found += [(piece,)] if piece in self._sure else [one.value for one in _documents(piece)]
        return len(expected) == len(found) and all(map(same, expected, found))

    def _is_well(self) -> bool:
        """True when nothing is wrong with the pieces that became others, each taken for itself."""
        changed = (one for one in self._pieces if one.strip() and (one not in self._sure or one in self._edited))
        return not any(isinstance(text_of("", SourceFile(self._path, one.encode())), Problem) for one in changed)


def _documents(piece: str) -> Iterator[YamlDocument]:
    if not is_blank(piece):
        yield from read_piece(piece)


def _ref_of(document: YamlDocument) -> ObjectRef | None:
    value = document.value if isinstance(document.value, dict) else {}
    metadata = value.get("metadata")
    kind, name = value.get("kind"), metadata.get("name") if isinstance(metadata, dict) else None
    return ObjectRef(kind, name) if isinstance(kind, str) and isinstance(name, str) else None


def _has_content(piece: str) -> bool:
    # The reader knows more line ends than one, and is asked seldom.
    return _CONTENT.search(_MARKER.sub("", piece)) is not None or any(_documents(piece))


def _without(piece: str, index: int, path: bytes) -> str:
    """A piece of several documents, which lines `...` end, without one of them."""
    try:
        node = nodes_of(piece, index)
    except NotUnderstoodError as error:
        raise CannotEdit.at(path, f"the document cannot be taken out here ({error}): do it in the file") from None
    lines = Lines(piece)
    return piece[: lines.start(node.root.start)] + piece[lines.next(node.end) if node.end < len(piece) else node.end :]
