from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deepstream import keyfile, keyfile_values
from pipeline.files.json_reader import ConfigError
from pipeline.files.key_file import Entry, Group, read_key_file


def read(folder: Path, text: str | bytes) -> tuple[Group, ...]:
    file = folder / "some.txt"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_key_file(file)


def group_of(**raw: str) -> Group:
    entries = {key: Entry(value, line) for line, (key, value) in enumerate(raw.items(), 2)}
    return Group(Path("some.txt"), "group", 1, entries)


def test_a_file_as_people_write_it(tmp_path: Path) -> None:
    text = "# top\r\n\r\n[one]\r\na = 1\r\n  # indented\r\nb=x y \r\n[two]  \r\n\tc\t=\t3;4;\r\n[one]\r\na=2\r\n"

    one, two = read(tmp_path, text)

    assert (one.name, one.line, one.integer("a", 0)) == ("one", 3, 2)
    assert one.text("b") == "x y "
    assert (two.name, two.line, two.integers("c")) == ("two", 7, (3, 4))
    assert two.entries["c"] == Entry("3;4;", 8)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a=1\n[g]\n", 1),
        ("[g] # comment\n", 1),
        ("[g]\n; comment\n", 2),
        ("[g]\nword\n", 2),
        ("[g]\n=1\n", 2),
        ("[g]\na[de]=1\n", 2),
        ("[]\n", 1),
        ("[g\n", 1),
        ("\ufeff[g]\na=1\n", 1),
        ("# fine\n\n[g]\na=1\n\nword\n", 6),
    ],
)
def test_a_file_that_glib_would_not_load_is_refused_with_the_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(ConfigError, match=rf"^{tmp_path}/some.txt:{line}: "):
        read(tmp_path, text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r": not a file"):
        read_key_file(tmp_path)
    with pytest.raises(ConfigError, match=r"not UTF-8 \(byte 6\)"):
        read(tmp_path, b"[g]\na=\xff\n")


@given(st.text(alphabet="ab[]=;# \t\r\n\f\\1", max_size=60))
@example("[a]\r\nb=1\r")
@example("[a]\r")
def test_what_is_read_is_what_glib_reads(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """`deepstream.keyfile` is tested against GLib itself."""
    try:
        document = keyfile.parse(text)
    except keyfile.KeyFileError as error:
        with pytest.raises(ConfigError, match=rf":{error.line}: "):
            read(tmp_path_factory.getbasetemp(), text)
        return
    if any("[" in line.key for line in document.lines if line.key):
        with pytest.raises(ConfigError):
            read(tmp_path_factory.getbasetemp(), text)
        return

    groups = read(tmp_path_factory.getbasetemp(), text)

    assert [(group.name, group.line) for group in groups] == [(group.name, group.line) for group in document.groups]
    for ours, theirs in zip(groups, document.groups, strict=True):
        assert ours.entries == {entry.key: Entry(entry.value, entry.line) for entry in theirs.entries}


@given(st.text(alphabet="0123456789+-. ;\t\\sx", max_size=16).map(str.lstrip))
@example("4 # four")
@example("2147483648")
@example("-2147483648")
@example("0" * 50 + "7")
@example("9" * 5000)
@example("1;2;")
@example("0;;")
@example("0; ")
def test_integers_are_what_glib_reads(raw: str) -> None:
    theirs: object
    try:
        theirs = keyfile_values.read(keyfile_values.Reader.INTEGER_LIST, raw)
    except ValueError:
        with pytest.raises(ConfigError):
            group_of(key=raw).integers("key")
        return
    assert isinstance(theirs, tuple)
    try:
        ours = group_of(key=raw).integers("key")
    except ConfigError:
        # Stricter only where no digits stand: GLib reads blanks as 0.
        assert 0 in theirs
        return
    # For the same reason, GLib reads `1; ` as 1 and 0.
    assert theirs in (ours, (*ours, 0))


@pytest.mark.parametrize(
    ("raw", "value"),
    [("a", "a"), ("", ""), (r"a\sb\\c", r"a b\c"), ("a;b", "a;b"), (r"\n\t\r", "\n\t\r"), ("ä ", "ä ")],
)
def test_texts(raw: str, value: str) -> None:
    assert group_of(key=raw).text("key") == value


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("a;b", ("a", "b")),
        ("a;b;", ("a", "b")),
        (r"a\;b;c", ("a;b", "c")),
        ("", ()),
        (";;", ("", "")),
        (";a", ("", "a")),
    ],
)
def test_lists_of_texts(raw: str, value: tuple[str, ...]) -> None:
    assert group_of(key=raw).texts("key") == value


@pytest.mark.parametrize(("raw", "value"), [("1", True), ("true ", True), ("0", False), ("false\t", False)])
def test_truth_values(raw: str, value: bool) -> None:
    assert group_of(key=raw).boolean("key") is value


def test_numbers_are_finite_and_followed_by_nothing() -> None:
    assert group_of(key="1;-2.5;.5;1e3;").numbers("key") == (1.0, -2.5, 0.5, 1000.0)
    for raw in ("1 ;2", "nan", "inf", "1e999", "0x10", "1,5", "x"):
        with pytest.raises(ConfigError, match=r"must be made of numbers"):
            group_of(key=raw).numbers("key")


def test_errors_name_the_line_the_group_and_the_key_but_never_the_value() -> None:
    group = group_of(first="1", word="secret")
    wrong = [
        lambda: group.integer("word", 0),
        lambda: group.integers("word"),
        lambda: group.numbers("word"),
        lambda: group.boolean("word"),
        lambda: group_of(first="1", word="secret\\x").text("word"),
    ]
    for read_it in wrong:
        with pytest.raises(ConfigError) as error:
            read_it()
        assert str(error.value).startswith("some.txt:3: [group] word: ")
        assert "secret" not in str(error.value)
    assert "secret" not in repr(group)


def test_a_missing_key_is_an_error_unless_there_is_a_default() -> None:
    group = group_of(key="1")
    for read_it in (lambda: group.integer("no", 0), lambda: group.boolean("no"), lambda: group.text("no")):
        with pytest.raises(ConfigError) as error:
            read_it()
        assert str(error.value) == "some.txt:1: [group] no: missing"
    assert (group.integer("no", 0, default=7), group.boolean("no", default=True), group.text("no", default="x")) == (
        7,
        True,
        "x",
    )
    assert group.has("key")
    assert not group.has("no")


def test_integers_have_limits() -> None:
    assert group_of(key="5").integer("key", 5, 5) == 5
    with pytest.raises(ConfigError, match=r"must be at least 6$"):
        group_of(key="5").integer("key", 6)
    with pytest.raises(ConfigError, match=r"must be at most 4$"):
        group_of(key="5").integer("key", 0, 4)
