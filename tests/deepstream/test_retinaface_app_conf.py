"""app_conf.json: exact types, every key, and nothing of the values in what is said about a text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deepstream.findings import ConfigTextError, Severity, errors_in
from deepstream.retinaface.app_conf import AppConf, AppType, dump_app_conf, parse_app_conf, read_app_conf

CONF: dict[str, Any] = {
    "app_type": "VISUAL",
    "face_raw_meta_topic": "faces",
    "mot_raw_meta_topic": "tracks",
    "visual_topic": "pictures",
    "kafka_connection_str": "broker:9092",
    "streammux_output_width": 1920,
    "streammux_output_height": 1080,
    "streammux_batch_size": 8,
    "streammux_buffer_pool": 40,
    "streammux_nvbuf_memory_type": 3,
    "face_confidence_threshold": 0.45,
    "mot_confidence_threshold": 1,
    "gpu_id": 0,
}
NOT_READ_BY_EVERY_RELEASE = {"app_type", "gpu_id"}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in CONF.items() if key != name}


def test_a_file_is_read_and_written_with_its_types() -> None:
    conf, findings = read_app_conf(json.dumps(CONF))

    assert conf is not None
    assert findings == ()
    assert conf.app_type is AppType.VISUAL
    written = json.loads(dump_app_conf(conf))
    assert list(written) == list(CONF)
    assert written == CONF
    assert type(written["mot_confidence_threshold"]) is float
    assert parse_app_conf(dump_app_conf(conf)) == conf


def test_unknown_keys_are_kept_and_told() -> None:
    conf, findings = read_app_conf(json.dumps({**CONF, "zone": {"floor": [1, 2.5]}}))

    assert conf is not None
    assert [(one.severity, one.key) for one in findings] == [(Severity.WARNING, "zone")]
    assert conf.extra_keys == {"zone": '{"floor": [1, 2.5]}'}
    assert json.loads(dump_app_conf(conf)) == {**CONF, "zone": {"floor": [1, 2.5]}}
    with pytest.raises(ValueError, match="AppConf: zone"):
        parse_app_conf(dump_app_conf(conf))


@pytest.mark.parametrize("name", sorted(set(CONF) - NOT_READ_BY_EVERY_RELEASE))
def test_the_app_ends_on_a_missing_key(name: str) -> None:
    conf, findings = read_app_conf(json.dumps(without(name)))

    assert conf is None
    assert [one.key for one in errors_in(findings)] == [name]
    assert "missing" in findings[0].message


@pytest.mark.parametrize("name", sorted(NOT_READ_BY_EVERY_RELEASE))
def test_keys_that_the_public_release_does_without_get_a_value(name: str) -> None:
    conf, findings = read_app_conf(json.dumps(without(name)))

    assert conf is not None
    assert json.loads(dump_app_conf(conf))[name] in ("NORMAL", 0)
    assert [(one.severity, one.key) for one in findings] == [(Severity.WARNING, name)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gpu_id", True),
        ("gpu_id", 1.0),
        ("gpu_id", "0"),
        ("streammux_batch_size", 2**31),
        ("streammux_batch_size", 10**60),
        ("face_confidence_threshold", "0.4"),
        ("visual_topic", 7),
        ("visual_topic", None),
        ("app_type", "LOUD"),
    ],
)
def test_a_wrong_type_is_an_error_at_its_key(name: str, value: Any) -> None:
    conf, findings = read_app_conf(json.dumps({**CONF, name: value}))

    assert conf is None
    assert [one.key for one in errors_in(findings)] == [name]


def test_settings_inside_of_config_are_those_of_an_old_release() -> None:
    conf, findings = read_app_conf(json.dumps({"config": CONF}))

    assert conf is not None
    assert json.loads(dump_app_conf(conf)) == CONF
    assert [(one.severity, one.key) for one in findings] == [(Severity.WARNING, "config")]


def test_of_a_repeated_key_the_first_value_counts() -> None:
    conf, findings = read_app_conf(json.dumps(CONF).replace("}", ', "gpu_id": 7}'))

    assert conf is not None
    assert conf.gpu_id == 0
    assert [one.key for one in findings] == ["gpu_id"]
    assert "repeated" in findings[0].message


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "no JSON"),
        ('{\n "a": 1,\n}', 3, "no JSON"),
        ('{\n "a": 1,\n "b": tru}', 3, "no JSON"),
        ('{\n "a": NaN}', 2, "NaN"),
        ('{\n\n "a": -Infinity}', 3, "Infinity"),
        ('{\n "a": 1e999}', 2, "too large"),
        pytest.param('{\n "a": ' + "1" * 5000 + "}", 2, "too large", id="5000 digits"),
        ('{\n "a": "\\ud83d\\ude00 \\ud83d"}', 2, "surrogate"),
        ("\n\n[1]", 3, "object"),
        ("\ufeff{}", 1, "byte order mark"),
        ('{"a":\n' + "[" * 40 + "]" * 40 + "}", 2, "deeper"),
        ("[" * 100_000, 1, "deeper"),
        ("{} {}", 1, "no JSON"),
    ],
)
def test_what_is_no_json_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(ConfigTextError, match=message) as refused:
        read_app_conf(text)
    assert refused.value.line == line


def test_brackets_and_escapes_in_strings_are_no_levels() -> None:
    text = json.dumps({**CONF, "visual_topic": '[{"\\' * 50 + "😀"})
    conf, findings = read_app_conf(text)
    assert conf is not None
    assert findings == ()
    assert conf.visual_topic.endswith("😀")


def test_errors_of_the_model_itself_hold_no_values() -> None:
    with pytest.raises(ValidationError) as refused:
        AppConf(**{**CONF, "visual_topic": ["s3cret"]})
    assert "s3cret" not in str(refused.value)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*CONF, "other", "config"]), values), st.sets(st.sampled_from(list(CONF))))
def test_any_object_is_read_and_what_is_read_is_written_and_read_again(changes: dict[str, Any], kept: set[str]) -> None:
    document = {**{name: CONF[name] for name in kept}, **changes}
    conf, findings = read_app_conf(json.dumps(document))

    assert (conf is None) == bool(errors_in(findings))
    if conf is not None:
        again, _ = read_app_conf(dump_app_conf(conf))
        assert again == conf


@given(st.text(alphabet='{}[]":,\\u0123456789eE-+.tfn \n', max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        read_app_conf(text)
    except ConfigTextError as error:
        assert 1 <= error.line <= text.count("\n") + 1  # noqa: PT017
