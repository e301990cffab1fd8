"""DeepStream's YAML files as groups of raw values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepstream.config_text import read_groups
from deepstream.findings import ConfigTextError, Severity
from deepstream.keyfile_values import Reader, read, write
from deepstream.yaml_text import MOST_KEY_CHARACTERS, YamlError, build, parse
from tests.deepstream.samples import all_samples

# A text that begins with a form feed has no raw value: GLib would skip it.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30).filter(
    lambda text: not text.startswith("\f")
)
_NAME = _TEXT.filter(bool)


def plain(text: str) -> dict[str, dict[str, str]]:
    return {group.name: {entry.key: entry.value for entry in group.entries} for group in parse(text).groups}


def refusal(text: str) -> YamlError:
    with pytest.raises(YamlError) as caught:
        parse(text)
    return caught.value


def test_values_stay_the_text_that_they_are() -> None:
    text = "property:\n  a: 1\n  b: '1'\n  c: true\n  d: 0010\n  e: 1;2;3\n  f: out/Sigmoid:0;b\n  0: path\n"
    assert plain(text) == {
        "property": {"a": "1", "b": "1", "c": "true", "d": "0010", "e": "1;2;3", "f": "out/Sigmoid:0;b", "0": "path"}
    }
    assert parse(text).findings == ()


def test_groups_and_keys_know_their_lines() -> None:
    document = parse("# head\n%YAML:1.0\n---\nproperty:\n\n  a: 1\n")
    (group,) = document.groups
    assert (group.line, group.entries[0].line) == (4, 6)


@pytest.mark.parametrize("text", ["%YAML:1.0\n---\np: {a: 1}\n", "# c\n%YAML 1.2\np: {a: 1}\n", "\ufeffp: {a: 1}\n"])
def test_heads_of_real_files_are_no_obstacle(text: str) -> None:
    assert plain(text) == {"p": {"a": "1"}}


def test_a_version_line_in_the_middle_is_taken_away_and_lines_stay_lines() -> None:
    document = parse("p:\n  a: 1\n%YAML:1.0\nq:\n  b: 2\n")
    assert [(group.name, group.line) for group in document.groups] == [("p", 1), ("q", 4)]


@pytest.mark.parametrize(
    "text",
    ["p:\t\n  a:\t1\t\n \t\n  b: 2\t# c\n", "p:\r\n  a:\t'1'\t\r\n  b: 2\t\r\n", "p: {a:\t1, b: 2}\n"],
)
def test_tabs_that_only_separate_are_blanks(text: str) -> None:
    assert plain(text) == {"p": {"a": "1", "b": "2"}}


def test_a_tab_in_quotes_stays() -> None:
    assert plain('p:\n  a: "x:\ty"\n') == {"p": {"a": "x:\\ty"}}


def test_a_tab_for_indentation_is_refused_with_its_line() -> None:
    error = refusal("p:\n\ta: 1\n")
    assert error.line == 2
    assert "tab" in error.message


def test_a_backslash_is_written_twice_in_the_raw_value() -> None:
    assert plain("p:\n  a: C:\\x\n") == {"p": {"a": "C:\\\\x"}}


def test_a_list_becomes_one_value_and_is_reported() -> None:
    document = parse("p:\n  a:\n    - 3\n    - 544\n    - 960\n")
    assert document.groups[0].get("a") == "3;544;960"
    (finding,) = document.findings
    assert (finding.severity, finding.group, finding.key, finding.line) == (Severity.WARNING, "p", "a", 2)


@pytest.mark.parametrize("value", ["{b: 1}", "[{b: 1}]", "\n    b:\n      c: 1"])
def test_a_mapping_for_a_value_is_reported(value: str) -> None:
    document = parse(f"p:\n  a: {value}\n  z: 1\n")
    assert plain(f"p:\n  a: {value}\n  z: 1\n") == {"p": {"z": "1"}}
    (finding,) = document.findings
    assert (finding.severity, finding.group, finding.key, finding.line) == (Severity.ERROR, "p", "a", 2)


@pytest.mark.parametrize("value", ["3", "[1, 2]", "''"])
def test_a_top_level_value_that_is_no_group_is_reported(value: str) -> None:
    document = parse(f"p: {{}}\nx: {value}\n")
    assert [group.name for group in document.groups] == ["p"]
    (finding,) = document.findings
    assert (finding.group, finding.line) == ("x", 2)


@pytest.mark.parametrize("value", ["", "~", "null"])
def test_a_missing_value_is_reported_and_an_empty_text_is_not(value: str) -> None:
    document = parse(f"p:\n  a: {value}\n  b: ''\n")
    assert [entry.value for entry in document.groups[0].entries] == [value, ""]
    assert [finding.key for finding in document.findings] == ["a"]


def test_a_group_without_keys_is_an_empty_group() -> None:
    assert plain("p:\nq: {}\n") == {"p": {}, "q": {}}


def test_of_a_key_that_stands_twice_the_last_wins_and_of_a_group_the_first() -> None:
    document = parse("p:\n  a: 1\n  a: 2\nq:\n  b: 1\np:\n  c: 3\n")
    assert plain("p:\n  a: 1\n  a: 2\nq:\n  b: 1\np:\n  c: 3\n") == {"p": {"a": "2"}, "q": {"b": "1"}}
    assert [(finding.group, finding.key, finding.line) for finding in document.findings] == [
        ("p", "a", 3),
        ("p", "", 6),
    ]


def test_only_the_first_document_is_read() -> None:
    document = parse("---\np: {a: 1}\n---\nq: {b: 2}\n")
    assert [group.name for group in document.groups] == ["p"]
    assert [finding.line for finding in document.findings] == [3]


def test_an_empty_document_in_front_is_reported() -> None:
    document = parse("---\n---\np: {a: 1}\n")
    assert [group.name for group in document.groups] == ["p"]
    assert len(document.findings) == 1


@pytest.mark.parametrize("text", ["", "# only this\n", "---\n", "~"])
def test_nothing_is_no_groups(text: str) -> None:
    assert parse(text).groups == ()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("just words\n", 1),
        ("\n- a\n", 2),
        ("p:\n  a: 'open\n", 3),
        ("p:\n  a: [1\n", 3),
        ("p:\n  a: 1\n b: 2\n", 3),
        ("p:\n  a: \x01\n", 2),
        ("p:\n  a: *gone\n", 2),
        ('p:\n  a: "\\ud800"\n', 2),
        ("p:\n  a: b: c\n", 2),
        ("p:\n  a: 1\n]\n", 3),
    ],
)
def test_what_is_no_yaml_of_groups_is_refused_with_its_line(text: str, line: int) -> None:
    assert refusal(text).line == line


def test_anchors_and_aliases_work() -> None:
    assert plain("p: &p\n  a: &a 1\n  b: *a\nq: *p\n") == {"p": {"a": "1", "b": "1"}, "q": {"a": "1", "b": "1"}}


def test_aliases_of_aliases_end_in_an_error_soon() -> None:
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 30)]
    assert "aliases expanded" in refusal("\n".join(lines)).message


@pytest.mark.parametrize("text", ["[" * 5_000, "p: " + "{a: " * 5_000, "".join(" " * n + "a:\n" for n in range(200))])
def test_deep_nesting_is_refused_soon(text: str) -> None:
    assert "deeper" in refusal(text).message


def test_built_text_looks_as_people_write_it() -> None:
    groups = [
        ("property", [("gpu-id", "0"), ("infer-dims", "3;544;960"), ("output-blob-names", "a/BiasAdd:0;b")]),
        ("class-attrs-all", []),
        ("odd name", [("x", ""), ("y", "null"), ("z", "a # b"), ("w", "-1"), ("v", "- 1")]),
    ]
    assert build(groups, header="made by us\n\nnot by hand") == (
        "# made by us\n#\n# not by hand\n\n"
        "property:\n  gpu-id: 0\n  infer-dims: 3;544;960\n  output-blob-names: a/BiasAdd:0;b\n\n"
        "class-attrs-all: {}\n\n"
        'odd name:\n  x: ""\n  y: "null"\n  z: "a # b"\n  w: -1\n  v: "- 1"\n'
    )


@given(st.dictionaries(_NAME, st.dictionaries(_NAME, _TEXT, max_size=4), max_size=4), _TEXT)
def test_built_text_reads_back_equal(groups: dict[str, dict[str, str]], header: str) -> None:
    raw = {name: {key: write(Reader.STRING, value) for key, value in keys.items()} for name, keys in groups.items()}
    text = build([(name, list(keys.items())) for name, keys in raw.items()], "")
    assert plain(text) == raw
    assert parse(text).findings == ()
    assert all(
        read(Reader.STRING, raw[name][key]) == value for name, keys in groups.items() for key, value in keys.items()
    )


@given(st.text(st.sampled_from("abc:- \n\t\f'\"&*#%{}[],?|>!~;1\\\r"), max_size=60) | st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_line(text: str) -> None:
    try:
        document = parse(text)
    except YamlError as refused:
        error: YamlError | None = refused
    else:
        error = None
        rebuilt = build([(group.name, [(one.key, one.value) for one in group.entries]) for group in document.groups])
        assert plain(rebuilt) == plain(text)
    assert error is None or 1 <= error.line <= len(text.splitlines()) + 1


def test_a_value_that_a_key_file_cannot_hold_is_reported() -> None:
    document = parse('p:\n  a: "\\fx"\n  b: 1\n')
    assert [entry.key for entry in document.groups[0].entries] == ["b"]
    assert [(finding.severity, finding.key) for finding in document.findings] == [(Severity.ERROR, "a")]


def test_what_yaml_cannot_hold_is_no_value() -> None:
    with pytest.raises(ValueError, match=r"\[p\] a: YAML files have no such escape"):
        build([("p", [("a", "x\\;y")])])
    with pytest.raises(ValueError, match="NUL"):
        build([("p", [("a", "\0")])])
    with pytest.raises(ValueError, match="surrogate"):
        build([("p", [("a", "\ud800")])])
    with pytest.raises(ValueError, match="characters"):
        build([("p", [("a" * (MOST_KEY_CHARACTERS + 1), "1")])])


@pytest.mark.parametrize(
    ("name", "yaml"), [("a.yml", True), ("a.yaml", True), ("a.txt", False), ("a.YML", False), ("a", False)]
)
def test_the_suffix_decides_how_a_file_is_read(name: str, yaml: bool) -> None:
    text = "p:\n  a: 1\n" if yaml else "[p]\na=1\n"
    read_as = read_groups(text, name)
    assert read_as.yaml is yaml
    group = read_as.group("p")
    assert group is not None
    assert group.get("a") == "1"
    assert read_as.group("q") is None


def test_findings_of_the_text_come_along_in_both_forms() -> None:
    assert len(read_groups("[p]\na=1\na=2\n", "a.txt").findings) == 1
    assert len(read_groups("p: {a: 1, a: 2}\n", "a.yml").findings) == 1
    for name in ("a.txt", "a.yml"):
        with pytest.raises(ConfigTextError):
            read_groups("neither", name)


def test_the_real_yaml_files_are_read_and_read_back_equal() -> None:
    paths = [path for path in all_samples() if path.suffix in (".yml", ".yaml") and path.parent.name != "source-list"]
    if not paths:
        pytest.skip("the sample files are not on this machine")
    for path in paths:
        document = parse(path.read_text(encoding="utf-8"))
        assert document.groups, path.name
        rebuilt = build([(group.name, [(one.key, one.value) for one in group.entries]) for group in document.groups])
        assert [(g.name, [(e.key, e.value) for e in g.entries]) for g in parse(rebuilt).groups] == [
            (g.name, [(e.key, e.value) for e in g.entries]) for g in document.groups
        ], path.name
