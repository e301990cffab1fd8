"""Typed values of key files: GLib's oddities one by one, and what can be written so that it is read back."""

import enum
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepstream.keyfile import build, parse
from deepstream.keyfile_values import Reader, Value, read, write
from tests.deepstream.key_file_texts import THOROUGHLY, WRITABLE, raw_values


class Mode(enum.IntEnum):
    PRIMARY = 1


@pytest.mark.parametrize(
    ("reader", "raw", "value"),
    [
        (Reader.INTEGER, "4 # x", 4),
        (Reader.INTEGER, "+5\t", 5),
        (Reader.INTEGER, "-2147483648", -(2**31)),
        (Reader.INTEGER, "0" * 5000 + "7", 7),
        (Reader.INTEGER, "0x10", None),
        (Reader.INTEGER, "4.0", None),
        (Reader.INTEGER, "4x", None),
        (Reader.INTEGER, "true", None),
        (Reader.INTEGER, "", None),
        (Reader.INTEGER, "2147483648", None),
        (Reader.INTEGER, "9" * 5000, None),
        (Reader.UINT64, "18446744073709551615", 2**64 - 1),
        (Reader.UINT64, "9" * 5000, 2**64 - 1),
        (Reader.UINT64, "-1", 2**64 - 1),
        (Reader.UINT64, "5 ", None),
        (Reader.BOOLEAN, "1", True),
        (Reader.BOOLEAN, "false \t", False),
        (Reader.BOOLEAN, "True", None),
        (Reader.BOOLEAN, "1 # x", None),
        (Reader.BOOLEAN, "2", None),
        (Reader.DOUBLE, ".5", 0.5),
        (Reader.DOUBLE, "1.", 1.0),
        (Reader.DOUBLE, "1e3", 1000.0),
        (Reader.DOUBLE, "0x1p-1", 0.5),
        (Reader.DOUBLE, "1e999", math.inf),
        (Reader.DOUBLE, "-0x1p9999", -math.inf),
        (Reader.DOUBLE, "-Infinity", -math.inf),
        (Reader.DOUBLE, "0.5 ", None),
        (Reader.DOUBLE, "0,5", None),
        (Reader.DOUBLE, "", None),
        (Reader.DOUBLE, "1_000", None),
        (Reader.DOUBLE, "٣", None),
        (Reader.STRING, r"a\sb\n\t\r\\ # x;", "a b\n\t\r\\ # x;"),
        (Reader.STRING, "C:\\models", None),
        (Reader.STRING, "a\\", None),
        (Reader.STRING, r"a\;b", None),
        (Reader.PATH, r"../a\sb", "../a b"),
        (Reader.INTEGER_LIST, "1; 2 ;3;", (1, 2, 3)),
        (Reader.INTEGER_LIST, "", ()),
        (Reader.INTEGER_LIST, "1;;2", None),
        (Reader.INTEGER_LIST, "1;2; ", (1, 2, 0)),
        (Reader.DOUBLE_LIST, "0.5; 1;", (0.5, 1.0)),
        (Reader.DOUBLE_LIST, "0.5 ;1", None),
        (Reader.DOUBLE_LIST, "0.5; ", None),
        (Reader.STRING_LIST, r"a\;b;;c ;", ("a;b", "", "c ")),
        (Reader.STRING_LIST, ";", ("",)),
        (Reader.STRING_LIST, r"a\x", None),
    ],
)
def test_a_raw_value_is_read_as_glib_reads_it(reader: Reader, raw: str, value: Value | None) -> None:
    if value is None:
        with pytest.raises(ValueError):
            read(reader, raw)
    else:
        found = read(reader, raw)
        assert (found, type(found)) == (value, type(value))


def complaint(reader: Reader, raw: str) -> str | None:
    try:
        read(reader, raw)
    except ValueError as error:
        return str(error)
    return None


@pytest.mark.parametrize("reader", [Reader.INTEGER, Reader.UINT64, Reader.BOOLEAN, Reader.DOUBLE])
def test_a_refusal_says_what_is_expected_and_stays_short(reader: Reader) -> None:
    with pytest.raises(ValueError, match=r"is no|is neither") as refusal:
        read(reader, "five" * 1000)
    assert "five" in str(refusal.value)
    assert len(str(refusal.value)) < 200


@THOROUGHLY
@given(reader=st.sampled_from(Reader), raw=raw_values)
def test_any_raw_value_is_read_or_refused_with_a_sentence(reader: Reader, raw: str) -> None:
    assert complaint(reader, raw) != ""


@THOROUGHLY
@given(data=st.data(), reader=st.sampled_from(list(WRITABLE)))
def test_what_is_written_is_read_back_through_a_file(data: st.DataObject, reader: Reader) -> None:
    value = data.draw(WRITABLE[reader])
    raw = write(reader, value)
    assert parse(build([("a", [("k", raw)])])).get("a", "k") == raw
    assert repr(read(reader, raw)) == repr(value)


@pytest.mark.parametrize(
    ("reader", "value", "raw"),
    [
        (Reader.BOOLEAN, True, "1"),
        (Reader.INTEGER, True, "1"),
        (Reader.INTEGER, Mode.PRIMARY, "1"),
        (Reader.INTEGER_LIST, (), ""),
        (Reader.DOUBLE, 3, "3.0"),
        (Reader.STRING, "  a b ", r"\s\sa b "),
        (Reader.PATH, "C:\\a", r"C:\\a"),
        (Reader.STRING_LIST, ("a;b", " c", ""), r"a\;b;\sc;;"),
        (Reader.STRING_LIST, ("",), ";"),
        (Reader.STRING_LIST, (), ""),
    ],
)
def test_what_is_written(reader: Reader, value: Value, raw: str) -> None:
    assert write(reader, value) == raw


@pytest.mark.parametrize(
    ("reader", "value", "said"),
    [
        (Reader.INTEGER, 2**31, "from -2147483648 to 2147483647"),
        (Reader.INTEGER, -(2**31) - 1, "from -2147483648 to 2147483647"),
        (Reader.INTEGER, 1.5, "no whole number"),
        (Reader.INTEGER, "1", "no whole number"),
        (Reader.INTEGER_LIST, (1, 2**31), "from -2147483648 to 2147483647"),
        (Reader.INTEGER_LIST, 1, "no list"),
        (Reader.UINT64, -1, "from 0 to 18446744073709551615"),
        (Reader.UINT64, 2**64, "from 0 to 18446744073709551615"),
        (Reader.BOOLEAN, 2, "from 0 to 1"),
        (Reader.BOOLEAN, "false", "from 0 to 1"),
        (Reader.DOUBLE, math.nan, "no finite number"),
        (Reader.DOUBLE, -math.inf, "no finite number"),
        (Reader.DOUBLE, 10**400, "no finite number"),
        (Reader.DOUBLE_LIST, (0.5, math.inf), "no finite number"),
        (Reader.STRING, "a\0b", "NUL"),
        (Reader.STRING, "a\ud800", "surrogate"),
        (Reader.STRING, "\fa", "form feed"),
        (Reader.STRING, 5, "no text"),
        (Reader.STRING_LIST, ("\fa",), "form feed"),
        (Reader.STRING_LIST, "abc", "no list"),
    ],
)
def test_what_cannot_be_read_back_is_not_written(reader: Reader, value: Value, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        write(reader, value)


def test_work_grows_with_the_length_of_a_value_only() -> None:
    # With work that grew by the square this would run into the time limit of the suite.
    run = 10_000
    for part in (" ", "0", "9", "\\", "\\s", ";", "\\;", ".", "a", "0x", "0 ", "nan(", "e9", "1."):
        for reader in Reader:
            for raw in (part * run, f"{part * run}x", f"1{part * run}", f"0x1{part * run}x", f"1.{part * run};"):
                assert len(complaint(reader, raw) or "") < 200
