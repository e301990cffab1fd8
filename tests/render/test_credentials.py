"""A password is a placeholder until the node fills it in, and whatever it is made of, the URL means it."""

import json
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from controller.planner.describe import describe_plan
from controller.planner.planner import plan, previous_from
from controller.render.instance import render_instance
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig
from crds.secret import Secret, fill, secrets_named_in, userinfo_placeholder
from tests.planner.short_manifests import NOW, manifest, revision

NASTY = 'p@ss;w,o"r\\d/ü'
PASSWORDS = (NASTY, "", " ", "a:b@c/d?e#f", "%41", "${secret:other:userinfo}", "'\n\t\0", "日本", "\\u0041", "x" * 500)


def rendered(address: str) -> InstanceConfig:
    camera = manifest("camera/dock", {"address": address, "credentialsRef": {"name": "dock-camera"}})
    instance = manifest("dsinstance/yard", {"node": "gate", "cameras": ["dock"]})
    assert isinstance(camera, Camera)
    assert isinstance(instance, DsInstance)
    return render_instance(instance, (camera,), 21000)


def source_list(config: InstanceConfig) -> str:
    return next(file.content for file in config.files if file.path == "source_list.json")


def filled_address(address: str, username: str, password: str) -> str:
    text = fill(source_list(rendered(address)), {"dock-camera": Secret(username, password)})
    (source,) = json.loads(text)["sources"]
    assert isinstance(source["address"], str)
    return source["address"]


def test_the_file_holds_a_placeholder_where_the_credentials_go() -> None:
    text = source_list(rendered("rtsps://cam.example:8554/a/b?c=d"))

    assert json.loads(text)["sources"][0]["address"] == (
        "rtsps://${secret:dock-camera:userinfo}cam.example:8554/a/b?c=d"
    )
    assert secrets_named_in(text) == ("dock-camera",)


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("address", ["rtsp://10.0.0.9/dock", "rtsp://[fe80::1]:554/a@b?c=d:e"])
def test_a_filled_url_means_the_password(address: str, password: str) -> None:
    filled = filled_address(address, NASTY, password)

    parts = urlsplit(filled)
    assert unquote(parts.username or "") == NASTY
    assert unquote(parts.password or "") == password
    without = urlsplit(address)
    assert (parts.hostname, parts.port) == (without.hostname, without.port)
    assert (parts.path, parts.query) == (without.path, without.query)


@pytest.mark.parametrize("password", PASSWORDS)
def test_a_filled_url_holds_nothing_that_deepstream_splits_at_or_files_escape(password: str) -> None:
    user_info = filled_address("rtsp://10.0.0.9/dock", NASTY, password).removeprefix("rtsp://").split("@")[0]
    assert user_info.isascii()
    assert not set(user_info) & set(";,\\\"'# \n\t\0")


@settings(deadline=None)
@given(
    username=st.text(st.characters(exclude_categories=["Cs"])),
    password=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_any_credentials_come_back(username: str, password: str) -> None:
    assume(username or password)
    user_info, _, rest = filled_address("rtsp://10.0.0.9/dock", username, password).partition("@")
    assert rest == "10.0.0.9/dock"
    assert tuple(map(unquote, user_info.removeprefix("rtsp://").split(":"))) == (username, password)


def test_every_placeholder_gets_its_own_secret() -> None:
    text = "".join(userinfo_placeholder(name) for name in ("a", "b.c", "a", "d-e"))
    secrets = {name: Secret(f"user-{name}", "p") for name in ("a", "b.c", "d-e")}

    assert secrets_named_in(text) == ("a", "b.c", "d-e")
    assert fill(text, secrets) == "user-a:p@user-b.c:p@user-a:p@user-d-e:p@"


def test_a_missing_secret_is_named() -> None:
    with pytest.raises(KeyError, match="dock-camera"):
        fill(source_list(rendered("rtsp://10.0.0.9/dock")), {"other": Secret("u", "p")})


def test_a_password_that_looks_like_a_placeholder_is_not_filled_again() -> None:
    secrets = {"a": Secret("u", userinfo_placeholder("b")), "b": Secret("u", "deep")}
    assert "deep" not in fill(userinfo_placeholder("a"), secrets)


def test_a_secret_shows_nothing_of_itself() -> None:
    secret = Secret("admin", NASTY)
    for shown in (repr(secret), str(secret), f"{secret}", repr({"x": secret}), repr([secret])):
        assert "admin" not in shown
        assert NASTY not in shown


def test_a_user_without_a_password_is_another_login_and_the_field_says_nothing_by_default() -> None:
    dock = {"credentialsRef": {"name": "dock-camera"}}
    fleet = {"node/gate": {}, "camera/dock": dock, "dsinstance/yard": {"node": "gate", "cameras": ["dock"]}}
    before = plan(revision(fleet), {})
    explicit = {"credentialsRef": {"name": "dock-camera", "withoutPassword": False}}
    same = plan(revision({**fleet, "camera/dock": explicit}), previous_from(before, NOW))
    assert [one.digest for state in same.nodes.values() for one in state.instances] == [
        one.digest for state in before.nodes.values() for one in state.instances
    ]
    assert "withoutPassword" not in str(before)

    alone = {"credentialsRef": {"name": "dock-camera", "withoutPassword": True}}
    planned = plan(revision({**fleet, "camera/dock": alone}), previous_from(before, NOW))
    assert "spec.credentialsRef.withoutPassword: false -> true (restart)" in describe_plan(planned)


def test_a_plan_names_the_secret_and_no_more() -> None:
    dock = {"credentialsRef": {"name": "dock-camera"}}
    fleet = {"node/gate": {}, "camera/dock": dock, "dsinstance/yard": {"node": "gate", "cameras": ["dock"]}}
    before = plan(revision({**fleet, "camera/dock": {}}), {})

    planned = plan(revision(fleet), previous_from(before, NOW))

    assert "spec.credentialsRef: none -> present" in describe_plan(planned)
    assert "@" not in repr(planned)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("env", {"DB_PASSWORD": "Qz7"}),
        ("env", {"BROKER": "kafka://u:Qz7@h:9092"}),
        ("command", ["--password=Qz7"]),
        ("command", ["app", "rtsp://h/?loginpas=Qz7"]),
    ],
)
def test_a_plan_shows_no_secret_that_ran_in_clear_before(path: str, value: object) -> None:
    """Manifests of an earlier version could hold it; what replaces it is shown."""
    yard = {"node": "gate", "app": {"kind": "reference"}}
    before = plan(revision({"node/gate": {}, "dsinstance/yard": {**yard, "container": {path: value}}}), {})
    env = {"DB_PASSWORD": "${secret:db:password}", "BROKER": "kafka://${secret:k:userinfo}h:9092"}
    now = revision({"node/gate": {}, "dsinstance/yard": {**yard, "container": {"env": env}}})
    text = describe_plan(plan(now, previous_from(before, NOW)))
    assert "Qz7" not in text
    assert "hidden" in text
