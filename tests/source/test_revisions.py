"""A revision that was made by edits is the same as one that was made from nothing, and shares what no edit touched."""

from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.model import Revision
from crds.camera import Camera
from crds.document import API_VERSION, Manifest
from crds.dsinstance import DsInstance
from crds.kinds import KINDS
from crds.node import Node

Named = Mapping[str, Manifest]

NAMES = st.sampled_from("abcd")
LABELS = st.dictionaries(st.sampled_from(["site", "floor"]), st.sampled_from(["1", "2"]))
SELECTORS = st.none() | LABELS.map(lambda labels: {"matchLabels": labels})


def made(kind: str, name: str, spec: Mapping[str, object], labels: Mapping[str, str]) -> Manifest:
    given_ones = {key: value for key, value in spec.items() if value is not None}
    document = {
        "apiVersion": API_VERSION,
        "kind": kind,
        "metadata": {"name": name, "labels": labels},
        "spec": given_ones,
    }
    return KINDS[kind].model_validate(document, by_alias=True, by_name=False)


CAMERAS = st.builds(
    lambda name, labels, exclusive: made("Camera", name, {"address": f"rtsp://h/{name}", "exclusive": exclusive}, labels),
    NAMES, LABELS, st.booleans(),
)  # fmt: skip
INSTANCES = st.builds(
    lambda name, cameras, selector: made(
        "DsInstance", name, {"image": "i:1", "node": "n", "cameras": cameras, "cameraSelector": selector}, {}
    ),
    NAMES, st.lists(NAMES, max_size=3, unique=True), SELECTORS,
)  # fmt: skip
NODES = st.builds(
    lambda name, number, key: made(
        "Node", name, {"nodeId": f"9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e{number}{name}", "hostname": "h", "publicKey": key}, {}
    ),
    NAMES, st.integers(0, 1), st.none() | st.just("0" * 64),
)  # fmt: skip
EDITS = st.lists(CAMERAS | INSTANCES | NODES | st.tuples(st.sampled_from(sorted(KINDS)), NAMES), min_size=1, max_size=4)


def by_kind(objects: Mapping[tuple[str, str], Manifest | None], kind: type[Manifest]) -> dict[str, Manifest | None]:
    return {name: one for (of, name), one in sorted(objects.items()) if KINDS[of] is kind}


def cameras_by_definition(revision: Revision, instance: DsInstance) -> list[str]:
    there = {camera.name: camera.metadata.labels for camera in revision.cameras}
    selector = instance.spec.camera_selector
    selected = [name for name in there if selector is not None and selector.matches(there[name])]
    return list(dict.fromkeys([*(name for name in instance.spec.cameras if name in there), *selected]))


def views(revision: Revision) -> Sequence[object]:
    return (
        revision.camera_by_name, revision.instance_by_name, revision.node_by_name, revision.node_by_id, revision.pinned_keys,
        revision.exclusive_cameras, revision.objects, revision.cameras_by_instance,
        [list(one) for one in (revision.camera_by_name, revision.instance_by_name, revision.node_by_name)],
    )  # fmt: skip


@settings(max_examples=80)
@given(st.lists(EDITS, max_size=6))
def test_edits_end_as_a_revision_from_nothing(edits: list[list[Manifest | tuple[str, str]]]) -> None:
    objects: dict[tuple[str, str], Manifest] = {}
    revision = Revision("0", (), (), ())
    for number, edit in enumerate(edits):
        changes = {(one.kind, one.name) if isinstance(one, Manifest) else one: one for one in edit}
        changed = {key: one if isinstance(one, Manifest) else None for key, one in changes.items()}
        objects = {key: one for key, one in {**objects, **changed}.items() if one is not None}
        before, parts = revision, [by_kind(changed, kind) for kind in (Camera, DsInstance, Node)]
        revision = before.edited(str(number), "", *parts)  # type: ignore[arg-type]
        new = Revision.of(str(number), [objects[key] for key in sorted(objects)], "")
        assert revision == new
        assert views(revision) == views(new)
        for instance in revision.instances:
            found = revision.cameras_of(instance)
            assert [one.name for one in found] == cameras_by_definition(revision, instance)
            assert all(one is revision.camera_by_name[one.name] for one in found)
            same = before.cameras_by_instance.get(instance.name)
            if same is not None and list(map(id, same)) == list(map(id, found)):
                assert found is same


def test_what_an_edit_does_not_touch_is_the_very_same() -> None:
    a, b = (made("Camera", name, {"address": "rtsp://h/1"}, {"site": name}) for name in "ab")
    first = made("DsInstance", "first", {"image": "i:1", "node": "n", "cameras": ["a"]}, {})
    second = made(
        "DsInstance", "second", {"image": "i:1", "node": "n", "cameraSelector": {"matchLabels": {"site": "b"}}}, {}
    )
    before = Revision.of("1", [a, b, first, second], "")
    moved = made("Camera", "b", {"address": "rtsp://h/2"}, {"site": "b"})
    assert isinstance(moved, Camera)
    after = before.edited("2", "", {"b": moved}, {}, {})
    assert after.instance_by_name is before.instance_by_name
    assert after.instances is before.instances
    assert after.node_by_id is before.node_by_id
    assert after.exclusive_cameras is before.exclusive_cameras
    assert after.cameras_by_instance["first"] is before.cameras_by_instance["first"]
    assert after.cameras_by_instance["second"] == (moved,)
