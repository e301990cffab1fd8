"""The files of nvdspreprocess: reading, writing, and the rules across their groups."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepstream.findings import ConfigTextError, Severity, errors_in
from deepstream.preprocess.config import PreprocessFile, read_preprocess_file, write_preprocess_file
from deepstream.preprocess.groups import (
    MemoryType,
    NetworkInputOrder,
    PreprocessGroup,
    PreprocessProperty,
    ScalingFilter,
    TensorDataType,
    UserConfigs,
)
from deepstream.preprocess.rules import check_preprocess_file
from deepstream.versions import DsVersion
from tests.deepstream.key_file_texts import files
from tests.deepstream.samples import samples_of

_PROPERTY = """[property]
enable=1
target-unique-ids=1;2
network-input-order=0
network-input-shape=4;3;544;960
processing-width=960
processing-height=544
network-color-format=0
tensor-data-type=0
tensor-name=input
scaling-pool-memory-type=0
scaling-filter=0
custom-lib-path=/opt/lib/libpre.so
custom-tensor-preparation-function=Prepare
"""
_GROUP = """[group-0]
src-ids=0;1
process-on-roi=1
roi-params-src-0=0;540;900;500;960;0;900;500
roi-params-src-1=0;0;900;500;
"""
_USER = "[user-configs]\npixel-normalization-factor=0.0039\nmean-file=a;b\n"

_ints = st.integers(-(2**31), 2**31 - 1)
_counts = st.none() | st.integers(0, 2**31 - 1)
_flags = st.none() | st.booleans()
_lists = st.none() | st.lists(_ints, max_size=4).map(tuple)
_texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"]), max_size=6)
_floats = st.floats(allow_nan=False, allow_infinity=False)
_regions = st.lists(st.tuples(_ints, _ints, _ints, _ints), max_size=3).map(tuple)

_properties = st.builds(
    PreprocessProperty,
    enable=_flags,
    unique_id=st.none() | _ints,
    process_on_frame=_flags,
    target_unique_ids=_lists,
    network_input_order=st.none() | st.sampled_from(NetworkInputOrder),
    network_input_shape=_lists,
    processing_width=st.none() | _ints,
    processing_height=st.none() | _ints,
    tensor_data_type=st.none() | st.sampled_from(TensorDataType),
    tensor_name=st.none() | _texts,
    scaling_pool_memory_type=st.none() | st.sampled_from(MemoryType),
    scaling_filter=st.none() | st.sampled_from(ScalingFilter),
    custom_lib_path=st.none() | _texts,
)
_groups = st.builds(
    PreprocessGroup,
    src_ids=_lists,
    process_on_roi=_flags,
    process_on_all_objects=_flags,
    roi_params=st.dictionaries(st.integers(0, 10**9 - 1), _regions, max_size=3),
    interval=_counts,
    input_object_max_width=_counts,
    draw_roi=_flags,
    roi_color=st.none() | st.tuples(_floats, _floats, _floats, _floats),
)
_user_configs = st.builds(
    UserConfigs,
    settings=st.dictionaries(st.from_regex(r"[a-z]{1,4}(-[a-z]{1,4})?", fullmatch=True), _texts, max_size=3),
)
_files = st.builds(
    PreprocessFile,
    settings=st.none() | _properties,
    user_configs=st.none() | _user_configs,
    groups=st.dictionaries(st.integers(0, 20), _groups, max_size=3),
    extra_groups=st.dictionaries(st.just("custom"), st.just({"a": "1"}), max_size=1),
)
# A carriage return at the end of a value is read, but no key file can be written with it.
_any_files = files.map(lambda text: text.replace("\r", ""))


def _file(text: str) -> PreprocessFile:
    return read_preprocess_file(text, "a.txt")[0]


def _told(text: str, version: DsVersion = DsVersion.V9_1, **known: object) -> list[tuple[Severity, str, str]]:
    found = check_preprocess_file(_file(text), version, **known)  # type: ignore[arg-type]
    return [(one.severity, one.group, one.key) for one in found]


def _without(key: str, text: str) -> str:
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(f"{key}="))


def test_every_group_is_read() -> None:
    file, findings = read_preprocess_file(_PROPERTY + _USER + _GROUP, "a.txt")
    assert findings == ()
    assert file.settings is not None
    assert file.settings.target_unique_ids == (1, 2)
    assert file.settings.custom_lib_path == "/opt/lib/libpre.so"
    assert file.user_configs is not None
    assert file.user_configs.settings == {"pixel-normalization-factor": "0.0039", "mean-file": "a;b"}
    assert file.groups[0].roi_params == {0: ((0, 540, 900, 500), (960, 0, 900, 500)), 1: ((0, 0, 900, 500),)}


def test_the_list_of_groups_in_yaml_is_read_as_numbered_groups() -> None:
    text = "property:\n  enable: 1\ngroup:\n  - src-ids: 0;1\n    process-on-roi: 1\n    roi-params-src-0: 0;0;10;10\n  - src-ids: 2\n"
    file, findings = read_preprocess_file(text, "config.yml")
    assert findings == ()
    assert {number: group.src_ids for number, group in file.groups.items()} == {0: (0, 1), 1: (2,)}
    assert file.groups[0].roi_params == {0: ((0, 0, 10, 10),)}


def test_yaml_settings_are_read_alike() -> None:
    lines = _PROPERTY.replace("=", ": ").splitlines()
    text = "property:\n" + "".join(f"  {line}\n" for line in lines[1:])
    assert read_preprocess_file(text, "a.yml") == (_file(_PROPERTY), ())


def test_what_the_regions_are_read_by_is_written_before_them() -> None:
    group = PreprocessGroup(
        roi_params={0: ((0, 0, 1, 1),)}, src_ids=(0,), process_on_roi=True, process_on_all_objects=True
    )
    text = write_preprocess_file(PreprocessFile(settings=PreprocessProperty(enable=True), groups={0: group}))
    assert [line.split("=")[0] for line in text.splitlines()] == [
        "[property]",
        "enable",
        "",
        "[group-0]",
        "src-ids",
        "process-on-roi",
        "process-on-all-objects",
        "roi-params-src-0",
    ]


@pytest.mark.parametrize("key", ["src-ids=0", "process-on-roi=1", "process-on-all-objects=0"])
def test_a_key_behind_the_regions_that_are_read_by_it(key: str) -> None:
    text = f"[property]\n[group-0]\nroi-params-src-0=0;0;1;1\n{key}\n"
    _, findings = read_preprocess_file(text, "a.txt")
    assert [(one.severity, one.key, one.line) for one in findings] == [(Severity.ERROR, key[:-2], 4)]


def test_a_group_before_the_settings() -> None:
    _, findings = read_preprocess_file("[group-0]\nsrc-ids=0\n[property]\n", "a.txt")
    assert [(one.severity, one.group, one.line) for one in findings] == [(Severity.ERROR, "group-0", 1)]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("roi-params-src-0=1;2;3", "left;top;width;height"),
        ("roi-params-src-x=1;2;3;4", "plain number"),
        ("roi-params-src-00=1;2;3;4", "plain number"),
        ("roi-color=1;2;3", "red;green;blue;opacity"),
        ("interval=-1", "greater than or equal to 0"),
        ("draw-roi=maybe", "neither 1 nor 0"),
    ],
)
def test_a_value_that_cannot_be_used_is_told_and_kept(line: str, word: str) -> None:
    text = f"[property]\n\n[group-0]\n{line}\n"
    file, findings = read_preprocess_file(text, "a.txt")
    assert [(one.severity, one.line) for one in findings] == [(Severity.ERROR, 4)]
    assert word in findings[0].message.lower()
    assert write_preprocess_file(file) == text


def test_a_key_of_a_newer_release() -> None:
    text = "[property]\nunique-id=3\n"
    _, findings = read_preprocess_file(text, "a.txt", DsVersion.V6_1)
    assert [(one.severity, one.key) for one in findings] == [(Severity.WARNING, "unique-id")]
    assert read_preprocess_file(text, "a.txt", DsVersion.V6_2)[1] == ()


def test_a_sound_file_is_passed_over_in_silence() -> None:
    known = {"batch_size": 2, "gie_batch_sizes": {1: 4, 2: None, 3: 1}}
    assert _told(_PROPERTY + _USER + _GROUP, **known) == []


def test_a_file_without_settings() -> None:
    assert _told("[user-configs]\na=1\n") == [(Severity.ERROR, "property", "")]


@pytest.mark.parametrize(
    "key",
    [
        "processing-width",
        "processing-height",
        "network-input-order",
        "network-input-shape",
        "network-color-format",
        "tensor-data-type",
        "tensor-name",
        "custom-lib-path",
        "custom-tensor-preparation-function",
        "scaling-filter",
        "scaling-pool-memory-type",
    ],
)
def test_the_settings_that_deepstream_insists_on(key: str) -> None:
    assert _told(_without(key, _PROPERTY) + _GROUP) == [(Severity.ERROR, "property", key)]


def test_the_first_releases_insist_on_targets() -> None:
    text = _without("target-unique-ids", _PROPERTY) + _GROUP
    assert _told(text) == [(Severity.WARNING, "property", "target-unique-ids")]
    assert (Severity.ERROR, "property", "target-unique-ids") in _told(text, DsVersion.V6_1)


@pytest.mark.parametrize("shape", ["", "0;3;544;960", "4;3;-544;960", "4;3;544", "4;3;960;544"])
def test_a_shape_that_stops_the_element(shape: str) -> None:
    text = _PROPERTY.replace("4;3;544;960", shape) + _GROUP
    assert _told(text) == [(Severity.ERROR, "property", "network-input-shape")]


def test_the_shape_is_looked_at_in_its_order() -> None:
    nhwc = _PROPERTY.replace("4;3;544;960", "4;544;960;3").replace("network-input-order=0", "network-input-order=1")
    assert _told(nhwc + _GROUP) == []
    assert _told(nhwc.replace("4;544;960;3", "4;3;544;960") + _GROUP) == [
        (Severity.ERROR, "property", "network-input-shape")
    ]
    custom = _PROPERTY.replace("4;3;544;960", "4;7").replace("network-input-order=0", "network-input-order=2")
    assert _told(custom + _GROUP) == []


def test_a_library_that_is_looked_up_beside_the_file() -> None:
    text = _PROPERTY.replace("/opt/lib/", "../") + _GROUP
    assert _told(text) == [(Severity.WARNING, "property", "custom-lib-path")]


@pytest.mark.parametrize(
    ("number", "version", "severities"),
    [
        ("7", DsVersion.V9_1, []),
        ("7", DsVersion.V6_3, [Severity.ERROR]),
        ("5", DsVersion.V6_3, [Severity.NOTE]),
        ("4", DsVersion.V6_3, []),
    ],
)
def test_half_floats_had_another_number(number: str, version: DsVersion, severities: list[Severity]) -> None:
    text = _PROPERTY.replace("tensor-data-type=0", f"tensor-data-type={number}") + _GROUP
    assert [one for one, _, _ in _told(text, version)] == severities


def test_a_target_that_does_not_exist_or_is_too_small() -> None:
    text = _PROPERTY + _GROUP
    assert _told(text, gie_batch_sizes={1: 4}) == [(Severity.WARNING, "property", "target-unique-ids")]
    assert _told(text, gie_batch_sizes={1: 4, 2: 3}) == [(Severity.WARNING, "property", "network-input-shape")]


@pytest.mark.parametrize(
    ("group", "severity", "key"),
    [
        (_without("src-ids", _GROUP), Severity.ERROR, "src-ids"),
        (_without("process-on-roi", _GROUP), Severity.ERROR, "process-on-roi"),
        (_without("roi-params-src-1", _GROUP), Severity.ERROR, "roi-params-src-1"),
        ("[group-0]\nsrc-ids=0\nprocess-on-roi=1\n", Severity.ERROR, "roi-params-src-"),
        (_GROUP + "roi-params-src-7=0;0;1;1\n", Severity.WARNING, "roi-params-src-7"),
        (_GROUP.replace("=0;0;900", "=0;-1;900"), Severity.ERROR, "roi-params-src-1"),
        (_GROUP.replace("=0;0;900", "=0;0;0"), Severity.ERROR, "roi-params-src-1"),
        (_GROUP.replace("=0;0;900", "=0;900"), Severity.ERROR, "roi-params-src-1"),
    ],
)
def test_a_group_that_deepstream_cannot_use(group: str, severity: Severity, key: str) -> None:
    assert _told(_PROPERTY + group) == [(severity, "group-0", key)]


def test_whole_frames_and_all_sources_need_no_regions_of_their_own() -> None:
    assert _told(f"{_PROPERTY}[group-0]\nsrc-ids=0;1\nprocess-on-roi=0\n") == []
    assert _told(f"{_PROPERTY}[group-0]\nsrc-ids=-1\nprocess-on-roi=1\nroi-params-src-0=0;0;9;9\n") == []


def test_objects_are_ruled_by_another_key() -> None:
    objects = _PROPERTY + "process-on-frame=0\n"
    assert _told(f"{objects}[group-0]\nsrc-ids=0\n") == [(Severity.ERROR, "group-0", "process-on-all-objects")]
    assert _told(f"{objects}[group-0]\nsrc-ids=0\nprocess-on-all-objects=1\n") == []
    assert _told(f"{objects}[group-0]\nsrc-ids=0\nprocess-on-all-objects=0\n") == [
        (Severity.ERROR, "group-0", "roi-params-src-")
    ]


def test_groups_are_counted_from_0_without_gaps() -> None:
    assert _told(_PROPERTY) == [(Severity.WARNING, "property", "")]
    assert _told(_PROPERTY + _GROUP.replace("group-0", "group-1")) == [(Severity.ERROR, "group-1", "")]


def test_a_source_of_two_groups() -> None:
    second = "[group-1]\nsrc-ids=1\nprocess-on-roi=0\n"
    assert _told(_PROPERTY + _GROUP + second) == [(Severity.WARNING, "group-1", "src-ids")]


def test_a_source_beyond_the_batch() -> None:
    assert _told(_PROPERTY + _GROUP, batch_size=1) == [(Severity.WARNING, "group-0", "src-ids")]


def test_more_images_than_the_tensor_holds() -> None:
    text = _PROPERTY.replace("4;3;544;960", "2;3;544;960") + _GROUP
    assert _told(text) == [(Severity.WARNING, "property", "network-input-shape")]
    everybody = f"{_PROPERTY}[group-0]\nsrc-ids=-1\nprocess-on-roi=0\n"
    assert _told(everybody, batch_size=4) == []
    assert _told(everybody, batch_size=5) == [(Severity.WARNING, "property", "network-input-shape")]


@given(_files)
def test_what_is_written_is_read_back(file: PreprocessFile) -> None:
    again, findings = read_preprocess_file(write_preprocess_file(file, "made by a test"), "a.txt")
    assert again == file
    told = {one.group for one in findings}
    assert told <= ({"custom"} | ({f"group-{one}" for one in file.groups} if file.settings is None else set()))


@given(_files, st.sampled_from(DsVersion), st.none() | st.integers(1, 9))
def test_checking_never_fails(file: PreprocessFile, version: DsVersion, batch_size: int | None) -> None:
    found = check_preprocess_file(file, version, batch_size=batch_size, gie_batch_sizes={1: None, 2: 4})
    assert all(one.message for one in found)


_lines = st.sampled_from(["[property]", "[group-0]", "[group-00]", "[user-configs]"]) | st.builds(
    "{}={}".format,
    st.sampled_from(
        ["src-ids", "roi-params-src-0", "roi-params-src-", "roi-params-src-00", "process-on-roi", "any key"]
    ),
    st.sampled_from(["", "1", "1;2;3;4", "1;2", "x", "\\x"]),
)


@given(_any_files | st.lists(_lines, max_size=12).map(lambda lines: "\n".join(["[property]", *lines])))
def test_any_text_gives_a_file_or_a_position(text: str) -> None:
    try:
        file, findings = read_preprocess_file(text, "a.txt")
    except ConfigTextError as error:
        lines = [error.line]
    else:
        lines = [one.line for one in findings if one.line is not None]
        assert read_preprocess_file(write_preprocess_file(file), "a.txt")[0] == file
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)


@pytest.mark.skipif(not samples_of("preprocess"), reason="the sample files of DeepStream are not on this machine")
def test_nvidias_own_files_are_read_back_and_have_no_errors() -> None:
    for path in samples_of("preprocess"):
        file, findings = read_preprocess_file(path.read_text(encoding="utf-8"), path.name)
        assert errors_in(findings) == (), path.name
        assert errors_in(check_preprocess_file(file)) == (), path.name
        assert read_preprocess_file(write_preprocess_file(file), "a.txt") == (file, ()), path.name
