"""Nodes and instances of ours as Kubernetes' own kinds, and the way back."""

from typing import Any

import pytest

from controller.api.core.node_form import UNSCHEDULABLE, node_form, with_changes
from controller.api.core.pod_form import container_of, pod_form
from controller.api.core_resources import PODS
from controller.api.errors import ApiError

NODE: dict[str, Any] = {
    "apiVersion": "dsfleet.io/v1",
    "kind": "Node",
    "metadata": {
        "name": "n1",
        "uid": "u",
        "resourceVersion": "7",
        "creationTimestamp": "2026-03-01T12:00:00Z",
        "generation": 2,
        "labels": {"site": "hq"},
        "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}", "a": "b"},
        "managedFields": [{"manager": "me"}],
    },
    "spec": {"nodeId": "1", "hostname": "h", "gpus": ["0", "1"], "instancePorts": {"first": 22000, "last": 22009}},
    "status": {"conditions": [], "capacity": {"cameras": 1, "limit": 8}, "address": "10.0.0.1"},
}
UNTOUCHED = {name: value for name, value in NODE.items() if name != "status"}


def changed(**spec: Any) -> dict[str, Any]:
    shown = node_form(NODE)
    return {**shown, "spec": {**shown["spec"], **spec}}


def taint(key: str = UNSCHEDULABLE) -> dict[str, Any]:
    return {"key": key, "effect": "NoSchedule"}


def test_what_is_shown_of_a_node() -> None:
    shown = node_form(NODE)
    assert shown["metadata"] == {
        "name": "n1",
        "uid": "u",
        "resourceVersion": "7",
        "creationTimestamp": "2026-03-01T12:00:00Z",
        "labels": {"site": "hq"},
        "annotations": {"a": "b"},
    }
    assert shown["spec"] == {"providerID": "dsfleet://1"}
    assert shown["status"]["capacity"] == {"pods": "10", "nvidia.com/gpu": "2", "dsfleet.io/cameras": "8"}
    assert shown["status"]["addresses"] == [
        {"type": "InternalIP", "address": "10.0.0.1"},
        {"type": "Hostname", "address": "h"},
    ]
    sized = node_form({**NODE, "status": {**NODE["status"], "processors": 16, "memoryMib": 64215}})["status"]
    assert (sized["allocatable"]["cpu"], sized["capacity"]["memory"]) == ("16", "64215Mi")
    named = node_form({**NODE, "spec": {**NODE["spec"], "address": "gate.example.com"}})
    assert named["status"]["addresses"][0] == {"type": "InternalDNS", "address": "gate.example.com"}
    joining = node_form({**NODE, "spec": {}, "status": {}})
    assert joining["status"]["nodeInfo"]["containerRuntimeVersion"] == ""


def test_what_nobody_changed_stays() -> None:
    assert with_changes(NODE, node_form(NODE)) == NODE
    cordoned = {**NODE, "spec": {**NODE["spec"], "unschedulable": True}}
    assert with_changes(cordoned, node_form(cordoned)) == cordoned


@pytest.mark.parametrize(
    ("was", "spec", "is_then"),
    [
        (False, {"unschedulable": True}, True),
        (False, {"taints": [taint()]}, True),
        (False, {"taints": None}, False),
        (True, {"unschedulable": False}, False),
        (True, {"unschedulable": None}, False),
        (True, {"taints": []}, False),
    ],
)
def test_the_field_or_its_taint_cordons_a_node(was: bool, spec: dict[str, Any], is_then: bool) -> None:
    ours = {**NODE, "spec": {**NODE["spec"], **({"unschedulable": True} if was else {})}}
    shown = node_form(ours)
    after = with_changes(ours, {**shown, "spec": {**shown["spec"], **spec}})
    assert after["spec"].get("unschedulable", False) is is_then
    assert after["metadata"] == NODE["metadata"]


def test_labels_and_annotations_are_changed_and_what_is_kept_beside_is_not() -> None:
    shown = node_form(NODE)
    after = with_changes(NODE, {**shown, "metadata": {**shown["metadata"], "labels": {"x": "y"}, "annotations": {}}})
    assert after["metadata"]["labels"] == {"x": "y"}
    assert after["metadata"]["annotations"] == {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
    assert after["metadata"]["managedFields"] == [{"manager": "me"}]
    after = with_changes(NODE, {**shown, "metadata": {"name": "n1", "labels": None, "resourceVersion": "6"}})
    assert "labels" not in after["metadata"]
    assert after["metadata"]["resourceVersion"] == "6", "that is compared by whoever writes"


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (
            changed(providerID="x"),
            r"spec.providerID: it is no field of a node here: `kubectl edit nodes.dsfleet.io n1`",
        ),
        (changed(podCIDR="x"), "spec.podCIDR"),
        (changed(taints=[taint("dedicated")]), "instances tolerate no taints, so that 'dedicated' could only mean"),
        (changed(taints=[taint(), taint("dedicated")]), "tolerate no taints"),
        (changed(taints="all"), "it must be a list of taints"),
        (changed(unschedulable="yes"), "it must be true or false"),
        ({**node_form(NODE), "spec": []}, "Node"),
        ({**node_form(NODE), "spec": "x"}, "metadata and spec must be objects"),
        ({"spec": {}}, "metadata and spec must be objects"),
    ],
)
def test_what_only_a_node_of_ours_can_say_is_refused(wanted: dict[str, Any], why: str) -> None:
    with pytest.raises(ApiError, match=why) as refused:
        with_changes(NODE, wanted)
    assert refused.value.code == 422


def instance(spec: dict[str, Any] | None = None, **status: Any) -> dict[str, Any]:
    given = {"phase": "Running", "node": "n1", "image": "a:1", "reason": "", "message": "", "conditions": [], **status}
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": "DsInstance",
        "metadata": {"name": "door", "uid": "5b0f6f0e-9c0b-4d0e-8a55-3c8f2f9a7d11", "labels": {"site": "hq"}},
        "spec": {"image": "a:2", **(spec or {})},
        "status": given,
    }


@pytest.mark.parametrize(
    ("status", "phase", "state"),
    [
        ({}, "Running", {"running": {}}),
        ({"startedAt": "2026-03-01T12:00:00Z"}, "Running", {"running": {"startedAt": "2026-03-01T12:00:00Z"}}),
        ({"phase": "Unhealthy"}, "Running", {"running": {}}),
        ({"phase": "Starting"}, "Running", {"running": {}}),
        ({"phase": "Pulling"}, "Pending", {"waiting": {"reason": "ContainerCreating", "message": ""}}),
        ({"phase": "CrashLoopBackOff"}, "Running", {"waiting": {"reason": "CrashLoopBackOff", "message": ""}}),
        (
            {"phase": "Failed", "reason": "NoSuchImage", "message": "there is no a:1"},
            "Pending",
            {"waiting": {"reason": "NoSuchImage", "message": "there is no a:1"}},
        ),
        ({"phase": "Unknown", "reason": "NodeLost"}, "Unknown", {"waiting": {"reason": "NodeLost", "message": ""}}),
    ],
)
def test_how_an_instance_is_said_to_be(status: dict[str, Any], phase: str, state: dict[str, Any]) -> None:
    pod = pod_form(instance(**status))
    assert pod is not None
    assert (pod["status"]["phase"], pod["status"]["containerStatuses"][0]["state"]) == (phase, state)


def test_a_pod_on_another_node_is_another_pod_with_the_same_owner() -> None:
    here, there, again = (pod_form(instance(node=node)) for node in ("n1", "n2", "n1"))
    assert here is not None
    assert there is not None
    assert here == again
    assert here["metadata"]["uid"] != there["metadata"]["uid"]
    assert here["metadata"]["labels"] == {"site": "hq", "dsfleet.io/instance": "door"}
    assert here["metadata"]["labels"].keys() - {"site"} == PODS.added_labels
    (owner,) = here["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["controller"]) == ("DsInstance", "door", True)


def test_what_has_no_node_waits_and_what_is_to_run_nowhere_is_no_pod() -> None:
    waiting = pod_form(instance(phase="Pending", node=None, message="no node has room"))
    assert waiting is not None
    assert "nodeName" not in waiting["spec"]
    assert waiting["status"]["conditions"][0] == {
        "type": "PodScheduled",
        "status": "False",
        "reason": "Unschedulable",
        "message": "no node has room",
    }
    assert pod_form(instance(phase="Stopped", node=None)) is None


def test_the_container_has_its_limits_and_none_of_its_environment() -> None:
    settings = {"memoryMib": 512, "cpus": 1.5, "env": {"PASSWORD": "x"}, "command": ["run"], "stopTimeoutSeconds": 7}
    ours = instance({"container": settings, "nodeSelector": {"matchLabels": {"a": "b"}}})
    pod, container = pod_form(ours), container_of(ours)
    assert pod is not None
    assert (pod["spec"]["terminationGracePeriodSeconds"], pod["spec"]["nodeSelector"]) == (7, {"a": "b"})
    assert container["resources"]["limits"] == {"cpu": "1.5", "memory": "512Mi"}
    assert container["command"] == ["run"]
    assert "PASSWORD" not in str(pod)
