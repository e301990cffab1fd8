"""How bodies are judged. What is expected was said by NVIDIA's own parser, compiled and given these very bodies."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.rest.control import BAD_REQUEST, Verdict
from pipeline.rest.control_calls import AddCall, RemoveCall, read_stream_call, refused_reload
from pipeline.rest.json_body import NotJsonError, read_json

NO_OBJECT = "in Json::Value::find(begin, end): requires objectValue or nullValue"
NO_TEXT = "Type is not convertible to string"
NOT_SUPPORTED = "Sensor API change string not supported"
STREAM = "STREAM ADD/REMOVE_FAIL, error: "
USUAL = {"camera_id": "a", "camera_url": "u", "change": "add"}
ADD = AddCall("a", "", "u")


def _value(**keys: Any) -> dict[str, Any]:
    return {"value": USUAL | keys}


@pytest.mark.parametrize(
    ("content", "asked"),
    [
        (_value(camera_id=1.5, camera_url=True), AddCall("1.5", "", "true")),
        (_value(camera_id=100.0, camera_url=0.1), AddCall("100.0", "", "0.10000000000000001")),
        (_value(camera_id=1e20, camera_url=-7), AddCall("1e+20", "", "-7")),
        (
            _value(camera_id=2**64 - 1, camera_name=-(2**63)),
            AddCall("18446744073709551615", "-9223372036854775808", "u"),
        ),
        (_value(camera_id=2**64), AddCall("1.8446744073709552e+19", "", "u")),
        (_value(camera_id="a\0b", camera_name=None), ADD),
        (_value(camera_id="é😀"), AddCall("é😀", "", "u")),
        (_value(change="remove and add"), ADD),
        (_value(change="my_streaming"), ADD),
        (_value(change="camera_removed"), RemoveCall("a", "u")),
        (_value(change="Camera_Add"), NOT_SUPPORTED),
        (_value(change=None), NOT_SUPPORTED),
        (_value(camera_url="", change="camera_streaming"), "STREAM_REMOVE_FAIL, Source url empty"),
        (_value(camera_url="", camera_id=""), "STREAM_ADD_FAIL, Source url empty"),
        (_value(camera_id="", change="remove"), "STREAM_REMOVE_FAIL, Source id empty"),
        (_value(camera_id="\0a"), "STREAM_ADD_FAIL, Source id empty"),
        ({"event": USUAL, "value": {"camera_id": "b", "camera_url": "v", "change": "remove"}}, RemoveCall("b", "v")),
        ({"event": USUAL, "value": {}}, ADD),
        ({"event": USUAL, "value": {"metadata": {}}}, ADD),
        ({"event": USUAL, "value": {"x": 1}}, "STREAM_REMOVE_FAIL, Source url empty"),
        (_value(metadata=[]), STREAM + NO_OBJECT),
        (_value(metadata=5), STREAM + NO_OBJECT),
        (_value(metadata={"codec": {}}), STREAM + NO_TEXT),
        (_value(metadata=None), ADD),
        ({"value": {"metadata": "x", "zone": 1}}, STREAM + NO_OBJECT),
        ({"value": {"change": "add", "metadata": "x"}}, "STREAM_ADD_FAIL, Source url empty"),
        (_value(creation_time={}), STREAM + NO_TEXT),
        ({"value": []}, NOT_SUPPORTED),
        ({"value": [1]}, STREAM + NO_OBJECT),
        ({"value": 3.5}, NOT_SUPPORTED),
        ({"key": {}} | _value(), STREAM + NO_TEXT),
        ({"zzz": [[1]]} | _value(), ADD),
        ({"headers": [1]} | _value(), STREAM + NO_OBJECT),
        ({"headers": []} | _value(), ADD),
        ({"headers": {"source": []}} | _value(), STREAM + NO_TEXT),
        ([], NOT_SUPPORTED),
        (12, NOT_SUPPORTED),
        (None, NOT_SUPPORTED),
    ],
)
def test_stream_calls(content: Any, asked: AddCall | RemoveCall | str) -> None:
    expected = Verdict(BAD_REQUEST, asked) if isinstance(asked, str) else asked
    assert read_stream_call(read_json(json.dumps(content).encode())) == expected


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ({}, None),
        ("x", None),
        (7, None),
        ({"stream": None}, None),
        ({"stream": {}}, None),
        ({"stream": {"config_file_path": 3}}, None),
        ({"stream": "x"}, NO_OBJECT),
        ({"a": {}, "stream": []}, NO_OBJECT),
        ({"stream": {"config_file_path": {}}}, NO_TEXT),
        # This one kills NVIDIA's server.
        ([1], NO_OBJECT),
    ],
)
def test_reload_calls(content: Any, problem: str | None) -> None:
    expected = None if problem is None else Verdict(BAD_REQUEST, f"RELOAD_CONFIG_UPDATE_FAIL, error: {problem}")
    assert refused_reload(content) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"{} {}",
        b'{"a": 1,}',
        b"// c\n{}",
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"9" * 400,
        b"9" * 5000,
        b"\xff",
        b'"\\ud800"',
        b'{"\\udc00": 1}',
        b"[" * 60000,
        b'"\x00"',
    ],
)
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(NotJsonError) as refused:
        read_json(body)
    assert str(refused.value) == "the body is not JSON"


def test_a_byte_order_mark_and_the_last_of_two_equal_keys() -> None:
    body = b'\xef\xbb\xbf{"value": {"camera_id": "b", "camera_id": "a", "camera_url": "u", "change": "add"}}'
    assert read_stream_call(read_json(body)) == ADD


def test_no_url_in_a_repr() -> None:
    calls = (AddCall("a", "n", "rtsp://u:s3cret@h"), RemoveCall("a", "rtsp://u:s3cret@h"))
    assert "s3cret" not in repr(calls)


_names = st.sampled_from(
    ["key", "value", "event", "headers", "camera_id", "camera_url", "change", "metadata", "stream", "config_file_path"]
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=6),
    max_leaves=12,
)


@given(_json)
def test_any_body_gets_a_verdict_or_a_whole_call(content: Any) -> None:
    refused_reload(content)
    match read_stream_call(content):
        case AddCall(camera_id, _, camera_url) | RemoveCall(camera_id, camera_url):
            assert camera_id
            assert camera_url
        case Verdict(status, reason):
            assert status == BAD_REQUEST
            assert reason.isprintable()


@given(st.binary() | _json.map(lambda content: json.dumps(content).encode()))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        content = read_json(body)
    except NotJsonError:
        return
    json.dumps(content).encode()
