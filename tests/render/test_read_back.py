"""What is rendered is what is read: by our readers, by GLib, with secrets filled in, and in whatever order it came."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crds.camera import Camera
from crds.secret import Secret, fill, secrets_named_in
from deepstream import keyfile
from deepstream.analytics.config import read_analytics_file
from deepstream.analytics.rules import check_analytics_file
from deepstream.app.config import read_app_file
from deepstream.app.rules import check_app_file
from deepstream.app.source_ids import source_uris
from deepstream.findings import errors_in
from deepstream.groups import KeyGroup
from deepstream.keyfile_values import Reader, Value, read
from deepstream.msgconv import check_msgconv_file, read_msgconv_file
from deepstream.nvinfer.config import read_infer_config
from deepstream.nvinfer.rules import check_infer_config
from deepstream.versions import DsVersion
from tests.deepstream.glib import GLib
from tests.render.deepstream_app import LINE, camera, files, rendered, resolved

NASTY = "p@ss;w,o\"r\\d/ü'\n\t #%"
APP: dict[str, Any] = {
    "deepstreamApp": {
        "application": {"enablePerfMeasurement": True},
        "tracker": {"enable": True, "llLibFile": "/opt/libnvds_nvmultiobjecttracker.so", "llConfigFile": "tracker.yml"},
        "osd": {"enable": True, "textColor": [1, 1, 1, 0.5]},
        "sinks": {
            "0": {"enable": True, "type": 1},
            "1": {
                "enable": True,
                "type": 6,
                "msgBrokerProtoLib": "/opt/libnvds_kafka_proto.so",
                "msgBrokerConnStr": "kafka;9092",
                "topic": "a b\\c",
            },
        },
    },
    "files": {"tracker.yml": "%YAML:1.0\n"},
}
STATIC: dict[str, Any] = {
    "deepstreamApp": {**APP["deepstreamApp"], "streams": "static"},
    "streammux": {"liveSource": True, "batchedPushTimeout": 40000},
}
NAMES = ("attic", "barn", "cellar", "dock")


def one_camera(name: str, *, drawn: bool, secret: bool, clip: bool) -> Camera:
    spec: dict[str, Any] = {"width": 1920, "height": 1080}
    if drawn:
        spec["analytics"] = {
            "lineCrossing": {"lines": {"in": LINE}},
            "directionDetection": {"directions": {"south": [[284, 840], [360, 662]]}, "mode": "strict"},
        }
    if clip:
        spec |= {"type": "file", "address": f"file:///clips/{name}%2C1.mp4"}
    elif secret:
        spec["credentialsRef"] = {"name": f"{name}-camera"}
    return camera(name, **spec)


CAMERAS = st.builds(one_camera, st.sampled_from(NAMES), drawn=st.booleans(), secret=st.booleans(), clip=st.booleans())
FLEETS = st.lists(CAMERAS, unique_by=lambda one: one.name, max_size=4).flatmap(
    lambda cameras: st.permutations(range(4)).map(
        lambda slots: (tuple(cameras), {one.name: slot for one, slot in zip(cameras, slots, strict=False)})
    )
)
PATCHES = st.sampled_from([APP, STATIC])
Fleet = tuple[tuple[Camera, ...], dict[str, int]]


@settings(deadline=None, max_examples=50)
@given(fleet=FLEETS, patch=PATCHES, version=st.sampled_from(["6.3", "9.0", "9.1"]))
def test_every_file_is_read_back_as_what_it_was_made_of(fleet: Fleet, patch: dict[str, Any], version: str) -> None:
    cameras, slots = fleet
    patch = {**patch, "dsVersion": version}
    found, written = resolved(cameras, patch, slots), files(rendered(cameras, patch, slots))
    release = DsVersion(version)

    app, findings = read_app_file(written.pop("deepstream_app.txt"), "deepstream_app.txt", release)
    assert app == found.app_file
    assert findings == ()
    assert errors_in(check_app_file(app, release)) == ()
    assert {one.source_id for one in source_uris(app)} == set(found.source_ids.values())
    config, findings = read_infer_config(written.pop("pgie.txt"), "pgie.txt", release)
    assert config == found.infer_configs["pgie.txt"]
    assert findings == ()
    assert errors_in(check_infer_config(config, release)) == ()
    messages, findings = read_msgconv_file(written.pop("msgconv_config.txt"), "msgconv_config.txt", release)
    assert messages == found.msgconv
    assert findings == ()
    assert errors_in(check_msgconv_file(messages, batch_size=4)) == ()
    if found.analytics is not None:
        analytics, findings = read_analytics_file(written.pop("config_nvdsanalytics.txt"), "a.txt", release)
        assert analytics == found.analytics
        assert findings == ()
        assert check_analytics_file(analytics, batch_size=4) == ()
    assert list(written) in ([], ["tracker.yml"])


@settings(deadline=None, max_examples=50)
@given(fleet=FLEETS, patch=PATCHES, data=st.data())
def test_neither_the_order_of_cameras_nor_a_neighbour_moves_a_camera(
    fleet: Fleet, patch: dict[str, Any], data: st.DataObject
) -> None:
    cameras, slots = fleet
    again = tuple(data.draw(st.permutations(cameras)))
    assert rendered(again, patch, slots) == rendered(cameras, patch, slots)
    assert [one.slot for one in rendered(cameras, patch, slots).cameras] == sorted(slots.values())
    if not cameras or patch is STATIC:
        return
    gone = data.draw(st.sampled_from(cameras))
    before, after = (
        resolved(cameras, patch, slots),
        resolved(tuple(one for one in cameras if one is not gone), patch, slots),
    )

    number = slots[gone.name]
    assert after.source_ids == {name: one for name, one in before.source_ids.items() if name != gone.name}
    assert before.msgconv is not None
    assert after.msgconv is not None
    assert after.msgconv.sensors == {n: one for n, one in before.msgconv.sensors.items() if n != number}
    if after.analytics is not None:
        assert before.analytics is not None
        lines = before.analytics.line_crossing
        assert after.analytics.line_crossing == {n: one for n, one in lines.items() if n != number}


@settings(deadline=None, max_examples=30)
@given(fleet=FLEETS, patch=PATCHES)
def test_filled_in_secrets_change_nothing_but_the_addresses(fleet: Fleet, patch: dict[str, Any]) -> None:
    cameras, slots = fleet
    config = rendered(cameras, patch, slots)
    wanted = {one.spec.credentials_ref.name for one in cameras if one.spec.credentials_ref is not None}
    text = files(config)["deepstream_app.txt"]
    assert set(secrets_named_in(text)) == wanted

    filled, findings = read_app_file(fill(text, dict.fromkeys(wanted, Secret("adm;in,", NASTY))), "deepstream_app.txt")

    assert findings == ()
    before = {one.source_id: one.uri for one in source_uris(read_app_file(text, "deepstream_app.txt")[0])}
    after = {one.source_id: one.uri for one in source_uris(filled)}
    assert after.keys() == before.keys()
    for number, uri in after.items():
        assert re.sub(r"//[^/@]*@", "//", uri or "") == re.sub(r"//\$\{[^}]*\}", "//", before[number] or "")
        assert not set(uri or "") & set(";, \n")


def test_no_secret_of_a_manifest_is_shown_in_the_settings() -> None:
    secret = {"kafka.txt": {"password": "hunter2", "topic": "plain"}}
    conn = {"0": {"enable": True, "type": 6, "msgBrokerConnStr": "hunter2;9092"}}

    config = rendered((), {"messageBrokers": secret, "deepstreamApp": {"sinks": conn}})

    assert "hunter2" not in repr(config.settings)
    assert "plain" in repr(config.settings)
    assert config.settings != rendered((), {"messageBrokers": secret}).settings


@pytest.fixture(scope="module")
def glib() -> GLib:
    try:
        return GLib()
    except OSError:
        pytest.skip("libglib-2.0 is not on this machine")


@pytest.mark.parametrize("patch", [APP, STATIC], ids=["rest", "static"])
def test_glib_reads_the_values_that_were_meant(glib: GLib, patch: dict[str, Any]) -> None:
    cameras = tuple(one_camera(name, drawn=True, secret=name == "attic", clip=name == "barn") for name in NAMES)
    found = resolved(cameras, patch)
    written = files(rendered(cameras, patch))
    models = {"deepstream_app.txt": found.app_file, "pgie.txt": found.infer_configs["pgie.txt"]}
    models |= {"config_nvdsanalytics.txt": found.analytics, "msgconv_config.txt": found.msgconv}

    compared = sum(_agree(glib, written[name], _readers(model)) for name, model in models.items())

    assert compared > 70


def _readers(model: Any) -> Mapping[str, Reader]:
    """All keys that the groups of a file may have, by name; a name has one reader wherever it stands in these files."""
    found: dict[str, Reader] = {}

    def visit(value: Any) -> None:
        if isinstance(value, KeyGroup):
            for field, declared in value.keys().items():
                inner = getattr(value, field)
                names = [f"{declared.name}{part}" for part in inner] if declared.prefix else [declared.name]
                found.update(dict.fromkeys(names, declared.reader))
        elif isinstance(value, Mapping):
            for one in value.values():
                visit(one)
        elif hasattr(type(value), "model_fields"):
            for field in type(value).model_fields:
                visit(getattr(value, field))

    visit(model)
    return found


def _agree(glib: GLib, text: str, readers: Mapping[str, Reader]) -> int:
    compared = 0
    with glib.load(text) as file:
        for group in keyfile.parse(text).groups:
            for entry in group.entries:
                reader = readers[entry.key]
                plain = Reader.STRING if reader is Reader.PATH else reader
                theirs: Value = file.read(plain, group.name, entry.key)
                assert theirs == read(reader, entry.value), f"[{group.name}] {entry.key}"
                compared += 1
    return compared
