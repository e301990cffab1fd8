"""source_list.json: every shape that a release of the app read, and no address in anything that is said."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deepstream.findings import ConfigTextError, Severity, errors_in
from deepstream.retinaface.source_list import (
    AppRelease,
    Source,
    SourceList,
    dump_source_list,
    parse_source_list,
    read_source_list,
)

SECRET = "hunter2"
GATE: dict[str, Any] = {
    "camera_id": "gate",
    "address": f"rtsp://viewer:{SECRET}@10.0.0.9/live",
    "encode_type": "h265",
    "type": "rtsp",
}
HALL: dict[str, Any] = {"camera_id": "hall", "address": "/clips/hall.mp4", "encode_type": "h264", "type": "file"}


def flagged(source: dict[str, Any], stream: Any = False) -> dict[str, Any]:
    return {**source, "stream": stream}


SHAPES: dict[AppRelease, dict[str, Any]] = {
    AppRelease.R2023_03: {"sources": [flagged(GATE), flagged(HALL, stream=True)]},
    AppRelease.R2023_01: {"sources": [GATE, HALL]},
    AppRelease.R2022_11: {"stream": [GATE, HALL]},
}


@pytest.mark.parametrize("release", AppRelease)
def test_every_shape_is_recognised_and_written_back(release: AppRelease) -> None:
    text = json.dumps(SHAPES[release], indent=2) + "\n"

    found, findings = read_source_list(text)

    assert findings == ()
    assert found.release is release
    assert [one.camera_id for one in found.sources] == ["gate", "hall"]
    assert dump_source_list(found.sources, found.release) == text
    assert parse_source_list(text) == found


@pytest.mark.parametrize("read", AppRelease)
@pytest.mark.parametrize("written", AppRelease)
def test_a_shape_is_turned_into_any_other(read: AppRelease, written: AppRelease) -> None:
    found, _ = read_source_list(json.dumps(SHAPES[read]))

    again, findings = read_source_list(dump_source_list(found.sources, written))

    assert findings == ()
    assert again.release is written
    assert [(one.camera_id, one.address) for one in again.sources] == [
        (one["camera_id"], one["address"]) for one in (GATE, HALL)
    ]


def test_older_releases_published_pictures_of_every_camera() -> None:
    found, _ = read_source_list(json.dumps(SHAPES[AppRelease.R2023_01]))
    assert [one.stream for one in found.sources] == [True, True]


def test_a_flag_that_the_release_does_not_read_is_told() -> None:
    found, findings = read_source_list(json.dumps({"stream": [flagged(GATE)]}))
    assert found.release is AppRelease.R2022_11
    assert [(one.severity, one.key) for one in findings] == [(Severity.WARNING, "stream[0].stream")]


def test_a_source_without_the_flag_that_others_have_ends_the_app() -> None:
    found, findings = read_source_list(json.dumps({"sources": [flagged(GATE), HALL]}))
    assert found.release is AppRelease.R2023_03
    assert [one.key for one in errors_in(findings)] == ["sources[1].stream"]
    assert len(found.sources) == 2


def test_an_empty_list_is_of_the_newest_shape() -> None:
    assert read_source_list('{"sources": []}') == (SourceList(sources=()), ())


@pytest.mark.parametrize("key", GATE)
def test_a_missing_key_of_a_source_is_an_error_at_its_path(key: str) -> None:
    source = {name: value for name, value in flagged(GATE).items() if name != key}
    found, findings = read_source_list(json.dumps({"sources": [flagged(HALL), source]}))
    assert [one.key for one in errors_in(findings)] == [f"sources[1].{key}"]
    assert [one.camera_id for one in found.sources] == ["hall"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("camera_id", 7),
        ("address", [GATE["address"]]),
        ("address", {"of": GATE["address"]}),
        ("encode_type", GATE["address"]),
        ("encode_type", "H264"),
        ("type", SECRET),
        ("stream", GATE["address"]),
        ("stream", 1),
    ],
)
def test_a_wrong_value_is_told_at_its_path_and_never_shown(key: str, value: Any) -> None:
    text = json.dumps({"sources": [{**flagged(GATE), key: value}]})

    found, findings = read_source_list(text)

    assert found.sources == ()
    assert {one.key for one in errors_in(findings)} == {f"sources[0].{key}"}
    assert SECRET not in " ".join(map(str, findings))
    with pytest.raises(ValueError, match="SourceList") as refused:
        parse_source_list(text)
    assert SECRET not in str(refused.value)


def test_unknown_keys_of_a_source_are_kept_and_told() -> None:
    more = {"floor": 2, "note": {"by": ["me", None]}}
    text = json.dumps({"sources": [{**flagged(GATE), **more}]})

    found, findings = read_source_list(text)

    assert [(one.severity, one.key) for one in findings] == [
        (Severity.WARNING, "sources[0].floor"),
        (Severity.WARNING, "sources[0].note"),
    ]
    assert json.loads(dump_source_list(found.sources, found.release)) == json.loads(text)


def test_a_key_that_is_an_address_is_not_shown() -> None:
    source = {**flagged(GATE), GATE["address"]: 1}
    found, findings = read_source_list(json.dumps({"sources": [source], GATE["address"]: 1}))
    assert len(found.sources) == 1
    assert len(findings) == 2
    assert SECRET not in " ".join(map(str, findings))


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ({}, "sources"),
        ({"sources": 4}, "sources"),
        ({"sources": None, "stream": {}}, "stream"),
        ({"gate": [GATE["address"], "h265", "rtsp"]}, "sources"),
        ({"sources": [GATE["address"]]}, "sources[0]"),
        ({"sources": [[GATE]]}, "sources[0]"),
    ],
)
def test_other_documents_are_errors(document: dict[str, Any], key: str) -> None:
    found, findings = read_source_list(json.dumps(document))
    assert found.sources == ()
    assert key in [one.key for one in errors_in(findings)]
    assert SECRET not in " ".join(map(str, findings))


def test_two_cameras_of_one_id_are_told() -> None:
    _, findings = read_source_list(json.dumps({"sources": [flagged(GATE), flagged(HALL), flagged(GATE)]}))
    assert [(one.severity, one.key) for one in findings] == [(Severity.NOTE, "sources[2].camera_id")]
    assert "sources[0]" in findings[0].message


def test_of_a_repeated_key_the_first_value_counts() -> None:
    text = json.dumps({"sources": [flagged(GATE)]}).replace('"h265"', '"h265", "encode_type": "mjpeg"')
    found, findings = read_source_list(text)
    assert found.sources[0].encode_type == "h265"
    assert [one.key for one in findings] == ["sources[0].encode_type"]


def test_errors_in_the_text_name_the_line_and_show_nothing() -> None:
    text = json.dumps({"sources": [flagged(GATE)]}, indent=1).replace('"h265"', "h265")
    with pytest.raises(ConfigTextError) as refused:
        read_source_list(text)
    assert refused.value.line == text[: text.index("h265")].count("\n") + 1
    assert SECRET not in str(refused.value)


def test_models_show_no_addresses() -> None:
    source = Source.model_validate({**GATE, "extra_keys": {"backup": json.dumps(GATE["address"])}})
    assert SECRET not in repr(source)
    assert SECRET not in str(SourceList(sources=(source,)))
    with pytest.raises(ValidationError) as refused:
        Source.model_validate({**GATE, "address": [SECRET]})
    assert SECRET not in str(refused.value)


def test_reading_takes_time_in_proportion_to_the_cameras() -> None:
    many = {"sources": [flagged({**GATE, "camera_id": f"c{number}"}) for number in range(20_000)]}
    found, findings = read_source_list(json.dumps(many))
    assert len(found.sources) == 20_000
    assert findings == ()


words = st.sampled_from(["sources", "stream", *GATE, "more", f"rtsp://a:{SECRET}@h/"])
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(GATE["address"]) | st.just(GATE) | st.just(flagged(HALL)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(words, values, max_size=4))
def test_any_document_is_read_without_showing_secrets_and_what_is_read_is_written(document: dict[str, Any]) -> None:
    found, findings = read_source_list(json.dumps(document))

    assert SECRET not in " ".join(map(str, findings))
    again, _ = read_source_list(dump_source_list(found.sources, AppRelease.R2023_03))
    assert again.sources == found.sources


good_sources = st.builds(
    Source,
    camera_id=st.text(),
    address=st.text(),
    encode_type=st.sampled_from(["h264", "h265"]),
    type=st.sampled_from(["rtsp", "file"]),
    stream=st.booleans(),
)


@given(st.lists(good_sources))
def test_what_is_written_is_read_back(sources: list[Source]) -> None:
    found = parse_source_list(dump_source_list(sources))
    assert found == SourceList(sources=tuple(sources))
