"""What is said of documents that are alike is what is read of each by itself, whatever they look like."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from controller.source.read.alike_documents import AlikeDocuments
from controller.source.read.manifests import read_manifests
from controller.source.read.yaml_documents import pieces
from controller.source.read.yaml_plain import plain_document

_WORDS = st.sampled_from(
    [
        "a", "b-1", "Camera", "rtsp://10.0.0.1:554/1", "1", "-1", "012", "yes", "null", "true", "1.5", "1e999", "0x1F", ".5", "2020-01-01",
        "a:b", "a:", "1:2", "x/", "a.b.c", "zz:/0.z-z", "zz:/1.z-z", "9" * 41, "a" * 256, "a" * 300, "é", "a b", "<<", "'a'", "*a", "a#b", "a #b",
        "a: b", "- a", "|", "{a: b}", "[a", "a\n", "",
    ]
)  # fmt: skip
_ATOMS = [
    "a: W", "b: W", "kind: W", "c:   W", "- W", "W", "W: W", ": W", "? W", "- - W", "d: W # c", "e:", "f: {a: W", "a: W}", "g: [", "]", "h: |", "i: >-",
    "j: 'x", 'k: "x', "y'", 'y"', "&a W", "a: &a W", "a: !!str W", "<<: W", "--- W", "...", "# a: W", "a: W\r", "zz:/0.z-z: W", "a: [W, W]", "l:\n- W",
    "a: b: W", "|- W", "m: |-\n    a: W", "n: 'x\n    a: W\n    y'",
]  # fmt: skip
_PARTS = [
    "a: W", "b:\n  c: W", "d:\n- W\n- W", "e: |\n  x: W\n  y", "f: {a: W\n  }", "g: [a,\n  W]", "h: W\n  W", "i: 'a\n  b: W\n  c'",
    "j:\n  - W\n  - k: W\n    l: W", "m: {a: W\n  , b: W\n  }", "# n: W", "o:   W", "kind: W",
]  # fmt: skip
_LINES = st.builds("".join, st.tuples(st.sampled_from(["", "", "  ", "    "]), st.sampled_from(_ATOMS)))
_TEXTS = (
    st.lists(st.sampled_from(_PARTS), unique=True, max_size=6) | st.lists(st.sampled_from(_PARTS) | _LINES, max_size=7)
).map("\n".join)


def _with_words(text: str, words: list[str]) -> str:
    first, *others = text.split("W")
    return first + "".join(words[at % len(words)] + other for at, other in enumerate(others))


@settings(max_examples=400)
@given(_TEXTS, st.lists(st.lists(_WORDS, min_size=1, max_size=4), min_size=3, max_size=5))
@example("a: W\nf: {a: W\n  }\nb: W", [["a"], ["b"], ["a:b"]])
@example("a: W\nb: |\n  c: W\n", [["a"], ["b"], ["c"]])
@example("a: W\n  - W\n", [["a"], ["b"], ["c"]])
@example("a: W\n- W\n  : W", [["a"], ["b"], ["c"]])
def test_it_is_what_is_read(text: str, words: list[list[str]]) -> None:
    alike = AlikeDocuments()
    for some in words:
        one = _with_words(text, some)
        manifest, content, plain = alike.manifest(one), alike.content(one), plain_document(one)
        if manifest is not None:
            assert [manifest] == [read.manifest for read in read_manifests(one)]
        if content is not None:
            event("known")
            assert plain is not None
            assert repr(json.loads(content)) == repr(plain[0])  # 1 is 1.0 and True to ==


def test_manifests_of_one_form_are_read_as_one(fleet: Mapping[str, str]) -> None:
    alike = AlikeDocuments()
    for text in fleet.values():
        for _, piece in pieces(text):
            (read,) = read_manifests(piece)
            assert [alike.manifest(piece) for _ in range(3)] == [None, read.manifest, read.manifest]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("apiVersion: dsfleet.io/v1", "apiVersion: v1"), ("kind: Camera", "kind: Camel"), ("kind: Camera", "kind: Camera\nstatus: done"),
        ("metadata:", "metadata:\n  uid: a"), ("name: lobby", "name: Lobby"), ("name: lobby", "name: 1"), ("spec:", "spec:\n  type: tv"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_left_to_be_told(right: str, wrong: str, fleet: Mapping[str, str]) -> None:
    text, alike = fleet["cameras.yaml"], AlikeDocuments()
    assert [alike.manifest(text.replace(right, wrong)) for _ in range(3)] == [None] * 3
    assert right in text


@pytest.mark.parametrize("text", ['kind: ""', 'kind: ""\na: b', "kind:\na: b", "kind:\n  a: b", "a: b", 'a: "b"', ""])
def test_what_has_no_kind_is_left_to_be_told(text: str) -> None:
    alike = AlikeDocuments()
    assert [alike.manifest(text) for _ in range(3)] == [None] * 3


def test_it_forgets_forms_when_there_are_many() -> None:
    alike = AlikeDocuments()
    for number in range(2000):
        for _ in range(2):
            alike.content(f"a{number}: b")
    assert len(alike._forms) + len(alike._seen) <= 512
    assert alike.content("a1999: c") == '{"a1999":"c"}'
