"""What an agent does when the TensorRT engines of an instance are others."""

import pytest

from crds.instance_config import InstanceConfig
from nodeagent.differ.diff import diff
from nodeagent.model import Applied, FilesState, Observed, ObservedInstance
from nodeagent.operations import OpKind, Plan
from tests.differ.generations import NOW, generation, instance

REPLACED = (
    OpKind.PULL_IMAGE,
    OpKind.WRITE_FILES,
    OpKind.STOP,
    OpKind.REMOVE,
    OpKind.CREATE,
    OpKind.START,
    OpKind.NOTE,
)


def form(engines: str, image: str = "a:1", files: str = "sha256:files") -> InstanceConfig:
    plain = instance("yard", app={"kind": "retinaface"}, image=image).model_dump(mode="json")
    content = {**plain, "digests": {**plain["digests"], "engines": engines, "files": files}}
    return InstanceConfig.model_validate({**content, "digest": InstanceConfig.digest_of(content)})


def planned(there: InstanceConfig, desired: InstanceConfig, *, noted: bool) -> Plan:
    running = ObservedInstance(
        "yard",
        "id-yard",
        running=True,
        generation=1,
        digest=there.digest,
        digests=there.digests,
        started_at=NOW,
        applied=Applied(there, 1, "id-yard") if noted else None,
    )
    return diff(generation([desired], 2), Observed({"yard": running}, {"yard": FilesState(current=True)}), {}, {}, NOW)


def test_an_image_that_needs_other_engines_says_so_and_replaces_the_container() -> None:
    (chain,) = planned(form("sha256:1"), form("sha256:2", "a:2"), noted=True).begin

    assert tuple(op.kind for op in chain.ops) == REPLACED
    assert {op.cause for op in chain.ops} == {"spec.image: a:1 -> a:2 (rebuild-engine)"}


@pytest.mark.parametrize("before", ["sha256:1", ""])
def test_without_the_note_other_engines_replace_the_container_too(before: str) -> None:
    (chain,) = planned(form(before), form("sha256:2"), noted=False).begin

    assert tuple(op.kind for op in chain.ops) == REPLACED
    assert {op.cause for op in chain.ops} == {"its TensorRT engines changed"}


def test_without_the_note_equal_engines_are_no_reason_to_replace_it() -> None:
    (chain,) = planned(form("sha256:1"), form("sha256:1", files="sha256:other"), noted=False).begin

    assert OpKind.REMOVE not in [op.kind for op in chain.ops]
