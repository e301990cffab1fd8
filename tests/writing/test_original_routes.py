"""A script that was written for the coordinator's API, and what else its clients do, over a whole controller."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from controller.api.v1.openapi import document
from controller.source.fetch.directory import DirectorySource
from tests.patience import wait_until
from tests.planner.short_manifests import node_id
from tests.writing.conftest import write_fleet
from tests.writing.served import CAMERAS, INSTANCES, NODES, Served, served

DOCUMENT = document("1")


@pytest.fixture
def coordinator(fleet: Served) -> "Coordinator":
    return Coordinator(fleet)


def require_told(method: str, path: str, code: int, answer: Any) -> None:
    """The OpenAPI document says that this is answered there."""
    template = path if path in DOCUMENT["paths"] else re.sub(r"(Cameras|Agents|DsInstance)/[^/]+", r"\1/{id}", path)
    operation = DOCUMENT["paths"].get(template, {}).get(method.lower())
    if operation is None:
        assert code in (404, 405)
        return
    told = operation["responses"]["4XX" if code >= 400 else str(code)]["content"]["application/json"]["schema"]
    Draft202012Validator({**told, "components": DOCUMENT["components"]}).validate(answer)


class Coordinator:
    """Asks as its scripts do."""

    def __init__(self, fleet: Served) -> None:
        self.fleet = fleet

    def __call__(self, method: str, path: str, code: int, body: Any = None, **parameters: Any) -> Any:
        options: dict[str, Any] = {} if body is None else {"json": body}
        answer = self.fleet(method, f"/v1{path}", params=parameters, **options)
        assert answer.status_code == code, answer.text
        require_told(method, f"/v1{path}", code, answer.json())
        return answer.json()

    def camera(self, camera_id: str) -> dict[str, Any]:
        found: list[dict[str, Any]] = self("GET", "/Cameras/all_camera", 200)
        return next(one for one in found if one["camera_id"] == camera_id)


def test_a_script_of_the_coordinator_adds_a_camera_and_sees_it_watched(
    coordinator: Coordinator, directory: Path
) -> None:
    told = coordinator("POST", "/Cameras", 202, {"camera_id": "Dock_3", "ip_address": "10.0.0.7", "width": 3840})
    assert told["detail"] == "hear you, will update soon"
    assert told["revision"]
    assert told["ip_address"] == "10.0.0.7"
    dock = coordinator.fleet.get(f"{CAMERAS}")["items"][0]
    assert dock["spec"] == {
        "cameraId": "Dock_3", "address": "rtsp://10.0.0.7/main", "encodeType": "h265", "width": 3840,
    }  # fmt: skip
    assert "lobby   # by the door" in (directory / "cameras.yaml").read_text()
    row = coordinator("GET", f"/Cameras/{told['id']}", 200)
    assert (row["id"], row["camera_id"], row["dsInstance_id"], row["ready"]) == (told["id"], "Dock_3", None, False)

    given = coordinator("POST", "/Camera_Instance", 202, instance_name="faces", camera_ip="10.0.0.7")
    assert given["detail"] == "hear you, will update soon"
    faces = next(one for one in coordinator("GET", "/DsInstance/all_instance", 200) if one["instance_name"] == "faces")
    assert given["camera"]["dsInstance_id"] == given["instance"]["id"] == faces["id"]
    edge = coordinator("GET", "/Agent/all_agent", 200)[0]
    assert given["camera"]["agent_id"] == edge["id"]
    assert coordinator("POST", "/Update_config", 202)["detail"] == "hear you, will update soon"
    assert coordinator("POST", "/Refresh", 202, {"desc": "after the move"})["revision"]

    def is_ready() -> bool:
        coordinator.fleet.report()  # of what it was told last, which may be from before the camera came
        return coordinator.camera("Dock_3")["ready"] is True

    wait_until(is_ready, "it is Ready")
    assert coordinator.camera("Dock_3")["reason"] == "FramesProcessed"
    faces = coordinator("GET", f"/DsInstance/{faces['id']}", 200)
    assert (faces["status"], coordinator("GET", "/Agents/edge-1", 200)["connected"]) == ("Running", True)
    cameras = coordinator("GET", f"/DsInstance/{faces['id']}/Cameras", 200)
    assert sorted(one["camera_id"] for one in cameras) == ["Dock_3", "lobby", "yard"]
    assert [one["instance_name"] for one in coordinator("GET", f"/Agents/{edge['id']}/DsInstance", 200)] == ["faces"]
    assert len(coordinator("GET", "/Agents/edge-1/Cameras", 200)) == 3


def test_what_was_sent_is_what_is_read(coordinator: Coordinator) -> None:
    camera = {
        "camera_id": "attic", "ip_address": "rtsp://10.0.0.8:8554/main/1", "username": "${secret:attic:username}",
        "password": "${secret:attic:password}", "encodeType": "h264", "type": "rtsp", "width": 1280, "height": 720,
    }  # fmt: skip
    told = coordinator("POST", "/Cameras", 202, camera)
    assert coordinator("GET", f"/Cameras/{told['id']}", 200) | camera == coordinator("GET", "/Cameras/attic", 200)
    row = coordinator("GET", "/Cameras/attic", 200)
    assert coordinator("PUT", "/Cameras/attic", 200, row)["detail"] == "it is so already"
    changed = coordinator(
        "PUT",
        f"/Cameras/{told['id']}",
        202,
        {"camera_id": "loft", "width": None, "username": "guest", "password": None},
    )
    assert (changed["id"], changed["camera_id"], changed["width"], changed["username"]) == (
        told["id"],
        "loft",
        None,
        "guest",
    )
    assert coordinator.fleet.get(f"{CAMERAS}/attic")["spec"]["address"] == "rtsp://guest@10.0.0.8:8554/main/1"

    instance = {
        "instance_name": "deepstream-VTX", "app_type": "VISUAL", "face_raw_meta_topic": "F", "mot_raw_meta_topic": "M",
        "visual_topic": "V", "kafka_connection_str": "10.0.0.2:9092", "streammux_output_width": 1280,
        "streammux_output_height": 720, "streammux_batch_size": 8, "streammux_buffer_pool": 40,
        "streammux_nvbuf_memory_type": 3, "face_confidence_threshold": 0.6, "mot_confidence_threshold": 0.7,
    }  # fmt: skip
    told = coordinator("POST", "/DsInstance", 202, instance)
    row = coordinator("GET", f"/DsInstance/{told['id']}", 200)
    assert row == row | instance | {"image": "registry.example.com/faces:1", "id": told["id"]}
    assert coordinator("PUT", "/DsInstance/deepstream-vtx-116e17", 200, row)["detail"] == "it is so already"


def test_an_instance_runs_on_the_agent_that_it_is_given_to(coordinator: Coordinator) -> None:
    agent = {"agent_name": "VTX", "ip_address": "10.0.1.2", "hostname": "vtx", "node_id": node_id("edge-2")}
    vtx = coordinator("POST", "/Agents", 202, agent)
    assert coordinator("GET", f"/Agents/{vtx['id']}", 200) == {**agent, "id": vtx["id"], "connected": False}
    made = coordinator("POST", "/DsInstance", 202, {"instance_name": "more", "image": "registry.example.com/more:1"})
    assert coordinator.fleet.get(f"{INSTANCES}/more")["spec"]["nodeSelector"] == {}
    other = {"instance_name": "other", "agent_id": vtx["id"], "status": "running", "id": 7}
    assert coordinator("POST", "/DsInstance", 422, other)["detail"][0]["loc"] == ["body", "image"]
    assert coordinator("POST", "/DsInstance", 202, {**other, "image": "x:1"})["agent_id"] == vtx["id"]
    hall = {"camera_id": "hall", "ip_address": "10.0.0.5", "dsInstance_id": made["id"]}
    assert coordinator("POST", "/Cameras", 202, hall)["dsInstance_id"] == made["id"]
    assert (
        coordinator("POST", "/Agent_Instance", 202, agent_ip="10.0.1.2", instance_name="more")["instance"]["agent_id"]
        == vtx["id"]
    )
    assert coordinator.fleet.get(f"{INSTANCES}/more")["spec"]["node"] == vtx_name(coordinator)
    moved = coordinator("POST", "/Camera_Instance", 202, instance_name="more", camera_ip="rtsp://10.0.0.1/1")
    assert moved["camera"]["agent_id"] == vtx["id"]
    assert coordinator.fleet.get(f"{INSTANCES}/faces")["spec"]["cameras"] == ["yard"]
    same = coordinator("POST", "/Camera_Agents", 200, agent_ip="10.0.1.2", camera_ip="rtsp://10.0.0.1/1")
    assert "nothing is to be done" in same["detail"]
    assert "its instance" in coordinator("PUT", "/Camera_Agents", 409, camera_ip="rtsp://10.0.0.1/1")["detail"]
    taken = coordinator("PUT", "/Camera_Instance", 202, camera_ip="rtsp://10.0.0.1/1")
    assert taken["camera"]["dsInstance_id"] is None
    assert coordinator("PUT", "/Camera_Instance", 200, camera_ip="rtsp://10.0.0.1/1")["detail"] == "it is so already"
    coordinator("PUT", "/Agent_Instance", 202, instance_name="more")
    assert "node" not in coordinator.fleet.get(f"{INSTANCES}/more")["spec"]
    used = coordinator("DELETE", f"/Agents/{vtx['id']}", 422)
    assert "there is no node" in used["detail"][0]["msg"]
    coordinator("DELETE", "/DsInstance/other", 202)
    assert coordinator("DELETE", f"/Agents/{vtx['id']}", 202)["agent_name"] == "VTX"
    coordinator("GET", f"/Agents/{vtx['id']}", 404)


def vtx_name(coordinator: Coordinator) -> str:
    nodes = coordinator.fleet.get(NODES)["items"]
    return next(str(one["metadata"]["name"]) for one in nodes if one["metadata"].get("annotations"))


def test_a_camera_that_goes_is_taken_from_its_instances(coordinator: Coordinator) -> None:
    lobby = coordinator.camera("lobby")
    assert coordinator("DELETE", f"/Cameras/{lobby['id']}", 202)["camera_id"] == "lobby"
    assert coordinator.fleet.get(f"{INSTANCES}/faces")["spec"]["cameras"] == ["yard"]
    assert coordinator("DELETE", f"/Cameras/{lobby['id']}", 404) == {
        "detail": f"camera item with id {lobby['id']} not found"
    }


@pytest.fixture(scope="module")
def unchanged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coordinator]:
    top = tmp_path_factory.mktemp("unchanged") / "manifests"
    write_fleet(top)
    with served(DirectorySource(top)) as fleet:
        yield Coordinator(fleet)
    assert "attic" not in (top / "cameras.yaml").read_text()


ATTIC = {"camera_id": "attic", "ip_address": "10.0.0.9"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"camera_id": "attic"}, "ip_address"),
        ({"ip_address": "10.0.0.9"}, "camera_id"),
        ({**ATTIC, "username": "admin", "password": "hunter2"}, "password"),
        ({**ATTIC, "ip_address": "rtsp://admin:hunter2@10.0.0.9/1"}, "ip_address"),
        ({**ATTIC, "encodeType": "av1"}, "encodeType"),
        ({**ATTIC, "width": "wide"}, "width"),
        ({**ATTIC, "wdith": 1}, "wdith"),
        ({**ATTIC, "dsInstance_id": 1}, "dsInstance_id"),
        ({**ATTIC, "camera_id": "???"}, "camera_id"),
        ({**ATTIC, "agent_id": 1}, "agent_id"),
    ],
)
def test_what_cannot_be_is_told_by_field(unchanged: Coordinator, body: Any, field: str) -> None:
    told = unchanged("POST", "/Cameras", 422, body)
    assert field in [one["loc"][1] for one in told["detail"]], told
    assert "hunter2" not in str(told)


def test_other_refusals_have_a_detail(unchanged: Coordinator) -> None:
    assert "already exists" in unchanged("POST", "/Cameras", 400, {**ATTIC, "camera_id": "lobby"})["detail"]
    assert unchanged("GET", "/Cameras/12", 404) == {"detail": "camera item with id 12 not found"}
    assert (
        "not found" in unchanged("POST", "/Camera_Instance", 404, instance_name="faces", camera_ip="10.9.9.9")["detail"]
    )
    assert unchanged("POST", "/Camera_Instance", 422, instance_name="faces")["detail"][0]["loc"] == [
        "body",
        "camera_ip",
    ]
    assert (
        "asks to join"
        in unchanged("POST", "/Agents", 422, {"agent_name": "a", "ip_address": "10.9.9.9"})["detail"][0]["msg"]
    )
    assert "is needed" in str(unchanged("POST", "/DsInstance", 422, {}))
    assert "could not find" in unchanged("GET", "/Nothing", 404)["detail"]
    assert "not allowed" in unchanged("DELETE", "/Cameras", 405)["detail"]
    assert "already" in unchanged("PUT", "/Cameras/yard", 400, {"camera_id": "lobby"})["detail"]
    nul = unchanged("POST", "/Agents", 422, {"agent_name": "a\0", "hostname": "a", "node_id": node_id("edge-3")})
    assert nul["detail"][0]["loc"] == ["body", "agent_name"]
    dry = unchanged("POST", "/Cameras", 200, ATTIC, dryRun="All")
    assert (dry["detail"], dry["revision"]) == ("nothing was written: it was asked what would be", None)
    form = unchanged.fleet("POST", "/v1/Cameras", data={"camera_id": "attic"})
    assert (form.status_code, "application/json" in form.json()["detail"]) == (415, True)


def test_the_removal_guard_says_what_to_send(coordinator: Coordinator) -> None:
    told = coordinator("DELETE", "/DsInstance/faces", 409)
    assert f"?approve={told['revision']}" in told["detail"]
    assert coordinator("DELETE", "/DsInstance/faces", 202, approve=told["revision"])["instance_name"] == "faces"
