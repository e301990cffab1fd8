"""Whatever lies in a manifest file, the answer is a revision or problems: never an exception, never another order."""

from collections.abc import Mapping
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.model import Position
from controller.source.files import SourceFile
from controller.source.read.reader import Loaded, ManifestReader, Reading, Rejected, Unreadable
from controller.source.read.yaml_documents import pieces, read_piece
from controller.source.read.yaml_text import yaml_text

YAML_LIKE = st.text(
    st.sampled_from("abk01:-?#&*!|>%@`'\"{}[], \n\t\r\\~=.<\x00\x07\u2028\ufeffé😀"), max_size=200
) | st.lists(
    st.sampled_from(
        ["apiVersion: dsfleet.io/v1", "kind: Camera", "kind: Node", "metadata:", "  name: a", "  labels: {a: on}", "spec:",
         "  address: rtsp://h/1", "  cameras: [a, b]", "---", "...", "- a", "&x a: *x", "<<: *x", "? [a]", ": b", "a: |", "  - - -"]
    )
).map("\n".join)  # fmt: skip
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]) | st.just("\n")),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"])), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def read(files: Mapping[str, bytes]) -> Reading:
    found = [SourceFile(path.encode(), content) for path, content in files.items()]
    return ManifestReader().read(found, root="", revision_id="r", description="d")


def check(reading: Reading, files: Mapping[str, bytes]) -> None:
    assert isinstance(reading, Loaded | Rejected | Unreadable)
    if isinstance(reading, Rejected):
        assert reading.problems
        for problem in reading.problems:
            assert problem.position.file in files
            lines = files[problem.position.file].count(b"\n") + files[problem.position.file].count(b"\r") + 1
            # Unicode has more line breaks than a newline, and YAML counts them.
            lines += sum(
                files[problem.position.file].decode("utf-8", "replace").count(one) for one in "\x85\u2028\u2029"
            )
            assert 1 <= problem.position.line <= lines + 1
            assert problem.position.column >= 1
            assert problem.message
            assert "\n" not in str(problem)


@given(st.binary(max_size=300))
@example(b"\xff\xfea\x00")
@example(b"\xef\xbb\xbfkind: Camera\n")
@example(b'"\\UFFFFFFFF"')
@example(b"%YAML 9.9\n---\n")
def test_any_bytes(content: bytes) -> None:
    files = {"a.yaml": content}
    check(read(files), files)


@settings(max_examples=150)
@given(YAML_LIKE)
@example("? |\n")
@example("a: b\x85c: d")
@example("&a [*a]")
@example("&a a: &b {*a : *b}")
@example("!<")
@example("- !!binary x")
@example("<<: [1, {a: b}]")
def test_any_text(text: str) -> None:
    files = {"a.yaml": text.encode()}
    check(read(files), files)


@given(st.dictionaries(st.sampled_from(["a.yaml", "b.yaml", "c/d.yml"]), YAML_LIKE.map(str.encode), max_size=3))
def test_the_order_of_the_files_does_not_matter(files: Mapping[str, bytes]) -> None:
    backwards = dict(reversed(files.items()))
    assert read(files) == read(backwards)
    reading = read(files)
    if isinstance(reading, Rejected):
        places = [(one.position.file, one.position.line, one.position.column) for one in reading.problems]
        assert places == sorted(places)


@given(YAML_LIKE)
def test_cutting_at_the_markers_loses_no_document(text: str) -> None:
    cut = [document for _, piece in pieces(text) for document in read_piece(piece)]
    whole = read_piece(text)
    if whole and not any(document.faults for document in (*whole, *cut)):
        assert [document.value for document in cut] == [document.value for document in whole]


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs", "Cc", "Co", "Cn"]), min_size=1), PLAIN, max_size=5)
)
@example(
    {"a": "on", "b": "2020-01-01", "c": "012", "d": "1e5", "e": "~", "f": "", "g": "12:30", "h": "a\nb\n", "i": " a\nb"}
)
@example({"a": "<<", "<<": "a", "=": "=", "-": "- a", "b": "a: b", "c": "#", "d": "---", "e": "...\n---\n"})
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    text = yaml_text(document)
    read_back = [one for _, piece in pieces(text) for one in read_piece(piece)]
    assert [one.faults for one in read_back] == [()], text
    assert read_back[0].value == document, text


@given(YAML_LIKE, YAML_LIKE)
def test_a_reader_that_remembers_answers_like_a_new_one(before: str, after: str) -> None:
    def files(text: str) -> list[SourceFile]:
        return [SourceFile(b"a.yaml", text.encode()), SourceFile(b"b.yaml", before.encode())]

    reader = ManifestReader()
    reader.read(files(before), root="", revision_id="r", description="d")
    kept = reader.read(files(after), root="", revision_id="r", description="d")
    assert kept == ManifestReader().read(files(after), root="", revision_id="r", description="d")


def test_positions_print_as_editors_read_them() -> None:
    assert str(Position("a.yaml", 3, 5)) == "a.yaml:3:5"
