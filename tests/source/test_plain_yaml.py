"""YAML read by libyaml is what ruamel.yaml reads, to the last value and place, or it is left to ruamel.yaml."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.source.read import yaml_plain
from controller.source.read.yaml_documents import pieces, places_in_any_piece, read_any_piece, read_piece
from controller.source.read.yaml_plain import plain_document, plain_places

_TREE = Path(__file__).parents[2]
_FILES = sorted(
    path
    for folder in ("bench", "crds", "deploy", "docs", "manifests", "tests")
    for path in (_TREE / folder).rglob("*.y*ml")
    if path.stat().st_size < 50_000
)
_MANIFEST = """\
apiVersion: dsfleet.io/v1
kind: Camera
metadata:
  name: lobby
  labels: {site: hanoi, "floor": '3'}
spec:  # by the lift
  address: "rtsp://10.0.0.1/1?a=b&c=d%20"
  note: |
    two
     lines
  roi: [[0, 1.5], [-3, 4]]
"""
_ATOMS = [
    "a", "k: v", "k:", "- ", "- a", "? ", ": ", ":", "1", "012", "yes", "null", "'q'", '"q"', "''", '"a\\nb"', '"\\0"', '"\\N"', "'it''s'",
    "a:b", "a#b", "# c", " #c", "{", "}", "[", "]", ", ", ",", "[a, b]", "{a: b}", "[a: b]", '["a":b]', '{"a":b}', '["a" :b]', "{a}", "{a:}",
    "|", ">", "|-", ">+", "|2", ">#c", "| # c\n", "a: |\n  x\n", "a: >\n  x\n\n   y\n", "a: |\n\n  x", "&a", "*a", "!", "!!str", "<<: ",
    "\n", "\n  ", "\n    ", "\n - ", "\n\n", "  ", "\r\n", "\r", "\t", "...", "\n...\n", "\n---\n", "%YAML 1.1\n", "é", "😀", "\u2028",
    "\x85", "\xa0", "\ufeff", "\\", "'", '"', "a\n  b", "'x\n  y'", "-", "--", "?a", "0x1F", ".5", "2020-01-01", "=", "@", "`",
]  # fmt: skip
_ANY_YAML = st.lists(st.sampled_from(_ATOMS), max_size=12).map("".join)
_LINES = st.lists(
    st.builds("".join, st.tuples(*map(st.sampled_from, (["", "  ", "    ", "- "], ["a: ", "b: ", "c:", ""], _ATOMS, ["", " # c", "\r"])))),
    max_size=6,
).map("\n".join)  # fmt: skip
_SURROUNDED = st.builds(
    "".join, st.tuples(st.sampled_from(["", "k: ", "k:\n- ", "k: [", "z: 1\n"]), _ANY_YAML | _LINES)
)


@st.composite
def _edited(draw: st.DrawFn) -> str:
    """A manifest with something in it that does not belong there."""
    at = draw(st.integers(0, len(_MANIFEST)))
    return _MANIFEST[:at] + draw(st.sampled_from(_ATOMS)) + _MANIFEST[at + draw(st.integers(0, 3)) :]


def check(text: str) -> None:
    plain = plain_document(text)
    if plain is None:
        return
    value, start = plain
    (document,) = read_any_piece(text)
    assert document.faults == ()
    assert repr(document.value) == repr(value)  # 1 is 1.0 and True to ==
    assert document.origin.start == start
    assert plain_places(text) == places_in_any_piece(text, 0)


@settings(max_examples=250)
@given(_edited() | _SURROUNDED)
@example('k: ["a":b]')
@example('k: ["" :b]')
@example("k: |#c\n")
@example("k: |2#c\n")
@example("a: |- \n \r\n  x")
@example("a: >\n...\n")
@example("b: c\n...\n\n...")
@example("%FOO x\n---\na: b")
@example("a: 'b\x85c'")
def test_both_read_the_same(text: str) -> None:
    check(text)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: str(path.relative_to(_TREE)))
def test_both_read_the_same_of_every_file_here(path: Path) -> None:
    for _, piece in pieces(path.read_text()):
        check(piece)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_manifests_as_people_write_them_are_plain(line_end: str, fleet: Mapping[str, str]) -> None:
    for text in (*fleet.values(), _MANIFEST, "---\n" + _MANIFEST, "# a camera\n\n" + _MANIFEST):
        assert plain_document(text.replace("\n", line_end)) is not None, text


@pytest.mark.parametrize(
    "text",
    [
        "a: b\na: c", "a: yes", "a: 012", "a: &b c", "a: !!str c", "a: *b", "<<: {}", "? [a]\n: b", "1.5: a", "null: a", ": a", "a: [b", "a:\tb",
        "- a", "a", "", "# a", 'a: "\\0"', "a: b\n---\nc: d", "a: " + "[" * 40 + "]" * 40, "a: [" + "b, " * 20_001 + "]", "a: \ud800",
    ],
    ids=lambda text: repr(text[:24]),
)  # fmt: skip
def test_what_may_be_complained_about_is_not_plain(text: str) -> None:
    assert plain_document(text) is None
    assert plain_places(text) is None


def test_without_libyaml_the_same_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    (quick,) = read_piece(_MANIFEST)
    places = quick.origin.places
    monkeypatch.setattr(yaml_plain, "_HAS_LIBYAML", False)
    assert plain_document(_MANIFEST) is None
    (slow,) = read_piece(_MANIFEST)
    assert slow == quick
    assert slow.origin.places == places
