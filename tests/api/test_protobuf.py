import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.protobuf import double, fields, integer, last_bytes, last_text, length_delimited

numbers = st.integers(1, 2**29 - 1)
written = st.one_of(
    st.tuples(numbers, st.integers(0, 2**64 - 1)).map(lambda pair: (integer(*pair), pair)),
    st.tuples(numbers, st.binary(max_size=300)).map(lambda pair: (length_delimited(*pair), pair)),
    st.tuples(numbers, st.floats(allow_nan=False)).map(
        lambda pair: (double(*pair), (pair[0], struct.pack("<d", pair[1])))
    ),
)


@given(st.lists(written, max_size=5))
def test_what_is_written_is_read(parts: list[tuple[bytes, tuple[int, int | bytes]]]) -> None:
    assert list(fields(b"".join(encoded for encoded, _ in parts))) == [pair for _, pair in parts]


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(message: bytes) -> None:
    try:
        found = list(fields(message))
    except ValueError:
        return
    assert all(number >= 0 for number, _ in found)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (b"\x0a", "a number ends after the message"),
        (b"\x0a\x05ab", "field 1 ends after the message"),
        (b"\x0b", "field 1 is of wire type 3, which is not known"),
        (b"\x08" + b"\xff" * 11, "a number is longer than 64 bits"),
    ],
)
def test_what_is_no_message_says_why(message: bytes, why: str) -> None:
    with pytest.raises(ValueError) as caught:
        list(fields(message))
    assert str(caught.value) == why


def test_numbers_below_zero_are_written_as_int64() -> None:
    assert list(fields(integer(3, -1))) == [(3, 2**64 - 1)]


def test_the_last_field_of_a_number_counts() -> None:
    message = length_delimited(2, "a") + length_delimited(2, "ä") + integer(4, 1)
    assert last_text(message, 2) == "ä"
    assert last_bytes(message, 9) == b""
    with pytest.raises(ValueError, match="field 4 is an integer"):
        last_bytes(message, 4)
