"""Server-side apply: whose each field is, and who is told that it is another's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.patches.fields import fields_of, fields_v1, paths_of
from controller.api.patches.refused import MalformedPatch
from controller.api.patches.server_side import FieldConflicts, after_update, apply

Document = dict[str, Any]


def camera(labels: dict[str, str] | None = None, **spec: Any) -> Document:
    metadata: Document = {"name": "dock"} | ({"labels": labels} if labels else {})
    return {"apiVersion": "dsfleet.io/v1", "kind": "Camera", "metadata": metadata, "spec": spec}


def applied(current: Document | None, wanted: Document, manager: str = "a", *, force: bool = False) -> Document:
    return apply(current, wanted, manager, "2026-03-01T12:00:00Z", force=force)


def owners(document: Document) -> dict[str, set[str]]:
    return {
        f"{one['manager']}/{one['operation']}": {".".join(path) for path in paths_of(one["fieldsV1"])}
        for one in document["metadata"]["managedFields"]
    }


def test_what_is_not_there_is_created_with_its_owner() -> None:
    created = applied(None, camera({"site": "hq"}, address="x", limits={"minimumFps": 2}))
    assert created["metadata"]["managedFields"] == [
        {
            "manager": "a", "operation": "Apply", "apiVersion": "dsfleet.io/v1", "time": "2026-03-01T12:00:00Z",
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:metadata": {"f:labels": {"f:site": {}}},
                "f:spec": {"f:address": {}, "f:limits": {"f:minimumFps": {}}},
            },
        }
    ]  # fmt: skip
    assert created["spec"] == {"address": "x", "limits": {"minimumFps": 2}}
    assert applied(created, camera({"site": "hq"}, address="x", limits={"minimumFps": 2})) == created


def test_what_is_applied_no_more_goes_unless_others_own_it() -> None:
    one = applied(None, camera({"site": "hq", "floor": "1"}, address="x", width=1, height=2))
    both = applied(one, camera({"floor": "1"}, height=2), "b")
    assert owners(both)["b/Apply"] == {"metadata.labels.floor", "spec.height"}
    less = applied(both, camera(address="x"))
    assert less["spec"] == {"address": "x", "height": 2}
    assert less["metadata"]["labels"] == {"floor": "1"}
    assert applied(less, camera(height=2), "b")["metadata"].get("labels") is None


def test_a_field_of_another_is_a_conflict_until_it_is_forced() -> None:
    one = applied(None, camera(address="x", width=1))
    with pytest.raises(FieldConflicts) as refused:
        applied(one, camera(address="y", width=2), "b")
    assert str(refused.value).startswith(
        'Apply failed with 2 conflicts: conflict with "a" using dsfleet.io/v1: .spec.address'
    )
    assert refused.value.causes[0] == {
        "reason": "FieldManagerConflict", "message": 'conflict with "a" using dsfleet.io/v1', "field": ".spec.address",
    }  # fmt: skip
    forced = applied(one, camera(address="y"), "b", force=True)
    assert forced["spec"] == {"address": "y", "width": 1}
    assert owners(forced) == {"a/Apply": {"spec.width"}, "b/Apply": {"spec.address"}}


def test_what_nobody_applied_yet_belongs_to_who_was_there_before() -> None:
    with pytest.raises(FieldConflicts, match='conflict with "before-first-apply"'):
        applied(camera(address="x"), camera(address="y"))
    same = applied(camera(address="x", width=1), camera(address="x"))
    assert owners(same) == {"before-first-apply/Update": {"spec.address", "spec.width"}, "a/Apply": {"spec.address"}}
    assert applied(same, camera(width=2), force=True)["spec"] == {"address": "x", "width": 2}


def test_lists_are_one_field() -> None:
    one = applied(None, camera(cameras=["x", "y"]))
    with pytest.raises(FieldConflicts):
        applied(one, camera(cameras=["x"]), "b")
    assert applied(one, camera(cameras=["y"]))["spec"]["cameras"] == ["y"]
    assert set(paths_of({"f:spec": {"f:volumes": {".": {}, 'k:{"name":"x"}': {"f:name": {}}}}})) == {
        ("spec", "volumes")
    }


def test_an_update_takes_over_what_it_changes() -> None:
    one = applied(None, camera(address="x", width=1, height=2))
    changed = {**one, "spec": {"address": "y", "width": 1}}
    after = after_update(one, changed, "kubectl-edit", "later")
    assert owners(after) == {"a/Apply": {"spec.width"}, "kubectl-edit/Update": {"spec.address"}}
    again = after_update(after, {**after, "spec": {"address": "z", "width": 1}}, "kubectl-edit", "later")
    assert owners(again) == owners(after)
    assert after_update(after, after, "other", "later") == after
    # Who has no managed fields gets none, and who sends others decides.
    assert after_update(camera(address="x"), camera(address="y"), "m", "later") == camera(address="y")
    reset = {**one, "metadata": {**one["metadata"], "managedFields": []}}
    assert after_update(one, reset, "m", "later") == reset


def test_managed_fields_cannot_be_applied() -> None:
    with pytest.raises(MalformedPatch, match=r"metadata\.managedFields must be nil"):
        applied(None, applied(None, camera(address="x")))


SPECS = st.dictionaries(
    st.sampled_from("abc"),
    st.integers(0, 2) | st.just({}) | st.dictionaries(st.sampled_from("de"), st.integers(0, 2), max_size=2),
    max_size=3,
)


@given(SPECS)
def test_fields_come_back(spec: Document) -> None:
    paths = fields_of(camera({"x": "y"}, **spec))
    assert frozenset(paths_of(fields_v1(paths))) == paths


@given(st.lists(st.tuples(st.sampled_from("mn"), SPECS), min_size=1, max_size=5))
def test_who_forces_has_what_he_applies(turns: list[tuple[str, Document]]) -> None:
    document: Document | None = None
    for manager, spec in turns:
        wanted = camera(**spec)
        document = applied(document, wanted, manager, force=True)
        for path in fields_of(wanted):
            value: Any = document
            for part in path:
                value = value[part]
            expected: Any = wanted
            for part in path:
                expected = expected[part]
            assert expected in (value, {})
        assert applied(document, wanted, manager) == document


def test_many_fields_cost_what_they_are() -> None:
    """Each against each of another owner would hold the whole controller for minutes."""
    document: Document | None = None
    for value, manager in enumerate("mnm"):
        document = applied(document, camera(**{f"k{number}": value for number in range(15_000)}), manager, force=True)
    assert document is not None
    assert document["spec"]["k14999"] == 2
    assert applied(document, camera(a=1), "m")["spec"] == {"a": 1}
