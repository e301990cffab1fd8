"""The files of nvdsanalytics: what is read is what is written, and bad values are kept and told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deepstream.analytics.config import AnalyticsFile, read_analytics_file, write_analytics_file
from deepstream.analytics.groups import (
    AnalyticsProperty,
    CrossingLine,
    DirectionDetection,
    LineCrossing,
    Mode,
    OsdMode,
    Overcrowding,
    RoiFiltering,
)
from deepstream.findings import ConfigTextError, Severity
from tests.deepstream.key_file_texts import files
from tests.deepstream.samples import samples_of

_TEXT = """
[property]
enable=1
config-width=1920
config-height=1080
osd-mode=1

[roi-filtering-stream-0]
enable=1
roi-door=10;20;30;20;30;40;
roi-hall=0;0;100;0;100;100;0;100
inverse-roi=0
class-id=-1

[overcrowding-stream-1]
enable=1
roi-queue=10;20;30;20;30;40
object-threshold=3
time-threshold=500
class-id=0;2

[line-crossing-stream-12]
enable=1
line-crossing-in=1;2;3;4;5;6;7;8
extended=0
mode=strict

[direction-detection-stream-0]
enable=0
direction-north=284;840;360;662;
"""

_YAML = """
property:
  enable: 1
  config-width: 1920
  config-height: 1080
line-crossing-stream-0:
  enable: 1
  line-crossing-in: 1;2;3;4;5;6;7;8
  class-id: 0
"""

_pixels = st.integers(0, 2**31 - 1)
_points = st.tuples(_pixels, _pixels)
_labels = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True)
_ints = st.integers(-(2**31), 2**31 - 1)
_class_ids = st.none() | st.lists(_ints, max_size=4).map(tuple)
_flags = st.none() | st.booleans()
_counts = st.none() | st.integers(0, 2**31 - 1)
_modes = st.none() | st.sampled_from(Mode)
_polygons = st.dictionaries(_labels, st.lists(_points, min_size=3, max_size=6).map(tuple), max_size=3)
_pairs = st.tuples(_points, _points)
_extra_keys = st.dictionaries(
    st.from_regex(r"x-[a-z]{1,5}", fullmatch=True), st.sampled_from(["", "1", "a b "]), max_size=2
)
_streams = st.integers(0, 10**9 - 1)

rois = st.builds(
    RoiFiltering, enable=_flags, regions=_polygons, inverse_roi=_flags, class_ids=_class_ids, extra_keys=_extra_keys
)
crowds = st.builds(
    Overcrowding,
    enable=_flags,
    regions=_polygons,
    object_threshold=_counts,
    time_threshold_ms=_counts,
    class_ids=_class_ids,
    extra_keys=_extra_keys,
)
lines = st.builds(
    LineCrossing,
    enable=_flags,
    lines=st.dictionaries(_labels, st.builds(CrossingLine, direction=_pairs, line=_pairs), max_size=3),
    extended=_flags,
    mode=_modes,
    class_ids=_class_ids,
    extra_keys=_extra_keys,
)
directions = st.builds(
    DirectionDetection,
    enable=_flags,
    directions=st.dictionaries(_labels, _pairs, max_size=3),
    mode=_modes,
    class_ids=_class_ids,
    extra_keys=_extra_keys,
)
_settings = st.builds(
    AnalyticsProperty,
    enable=_flags,
    config_width=_counts,
    config_height=_counts,
    osd_mode=st.none() | st.sampled_from(OsdMode),
    display_font_size=st.none() | _ints,
    obj_cnt_win_in_ms=st.none() | st.integers(1, 10**9),
    display_obj_cnt=_flags,
    extra_keys=_extra_keys,
)
analytics_files = st.builds(
    AnalyticsFile,
    settings=st.none() | _settings,
    roi_filtering=st.dictionaries(_streams, rois, max_size=2),
    overcrowding=st.dictionaries(_streams, crowds, max_size=2),
    line_crossing=st.dictionaries(_streams, lines, max_size=2),
    direction_detection=st.dictionaries(_streams, directions, max_size=2),
    extra_groups=st.dictionaries(st.just("custom"), _extra_keys, max_size=1),
)
# A carriage return at the end of a value is read, but no key file can be written with it.
_any_files = files.map(lambda text: text.replace("\r", ""))


def _read(text: str, name: str = "analytics.txt") -> AnalyticsFile:
    file, findings = read_analytics_file(text, name)
    assert not findings
    return file


def test_every_group_is_read_with_its_points() -> None:
    file = _read(_TEXT)
    assert file.settings == AnalyticsProperty(
        enable=True, config_width=1920, config_height=1080, osd_mode=OsdMode.SHAPES
    )
    assert file.roi_filtering[0].regions["door"] == ((10, 20), (30, 20), (30, 40))
    assert list(file.roi_filtering[0].regions) == ["door", "hall"]
    assert file.overcrowding[1].time_threshold_ms == 500
    assert file.overcrowding[1].class_ids == (0, 2)
    assert file.line_crossing[12].lines["in"] == CrossingLine(direction=((1, 2), (3, 4)), line=((5, 6), (7, 8)))
    assert file.line_crossing[12].mode is Mode.STRICT
    assert file.direction_detection[0].directions == {"north": ((284, 840), (360, 662))}


def test_a_line_is_written_as_the_flat_list_in_the_order_of_the_file() -> None:
    line = CrossingLine(direction=((1, 2), (3, 4)), line=((5, 6), (7, 8)))
    file = AnalyticsFile(line_crossing={3: LineCrossing(enable=True, lines={"in": line})})
    assert write_analytics_file(file) == "[line-crossing-stream-3]\nenable=1\nline-crossing-in=1;2;3;4;5;6;7;8\n"


def test_a_manifest_says_a_line_in_words() -> None:
    manifest = {"lines": {"in": {"direction": [[1, 2], [3, 4]], "line": [[5, 6], [7, 8]]}}, "classIds": [0]}
    group = LineCrossing.model_validate(manifest)
    assert group.lines["in"].line == ((5, 6), (7, 8))
    assert LineCrossing.model_validate_json(group.model_dump_json(by_alias=True)) == group


def test_streams_are_written_in_the_order_of_their_numbers_behind_the_settings() -> None:
    region = {"a": ((0, 0), (1, 0), (1, 1))}
    file = AnalyticsFile(
        settings=AnalyticsProperty(enable=True),
        roi_filtering={10: RoiFiltering(regions=region), 9: RoiFiltering(regions=region)},
    )
    heads = [line for line in write_analytics_file(file).splitlines() if line.startswith("[")]
    assert heads == ["[property]", "[roi-filtering-stream-9]", "[roi-filtering-stream-10]"]


def test_yaml_says_the_same() -> None:
    file = _read(_YAML, "analytics.yml")
    assert file.line_crossing[0].lines["in"].direction == ((1, 2), (3, 4))
    assert _read(write_analytics_file(file, yaml=True), "analytics.yaml") == file


def test_a_list_with_its_separator_at_the_end_is_fine_in_a_key_file_and_fatal_in_yaml() -> None:
    _file, findings = read_analytics_file(_YAML.replace("7;8", "7;8;"), "analytics.yml")
    assert [(one.severity, one.key) for one in findings] == [(Severity.ERROR, "line-crossing-in")]
    _read("[line-crossing-stream-0]\nline-crossing-in=1;2;3;4;5;6;7;8;\n")


@pytest.mark.parametrize(
    ("group", "key", "value", "word"),
    [
        ("roi-filtering-stream-0", "roi-a", "1;2;3;4;5", "even"),
        ("direction-detection-stream-0", "direction-a", "1;2;3;4;-5", "4"),
        ("direction-detection-stream-0", "direction-a", "1;2;3;4;x", "no whole number"),
        ("roi-filtering-stream-0", "roi-a", "1;2;3;4", "3 points"),
        ("roi-filtering-stream-0", "roi-a", "1;2;3;4;5;-6", "-6 lies left of or above the picture: DeepStream refuses"),
        ("overcrowding-stream-0", "roi-a", "", "3 points"),
        ("overcrowding-stream-0", "object-threshold", "-1", "greater than or equal to 0"),
        ("line-crossing-stream-0", "line-crossing-a", "1;2;3;4", "8"),
        ("direction-detection-stream-0", "direction-a", "1;2;3", "4"),
        ("property", "osd-mode", "3", "0, 1 or 2"),
        ("property", "obj-cnt-win-in-ms", "0", "greater than or equal to 1"),
        ("property", "enable", "yes", "neither 1 nor 0"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_its_line_and_kept(
    group: str, key: str, value: str, word: str
) -> None:
    text = f"[{group}]\n{key}={value}\n"
    file, findings = read_analytics_file(text, "a.txt")
    assert [(one.severity, one.group, one.key, one.line) for one in findings] == [(Severity.ERROR, group, key, 2)]
    assert word in findings[0].message
    assert write_analytics_file(file) == text


@pytest.mark.parametrize(
    ("group", "key", "numbers"),
    [
        ("direction-detection-stream-0", "direction-a", "284;840;360;662"),
        ("line-crossing-stream-0", "line-crossing-a", "1;2;3;4;5;6;7;8"),
    ],
)
@pytest.mark.parametrize("rest", ["; ", ";9", ";9;10;"])
def test_numbers_behind_those_that_deepstream_looks_at_are_a_warning(
    group: str, key: str, numbers: str, rest: str
) -> None:
    file, findings = read_analytics_file(f"[{group}]\nenable=1\n{key}={numbers}{rest}\n", "a.txt")
    assert [(one.severity, one.key, one.line) for one in findings] == [(Severity.WARNING, key, 3)]
    assert f"{key}={numbers}\n" in write_analytics_file(file)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[line-crossing-stream-0]\nmode=fast\n", "default"),
        ("[roi-filtering-stream-0]\nroi-front door=1;2;3;4;5;6\n", "rename"),
    ],
)
def test_what_deepstream_takes_and_we_do_not_know_is_a_warning(text: str, word: str) -> None:
    file, findings = read_analytics_file(text, "a.txt")
    assert [one.severity for one in findings] == [Severity.WARNING]
    assert word in findings[0].message
    assert write_analytics_file(file) == text


@pytest.mark.parametrize("number", ["", "x", "01", "-1", "1x", "²"])
def test_a_group_without_a_plain_number_is_told_and_kept(number: str) -> None:
    text = f"[roi-filtering-stream-{number}]\nenable=1\n"
    file, findings = read_analytics_file(text, "a.txt")
    assert [(one.severity, one.line) for one in findings] == [(Severity.ERROR, 1)]
    assert write_analytics_file(file) == text


def test_groups_that_deepstream_ignores_are_told_and_kept() -> None:
    text = "[mine]\na=1\n"
    file, findings = read_analytics_file(text, "a.txt")
    assert [one.severity for one in findings] == [Severity.WARNING]
    assert write_analytics_file(file) == text


@pytest.mark.parametrize("label", ["", "front door", "tür", "a=b", "a\n"])
def test_labels_that_cannot_be_part_of_a_key_are_refused_in_manifests(label: str) -> None:
    with pytest.raises(ValidationError, match="letters, digits"):
        RoiFiltering(regions={label: ((0, 0), (1, 0), (1, 1))})


@given(analytics_files)
def test_what_is_written_is_read_back(file: AnalyticsFile) -> None:
    assert _without_notes(write_analytics_file(file, "made by a test")) == file


@given(analytics_files)
def test_what_is_written_as_yaml_is_read_back(file: AnalyticsFile) -> None:
    assert _without_notes(write_analytics_file(file, "made by a test", yaml=True), "a.yml") == file


@given(analytics_files)
def test_a_manifest_of_the_file_is_read_back(file: AnalyticsFile) -> None:
    assert AnalyticsFile.model_validate_json(file.model_dump_json(by_alias=True)) == file


def _without_notes(text: str, name: str = "a.txt") -> AnalyticsFile:
    """Extra keys and groups are told, nothing else."""
    file, findings = read_analytics_file(text, name)
    assert all(one.key.startswith("x-") or one.group == "custom" for one in findings)
    return file


_GROUPS = [
    "property",
    "roi-filtering-stream-0",
    "overcrowding-stream-1",
    "line-crossing-stream-1",
    "direction-detection-stream-0",
    "line-crossing-stream-",
]
_KEYS = [
    "enable",
    "mode",
    "class-id",
    "roi-a",
    "roi-",
    "roi-ä b",
    "line-crossing-a",
    "direction-a",
    "osd-mode",
    "time-threshold",
]
_VALUES = st.sampled_from(
    ["", "1", "-1", "1;2;3;4;5;6", "1;2;3;4;5;6;7;8;", "1;2", "strict", "\\x", "99999999999"]
) | st.text(max_size=6)
_likely = st.lists(
    st.sampled_from(_GROUPS).map("[{}]\n".format) | st.builds("{}={}\n".format, st.sampled_from(_KEYS), _VALUES),
    max_size=12,
).map(lambda lines: "[property]\n" + "".join(lines))


@given(_any_files | _likely)
def test_any_text_gives_a_file_or_a_position(text: str) -> None:
    try:
        file, findings = read_analytics_file(text, "a.txt")
    except ConfigTextError as error:
        lines = [error.line]
    else:
        lines = [one.line for one in findings if one.line is not None]
        assert read_analytics_file(write_analytics_file(file), "a.txt")[0] == file
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)


@pytest.mark.skipif(not samples_of("nvdsanalytics"), reason="the sample files of DeepStream are not on this machine")
def test_nvidias_own_files_are_read_without_a_word_and_read_back() -> None:
    for path in samples_of("nvdsanalytics"):
        file = _read(path.read_text(encoding="utf-8"), path.name)
        assert file.settings is not None, path.name
        assert _read(write_analytics_file(file), "a.txt") == file, path.name
