from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.files.config import Source, load
from pipeline.files.json_reader import ConfigError

if TYPE_CHECKING:
    from tests.pipeline.conftest import Configs


def _complaint(source_list: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(source_list)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_reads_both_files(configs: Configs) -> None:
    config = load(
        configs(
            configs.camera("lobby", "rtsp://u:p%40@host/1"),
            configs.camera("gate", "/x.mp4", encode_type="h265", stream=False),
        )
    )
    assert config.sources == (
        Source("lobby", "rtsp://u:p%40@host/1", "h264", "rtsp", True, "rtsp://u:p%40@host/1"),
        Source("gate", "/x.mp4", "h265", "file", False, "/x.mp4"),
    )
    assert config.app.streammux_batch_size == 16
    assert config.app.mot_confidence_threshold == 1.0


def test_no_camera_is_fine(configs: Configs) -> None:
    assert load(configs()).sources == ()


def test_keys_of_others_are_ignored(configs: Configs) -> None:
    assert len(load(configs(configs.camera("a", "/x", later="?"), later="?")).sources) == 1


@pytest.mark.parametrize(
    ("address", "path"),
    [("/a b.mp4", "/a b.mp4"), ("file:///a%20b.mp4", "/a b.mp4"), ("file://localhost/a", "/a"), ("a.mp4", "a.mp4")],
)
def test_files_by_path_or_url(configs: Configs, address: str, path: str) -> None:
    assert load(configs(configs.camera("a", address))).sources[0].address == path


@pytest.mark.parametrize("key", ["camera_id", "address", "encode_type", "type", "stream"])
def test_missing_key_of_a_source(configs: Configs, key: str) -> None:
    broken = configs.camera("b", "/x")
    del broken[key]
    source_list = configs(configs.camera("a", "/x"), broken)
    assert _complaint(source_list) == f"{source_list}: sources[1].{key}: missing"


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("camera_id", 7, "must be a string"),
        ("camera_id", "", "must not be empty"),
        ("address", None, "must be a string"),
        ("address", "", "must name a file"),
        ("address", "a\0b", "must name a file"),
        ("address", "file://elsewhere/a.mp4", "a file:// URL must name a file of this machine"),
        ("encode_type", "av1", 'must be "h264" or "h265" or "mjpeg" or "mpeg4"'),
        ("type", "usb", 'must be "rtsp" or "http" or "rtmp" or "file"'),
        ("type", [], 'must be "rtsp" or "http" or "rtmp" or "file"'),
        (
            "type",
            "srt",
            "this program reads no SRT: the FFmpeg in it is built without; let a media server turn it into RTSP",
        ),
        ("type", "rtsp", "must begin with rtsp:// or rtspt:// or rtspu:// or rtsps://"),
        ("stream", "true", "must be true or false"),
        ("stream", 1, "must be true or false"),
    ],
)
def test_wrong_value_of_a_source(configs: Configs, key: str, value: object, what: str) -> None:
    source_list = configs(configs.camera("a", "/x") | {key: value})
    place = "address" if value == "rtsp" else key
    assert _complaint(source_list) == f"{source_list}: sources[0].{place}: {what}"


def test_each_key_of_the_app_is_needed(configs: Configs, app_conf: dict[str, Any]) -> None:
    source_list = configs()
    app_file = source_list.parent / "app_conf.json"
    for key in app_conf:
        app_file.write_text(json.dumps({name: value for name, value in app_conf.items() if name != key}))
        assert _complaint(source_list) == f"{app_file}: {key}: missing"


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("app_type", 1, "must be a string"),
        ("streammux_batch_size", "4", "must be an integer"),
        ("streammux_batch_size", True, "must be an integer"),
        ("streammux_batch_size", 4.0, "must be an integer"),
        ("streammux_batch_size", 0, "must be at least 1"),
        ("gpu_id", -1, "must be at least 0"),
        ("mot_confidence_threshold", "0.5", "must be a number"),
        ("mot_confidence_threshold", True, "must be a number"),
        ("mot_confidence_threshold", 1.5, "must be between 0 and 1"),
        ("face_confidence_threshold", float("nan"), "must be between 0 and 1"),
    ],
)
def test_wrong_value_of_the_app(configs: Configs, key: str, value: object, what: str) -> None:
    source_list = configs(**{key: value})
    assert _complaint(source_list) == f"{source_list.parent / 'app_conf.json'}: {key}: {what}"


def test_a_camera_twice(configs: Configs) -> None:
    complaint = _complaint(configs(configs.camera("a", "/x"), configs.camera("b", "/x"), configs.camera("a", "/y")))
    assert complaint.endswith('sources[2].camera_id: "a" stands in the list twice')


def test_more_cameras_than_the_batch_holds(configs: Configs) -> None:
    cameras = [configs.camera(name, "/x") for name in "abc"]
    assert len(load(configs(*cameras, streammux_batch_size=3)).sources) == 3
    assert "3 cameras, but streammux_batch_size in app_conf.json allows 2" in _complaint(
        configs(*cameras, streammux_batch_size=2)
    )


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "not JSON: Expecting value"),
        (b'{"sources": [', "not JSON: Expecting value"),
        (b'\xef\xbb\xbf{"sources": []}', "not JSON: Unexpected UTF-8 BOM"),
        (b'{"sources": [], "x": "\xff"}', "not UTF-8 (byte 22)"),
        (b"[" * 100_000, "not JSON that can be read"),
        (b"9" * 5000, "not JSON that can be read"),
        (b"[]", "the file: must be an object"),
        (b"{}", "sources: missing"),
        (b'{"sources": {}}', "sources: must be a list"),
        (b'{"sources": [1]}', "sources[0]: must be an object"),
    ],
)
def test_broken_list(configs: Configs, content: bytes, what: str) -> None:
    source_list = configs()
    source_list.write_bytes(content)
    assert _complaint(source_list).startswith(f"{source_list}: {what}")


def test_missing_files(configs: Configs, tmp_path: Path) -> None:
    source_list = configs()
    (source_list.parent / "app_conf.json").unlink()
    assert (
        _complaint(source_list) == f"{source_list.parent / 'app_conf.json'}: cannot be read: No such file or directory"
    )
    other = configs().with_name("other.json")
    assert _complaint(other) == f"{other}: cannot be read: No such file or directory"
    assert _complaint(source_list.parent).startswith(str(tmp_path))


def test_no_password_in_a_repr(configs: Configs) -> None:
    assert "s3cret" not in repr(load(configs(configs.camera("a", "rtsp://u:s3cret@host/"))))


def test_half_a_character_is_refused(configs: Configs) -> None:
    assert "camera_id: holds half a character" in _complaint(configs(configs.camera("\ud800", "/x")))


def test_a_pipe_is_not_read(configs: Configs) -> None:
    source_list = configs()
    pipe = source_list.with_name("config_nvdsanalytics.txt")
    os.mkfifo(pipe)
    assert _complaint(source_list) == f"{pipe}: not a file"


def test_messages_call_a_camera_by_the_id_of_its_sensor(configs: Configs) -> None:
    source_list = configs(configs.camera("a", "/x"), configs.camera("b", "/y"))
    source_list.with_name("msgconv_config.txt").write_text("[sensor1]\nenable=1\nid=gate of the yard\n")
    # By camera, not by number: over REST another camera may get the number.
    assert load(source_list).device_ids == {"b": "gate of the yard"}
