"""Sources in files of their own: csv, and the YAML lists of other apps."""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepstream.app.source import SourceGroup, SourceType
from deepstream.findings import ConfigTextError
from deepstream.separators import percent_encode_separators
from deepstream.source_lists import (
    SourceListFile,
    TimedFile,
    read_source_csv,
    read_source_list_yaml,
    write_source_csv,
    write_source_list_yaml,
)
from tests.deepstream.samples import samples_of

SAMPLES = samples_of("source-list")
CSV = "enable,type,uri,latency\n1,4,rtsp://u:p\\w@a/1,100\n0,2,file://b.mp4,0\n"


def test_separators_are_encoded_and_nothing_else() -> None:
    assert percent_encode_separators("rtsp://u:p%40;x@h/a,b?c=1&d=2") == "rtsp://u:p%40%3Bx@h/a%2Cb?c=1&d=2"
    assert percent_encode_separators("rtsp://h/1") == "rtsp://h/1"


def test_a_csv_file_is_read_as_it_stands_and_written_back() -> None:
    sources, findings = read_source_csv(CSV)
    assert findings == ()
    assert sources == (
        # A backslash is a backslash here; key files have it twice.
        SourceGroup(enable=True, type=SourceType.RTSP, uri="rtsp://u:p\\w@a/1", latency=100),
        SourceGroup(enable=False, type=SourceType.URI, uri="file://b.mp4", latency=0),
    )
    assert read_source_csv(write_source_csv(sources)) == (sources, ())


def test_comments_and_empty_lines_may_stand_above_the_keys() -> None:
    assert read_source_csv("# cameras\n\n  \t\n  # more\n" + CSV) == read_source_csv(CSV)


@pytest.mark.parametrize("line", ["", "  ", "# off: 1,4,rtsp://c,1", "\t#"])
def test_below_the_keys_they_end_the_process(line: str) -> None:
    sources, findings = read_source_csv(CSV + line + "\n" + "1,2,file://c,0\n")
    assert len(sources) == 3
    assert [(one.severity, one.line) for one in findings] == [("error", 4)]


@pytest.mark.parametrize(
    ("row", "severity"), [("1,4,rtsp://a", "error"), ("1,4,rtsp://a,1,2", "warning"), ("1,4,rtsp://a,b,100", "warning")]
)
def test_a_row_has_as_many_values_as_there_are_keys(row: str, severity: str) -> None:
    _, findings = read_source_csv(f"enable,type,uri,latency\n{row}\n")
    assert (findings[0].severity, findings[0].line) == (severity, 2)


def test_an_empty_number_is_refused() -> None:
    sources, findings = read_source_csv("enable,type,uri,latency\n1,4,rtsp://a,\n")
    assert [(one.severity, one.key, one.line) for one in findings] == [("error", "latency", 2)]
    assert sources[0].extra_keys == {"latency": ""}
    assert read_source_csv(write_source_csv(sources))[0] == sources


def test_keys_that_the_csv_file_does_not_know_are_said_once() -> None:
    sources, findings = read_source_csv("enable,leaky,colour\n" + "1,2,red\n" * 50)
    assert len(sources) == 50
    assert sorted((one.severity, one.key, one.line) for one in findings) == [
        ("warning", "colour", 2),
        ("warning", "leaky", 2),
    ]
    assert read_source_csv(write_source_csv(sources))[0] == sources


def test_line_ends_of_windows_are_reported() -> None:
    sources, findings = read_source_csv(CSV.replace("\n", "\r\n"))
    assert sources == read_source_csv(CSV)[0]
    assert [one.severity for one in findings] == ["error"]


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing\n"])
def test_a_file_without_keys(text: str) -> None:
    sources, findings = read_source_csv(text)
    assert sources == ()
    assert [one.severity for one in findings] == ["error"]


@pytest.mark.parametrize(
    "sources",
    [
        (SourceGroup(enable=True, uri="rtsp://a/1,2"),),
        (SourceGroup(enable=True, uri="rtsp://a\n"),),
        (SourceGroup(enable=True, uri="rtsp://a\r"),),
        (SourceGroup(enable=True, uri="rtsp://a"), SourceGroup(enable=True)),
        (SourceGroup(),),
        (SourceGroup(extra_keys={"#a": "1"}),),
        (SourceGroup(uri="  "),),
    ],
)
def test_what_a_csv_file_cannot_hold_is_refused(sources: list[SourceGroup] | tuple[SourceGroup, ...]) -> None:
    with pytest.raises(ValueError):
        write_source_csv(sources)


def test_no_sources_are_a_row_of_keys() -> None:
    assert read_source_csv(write_source_csv(())) == ((), ())


def test_no_message_shows_an_address() -> None:
    with pytest.raises(ValueError) as error:
        write_source_csv([SourceGroup(uri="rtsp://u:hunter2@a,b")])
    assert "hunter2" not in str(error.value)
    _, findings = read_source_csv("enable,uri\n1,rtsp://u:hunter2@a,b\n")
    assert findings
    assert not any("hunter2" in str(one) for one in findings)


@given(
    st.lists(
        st.builds(
            SourceGroup,
            enable=st.booleans(),
            type=st.sampled_from(SourceType),
            uri=st.text(max_size=20),
            latency=st.integers(0, 9999),
        ),
        max_size=4,
    )
)
def test_what_is_written_reads_back_as_the_same(sources: list[SourceGroup] | tuple[SourceGroup, ...]) -> None:
    try:
        text = write_source_csv(sources)
    except ValueError:
        assert any(one in (source.uri or "") for source in sources for one in ",\r\n\0\f")
        return
    assert read_source_csv(text)[0] == tuple(sources)


@given(st.text(max_size=200))
def test_no_text_breaks_the_readers(text: str) -> None:
    read_source_csv(text)
    with suppress(ConfigTextError):
        read_source_list_yaml(text)


def test_the_list_of_the_tao_apps() -> None:
    file, findings = read_source_list_yaml("source-list:\n  list: file:///a.mp4;rtsp://b/1;\n")
    assert (file, findings) == (SourceListFile(uris=("file:///a.mp4", "rtsp://b/1")), ())
    assert read_source_list_yaml(write_source_list_yaml(file)) == (file, ())


def test_the_list_of_the_lidar_apps() -> None:
    text = "%YAML 1.2\n---\n# frames\nsource-list:\n  - 0: ./a.bin\n  - 50: './b.bin'\n  - 100: c.bin # last\n"
    file, findings = read_source_list_yaml(text)
    assert file == SourceListFile(timed=(TimedFile(0, "./a.bin"), TimedFile(50, "./b.bin"), TimedFile(100, "c.bin")))
    assert findings == ()
    assert read_source_list_yaml(write_source_list_yaml(file)) == (file, ())


def test_other_entries_are_reported_with_their_line() -> None:
    file, findings = read_source_list_yaml("source-list:\n  - 0: a.bin\n  - hello\n")
    assert file == SourceListFile(timed=(TimedFile(0, "a.bin"),))
    assert [(one.severity, one.line) for one in findings] == [("warning", 3)]


@pytest.mark.parametrize("text", ["source-list:\n  other: 1\n", "other:\n  a: 1\n", "", "source-list:\n"])
def test_a_file_without_a_list_says_so(text: str) -> None:
    file, findings = read_source_list_yaml(text)
    assert file == SourceListFile()
    assert findings


@pytest.mark.parametrize(
    "file",
    [
        SourceListFile(uris=("a;b",)),
        SourceListFile(uris=("",)),
        SourceListFile(timed=(TimedFile(-1, "a"),)),
        SourceListFile(timed=(TimedFile(0, " a"),)),
        SourceListFile(timed=(TimedFile(0, "a\nb"),)),
        SourceListFile(timed=(TimedFile(0, "'a'"),)),
    ],
)
def test_what_a_list_cannot_hold_is_refused(file: SourceListFile) -> None:
    with pytest.raises(ValueError):
        write_source_list_yaml(file)


@pytest.mark.skipif(not SAMPLES, reason="the sample files are not on this machine")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name[-60:])
def test_samples_keep_their_meaning(path: Path) -> None:
    file, findings = read_source_list_yaml(path.read_text())
    assert findings == ()
    assert len(file.timed) > 30
    assert read_source_list_yaml(write_source_list_yaml(file)) == (file, ())
