"""Key files in our own words: what is read, refused, reported and changed."""

import pytest

from deepstream.findings import Severity
from deepstream.keyfile import Entry, KeyFile, KeyFileError, build, dump, parse

SAMPLE = """\
# Two cameras.
[property]
gpu-id = 0
model-engine-file=model.engine # not a comment

[class-attrs-all]
threshold=0.2
[property]
batch-size=2
gpu-id=1
"""


def test_groups_are_merged_and_the_last_value_counts() -> None:
    document = parse(SAMPLE)
    assert [(group.name, group.line) for group in document.groups] == [("property", 2), ("class-attrs-all", 6)]
    assert document.groups[0].entries == (
        Entry("gpu-id", "1", 10),
        Entry("model-engine-file", "model.engine # not a comment", 4),
        Entry("batch-size", "2", 9),
    )
    assert document.get("property", "gpu-id") == "1"
    assert document.get("property", "gpu") is None
    assert document.get("nothing", "gpu-id") is None
    assert document.group("nothing") is None


def test_what_is_repeated_is_reported_with_its_lines() -> None:
    assert [str(finding) for finding in parse(SAMPLE).findings] == [
        "line 8: [property]: the group began in line 2; GLib reads both as one",
        "line 10: [property] gpu-id: the key stands in line 3 too; the last one wins: delete the others",
    ]
    assert all(finding.severity is Severity.WARNING for finding in parse(SAMPLE).findings)


def test_a_translated_key_is_kept_and_reported_but_not_read() -> None:
    document = parse("[a]\nname=Gate\nname[de]=Tor\nname[C]=Yard\nname[]=x\n")
    assert [entry.key for entry in document.groups[0].entries] == ["name", "name[C]", "name[]"]
    assert dump(document) == "[a]\nname=Gate\nname[de]=Tor\nname[C]=Yard\nname[]=x\n"
    (finding,) = document.findings
    assert (finding.line, finding.key) == (3, "name[de]")
    assert "translation" in finding.message


def test_what_follows_a_nul_is_kept_and_reported_but_not_read() -> None:
    document = parse("[a]\nk=1\0 2\n#\0\n")
    assert document.get("a", "k") == "1"
    assert [finding.line for finding in document.findings] == [2, 3]
    assert dump(document) == "[a]\nk=1\0 2\n#\0\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("# c\nk=1\n[a]\n", 2, "before the first [group]"),
        ("[a]\nk=1\njust words\n", 3, "neither a # comment"),
        ("[a]\n; c\n", 2, "neither a # comment"),
        ("[a]\n=1\n", 2, "neither a # comment"),
        ("[a]\n[b] # c\n", 2, "neither a # comment"),
        ("\ufeff[a]\n", 1, "byte order mark"),
        ("[a]\n[]\n", 2, "name of a group"),
        ("[a]\n[b[c]\n", 2, "name of a group"),
        ("[a]\nk[=1\n", 2, "name of a key"),
        ("[a]\nk [de]=1\n", 2, "name of a key"),
        ("\n[a]\nEncoding=latin1\n", 3, "UTF-8"),
    ],
)
def test_what_glib_refuses_is_refused_with_the_line(text: str, line: int, said: str) -> None:
    with pytest.raises(KeyFileError) as refusal:
        parse(text)
    assert refusal.value.line == line
    assert said in str(refusal.value)


def test_a_refusal_does_not_repeat_what_the_line_holds() -> None:
    for line in ("rtsp://user:hunter2@host", "rtsp://user:hunter2@[::1]/?a=b", "[hunter2[]", "Encoding=hunter2"):
        with pytest.raises(KeyFileError) as refusal:
            parse(f"[a]\n{line}\n")
        assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    ("before", "place", "after"),
    [
        ("", ("a", "k"), "[a]\nk=9\n"),
        ("[a]\n  k = 1\n", ("a", "k"), "[a]\n  k = 9\n"),
        ("[a]\nk=1", ("a", "k"), "[a]\nk=9"),
        ("[a]\nk=1\r", ("a", "k"), "[a]\nk=9"),
        ("[a]\nk=  ", ("a", "k"), "[a]\nk=  9"),
        ("[a]\r\nk=1 \r\nl=2\r\n", ("a", "k"), "[a]\r\nk=9\r\nl=2\r\n"),
        ("[a]\nk=1\nk=2\n[a]\nk=3\n# k=4\n", ("a", "k"), "[a]\nk=1\nk=2\n[a]\nk=9\n# k=4\n"),
        ("[a]\nk[de]=1\n", ("a", "k"), "[a]\nk[de]=1\nk=9\n"),
        ("[a]\nl=1\n\n# of b\n[b]\nk=1\n", ("a", "k"), "[a]\nl=1\nk=9\n\n# of b\n[b]\nk=1\n"),
        ("[a]\nl=1\n[b]\nl=1\n[a]\n\n[c]\n", ("a", "k"), "[a]\nl=1\n[b]\nl=1\n[a]\nk=9\n\n[c]\n"),
        ("[a]\nl=1", ("a", "k"), "[a]\nl=1\nk=9\n"),
        ("[a]\r\nl=1", ("a", "k"), "[a]\r\nl=1\r\nk=9\r\n"),
        ("[a]\nl=1", ("b", "k"), "[a]\nl=1\n\n[b]\nk=9\n"),
        ("[a]\r\nl=1\r\n", ("b", "k"), "[a]\r\nl=1\r\n\r\n[b]\r\nk=9\r\n"),
    ],
)
def test_a_change_touches_nothing_else(before: str, place: tuple[str, str], after: str) -> None:
    changed = parse(before).with_value(*place, "9")
    assert dump(changed) == after
    assert changed.get(*place) == "9"


def test_a_carriage_return_that_ends_the_file_stays_in_its_value() -> None:
    document = parse("[a]\nl=1\r")
    assert document.get("a", "l") == "1\r"
    assert document.with_value("a", "k", "9").get("a", "l") == "1\r"
    assert document.with_value("b", "k", "9").get("a", "l") == "1\r"


@pytest.mark.parametrize("value", ["a\nb", "a\r", " a", "\fa", "a\0b"])
def test_a_value_that_would_be_cut_is_not_written(value: str) -> None:
    with pytest.raises(ValueError, match="GLib would cut it"):
        parse("[a]\nk=1\n").with_value("a", "k", value)
    with pytest.raises(ValueError, match="GLib would cut it"):
        build([("a", [("k", value)])])


@pytest.mark.parametrize("key", ["", " k", "k ", "#k", "k=", "k\n", "[k]", "k]", "k[de]", "k\0"])
def test_a_key_that_would_not_be_read_back_is_not_written(key: str) -> None:
    with pytest.raises(ValueError, match=r"key|translation"):
        parse("[a]\nk=1\n").with_value("a", key, "1")


@pytest.mark.parametrize("group", ["", "a]", "[", "a\n", "a]\n[b"])
def test_a_group_that_would_not_be_read_back_is_not_written(group: str) -> None:
    with pytest.raises(ValueError, match="no name of a group"):
        parse("").with_value(group, "k", "1")
    with pytest.raises(ValueError, match="no name of a group"):
        build([(group, [])])


def test_an_encoding_that_glib_refuses_is_not_written() -> None:
    with pytest.raises(ValueError, match="UTF-8"):
        parse("[a]\nEncoding=UTF-8\n").with_value("a", "Encoding", "latin1")
    with pytest.raises(ValueError, match="UTF-8"):
        build([("a", [("Encoding", "latin1")])])
    assert parse("[a]\n[b]\n").with_value("b", "Encoding", "latin1").get("b", "Encoding") == "latin1"


def test_a_new_file_is_built_with_a_comment_above() -> None:
    text = build([("a", [("k", "1"), ("l", "")]), ("b", [])], header="Made by fleet.\n\nDo not change.")
    assert text == "# Made by fleet.\n#\n# Do not change.\n\n[a]\nk=1\nl=\n\n[b]\n"
    assert build([]) == dump(KeyFile()) == ""


def test_work_grows_with_the_size_of_the_file_only() -> None:
    # With work that grew by the square, of a line or of the file, this would run into the time limit of the suite.
    run = 300_000
    name = "a" * run
    long_lines = [
        " " * run,
        f"k={' ' * run}x{' ' * run}x",
        f"k{' ' * run}=1",
        f"#{'#' * run}",
        "x=" + "\\" * run,
        "y=" + "[" * run + "]" * run,
        f"[{name}]{' ' * run}",
    ]
    short_lines = [f"key-{number}=value {number}" for number in range(200_000)]
    text = "\n".join(["[a]", *long_lines, *short_lines])
    document = parse(text)
    assert dump(document) == text
    group = document.group(name)
    assert group
    assert all(group.get(f"key-{number}") == f"value {number}" for number in range(200_000))
    assert document.findings[0].key == "k"
    for refused in ("[" * run, "[" + "a]" * run, "k" + "[" * run + "=1", "[a]\nk[" + "a" * run + "=", "]" * run):
        with pytest.raises(KeyFileError):
            parse(refused)
