"""Our reader of key files gives what GLib's own gives, on real files and on any text."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from deepstream import keyfile
from deepstream.keyfile_values import Reader, Value, read, write
from tests.deepstream import key_file_texts, samples
from tests.deepstream.glib import READERS, GLib, Refused
from tests.deepstream.key_file_texts import THOROUGHLY

NUMBERS = (
    "",
    *("0", "5", "+5", "-5", "007", " 5", "\v5", "5 x", "5\tx", "5\vx", "5x", "5;", "+", "-", "+-5", " ", " x", "\v x"),
    *("0x10", "0x", "0x.8p1", "0x1p3", "0X1P-3", "0x1.", "0x.", "-0x0p1", "0x1p9999", "-0x1p9999", "0x1p+", "1_0", "٣"),
    *("2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775808", "0" * 50 + "7"),
    *("18446744073709551615", "18446744073709551616", "-1", "-18446744073709551616", "9" * 30, "-" + "9" * 30),
    *("1.", ".5", ".", "1e5", "1e", "1e+", "1E-3", "1,5", "4.0", "5 ", "0.5 ", "0.5\r", "1e999", "-1e999", "1e-999"),
    *("inf", "-inf", "INFINITY", "infinit", "nan", "-nan", "NaN(a_1)", "nan(", "nan()", "inf()", "-0.0"),
    *("true", "false", "True", "true ", "false\t\r", "true x", "1 ", "0\f", "1\v", "10", "yes"),
)
TEXTS = (
    "a b ",
    "\\s\\n\\t\\r\\\\",
    "\\",
    "a\\",
    "\\;",
    "a\\;b",
    "\\x",
    "\\x\\",
    "\\0",
    "é\\é",
    "#",
    "a#b;c",
    "\\\\;\\;;",
)
LISTS = (
    "1;2;3",
    "1;2;3;",
    "1;;2",
    ";",
    ";;",
    "1; 2 ;3",
    "1;2; ",
    "1; x",
    "1;x",
    "0.5;1.5 ;",
    "0.5; 1.5",
    "\\s5;6",
    "a;;b",
)


@pytest.fixture(scope="module")
def glib(unavailable: Callable[[str, str], NoReturn]) -> Iterator[GLib]:
    with pytest.MonkeyPatch.context() as environment:
        # The languages of translations that GLib keeps; those of DeepStream's own containers, which set none.
        for name in ("LANGUAGE", "LC_MESSAGES", "LANG"):
            environment.delenv(name, raising=False)
        environment.setenv("LC_ALL", "C")
        try:
            yield GLib()
        except OSError as error:
            unavailable("glib", f"no GLib on this machine: {error}")


def outcome(reading: Callable[..., Value], *arguments: object) -> str:
    """A text, since nan is no equal of itself, and 0.0 and -0.0 are."""
    try:
        return repr(reading(*arguments))
    except (ValueError, Refused):
        return "refused"


def refused_line(text: str) -> int | None:
    try:
        keyfile.parse(text)
    except keyfile.KeyFileError as error:
        return error.line
    return None


def require_agreement(glib: GLib, text: str) -> None:
    refused_at = refused_line(text)
    if refused_at is not None:
        lines = re.findall(r"[^\n]*\n|[^\n]+", text)
        assert not glib.loads("".join(lines[:refused_at])), f"GLib loads line {refused_at}"
        assert glib.loads("".join(lines[: refused_at - 1])), f"GLib refuses a line before line {refused_at}"
        return
    document = keyfile.parse(text)
    assert keyfile.dump(document) == text
    with glib.load(text) as theirs:
        assert theirs.groups() == [group.name for group in document.groups]
        for group in document.groups:
            assert list(dict.fromkeys(theirs.keys(group.name))) == [entry.key for entry in group.entries]
            for entry in group.entries:
                assert theirs.value(group.name, entry.key) == entry.value
                for reader in READERS:
                    ours = outcome(read, reader, entry.value)
                    assert ours == outcome(theirs.read, reader, group.name, entry.key), (reader, entry)


@pytest.mark.parametrize("path", [pytest.param(path, id=path.name[-60:]) for path in samples.all_samples()])
def test_a_real_file_is_read_as_glib_reads_it(glib: GLib, path: Path) -> None:
    require_agreement(glib, path.read_bytes().decode())


def test_there_are_real_files_to_compare() -> None:
    if not samples.all_samples():
        pytest.skip("no sample files of DeepStream: FLEET_DEEPSTREAM_SAMPLES names no folder of them")
    assert len(samples.samples_of("nvinfer")) > 10


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n \t\n# x\n\f\r\n",
        "[a]\nk=1\n[b]\n[a]\nk=2\nl=3\nk=4",
        "[a]\r\nk = 1 \r\nl=\r\n",
        "[a]\r",
        "[a] \t\r\n",
        "[a] # c\n",
        "[a]\nk=1\r",
        "[a]\nk=1\r\r\n",
        "[a]\n; c\n",
        "[a]\n;c=1\n",
        "[a]\n\v=1\n",
        "[a]\n\vk\v=\v1\n",
        "\ufeff[a]\n",
        "\ufeff# c\n",
        "# c\n\ufeff[a]\n",
        "[a]\n\ufeffk=1\n",
        "k=1\n[a]\n",
        "[]\n",
        "[[a]\n",
        "[a]]\n",
        "[a=b]\n[c]=1\n",
        "[a\tb]\n",
        "[a]\n=1\n",
        "[a]\nk\n",
        "[a]\nk]=1\n",
        "[a]\nk[de]=1\nk[C]=2\nk[c]=3\nk[]=4\nk=5\n",
        "[a]\nk [de]=1\n",
        "[a]\nk\t[de]=1\n",
        "[a]\nk[de]x=1\n",
        "[a]\nk[d e]=1\n",
        "[a]\nk[²Ⅷ]=1\n",
        "[a]\nk[\u0345]=1\n",
        "[a]\nEncoding=utf-8\n",
        "[a]\nEncoding=UTF-8 \n",
        "[a]\n[b]\nEncoding=x\n",
        "[a]\n[b]\n[a]\nEncoding=x\n",
        "[a]\nEncoding=UTF-8\0\n",
        "[a]\nk=1\0 2\n\0x\nl\0=\n",
        "[a]\nk=1\0 2\n\0x\nl=\0\n",
        "[a]\0b\n",
        "[a]\0]\n",
    ],
)
def test_each_rule_of_the_grammar_is_glibs(glib: GLib, text: str) -> None:
    require_agreement(glib, text)


@pytest.mark.parametrize("reader", READERS)
def test_each_typed_reader_is_glibs(glib: GLib, reader: Reader) -> None:
    raws = [*NUMBERS, *TEXTS, *LISTS]
    ours, theirs = ({raw: outcome(its, reader, raw) for raw in raws} for its in (read, glib.read))
    assert ours == theirs


@THOROUGHLY
@given(text=key_file_texts.files | key_file_texts.sound_files)
def test_any_text_is_read_as_glib_reads_it(glib: GLib, text: str) -> None:
    require_agreement(glib, text)


@THOROUGHLY
@given(raw=key_file_texts.raw_values)
def test_any_value_is_read_as_glib_reads_it(glib: GLib, raw: str) -> None:
    for reader in READERS:
        assert outcome(read, reader, raw) == outcome(glib.read, reader, raw), reader


@THOROUGHLY
@given(data=st.data(), reader=st.sampled_from(READERS))
def test_glib_reads_back_what_is_written(glib: GLib, data: st.DataObject, reader: Reader) -> None:
    value = data.draw(key_file_texts.WRITABLE[reader])
    text = keyfile.build([("group", [("key", write(reader, value))])])
    with glib.load(text) as theirs:
        assert repr(theirs.read(reader, "group", "key")) == repr(value)


@THOROUGHLY
@given(data=st.data(), text=key_file_texts.sound_files)
def test_glib_reads_back_what_is_changed(glib: GLib, data: st.DataObject, text: str) -> None:
    try:
        document = keyfile.parse(text)
    except keyfile.KeyFileError:
        assume(False)
        raise
    group = data.draw(st.sampled_from([*(group.name for group in document.groups), "new"]))
    known = document.group(group)
    key = data.draw(st.sampled_from([*(entry.key for entry in known.entries if known), "new"] if known else ["new"]))
    changed = keyfile.dump(document.with_value(group, key, "UTF-8"))
    with glib.load(changed) as theirs:
        assert theirs.value(group, key) == "UTF-8"
