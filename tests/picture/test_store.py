import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.picture.store import Change, Expired, ObjectStore, object_uid
from crds.alike import AlikeTexts
from crds.annotations import LAST_APPLIED
from tests.picture.fleets import NOW

KIND = "Camera"
START = 1_000


def document(name: str, fps: int = 25, status: str = "Ready") -> dict[str, Any]:
    return {
        "apiVersion": "dsfleet.io/v1",
        "kind": KIND,
        "metadata": {"name": name, "labels": {"site": "hq"}},
        "spec": {"fps": fps},
        "status": {"phase": status},
    }


def metadata(store: ObjectStore, name: str) -> dict[str, Any]:
    stored = store.get(KIND, name)
    assert stored is not None
    found: dict[str, Any] = stored.document["metadata"]
    return found


def test_an_object_gets_what_the_server_gives() -> None:
    store = ObjectStore(START)
    assert store.replace([document("a")], NOW) == 1
    assert metadata(store, "a") == {
        "name": "a",
        "labels": {"site": "hq"},
        "uid": object_uid(KIND, "a"),
        "resourceVersion": "1000001",
        "creationTimestamp": "2026-03-01T12:00:30Z",
        "generation": 1,
    }


def test_the_same_again_changes_nothing() -> None:
    store = ObjectStore(START)
    store.replace([document("a"), document("b")], NOW)
    before = store.objects(KIND)
    assert store.replace([document("b"), document("a")], NOW + timedelta(hours=1)) == 0
    assert all(old is new for old, new in zip(before, store.objects(KIND), strict=True))


@pytest.mark.parametrize(("change", "generation"), [({"fps": 5}, 2), ({"status": "Lost"}, 1)])
def test_the_generation_grows_with_the_spec_alone(change: dict[str, Any], generation: int) -> None:
    store = ObjectStore(START)
    store.replace([document("a")], NOW)
    before = store.get(KIND, "a")
    created = dict(metadata(store, "a"))
    store.replace([document("a", **change)], NOW + timedelta(hours=1))
    after = metadata(store, "a")
    assert after == {**created, "generation": generation, "resourceVersion": "1000002"}
    assert before is not None
    assert before.document["metadata"] == created, "the old version is as it was"


def test_each_version_is_written_as_json_once(monkeypatch: pytest.MonkeyPatch) -> None:
    store, written, pack_value = ObjectStore(START), [], AlikeTexts.pack_value
    monkeypatch.setattr(AlikeTexts, "pack_value", lambda texts, one: (written.append(one), pack_value(texts, one))[1])
    for fps in (1, 1, 2):
        store.replace([document("a", fps)], NOW)
        stored = store.get(KIND, "a")
        assert stored is not None
        assert [json.loads(stored.encoded)["spec"]["fps"] for _ in range(3)] == [fps] * 3
    assert [one["spec"]["fps"] for one in written] == [1, 2]


def test_what_is_given_back_may_be_changed() -> None:
    store = ObjectStore(START)
    store.replace([document("a")], NOW)
    for stored in store.objects(KIND):
        stored.document["spec"].clear()
        stored.source["metadata"].clear()
    assert store.source((KIND, "a")) == document("a")


def test_what_is_not_there_any_more_is_deleted() -> None:
    store = ObjectStore(START)
    store.replace([document("a"), document("b")], NOW)
    cursor = store.cursor(KIND)
    assert store.replace([document("b")], NOW) == 1
    assert store.get(KIND, "a") is None
    assert [(change.old is not None, change.new is not None) for change in cursor.take()] == [(True, False)]
    store.replace([], NOW)
    assert store.objects(KIND) == ()


def test_versions_of_a_later_start_are_above_all_of_an_earlier_one() -> None:
    store = ObjectStore(START)
    store.replace([document(f"c{number}") for number in range(999)], NOW)
    assert ObjectStore(START + 1).version > store.version


@pytest.mark.parametrize("after", [START * 1000 - 1, START * 1000 + 2])
def test_a_version_of_another_life_is_expired(after: int) -> None:
    store = ObjectStore(START)
    store.replace([document("a")], NOW)
    with pytest.raises(Expired, match=f"resourceVersion {after} is outside"):
        store.cursor(KIND, after)


def test_a_reader_that_is_too_slow_falls_out() -> None:
    store = ObjectStore(START, history_limit=2)
    cursor = store.cursor(KIND)
    for fps in range(2):
        store.replace([document("a", fps=fps)], NOW)
    assert len(cursor.take()) == 2
    for fps in range(10, 20):
        store.replace([document("a", fps=fps)], NOW)
    with pytest.raises(Expired, match="list again"):
        cursor.take()


def test_changes_are_remembered_for_five_minutes() -> None:
    store, minute = ObjectStore(START), timedelta(minutes=1)
    versions = []
    for number in range(9):
        store.replace([document("a", fps=number)], NOW + number * minute)
        versions.append(store.version)
    assert len(store.cursor(KIND, versions[2]).take()) == 6
    with pytest.raises(Expired):
        store.cursor(KIND, versions[1])


def test_what_nobody_could_list_is_not_remembered() -> None:
    store = ObjectStore(START)
    store.replace([document("a"), document("b")], NOW)
    first = store.version
    store.forget_changes()
    with pytest.raises(Expired):
        store.cursor(KIND, first - 1)
    cursor = store.cursor(KIND, first)
    store.replace([document("b")], NOW)
    assert [change.old is not None and change.new is None for change in cursor.take()] == [True]


def test_a_waiting_reader_wakes_up() -> None:
    async def scenario() -> list[Change]:
        store = ObjectStore(START)
        cursor = store.cursor(KIND)
        waiting = asyncio.create_task(cursor.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        store.replace([document("a")], NOW)
        await waiting
        return cursor.take()

    assert len(asyncio.run(scenario())) == 1


names = st.sampled_from(["a", "b", "c"])
states = st.lists(st.dictionaries(names, st.integers(min_value=0, max_value=2)), max_size=12)


@given(states, st.integers(min_value=1, max_value=4), st.sampled_from([timedelta(0), timedelta(minutes=2)]))
def test_whoever_follows_the_changes_sees_what_a_list_shows(
    steps: list[dict[str, int]], history: int, minutes: timedelta
) -> None:
    store = ObjectStore(START, history_limit=history)
    cursor = store.cursor(KIND)
    followed: dict[str, Any] = {}
    versions = [store.version]
    for step in steps:
        store.replace([document(name, fps) for name, fps in step.items()], NOW + len(versions) * minutes)
        versions.append(store.version)
        try:
            changes = cursor.take()
        except Expired:
            followed = {one.document["metadata"]["name"]: one for one in store.objects(KIND)}
            cursor = store.cursor(KIND)
            continue
        for change in changes:
            if change.new:
                followed[change.new.document["metadata"]["name"]] = change.new
            elif change.old:
                del followed[change.old.document["metadata"]["name"]]
        assert [followed[name] for name in sorted(followed)] == list(store.objects(KIND))
    assert versions == sorted(versions)


def test_what_clients_keep_beside_an_object_is_shown_with_it_and_is_none_of_what_was_handed_in() -> None:
    store, key = ObjectStore(START), (KIND, "a")
    beside = {"annotations": {LAST_APPLIED: "{}"}, "managedFields": [{"manager": "m"}]}
    store.keep_beside(key, beside)
    store.replace([document("a")], NOW)
    stored = store.get(*key)
    assert stored is not None
    assert (stored.source, stored.beside) == (document("a"), beside)
    assert metadata(store, "a")["annotations"] == {LAST_APPLIED: "{}"}
    store.replace([document("a", status="Lost")], NOW)
    assert metadata(store, "a")["managedFields"] == [{"manager": "m"}]
    version = store.version
    store.show_beside(key)
    assert store.version == version
    cursor = store.cursor(KIND)
    store.keep_beside(key, {})
    store.show_beside(key)
    assert "annotations" not in metadata(store, "a")
    assert [change.version for change in cursor.take()] == [store.version] == [version + 1]
    store.keep_beside(key, beside)
    store.replace([], NOW)
    store.replace([document("a")], NOW)
    assert "managedFields" not in metadata(store, "a")
