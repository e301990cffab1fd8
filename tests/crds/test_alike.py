"""What was packed is read as it was, whatever came before and after it, and takes little memory."""

import json

from hypothesis import given
from hypothesis import strategies as st

from crds.alike import AlikeTexts

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(st.lists(_VALUES, max_size=20), st.integers(9, 15))
def test_each_text_is_read_as_it_was(values: list[object], window_bits: int) -> None:
    texts = AlikeTexts(window_bits)
    given_texts = [json.dumps(one).encode() for one in values]
    packed = [texts.pack(one) for one in given_texts]
    assert [texts.text(one) for one in packed] == given_texts
    assert [texts.value(one) for one in packed] == values
    assert [texts.value(texts.pack_value(one)) for one in values] == values


@given(st.lists(st.binary(max_size=300), max_size=300))
def test_any_bytes_are_read_as_they_were(given_texts: list[bytes]) -> None:
    texts = AlikeTexts(9)
    assert [texts.text(one) for one in [texts.pack(one) for one in given_texts]] == given_texts


def test_halves_of_characters_are_read_as_they_were() -> None:
    texts = AlikeTexts()
    assert texts.value(texts.pack(json.dumps(["\ud800"]).encode())) == ["\ud800"]
    assert texts.value(texts.pack_value(["\ud800"])) == ["\ud800"]


def test_texts_that_are_much_alike_take_a_fraction() -> None:
    texts = AlikeTexts()
    many = [
        json.dumps({"name": f"c{n:05}", "status": {"reason": "FramesFlow", "fps": 25.0, "nodes": [f"n{n}"] * 9}})
        for n in range(1000)
    ]
    packed = [texts.pack(one.encode()) for one in many]
    assert sum(map(len, packed)) * 5 < sum(map(len, many))


def test_what_is_known_is_bounded() -> None:
    texts = AlikeTexts(9)
    for number in range(1000):
        texts.pack(bytes((number * one) % 251 for one in range(60)))
    assert len(texts._editions) <= 256
    assert len(texts._editions[-1]) <= 512
