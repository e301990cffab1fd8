"""Which source of deepstream-app has which id."""

import pytest

from deepstream.app.config import AppFile, read_app_file
from deepstream.app.source import SourceType
from deepstream.app.source_ids import has_other_formats, pad_of_sensor, source_count, source_uris, with_number


def app_of(text: str) -> AppFile:
    return read_app_file(text, "app.txt")[0]


def ids(text: str) -> list[tuple[int, str | None, str]]:
    return [(one.source_id, one.uri, one.group) for one in source_uris(app_of(text))]


def test_ids_are_places_among_the_groups_in_use_not_their_numbers() -> None:
    text = (
        "[source7]\nenable=1\nuri=rtsp://seven\n"
        "[source3]\nenable=0\nuri=rtsp://three\n"
        "[source5]\nuri=rtsp://five\n"
        "[source1]\nenable=1\nuri=rtsp://one\n"
    )
    assert ids(text) == [(0, "rtsp://seven", "source7"), (1, "rtsp://one", "source1")]


def test_copies_of_type_3_stand_behind_all_groups() -> None:
    text = (
        "[source0]\nenable=1\ntype=3\nnum-sources=3\nuri=file://a%d.mp4\n"
        "[source1]\nenable=1\ntype=4\nuri=rtsp://one\n"
        "[source2]\nenable=1\ntype=3\nnum-sources=2\nuri=file://b.mp4\n"
    )
    assert ids(text) == [
        (0, "file://a0.mp4", "source0"),
        (1, "rtsp://one", "source1"),
        (2, "file://b.mp4", "source2"),
        (3, "file://a1.mp4", "source0"),
        (4, "file://a2.mp4", "source0"),
        (5, "file://b.mp4", "source2"),
    ]


@pytest.mark.parametrize("number", ["0", "-4", "1"])
def test_type_3_is_one_source_at_least(number: str) -> None:
    text = f"[source0]\nenable=1\ntype=3\nnum-sources={number}\nuri=file://a%d\n"
    assert ids(text) == [(0, "file://a0", "source0")]


def test_a_huge_number_of_sources_costs_nothing() -> None:
    app = app_of("[source0]\nenable=1\ntype=3\nnum-sources=2000000000\nuri=file://a%d\n")
    assert len(source_uris(app)) == 1024
    assert source_count(app) == 2_000_000_000
    assert len(source_uris(app_of("[source-list]\nnum-source-bins=2000000000\n[source-attr-all]\nenable=1\n"))) == 1024


LIST = "[source-list]\nlist=rtsp://a;file://b.mp4;usb:3;\nsensor-id-list=x;y;z\nsensor-name-list=X;Y;Z\n"


def test_a_list_has_ids_names_and_the_common_settings() -> None:
    sources = source_uris(app_of(LIST + "[source-attr-all]\nenable=1\ntype=2\nlatency=300\n"))
    assert [(one.source_id, one.sensor_id, one.sensor_name, one.group) for one in sources] == [
        (0, "x", "X", "source-list"),
        (1, "y", "Y", "source-list"),
        (2, "z", "Z", "source-list"),
    ]
    assert [one.source.type for one in sources] == [SourceType.RTSP, SourceType.URI, SourceType.CAMERA_V4L2]
    assert {one.source.latency for one in sources} == {300}


def test_beside_a_list_a_group_replaces_settings_of_the_source_of_its_number() -> None:
    text = LIST + (
        "[source-attr-all]\nenable=1\nlatency=300\ngpu-id=1\n"
        "[source1]\nenable=1\nuri=rtsp://other\ntype=4\n"
        "[source2]\nenable=0\nuri=rtsp://off\n"
    )
    sources = source_uris(app_of(text))
    assert [(one.uri, one.group) for one in sources] == [
        ("rtsp://a", "source-list"),
        ("rtsp://other", "source1"),
        ("usb:3", "source-list"),
    ]
    # DeepStream sets the latency back to its default there, and leaves the GPU as it is.
    assert (sources[1].source.latency, sources[1].source.gpu_id) == (None, 1)
    assert sources[0].source.latency == 300


def test_a_list_whose_common_settings_are_not_in_use_starts_nothing() -> None:
    assert ids(LIST + "[source-attr-all]\ntype=2\n") == []
    dynamic = LIST + "use-nvmultiurisrcbin=1\n[source-attr-all]\ntype=2\n"
    assert [one[0] for one in ids(dynamic)] == [0, 1, 2]


def test_a_number_without_a_list_takes_the_common_address() -> None:
    text = "[source-list]\nnum-source-bins=2\n[source-attr-all]\nenable=1\ntype=2\nuri=file://a\n"
    assert ids(text) == [(0, "file://a", "source-list"), (1, "file://a", "source-list")]


def test_ids_out_of_sensor_ids() -> None:
    text = (
        "[source-list]\nuse-nvmultiurisrcbin=1\nlist=rtsp://a;rtsp://b\nsensor-id-list=s003-lobby;s001-gate\n"
        "[source-attr-all]\nenable=1\nsensorID-padID-mapping=1\n"
    )
    assert ids(text) == [(1, "rtsp://b", "source-list"), (3, "rtsp://a", "source-list")]


@pytest.mark.parametrize(
    ("sensor", "pad"), [("s003-lobby-7", 3), ("lobby", 0), ("12", 12), ("", 0), ("9" * 9999, None)]
)
def test_the_pad_of_a_sensor_is_its_first_number(sensor: str, pad: int | None) -> None:
    assert pad_of_sensor(sensor) == (pad if pad is not None else 9999999999)


@pytest.mark.parametrize(
    ("uri", "shown", "odd"),
    [
        ("a%d", "a7", False),
        ("a%03d.mp4", "a007.mp4", False),
        ("a%2d", "a 7", False),
        ("a%%20b%d", "a%20b7", False),
        ("plain", "plain", False),
        ("rtsp://u:p%40s@h/%d", "rtsp://u:p%40s@h/7", True),
        ("a%d%d", "a7%d", True),
    ],
)
def test_numbers_in_addresses_as_c_prints_them(uri: str, shown: str, odd: bool) -> None:
    assert has_other_formats(uri) is odd
    if not odd:
        assert with_number(uri, 7) == shown


def test_a_source_is_not_shown_with_its_address() -> None:
    sources = source_uris(app_of("[source0]\nenable=1\nuri=rtsp://u:hunter2@h\n"))
    assert "hunter2" not in repr(sources)
    assert sources[0].uri == "rtsp://u:hunter2@h"
