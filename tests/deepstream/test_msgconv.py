"""The files of nvmsgconv: reading, writing, and what messages would lack."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepstream.findings import ConfigTextError, Severity, errors_in
from deepstream.msgconv import (
    AnalyticsModuleGroup,
    MsgconvFile,
    PlaceGroup,
    SensorGroup,
    check_msgconv_file,
    read_msgconv_file,
    write_msgconv_file,
)
from tests.deepstream.key_file_texts import files
from tests.deepstream.samples import samples_of

_SENSOR = (
    "[sensor0]\nenable=1\ntype=Camera\nid=gate\nlocation=45.25;-75.5;48.0\ndescription=Gate\ncoordinate=5.5;10.0;11.0\n"
)
_PLACE = "[place0]\nenable=1\nid=1\nname=Yard\nlocation=1.0;2.0;3.0\nplace-sub-field1=walsh\n"
_ANALYTICS = "[analytics0]\nenable=1\nid=counter\nsource=ours\nversion=1.0\n"
_YAML = """
sensor0:
  enable: 1
  type: Camera
  id: gate
  location: 45.25;-75.5;48.0
  description: "Gate"
  coordinate: 5.5;10.0;11.0
"""

_flags = st.none() | st.booleans()
_texts = st.none() | st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"]), max_size=6
)
_floats = st.floats(allow_nan=False, allow_infinity=False)
_triples = st.none() | st.tuples(_floats, _floats, _floats)
_sensors = st.builds(
    SensorGroup, enable=_flags, type=_texts, id=_texts, location=_triples, description=_texts, coordinate=_triples
)
_places = st.builds(
    PlaceGroup, enable=_flags, type=_texts, id=_texts, name=_texts, location=_triples, place_sub_field3=_texts
)
_modules = st.builds(AnalyticsModuleGroup, enable=_flags, id=_texts, description=_texts, source=_texts, version=_texts)
_numbers = st.integers(0, 10**9 - 1)
_files = st.builds(
    MsgconvFile,
    sensors=st.dictionaries(_numbers, _sensors, max_size=3),
    places=st.dictionaries(_numbers, _places, max_size=3),
    analytics=st.dictionaries(_numbers, _modules, max_size=3),
)
# A carriage return at the end of a value is read, but no key file can be written with it.
_any_files = files.map(lambda text: text.replace("\r", ""))


def _told(text: str, batch_size: int | None = None) -> list[tuple[Severity, str, str]]:
    file, _ = read_msgconv_file(text, "a.txt")
    return [(one.severity, one.group, one.key) for one in check_msgconv_file(file, batch_size=batch_size)]


def test_every_group_is_read_by_the_number_of_its_source() -> None:
    file, findings = read_msgconv_file(_SENSOR + _PLACE.replace("place0", "place12") + _ANALYTICS, "a.txt")
    assert findings == ()
    assert file.sensors[0].location == (45.25, -75.5, 48.0)
    assert file.places[12].id == "1"
    assert file.places[12].place_sub_field1 == "walsh"
    assert file.analytics[0].version == "1.0"


def test_yaml_says_the_same() -> None:
    assert read_msgconv_file(_YAML, "a.yml") == read_msgconv_file(_SENSOR, "a.txt")


@pytest.mark.parametrize("value", ["1.0;2.0", "1.0;2.0;3.0;4.0", "1.0;north;3.0", "1.0 ;2.0;3.0"])
def test_a_location_that_is_no_triple_is_told_and_kept(value: str) -> None:
    text = f"[sensor0]\nenable=1\nlocation={value}\n"
    file, findings = read_msgconv_file(text, "a.txt")
    assert [(one.severity, one.key, one.line) for one in findings] == [(Severity.ERROR, "location", 3)]
    assert write_msgconv_file(file) == text


@pytest.mark.parametrize("name", ["sensor", "sensors0", "place-1", "analytics00"])
def test_a_group_without_a_plain_number(name: str) -> None:
    _file, findings = read_msgconv_file(f"[{name}]\nenable=1\n", "a.txt")
    assert [(one.severity, one.group) for one in findings] == [(Severity.ERROR, name)]


def test_lane_and_level_are_no_keys_of_a_place() -> None:
    _file, findings = read_msgconv_file("[place0]\nlane=1\nlevel=2\n", "a.txt")
    assert [(one.severity, one.key) for one in findings] == [(Severity.WARNING, "lane"), (Severity.WARNING, "level")]


def test_a_sound_file_is_passed_over_in_silence() -> None:
    assert _told(_SENSOR + _PLACE + _ANALYTICS, batch_size=1) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (_SENSOR.replace("id=gate\n", ""), (Severity.WARNING, "sensor0", "id")),
        (_SENSOR.replace("id=gate\n", "id=\n"), (Severity.WARNING, "sensor0", "id")),
        (_SENSOR.replace("location=45.25;-75.5;48.0\n", ""), (Severity.NOTE, "sensor0", "location")),
        (_SENSOR.replace("45.25", "95.25"), (Severity.WARNING, "sensor0", "location")),
        (_PLACE.replace("2.0", "-181"), (Severity.WARNING, "place0", "location")),
        (_SENSOR.replace("enable=1\n", ""), (Severity.WARNING, "sensor0", "enable")),
        (_ANALYTICS.replace("=ours", '="ours"'), (Severity.NOTE, "analytics0", "source")),
        (_SENSOR + _SENSOR.replace("sensor0", "sensor1"), (Severity.WARNING, "sensor1", "id")),
    ],
)
def test_what_messages_would_lack(text: str, told: tuple[Severity, str, str]) -> None:
    assert _told(text) == [told]


def test_a_group_that_is_off_is_not_looked_at() -> None:
    assert _told("[sensor0]\nenable=0\n[place0]\nenable=0\n") == []


def test_cameras_of_one_id_are_told_apart_when_one_is_off() -> None:
    assert _told(_SENSOR + _SENSOR.replace("sensor0", "sensor1").replace("enable=1", "enable=0")) == []


def test_sources_and_sensors_must_match() -> None:
    assert _told(_SENSOR, batch_size=2) == [(Severity.WARNING, "sensor1", "")]
    beyond = _SENSOR + _PLACE.replace("place0", "place1")
    assert _told(beyond, batch_size=1) == [(Severity.WARNING, "place1", "")]


@given(_files)
def test_what_is_written_is_read_back(file: MsgconvFile) -> None:
    read, findings = read_msgconv_file(write_msgconv_file(file, "made by a test"), "a.txt")
    # A text may hold what looks like a comment.
    assert (read, [one for one in findings if "no comments behind values" not in one.message]) == (file, [])


@given(_files)
def test_what_is_written_as_yaml_is_read_back(file: MsgconvFile) -> None:
    assert read_msgconv_file(write_msgconv_file(file, yaml=True), "a.yaml") == (file, ())


@given(_files, st.none() | st.integers(0, 9))
def test_checking_never_fails(file: MsgconvFile, batch_size: int | None) -> None:
    assert errors_in(check_msgconv_file(file, batch_size=batch_size)) == ()


_lines = st.sampled_from(["[sensor0]", "[sensor]", "[place1]", "[analytics2]"]) | st.builds(
    "{}={}".format,
    st.sampled_from(["enable", "location", "id", "lane"]),
    st.sampled_from(["", "1", "1;2;3", "x", "\\x"]),
)


@given(_any_files | st.lists(_lines, max_size=12).map(lambda lines: "\n".join(["[sensor0]", *lines])))
def test_any_text_gives_a_file_or_a_position(text: str) -> None:
    try:
        file, findings = read_msgconv_file(text, "a.txt")
    except ConfigTextError as error:
        lines = [error.line]
    else:
        lines = [one.line for one in findings if one.line is not None]
        assert read_msgconv_file(write_msgconv_file(file), "a.txt")[0] == file
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)


@pytest.mark.skipif(not samples_of("msgconv"), reason="the sample files of DeepStream are not on this machine")
def test_nvidias_own_files_are_read_back_and_have_no_errors() -> None:
    for path in samples_of("msgconv"):
        file, findings = read_msgconv_file(path.read_text(encoding="utf-8"), path.name)
        assert findings == (), path.name
        assert errors_in(check_msgconv_file(file)) == (), path.name
        assert read_msgconv_file(write_msgconv_file(file), "a.txt") == (file, ()), path.name
        assert read_msgconv_file(write_msgconv_file(file, yaml=True), "a.yml") == (file, ()), path.name
