"""A secret that is missing or bad darkens its own camera alone, whatever app reads the files."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crds.instance_config import InstanceConfig
from crds.secret import Secret
from nodeagent.folders.memory import MemoryFolders
from nodeagent.model import FilesState, Waiting
from tests.differ.generations import instance
from tests.folders.stands import DiskStand, FoldersStand

REFERENCE: dict[str, Any] = {}
RETINAFACE: dict[str, Any] = {"app": {"kind": "retinaface"}}
STATIC: dict[str, Any] = {
    "app": {"kind": "deepstream-app"},
    "deepstreamApp": {"streams": "static", "sinks": {"0": {"enable": True, "type": 1}}},
    "streammux": {"width": 640, "height": 360, "batchSize": 4},
}
REST: dict[str, Any] = {**STATIC, "deepstreamApp": {**STATIC["deepstreamApp"], "streams": "rest"}}
APPS = {"reference": REFERENCE, "retinaface": RETINAFACE, "static": STATIC, "rest": REST}

PASSWORD = "p@ss/w:rd"
LOGIN = f"admin:{quote(PASSWORD, safe='')}@"
NOT_FOUND = "SecretNotFound"


def camera(address: str, secret: str | None = None, **reference: Any) -> dict[str, Any]:
    return {"address": address} | ({"credentialsRef": {"name": secret, **reference}} if secret else {})


def yard(app: str, **cameras: dict[str, Any]) -> InstanceConfig:
    return instance("yard", cameras, cameras=sorted(cameras), **APPS[app])


def texts(stand: FoldersStand) -> str:
    return "".join(text for _, text in sorted(stand.texts("yard").items()))


def reasons(state: FilesState) -> dict[str, str]:
    return {name: problem.reason for name, problem in state.dark.items()}


@pytest.mark.parametrize("app", APPS)
def test_a_missing_secret_darkens_its_own_camera(stand: FoldersStand, app: str) -> None:
    config = yard(
        app,
        dock=camera("rtsp://10.0.0.1:554/dock", "dock"),
        gate=camera("rtsp://10.0.0.2/gate?a=b", "gate"),
        hall=camera("rtsp://10.0.0.3/hall"),
    )
    stand.give_secret("gate", "admin", PASSWORD)
    folders = stand.folders()
    folders.write(config)

    written = texts(stand)
    assert "rtsp://10.0.0.1:554/dock" in written, "no half login: without one nobody is let in, and nobody locked out"
    assert f"rtsp://{LOGIN}10.0.0.2/gate?a=b" in written
    assert "rtsp://10.0.0.3/hall" in written
    assert "${secret" not in written
    state = folders.files_state(config)
    assert (state.current, state.secrets_missing, state.kept, reasons(state)) == (True, (), {}, {"dock": NOT_FOUND})
    assert "'dock'" in state.dark["dock"].message

    stand.give_secret("gate", "admin", "turned")
    assert not folders.files_state(config).current, "a neighbour's new password does not wait either"
    folders.write(config)
    assert "rtsp://admin:turned@10.0.0.2/gate" in texts(stand)

    stand.give_secret("dock", "admin", PASSWORD)
    assert folders.files_state(config) == FilesState(current=False)
    folders.write(config)
    assert f"rtsp://{LOGIN}10.0.0.1:554/dock" in texts(stand)
    assert folders.files_state(config) == FilesState(current=True)


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize(
    ("reference", "username", "password", "login"),
    [
        ({}, "admin", "", "admin:@"),
        ({"withoutPassword": True}, "admin", "unread", "admin@"),
        ({}, "", "word", ":word@"),
    ],
)
def test_a_login_with_an_empty_part_is_served_as_it_is(
    stand: FoldersStand, app: str, reference: dict[str, Any], username: str, password: str, login: str
) -> None:
    config = yard(app, dock=camera("rtsp://10.0.0.1/dock", "dock", **reference), gate=camera("rtsp://10.0.0.2/gate"))
    stand.give_secret("dock", username, password)
    folders = stand.folders()
    folders.write(config)
    assert f"rtsp://{login}10.0.0.1/dock" in texts(stand)
    assert folders.files_state(config) == FilesState(current=True)


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("login", ["admin:@", "admin@"])
def test_a_user_without_a_password_may_stand_in_the_manifest(stand: FoldersStand, app: str, login: str) -> None:
    config = yard(app, dock=camera(f"rtsp://{login}10.0.0.1/dock"))
    stand.folders().write(config)
    assert f"rtsp://{login}10.0.0.1/dock" in texts(stand)


@pytest.mark.parametrize("app", APPS)
def test_a_password_among_the_parameters_leaves_no_half_login(stand: FoldersStand, app: str) -> None:
    address = "rtsp://10.0.0.1:554/user=admin&password=${secret:dock:password}&channel=1"
    config = yard(app, dock=camera(address), gate=camera("rtsp://10.0.0.2/gate"))
    folders = stand.folders()
    folders.write(config)
    assert "rtsp://10.0.0.1:554/" in texts(stand)
    assert "user=admin" not in texts(stand)
    assert reasons(folders.files_state(config)) == {"dock": NOT_FOUND}
    stand.give_secret("dock", "admin", "a#b c\\d;")
    folders.write(config)
    assert "user=admin&password=a#b%20c%5Cd%3B&channel=1" in texts(stand)
    assert folders.files_state(config) == FilesState(current=True)


@pytest.mark.parametrize("app", APPS)
def test_a_secret_that_goes_away_takes_nothing_from_what_is_there(stand: FoldersStand, app: str) -> None:
    dock = camera("rtsp://10.0.0.1/dock", "dock")
    config = yard(app, dock=dock, gate=camera("rtsp://10.0.0.1/docks", "gate"))
    stand.give_secret("dock", "admin", PASSWORD)
    stand.give_secret("gate", "admin", "other")
    folders = stand.folders()
    folders.write(config)
    before = stand.texts("yard")
    stand.take_secret("dock")
    state = folders.files_state(config)
    assert (state.current, reasons(state), list(state.kept)) == (True, {}, ["dock"])

    # Nor does what is written meanwhile.
    folders.write(config)
    assert stand.texts("yard") == before
    another = yard(app, dock=dock, hall=camera("rtsp://10.0.0.3/hall"))
    folders.write(another)
    assert f"rtsp://{LOGIN}10.0.0.1/dock" in texts(stand)
    assert list(folders.files_state(another).kept) == ["dock"]

    # Another address, or another secret, is another login.
    moved = yard(app, dock=camera("rtsp://10.0.0.9/dock", "dock"))
    assert reasons(folders.files_state(moved)) == {"dock": NOT_FOUND}
    folders.write(moved)
    assert PASSWORD not in texts(stand)
    assert LOGIN not in texts(stand)


def test_no_camera_takes_the_login_of_another_with_the_same_address(stand: FoldersStand) -> None:
    address = "rtsp://10.0.0.1/dock"
    config = yard("reference", dock=camera(address, "dock"), gate=camera(address, "gate"))
    stand.give_secret("gate", "admin", PASSWORD)
    folders = stand.folders()
    folders.write(config)
    folders.write(config)
    assert texts(stand).count(LOGIN) == 1
    assert reasons(folders.files_state(config)) == {"dock": NOT_FOUND}


def test_cameras_of_one_secret_go_dark_together(stand: FoldersStand) -> None:
    cameras = {name: camera(f"rtsp://10.0.0.1/{name}", "all") for name in ("a", "ab", "abc")}
    config = yard("static", **cameras)
    folders = stand.folders()
    folders.write(config)
    assert reasons(folders.files_state(config)) == dict.fromkeys(cameras, NOT_FOUND)
    assert "uri=rtsp://10.0.0.1/a\n" in texts(stand)
    assert "uri=rtsp://10.0.0.1/abc\n" in texts(stand)


def test_the_password_of_a_broker_is_waited_for_even_when_a_camera_has_it_too(stand: FoldersStand) -> None:
    broker = {"brokers.txt": {"password": "${secret:dock:password}"}}
    config = instance(
        "yard",
        {"dock": camera("rtsp://10.0.0.1/dock", "dock"), "gate": camera("rtsp://10.0.0.2/gate", "gate")},
        cameras=["dock", "gate"],
        messageBrokers=broker,
        **STATIC,
    )
    folders = stand.folders()
    state = folders.files_state(config)
    assert (state.current, state.secrets_missing, set(state.dark)) == (False, ("dock",), {"dock", "gate"})
    with pytest.raises(Waiting, match="'dock'"):
        folders.write(config)
    stand.give_secret("dock", "admin", "word")
    folders.write(config)
    assert reasons(folders.files_state(config)) == {"gate": NOT_FOUND}


@pytest.mark.parametrize(
    ("files", "reason", "message"),
    [
        ({}, NOT_FOUND, "/username is missing"),
        ({"user": b"admin", "pass": b"word"}, NOT_FOUND, "/username is missing"),
        ({"username": b"admin"}, NOT_FOUND, "has no file 'password'"),
        ({"username": b"admin", "password": b"\xff\xfe"}, "SecretUnusable", "/password is not UTF-8"),
        ({"username": b"admin", "password": b"two\nlines"}, "SecretUnusable", "/password holds more than one line"),
        ({"username": b"", "password": b""}, "SecretUnusable", "the user name of secret 'dock' is empty"),
        ({"username": None, "password": b"word"}, "SecretUnusable", "/username cannot be read: Is a directory"),
    ],
)
def test_a_bad_secret_is_told_and_never_shown(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes | None], reason: str, message: str
) -> None:
    stand = DiskStand(tmp_path, monkeypatch)
    folder = tmp_path / "secrets" / "dock"
    folder.mkdir(parents=True)
    for name, content in files.items():
        if content is None:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content)
    config = yard("reference", dock=camera("rtsp://10.0.0.1/dock", "dock"), gate=camera("rtsp://10.0.0.2/gate"))
    folders = stand.folders()
    folders.write(config)
    problem = folders.files_state(config).dark["dock"]
    assert problem.reason == reason
    assert message in problem.message
    assert "two" not in problem.message


PATHS = st.text(st.characters(min_codepoint=0x21, exclude_categories=("Cs", "Cc", "Zs")), max_size=12).map(
    lambda text: "/" + text.translate(dict.fromkeys(map(ord, ",;@?#=&[]"), "x"))
)


@given(path=PATHS, password=st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)), max_size=12))
@pytest.mark.parametrize("app", APPS)
def test_any_address_is_found_in_its_file_with_and_without_its_login(app: str, path: str, password: str) -> None:
    config = yard(app, dock=camera(f"rtsp://10.0.0.1{path}", "dock"))
    folders = MemoryFolders()
    folders.write(config)
    assert reasons(folders.files_state(config)) == {"dock": NOT_FOUND}
    folders.secrets["dock"] = Secret("admin", password)
    folders.write(config)
    assert folders.files_state(config) == FilesState(current=True)
    del folders.secrets["dock"]
    state = folders.files_state(config)
    assert (state.current, list(state.kept)) == (True, ["dock"])
