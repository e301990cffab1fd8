"""Of any instance: its Deployment as it is asks for nothing, and the template of any version brings that version back."""

from typing import Any

import pytest
from hypothesis import assume, given

from controller.api.apps.deployment import deployment_of
from controller.api.apps.edits import asked_of_instance
from controller.api.apps.replica_set import replica_sets_of
from controller.api.apps.template import template_of
from controller.history.version import Version, key_of, spec_of_version
from controller.model import ObjectRef
from crds.dsinstance import DsInstance
from tests.planner.generated_fleets import QUICK, Short, fleets
from tests.planner.short_manifests import revision

GIVEN = {"uid": "8fbeef49-0000-4000-8000-000000000000", "resourceVersion": "7", "generation": 1}


def shown(manifest: DsInstance) -> dict[str, Any]:
    """The instance as the API shows it."""
    document = manifest.document()
    metadata = {**document["metadata"], **GIVEN, "creationTimestamp": "2026-03-01T12:00:30Z"}
    return {**document, "metadata": metadata, "status": {"phase": "Running", "upToDate": True}}


@QUICK
@given(fleet=fleets())
def test_a_deployment_as_it_is_asks_for_nothing(fleet: Short) -> None:
    for manifest in revision(fleet).instances:
        document = shown(manifest)
        for newest in (None, (3, key_of(document["spec"])), (3, "another")):
            wanted = deployment_of(document, newest)
            assert asked_of_instance(ref_of(document), document, newest, {}, wanted) == document


@QUICK
@given(fleet=fleets(), before=fleets())
def test_the_template_of_a_version_brings_it_back(fleet: Short, before: Short) -> None:
    now = revision(fleet).instances
    assume(now)
    document = shown(now[0])
    specs = {
        key_of(one.document()["spec"]): spec_of_version(one.document()["spec"]) for one in revision(before).instances
    }
    versions = [Version(number, key, spec) for number, (key, spec) in enumerate(specs.items(), 1)]
    sets = replica_sets_of(document, None, versions)
    assert len(sets) == len(specs.keys() | {key_of(document["spec"])})
    deployment = deployment_of(document, None)
    for one in sets:
        wanted = {**deployment, "spec": {**deployment["spec"], "template": one["spec"]["template"]}}
        found = asked_of_instance(ref_of(document), document, None, {each.key: each for each in versions}, wanted)
        template = deployment_of({**document, "spec": found["spec"]}, None)["spec"]["template"]
        assert template == one["spec"]["template"]
        assert found["spec"].get("replicas", 1) == document["spec"].get("replicas", 1)
    assert spec_of_version(found["spec"]) == spec_of_version(document["spec"]), "the last one is that in force"


@pytest.mark.parametrize(
    ("container", "limits"),
    [
        ({"cpus": 0.5, "memoryMib": 2048}, {"cpu": "500m", "memory": "2Gi"}),
        ({"cpus": 2, "memoryMib": 1025}, {"cpu": "2", "memory": "1025Mi"}),
        ({"cpus": 1000.0, "memoryMib": 1048576}, {"cpu": "1k", "memory": "1Ti"}),
        ({"cpus": 1.0001}, {"cpu": "1000100u"}),
    ],
)
def test_amounts_are_written_as_typed_clients_send_them_back(container: dict[str, Any], limits: dict[str, str]) -> None:
    """Else what `kubectl rollout undo` puts back would be another template than the one that it took."""
    template = template_of("door", {"image": "a:1", "node": "n1", "container": container})
    assert template["spec"]["containers"][0]["resources"] == {"limits": limits}


def ref_of(document: dict[str, Any]) -> ObjectRef:
    return ObjectRef("DsInstance", document["metadata"]["name"])
