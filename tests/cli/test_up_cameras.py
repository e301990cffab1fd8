"""Which cameras `fleet up` simulates, what they show, and what it says of the others."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.failure import Failure
from cli.main import fleet
from cli.up.cameras import (
    Simulation,
    require_clips,
    simulated,
    simulation_change,
    why_no_clip,
    why_not_simulated,
    write_cameras_file,
)
from crds.camera import Camera
from simulator.server import SimulatedCamera


def _camera(name: str, address: str, secret: str | None = None, **fields: str) -> Camera:
    spec: dict[str, Any] = {"address": address, **fields}
    if secret:
        spec["credentialsRef"] = {"name": secret}
    metadata = {"name": name}
    return Camera.model_validate({"apiVersion": "dsfleet.io/v1", "kind": "Camera", "metadata": metadata, "spec": spec})


def test_cameras_of_this_machine_are_simulated(tmp_path: Path) -> None:
    cameras = [
        _camera("a", "rtsp://127.0.0.1:8554/a"),
        _camera("b", "rtsp://localhost/b"),
        _camera("far", "rtsp://10.0.0.9:8554/far"),
        _camera("deep", "rtsp://127.0.0.1:8554/deep/path"),
        _camera("tls", "rtsps://127.0.0.1:8554/tls"),
    ]
    anybody = Simulation()
    assert simulated(cameras, tmp_path) == {8554: {"a": anybody, "deep/path": anybody}, 554: {"b": anybody}}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("address", "name", "why"),
    [
        ("rtsp://127.0.0.1:8554/cam/realmonitor?channel=1&subtype=0", "cam/realmonitor?channel=1&subtype=0", ""),
        ("rtsp://127.0.0.1:8554/Streaming/Channels/101/", "Streaming/Channels/101", ""),
        ("rtsp://localhost:8554/a%2Cb", "a,b", ""),
        ("rtsp://127.0.0.1:8554", "", "its address has no path"),
        ("rtsp://127.0.0.1:8554/?channel=1", "", "its path has signs"),
        ("rtsp://127.0.0.1:8554/a%20b", "", "its path has signs"),
        ("rtsps://127.0.0.1:8554/a", "", "rtsp only"),
        ("rtspt://127.0.0.1:8554/a", "a", ""),
        ("rtspu://127.0.0.1:8554/a", "a", ""),
        ("rtsp://127.0.0.2:8554/a", "", "not on 127.0.0.2"),
        ("rtsp://[::1]:8554/a", "", "not on ::1"),
        ("rtsp://127.0.0.1:8554/a?password=${secret:a:password}", "", "a secret stands in its address"),
        ("rtsp://10.0.0.9:8554/a", "", ""),
    ],
)
def test_a_camera_of_this_machine_is_simulated_or_it_is_said_why_not(
    tmp_path: Path, address: str, name: str, why: str
) -> None:
    camera = _camera("dock", address)
    assert simulated([camera], tmp_path) == ({8554: {name: Simulation()}} if name else {})
    said = why_not_simulated(camera)
    assert bool(said) is bool(why)
    assert why in said
    for one in [SimulatedCamera(name)] if name else []:
        assert one.name == name


def test_cameras_of_other_kinds_on_this_machine_are_told_why_they_are_not_simulated(tmp_path: Path) -> None:
    over_http = _camera("dock", "http://127.0.0.1/video.mjpg", type="http")
    elsewhere = _camera("dock", "http://10.0.0.9/video.mjpg", type="http")
    said = [why_not_simulated(one) for one in (over_http, elsewhere)]
    assert said == ["the simulator speaks rtsp only, without TLS", ""]
    assert simulated([over_http, elsewhere], tmp_path) == {}
    for codec in ("h265", "mjpeg", "mpeg4"):
        other = _camera("dock", "rtsp://127.0.0.1:8554/dock", encodeType=codec)
        assert simulated([other], tmp_path) == {8554: {"dock": Simulation(codec=codec)}}


def test_a_camera_that_plays_a_file_is_told_when_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "a clip.mp4").touch()
    there, gone = tmp_path / "a%20clip.mp4", tmp_path / "none.mp4"
    assert why_no_clip(_camera("dock", f"file://{there}", type="file")) == ""
    assert why_no_clip(_camera("dock", f"file://{gone}", type="file")) == f"there is no file {gone} on this machine"
    assert why_no_clip(_camera("dock", "file://./beside.mp4", type="file")) == ""
    assert why_no_clip(_camera("dock", "rtsp://127.0.0.1/dock")) == ""


def test_a_simulated_camera_shows_the_clip_that_is_given_for_it(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="clips are read with PyAV")
    from simulator.clips import ClipSpec, clip_in

    clip = clip_in(tmp_path, ClipSpec(seconds=1))
    cameras = [
        _camera("lobby", "rtsp://127.0.0.1:8554/lobby"),
        _camera("newer", "rtsp://127.0.0.1:8554/newer", encodeType="h265"),
        _camera("far", "rtsp://10.0.0.9/far"),
        _camera("tls", "rtsps://127.0.0.1/tls"),
    ]
    require_clips({"lobby": clip}, cameras)
    found = simulated(cameras[:1], tmp_path, {"lobby": clip})
    assert found == {8554: {"lobby": Simulation(clip=str(clip))}}
    write_cameras_file(tmp_path / "cameras.json", found[8554])
    assert json.loads((tmp_path / "cameras.json").read_text("utf-8")) == [{"name": "lobby", "clip": str(clip)}]
    for name, file, says in (
        ("loby", clip, "no manifest declares a camera loby; did you mean lobby?"),
        ("far", clip, "camera far is not simulated, since its address is not on this machine"),
        ("tls", clip, "camera tls is not simulated: the simulator speaks rtsp only"),
        ("newer", clip, "the video is h264, and camera newer has encodeType h265"),
        ("lobby", tmp_path / "none.mp4", "none.mp4: cannot be read: No such file or directory"),
    ):
        with pytest.raises(Failure, match=re.escape(says)):
            require_clips({name: file}, cameras)


@pytest.mark.parametrize("given", [["lobby"], ["=a.mp4"], ["lobby="], ["lobby=a.mp4", "lobby=b.mp4"]])
def test_clips_that_are_none_are_refused_before_anything_starts(given: list[str], tmp_path: Path) -> None:
    manifests = Path(__file__).parents[2] / "manifests"
    options = [word for one in given for word in ("--clip", one)]
    result = CliRunner().invoke(
        fleet, ["up", "--manifests", str(manifests), "--state-dir", str(tmp_path / "state"), *options]
    )
    assert result.exit_code == 1
    assert result.stderr.startswith(f"error: --clip {given[-1]}: ")
    assert not (tmp_path / "state").exists()


def test_a_password_is_made_up_once_and_kept_private(tmp_path: Path) -> None:
    camera = _camera("dock", "rtsp://127.0.0.1:8554/dock", "dock-camera")
    [(user, password, *_)] = simulated([camera], tmp_path)[8554].values()
    assert user == "viewer"
    assert len(password) >= 20
    assert simulated([camera], tmp_path)[8554]["dock"] == Simulation(user, password)
    for file in (tmp_path / "dock-camera").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    cameras_file = tmp_path / "cameras.json"
    write_cameras_file(cameras_file, {"dock": Simulation(user, password), "a": Simulation(codec="h265")})
    assert stat.S_IMODE(cameras_file.stat().st_mode) == 0o600
    entries = [{"name": "a", "codec": "h265"}, {"name": "dock", "user": user, "password": password}]
    assert json.loads(cameras_file.read_text(encoding="utf-8")) == entries


def test_a_secret_that_is_there_is_never_written(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "username").write_text("me\n", encoding="utf-8")
    assert simulated([_camera("dock", "rtsp://127.0.0.1/dock", "own")], tmp_path) == {554: {"dock": Simulation()}}
    assert [file.name for file in (tmp_path / "own").iterdir()] == ["username"]


def test_what_becomes_of_simulated_cameras_in_words() -> None:
    anybody = Simulation()
    before = {"a": anybody, "b": anybody, "c": anybody}
    after = {"b": anybody, "c": Simulation("viewer", "x"), "d": anybody}
    assert simulation_change(8554, before, after) == "simulating c, d; no longer simulating a (port 8554)"
