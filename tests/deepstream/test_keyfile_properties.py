"""What holds of any key file and any change of it."""

from hypothesis import assume, given
from hypothesis import strategies as st

from deepstream.keyfile import KeyFile, KeyFileError, build, dump, parse
from tests.deepstream.key_file_texts import THOROUGHLY, files, sound_files, stressed

_raw_values = st.sampled_from(["", "x", "a b ", "#;", "\\s", "\v", "a\rb", "é", "[b]", "k=1", "UTF-8"]) | stressed


def parsed_or_refused(text: str) -> KeyFile | KeyFileError:
    try:
        return parse(text)
    except KeyFileError as error:
        return error


def parsed(text: str) -> KeyFile:
    outcome = parsed_or_refused(text)
    assume(isinstance(outcome, KeyFile))
    return outcome


def entries_of(document: KeyFile) -> dict[str, list[tuple[str, str]]]:
    return {group.name: [(entry.key, entry.value) for entry in group.entries] for group in document.groups}


@given(text=files | sound_files)
@THOROUGHLY
def test_a_text_is_given_back_or_refused_with_a_line_of_it(text: str) -> None:
    outcome = parsed_or_refused(text)
    if isinstance(outcome, KeyFileError):
        assert 1 <= outcome.line <= text.count("\n") + 1
        assert str(outcome).startswith(f"line {outcome.line}: ")
    else:
        assert dump(outcome) == text
        assert all(finding.line for finding in outcome.findings)


@given(text=sound_files, data=st.data())
@THOROUGHLY
def test_a_change_changes_one_line(text: str, data: st.DataObject) -> None:
    before = parsed(text)
    own = [(group.name, entry) for group in before.groups for entry in group.entries]
    assume(own)
    group, entry = data.draw(st.sampled_from(own))
    value = data.draw(_raw_values)
    try:
        after = before.with_value(group, entry.key, value)
    except ValueError:
        assume(False)
        raise
    assert after == parse(dump(after))
    expected = {
        name: [(key, value if (name, key) == (group, entry.key) else old) for key, old in entries]
        for name, entries in entries_of(before).items()
    }
    assert entries_of(after) == expected
    old_lines, new_lines = text.split("\n"), dump(after).split("\n")
    del old_lines[entry.line - 1], new_lines[entry.line - 1]
    assert old_lines == new_lines
    assert dump(after.with_value(group, entry.key, value)) == dump(after)


@given(
    text=sound_files | st.just(""), group=st.sampled_from(["a", "b", "new"]), key=st.sampled_from(["k", "new", "k[c]"])
)
@THOROUGHLY
def test_an_addition_leaves_all_lines_as_they_were(text: str, group: str, key: str) -> None:
    before = parsed(text)
    assume(before.get(group, key) is None)
    after = before.with_value(group, key, "x y")
    expected = entries_of(before)
    expected.setdefault(group, []).append((key, "x y"))
    assert entries_of(after) == expected
    left = iter(after.lines)
    for line in before.lines:
        # The line before the addition may have got a line end that it had not.
        assert any(one.text in (line.text, line.text + "\n", line.text + "\r\n") for one in left), line


@given(group=stressed, key=stressed, value=stressed)
@THOROUGHLY
def test_what_can_be_written_is_read_back(group: str, key: str, value: str) -> None:
    for written in (
        lambda: build([(group, [(key, value)])], header=value),
        lambda: dump(KeyFile().with_value(group, key, value)),
        lambda: dump(parse("# c\r\n[z]\r\nl=1\r").with_value(group, key, value)),
    ):
        try:
            text = written()
        except ValueError:
            continue
        assert parse(text).get(group, key) == value


@given(groups=st.lists(st.tuples(st.sampled_from("ab"), st.dictionaries(st.sampled_from("kl"), st.just("1")))))
def test_a_built_file_holds_the_groups_it_was_built_of(groups: list[tuple[str, dict[str, str]]]) -> None:
    expected: dict[str, dict[str, str]] = {}
    for name, entries in groups:
        expected.setdefault(name, {}).update(entries)
    text = build([(name, entries.items()) for name, entries in groups])
    assert {name: dict(entries) for name, entries in entries_of(parse(text)).items()} == expected
