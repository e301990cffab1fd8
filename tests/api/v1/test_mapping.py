"""Rows become manifests and rows again, and say the same."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.api.v1.camera_login import login_fields, spec_fields
from controller.api.v1.mapping import (
    agent_record,
    called,
    camera_record,
    instance_record,
    joining,
    name_for,
    new_object,
    number_of,
    on_node,
    own_fields,
    with_camera,
    with_fields,
    without_camera,
)  # fmt: skip
from controller.api.v1.records import READ_ONLY, AgentRecord, CameraRecord, DsInstanceRecord
from controller.api.v1.refused import FieldRefused
from crds.document import Manifest
from crds.kinds import KINDS

NAMES = st.builds("".join, st.tuples(st.sampled_from("aZ9"), st.text("abZ0._-", max_size=20)))
HOSTS = st.sampled_from(["10.0.0.9", "gate", "gate.example.com:8554", "a-b.c:1"])
SIZES = st.integers(16, 16384)
TOPICS = st.text("aZ0._-", min_size=1, max_size=8)
LOGINS = st.sampled_from([
    (None, None), ("admin", None), ("admin", ""), ("ad min", None), ("${secret:gate:username}", "${secret:gate:password}"),
    ("${secret:gate:username}", None),
])  # fmt: skip


@st.composite
def cameras(draw: st.DrawFn) -> dict[str, Any]:
    username, password = draw(LOGINS)
    host = draw(HOSTS)
    return {
        "camera_id": draw(NAMES), "ip_address": draw(st.sampled_from([host, f"rtsp://{host}", f"rtsp://{host}/1?a=b", f"rtsps://{host}/main"])),
        "username": username, "password": password, "encodeType": draw(st.sampled_from(["h264", "h265"])), "type": "rtsp",
        "width": draw(SIZES), "height": draw(SIZES),
    }  # fmt: skip


AGENTS = st.fixed_dictionaries({
    "agent_name": st.text(min_size=1, max_size=30).filter(lambda text: "\0" not in text), "ip_address": HOSTS,
    "hostname": st.sampled_from(["edge-1", "10.0.0.1"]), "node_id": st.uuids(version=4).map(str),
})  # fmt: skip
INSTANCES = st.fixed_dictionaries({
    "instance_name": NAMES, "app_type": st.sampled_from(["NORMAL", "VISUAL"]), "face_raw_meta_topic": TOPICS,
    "mot_raw_meta_topic": TOPICS, "visual_topic": TOPICS, "kafka_connection_str": st.just("10.0.0.2:9092"),
    "streammux_output_width": SIZES, "streammux_output_height": SIZES, "streammux_batch_size": st.integers(1, 64),
    "streammux_buffer_pool": st.integers(4, 64), "streammux_nvbuf_memory_type": st.integers(0, 3),
    "face_confidence_threshold": st.floats(0.01, 1), "mot_confidence_threshold": st.floats(0.01, 1), "image": st.just("x:1"),
})  # fmt: skip
NUMBER_OF_GATE = 217_852_555_717_087
STRATEGIES = {"Camera": cameras(), "Node": AGENTS, "DsInstance": INSTANCES}
ROWS = st.sampled_from(sorted(STRATEGIES)).flatmap(
    lambda kind: st.tuples(st.just(kind), STRATEGIES[kind], STRATEGIES[kind])
)


def read(document: dict[str, Any]) -> Manifest:
    return KINDS[document["kind"]].model_validate(document, by_alias=True, by_name=False)


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_what_is_sent_is_what_is_read(row: tuple[str, dict[str, Any], Any]) -> None:
    kind, fields, _ = row
    document = read(new_object(kind, fields)).document()
    assert own_fields(document) == fields
    assert with_fields(document, fields) == document


@settings(max_examples=100, deadline=None)
@given(row=ROWS, which=st.integers(0, 2**16), of_login=st.booleans())
def test_a_change_is_read_as_it_was_sent_and_the_rest_stays(
    row: tuple[str, dict[str, Any], dict[str, Any]], which: int, *, of_login: bool
) -> None:
    kind, fields, other = row
    document = new_object(kind, fields)
    document["spec"]["limits"] = {"minimumFps": 5}
    login = {"ip_address", "username", "password"}
    names = {name for bit, name in enumerate(sorted(fields.keys() - login)) if which >> bit & 1}
    names |= login if of_login else set()
    changes = {name: other[name] for name in names if name in fields}
    changed = with_fields(document, changes)
    assert own_fields(changed) == fields | changes
    assert changed["spec"]["limits"] == {"minimumFps": 5}
    assert changed["metadata"]["name"] == document["metadata"]["name"]
    assert own_fields(document) == fields, "what was handed in stays as it was"


def test_null_takes_a_value_back_to_its_default() -> None:
    row = {"instance_name": "a", "streammux_batch_size": 8, "app_type": "VISUAL", "image": "x:1"}
    changed = with_fields(
        new_object("DsInstance", row), {"streammux_batch_size": None, "app_type": None, "status": "x"}
    )
    assert changed["spec"] == {"image": "x:1", "nodeSelector": {}, "app": {}, "streammux": {}}
    assert own_fields(changed)["app_type"] == "NORMAL"
    assert with_fields(new_object("Node", {"agent_name": "a"}), {"ip_address": None})["spec"] == {}


@pytest.mark.parametrize("name", ["gate", "gate-1.hall", "3"])
def test_a_name_that_an_object_can_have_is_its_name(name: str) -> None:
    assert name_for(name) == name


@given(st.text(min_size=1, max_size=200))
def test_every_object_has_a_name(text: str) -> None:
    document = new_object(
        "Node", {"agent_name": text, "node_id": "c23cec31-1270-43a3-ad1d-cad29a99857d", "hostname": "a"}
    )
    assert called(read(document).document()) == text


def test_names_that_look_alike_differ() -> None:
    assert len({name_for(one) for one in ("Dock_3", "dock-3", "DOCK_3", "Dock 3", "dock.3")}) == 5
    assert name_for("Dock_3").startswith("dock-3-")


def test_numbers_are_the_same_for_good_and_fit_into_every_json() -> None:
    assert number_of("Camera", "gate") == NUMBER_OF_GATE
    assert NUMBER_OF_GATE < 2**48
    assert number_of("Camera", "gate") != number_of("Node", "gate")


@pytest.mark.parametrize(
    ("username", "password", "field"),
    [
        ("admin", "hunter2", "password"),
        (None, "hunter2", "password"),
        ("${secret:gate:username}", "hunter2", "password"),
        ("${secret:gate:username}", "${secret:yard:password}", "password"),
        ("admin", "${secret:gate:password}", "password"),
    ],
)
def test_no_password_comes_into_a_manifest(username: str | None, password: str, field: str) -> None:
    with pytest.raises(FieldRefused) as refused:
        spec_fields("10.0.0.9", username, password)
    assert (refused.value.field, "hunter2" in str(refused.value)) == (field, False)


def test_a_camera_of_the_machine_has_no_user() -> None:
    assert login_fields({"address": "usb:0"}) == {"ip_address": "usb:0", "username": None, "password": None}
    assert spec_fields("usb:0", "", "") == {"address": "usb:0", "credentialsRef": None}
    with pytest.raises(FieldRefused):
        spec_fields("usb:0", "admin", None)


def test_an_agent_that_asks_to_join_is_known_by_its_address() -> None:
    asks = {
        "kind": "Node",
        "spec": {"nodeId": "1", "hostname": "vtx", "address": "10.0.1.2", "publicKey": "k", "capacity": None},
    }
    document = new_object("Node", {"agent_name": "VTX", "ip_address": "10.0.1.2", "hostname": "", "node_id": ""})
    assert joining(document, [asks])["spec"] == {
        "nodeId": "1",
        "hostname": "vtx",
        "address": "10.0.1.2",
        "publicKey": "k",
    }
    for waiting in ([], [asks, asks]):
        with pytest.raises(FieldRefused):
            joining(document, waiting)
    known = new_object("Node", {"agent_name": "VTX", "ip_address": "10.0.1.2", "node_id": "2"})
    assert joining(known, [asks])["spec"] == {"nodeId": "2", "address": "10.0.1.2", "hostname": "10.0.1.2"}


def test_associations() -> None:
    instance = {"spec": {"nodeSelector": {"matchLabels": {"a": "b"}}, "cameras": ["gate"]}}
    assert with_camera(instance, "gate") is instance
    assert with_camera({"spec": {}}, "gate") == {"spec": {"cameras": ["gate"]}}
    assert without_camera(with_camera(instance, "yard"), "yard") == instance
    assert without_camera(instance, "yard") is instance
    placed = on_node(instance, "edge-1")
    assert placed["spec"] == {"node": "edge-1", "cameras": ["gate"]}
    assert on_node(placed, None)["spec"] == {"nodeSelector": {}, "cameras": ["gate"]}
    assert on_node(instance, None) == instance


def test_rows_hold_every_field_that_they_are_said_to_hold() -> None:
    camera = {
        "kind": "Camera",
        "metadata": {"name": "gate"},
        "spec": {"address": "rtsp://10.0.0.9/main"},
        "status": {"ready": True, "reason": "x"},
    }
    instance = {
        "kind": "DsInstance",
        "metadata": {"name": "a"},
        "spec": {"image": "x:1"},
        "status": {"phase": "Running", "node": "n"},
    }
    node = {
        "kind": "Node",
        "metadata": {"name": "n"},
        "spec": {"nodeId": "1", "hostname": "n"},
        "status": {"phase": "NotReady"},
    }
    rows = (
        (CameraRecord, camera_record(camera, "a", "n")),
        (DsInstanceRecord, instance_record(instance)),
        (AgentRecord, agent_record(node)),
    )
    for record, row in rows:
        assert set(row) == set(record.model_fields)
        assert record.model_validate(row).model_dump() == row
        assert {name for name in row if name in READ_ONLY} >= {"id"}
    assert rows[0][1]["dsInstance_id"] == rows[1][1]["id"]
    assert rows[0][1]["agent_id"] == rows[1][1]["agent_id"] == rows[2][1]["id"]
    assert (rows[0][1]["encodeType"], rows[1][1]["streammux_output_width"], rows[2][1]["connected"]) == (
        "h264",
        3840,
        True,
    )
