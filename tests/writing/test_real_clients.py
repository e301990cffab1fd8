"""The clients for Python themselves, unmodified, reading and writing: what they send is held in `tests/api/test_python_clients.py`."""

import asyncio
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from controller.source.fetch.directory import DirectorySource
from tests.patience import wait_until
from tests.writing.conftest import CAMERAS as TEXT
from tests.writing.conftest import write_movable
from tests.writing.served import Served, served

GROUP = ("dsfleet.io", "v1", "cameras")
CAMERA = {
    "apiVersion": "dsfleet.io/v1",
    "kind": "Camera",
    "metadata": {"name": "attic"},
    "spec": {"address": "rtsp://10.0.0.9/1"},
}


@pytest.fixture
def movable(directory: Path) -> Iterator[Served]:
    """A fleet whose agents can be asked."""
    write_movable(directory)
    with served(DirectorySource(directory), nodes=("north", "south")) as fleet:
        wait_until(lambda: fleet.get("/api/v1/namespaces/default/pods/two")["spec"].get("nodeName"), "it is placed")
        yield fleet


def test_kubernetes(movable: Served, directory: Path) -> None:
    client: Any = import_module("kubernetes.client")
    watch: Any = import_module("kubernetes.watch")
    with client.ApiClient(client.Configuration(host=movable.url)) as http:
        objects, core, apps = client.CustomObjectsApi(http), client.CoreV1Api(http), client.AppsV1Api(http)
        objects.create_cluster_custom_object(*GROUP, CAMERA)
        objects.patch_cluster_custom_object(*GROUP, "attic", {"spec": {"width": 640}})
        found = objects.get_cluster_custom_object(*GROUP, "attic")
        assert found["spec"] == {"address": "rtsp://10.0.0.9/1", "width": 640}
        with pytest.raises(client.ApiException, match=r"spec\.width") as refused:
            objects.patch_cluster_custom_object(*GROUP, "attic", {"spec": {"width": 1}})
        assert refused.value.status == 422
        objects.replace_cluster_custom_object(*GROUP, "attic", {**found, "spec": CAMERA["spec"]})
        told = watch.Watch().stream(objects.list_cluster_custom_object, *GROUP, timeout_seconds=1)
        assert {one["object"]["metadata"]["name"] for one in told} == {"attic", "gate", "lobby", "yard"}
        objects.delete_cluster_custom_object(*GROUP, "attic")
        assert (directory / "cameras.yaml").read_text() == TEXT
        # Kinds of Kubernetes itself, read into classes that refuse what their schemas do not have.
        (pod,) = core.list_namespaced_pod("default", label_selector="dsfleet.io/instance=two").items
        core.patch_node(pod.spec.node_name, {"spec": {"unschedulable": True}})
        assert core.read_node(pod.spec.node_name).spec.unschedulable
        where = client.V1ObjectMeta(name="two", namespace="default")
        core.create_namespaced_pod_eviction("two", "default", client.V1Eviction(metadata=where))
        wait_until(lambda: core.read_namespaced_pod("two", "default").spec.node_name != pod.spec.node_name, "it moves")
        assert core.read_namespaced_pod_log("two", "default")
        assert core.list_event_for_all_namespaces().items
        assert apps.read_namespaced_deployment("faces", "default").spec.replicas == 1
        apps.patch_namespaced_deployment_scale("two", "default", {"spec": {"replicas": 0}})
        assert "replicas: 0" in (directory / "zone.yaml").read_text()
        usage = client.CustomObjectsApi(http).list_cluster_custom_object("metrics.k8s.io", "v1beta1", "nodes")
        assert {one["metadata"]["name"] for one in usage["items"]} == {"north", "south"}


def test_dynamic_kubernetes(fleet: Served, tmp_path: Path) -> None:
    client: Any = import_module("kubernetes.client")
    dynamic: Any = import_module("kubernetes.dynamic")
    with client.ApiClient(client.Configuration(host=fleet.url)) as http:
        # It finds out by discovery, and keeps what it found in a file.
        made = dynamic.DynamicClient(http, cache_file=str(tmp_path / "cache"))
        cameras = made.resources.get(api_version="dsfleet.io/v1", kind="Camera")
        cameras.patch(name="gate", body={"spec": {"height": 480}})
        cameras.server_side_apply(
            name="gate", body={**CAMERA, "metadata": {"name": "gate"}}, field_manager="me", force_conflicts=True
        )
        assert cameras.get(name="gate").spec.to_dict() == {"address": "rtsp://10.0.0.9/1", "height": 480}


def test_lightkube(fleet: Served) -> None:
    lightkube: Any = import_module("lightkube")
    generic: Any = import_module("lightkube.generic_resource")
    config: Any = import_module("lightkube.config.kubeconfig")
    core: Any = import_module("lightkube.resources.core_v1")
    camera = generic.create_global_resource("dsfleet.io", "v1", "Camera", "cameras")
    found = {
        "clusters": [{"name": "fleet", "cluster": {"server": fleet.url}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "fleet", "context": {"cluster": "fleet", "user": "me"}}],
        "current-context": "fleet",
    }
    with lightkube.Client(config=config.KubeConfig.from_dict(found), field_manager="me") as client:
        client.apply(
            camera(metadata=CAMERA["metadata"], spec=CAMERA["spec"], apiVersion="dsfleet.io/v1", kind="Camera")
        )
        client.patch(
            camera, "attic", {"spec": {"width": 640}}, patch_type=import_module("lightkube.types").PatchType.MERGE
        )
        assert client.get(camera, "attic").spec == {"address": "rtsp://10.0.0.9/1", "width": 640}
        assert {one.metadata.name for one in client.list(camera)} == {"attic", "gate", "lobby", "yard"}
        assert [one.metadata.name for one in client.list(core.Node)] == ["edge-1"]
        client.delete(camera, "attic")
        assert len([*client.list(camera)]) == 3


def test_kr8s(fleet: Served, directory: Path) -> None:
    kr8s: Any = import_module("kr8s.asyncio")
    camera_kind = import_module("kr8s.asyncio.objects").new_class(
        "Camera", "dsfleet.io/v1", asyncio=True, namespaced=False
    )

    async def scenario() -> None:
        api = await kr8s.api(url=fleet.url)
        camera = await camera_kind(CAMERA, api=api)
        await camera.create()
        await camera.patch({"spec": {"width": 640}})
        assert camera.spec.to_dict() == {"address": "rtsp://10.0.0.9/1", "width": 640}
        await camera.label({"site": "hq"})
        found = api.get("cameras.dsfleet.io", label_selector={"site": "hq"})
        assert [one.name async for one in found] == ["attic"]
        assert [one.name async for one in api.get("nodes")] == ["edge-1"]
        await camera.delete()
        assert not await camera.exists()
        await api._session.aclose()

    asyncio.run(scenario())
    assert (directory / "cameras.yaml").read_text() == TEXT


def test_kopf(fleet: Served, directory: Path) -> None:
    """An operator that somebody wrote for Kubernetes sees each camera, and changes one."""
    kopf: Any = import_module("kopf")
    registry, seen = kopf.OperatorRegistry(), set[str]()

    @kopf.on.login(registry=registry)  # type: ignore[untyped-decorator]
    def login(**_: Any) -> Any:
        return kopf.ConnectionInfo(server=fleet.url)

    @kopf.on.event("dsfleet.io", "v1", "cameras", registry=registry)  # type: ignore[untyped-decorator]
    def told(name: str, spec: Any, patch: Any, **_: Any) -> None:
        seen.add(name)
        if name == "gate" and spec.get("width") != 640:
            patch.spec["width"] = 640

    def is_done() -> bool:
        return seen == {"gate", "lobby", "yard"} and "width: 640" in (directory / "cameras.yaml").read_text()

    async def scenario() -> None:
        stop = asyncio.Event()
        operator = kopf.operator(registry=registry, clusterwide=True, standalone=True, stop_flag=stop)
        running = asyncio.create_task(operator)
        await asyncio.to_thread(wait_until, is_done, "each camera was told, and one changed")
        stop.set()
        await running

    asyncio.run(scenario())
    assert fleet.get("/apis/dsfleet.io/v1/cameras/gate")["spec"]["width"] == 640
