"""What messages call the cameras, from the file of nvmsgconv."""

from pathlib import Path

import pytest

from pipeline.files.json_reader import ConfigError
from pipeline.files.msgconv_file import read_device_ids

_REAL = """\
# a comment
[sensor0]
enable=1
type=Camera
id=HWY_20_AND_LOCUST
location=45.293701447;-75.8303914499;48.1557479338
description="Entrance of Garage Right Lane"
coordinate=5.2;10.1;11.2

[sensor12]
enable=true
id=gate

[place0]
enable=1
id=1
type=garage

[analytics0]
enable=1
id=XYZ
version=1.0
"""


def read(folder: Path, text: str) -> dict[int, str]:
    file = folder / "msgconv_config.txt"
    file.write_text(text)
    return dict(read_device_ids(file))


def test_sensors_name_the_cameras_of_their_sources(tmp_path: Path) -> None:
    assert read(tmp_path, _REAL) == {0: "HWY_20_AND_LOCUST", 12: "gate"}


def test_without_the_file_no_camera_has_another_name(tmp_path: Path) -> None:
    assert read_device_ids(tmp_path / "msgconv_config.txt") == {}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("[sensor0]\nenable=0\nid=gate\n", id="off"),
        pytest.param("[sensor0]\nid=gate\n", id="not switched on"),
        pytest.param("[sensor0]\nenable=1\n", id="no id"),
        pytest.param("[sensor0]\nenable=1\nid=\n", id="empty id"),
        pytest.param("[place0]\nenable=1\nid=gate\n", id="a place"),
        pytest.param("[other-app]\nenable=no\nid=gate\n", id="a group of somebody else"),
    ],
)
def test_a_camera_keeps_its_id(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sensor]\nenable=1\n", ":1: [sensor]: the name must end with the number of a source, as in [sensor0]"),
        ("\n[sensor00]\n", ":2: [sensor00]: the name must end with the number of a source, as in [sensor0]"),
        ("[place-1]\n", ":1: [place-1]: the name must end with the number of a source, as in [sensor0]"),
        ("[analytics0]\nenable=maybe\n", ":2: [analytics0] enable: must be 1 or 0"),
        ("[sensor0]\nid\n", ":2: neither a # comment"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, text)
    assert str(refused.value).startswith(f"{tmp_path / 'msgconv_config.txt'}{said}")
