"""Which cameras `fleet up` simulates, what they show, and what it says of the others."""

import json
import re
import stat
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from cli.failure import Failure
from cli.main import fleet
from cli.up.cameras import (
    Simulation,
    not_simulated,
    require_clips,
    simulated,
    simulation_change,
    why_no_clip,
    why_not_simulated,
    write_cameras_file,
)
from crds.camera import Camera
from crds.camera_source import EncodeType
from simulator.cameras_file import cameras_of_file
from simulator.rtsp_session import _Request
from simulator.server import SimulatedCamera


def _camera(name: str, address: str, secret: str | None = None, **fields: Any) -> Camera:
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
        ("rtsp://127.0.0.1:8554/?channel=1", "", "its address has no path"),
        ("rtsp://127.0.0.1:8554/a%20b", "", "its path has signs"),
        ("rtsps://127.0.0.1:8554/a", "", "rtsp only"),
        ("rtspt://127.0.0.1:8554/a", "a", ""),
        ("rtspu://127.0.0.1:8554/a", "a", ""),
        ("rtsp://LocalHost:8554/A/B/", "A/B", ""),
        ("rtsp://viewer@127.0.0.1:8554/a", "a", ""),
        ("rtsp://127.0.0.1:8554/../a//b#c", "../a//b", ""),
        ("rtsp://127.0.0.1:8554/a%2F", "", "its path has signs"),
        ("rtsp://127.0.0.1:8554/a?b=%2F", "", "its path has signs"),
        ("rtsp://localhost.:8554/a", "", "not on localhost."),
        ("rtsp://127.1:8554/a", "", "not on 127.1"),
        ("rtsp://0.0.0.0:8554/a", "", "not on 0.0.0.0"),
        ("rtsp://[::ffff:127.0.0.1]:8554/a", "", "not on ::ffff:127.0.0.1"),
        ("rtsp://camera.localhost:8554/a", "", "not on camera.localhost"),
        ("rtsp://notlocalhost:8554/a", "", ""),
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
    assert [why_not_simulated(one) for one in (over_http, elsewhere)] == [
        "the simulator speaks rtsp only, without TLS",
        "",
    ]
    assert simulated([over_http, elsewhere], tmp_path) == {}


@pytest.mark.parametrize("codec", get_args(EncodeType))
def test_a_camera_of_any_codec_is_simulated_with_it(codec: str, tmp_path: Path) -> None:
    camera = _camera("dock", "rtsp://127.0.0.1:8554/dock", encodeType=codec)
    found = simulated([camera], tmp_path)
    assert found == {8554: {"dock": Simulation(codec=codec)}}
    write_cameras_file(tmp_path / "cameras.json", found[8554])
    assert [one.codec for one in cameras_of_file(tmp_path / "cameras.json")] == [codec]


_PART = st.text(st.sampled_from("aZ9-._~!$&'()*+=:@/?%25%2F%3F%20#{|é")).map(lambda text: text.replace(" ", ""))


@settings(max_examples=200)
@given(_PART)
@example("a%2F")
@example("%3Fa")
@example("a?b=1%2f")
def test_no_address_stops_the_simulator_and_with_it_all_others(path: str) -> None:
    address = f"rtsp://127.0.0.1:8554/{path}"
    try:
        camera = _camera("dock", address)
    except ValidationError:
        return
    names = [SimulatedCamera(name).name for name in simulated([camera], Path("/none")).get(8554, ())]
    assert bool(names) is not bool(why_not_simulated(camera))
    for name in names:
        assert name in _Request("DESCRIBE", address, {}).cameras


def test_cameras_of_one_address_are_one(tmp_path: Path) -> None:
    first, same, other = (_camera(name, "rtsp://127.0.0.1:8554/x") for name in ("a", "b", "c"))
    newer = _camera("d", "rtsp://localhost:8554/x/", "door", encodeType="h265")
    clips = {"b": tmp_path / "b.mp4"}
    together = [newer, same, first]
    assert simulated(together, tmp_path, clips) == {8554: {"x": Simulation(clip=str(clips["b"]))}}
    assert not_simulated(together) == {"d": "camera a has the same address and another encodeType and credentialsRef"}
    assert not_simulated([first, same, other]) == {}


def test_clips_of_cameras_with_one_address_are_one(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="clips are read with PyAV")
    from simulator.clips import ClipSpec, clip_in

    one, two = (clip_in(tmp_path, ClipSpec(seconds=1, variant=variant)) for variant in (0, 1))
    cameras = [_camera(name, "rtsp://127.0.0.1:8554/x") for name in ("a", "b")]
    require_clips({"a": one, "b": one}, cameras)
    with pytest.raises(Failure, match=r"--clip b=.*: camera a has the same address and another clip"):
        require_clips({"a": one, "b": two}, cameras)


def test_a_camera_whose_user_has_no_password_is_there_for_everybody(tmp_path: Path) -> None:
    """The simulator would ask for one that the agent does not know."""
    reference = {"name": "door", "withoutPassword": True}
    camera = _camera("dock", "rtsp://127.0.0.1:8554/dock", credentialsRef=reference)
    assert simulated([camera], tmp_path) == {8554: {"dock": Simulation()}}
    assert [file.name for file in (tmp_path / "door").iterdir()] == ["username"]
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "username").write_text("me", encoding="utf-8")
    (tmp_path / "empty" / "password").write_text("", encoding="utf-8")
    assert simulated([_camera("dock", "rtsp://127.0.0.1/dock", "empty")], tmp_path) == {554: {"dock": Simulation()}}


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
        ("lobby", tmp_path, f"{tmp_path}: is not a file"),
        ("lobby", Path("/dev/zero"), "/dev/zero: is not a file"),
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
