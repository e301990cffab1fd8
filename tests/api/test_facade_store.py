"""Objects of ours in another form, as lists and watches see them."""

import gc
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.api.facade_store import Facade, FacadeStore
from controller.picture.store import Expired, ObjectStore

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def instance(name: str, node: str | None, number: int = 0) -> dict[str, Any]:
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": "DsInstance",
        "metadata": {"name": name},
        "status": {"node": node, "number": number},
    }


def shown(document: dict[str, Any]) -> dict[str, Any] | None:
    node = document["status"]["node"]
    if node is None:
        return None
    metadata = {**document["metadata"], "uid": f"{document['metadata']['name']} on {node}"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"nodeName": node}}


@pytest.fixture
def objects() -> ObjectStore:
    return ObjectStore(1)


@pytest.fixture
def pods(objects: ObjectStore) -> FacadeStore:
    return FacadeStore(objects, [Facade("Pod", "DsInstance", shown)])


def test_what_shows_nothing_is_not_there(objects: ObjectStore, pods: FacadeStore) -> None:
    objects.replace([instance("a", "n1"), instance("b", None)], NOW)
    (only,) = pods.objects("Pod")
    assert only.document["kind"] == "Pod"
    assert only.document["metadata"]["resourceVersion"] == str(only.version)
    assert pods.version == objects.version
    assert pods.get("Pod", "a") is only
    assert pods.get("Pod", "b") is None
    assert pods.get("Pod", "c") is None


def test_a_change_is_told_in_the_other_form(objects: ObjectStore, pods: FacadeStore) -> None:
    objects.replace([instance("a", "n1")], NOW)
    cursor = pods.cursor("Pod")
    before = pods.get("Pod", "a")
    objects.replace([instance("a", "n1", 2)], NOW)
    (change,) = cursor.take()
    assert (change.old, change.new) == (before, pods.get("Pod", "a"))
    objects.replace([instance("a", "n2", 2)], NOW)
    gone, come = cursor.take()
    assert (gone.new, come.old) == (None, None), "on another node it is another pod"
    assert (gone.version, come.version) == (objects.version, objects.version)
    objects.replace([instance("a", None)], NOW)
    (gone,) = cursor.take()
    assert gone.new is None
    objects.replace([instance("a", "n1")], NOW)
    (come,) = cursor.take()
    assert come.old is None
    objects.replace([], NOW)
    assert [one.new for one in cursor.take()] == [None]
    assert cursor.version == objects.version


def test_it_forgets_what_the_store_forgets(objects: ObjectStore, pods: FacadeStore) -> None:
    objects.replace([instance("a", "n1")], NOW)
    pods.objects("Pod")
    made = pods._made["Pod"]
    assert len(made) == 1
    objects.replace([], NOW)
    objects.forget_changes()
    gc.collect()
    assert len(made) == 0
    with pytest.raises(Expired):
        pods.cursor("Pod", 1)


def test_it_remembers_so_many_and_no_more(objects: ObjectStore) -> None:
    pods = FacadeStore(objects, [Facade("Pod", "DsInstance", shown)], most_made=1)
    objects.replace([instance("a", "n1"), instance("b", "n1")], NOW)
    assert [one.document["metadata"]["name"] for one in pods.objects("Pod")] == ["a", "b"]
    assert len(pods._made["Pod"]) == 1


FLEETS = st.lists(
    st.dictionaries(
        st.sampled_from(["a", "b", "c"]),
        st.tuples(st.sampled_from([None, "n1", "n2"]), st.integers(0, 1)),
    ),
    max_size=6,
)


@settings(deadline=None)
@given(fleets=FLEETS, most_made=st.integers(0, 3))
def test_whoever_watches_knows_what_is_listed_and_what_is_remembered_changes_nothing(
    fleets: list[dict[str, tuple[str | None, int]]], most_made: int
) -> None:
    objects = ObjectStore(1)
    pods = FacadeStore(objects, [Facade("Pod", "DsInstance", shown)], most_made)
    cursor, known = pods.cursor("Pod"), dict[str, bytes]()
    for fleet in fleets:
        objects.replace([instance(name, node, number) for name, (node, number) in fleet.items()], NOW)
        for change in cursor.take():
            old, new = (one and one.document["metadata"] for one in (change.old, change.new))
            if old and not new:
                del known[old["name"]]
            elif new:
                assert (old is not None) == (new["name"] in known)
                known[new["name"]] = change.new.encoded if change.new else b""
        from_nothing = FacadeStore(objects, [Facade("Pod", "DsInstance", shown)])
        listed = {one.document["metadata"]["name"]: one.encoded for one in pods.objects("Pod")}
        assert listed == {one.document["metadata"]["name"]: one.encoded for one in from_nothing.objects("Pod")} == known
