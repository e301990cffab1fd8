"""Patches by tables: those of the RFCs, and what kubectl sends."""

import contextlib
import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.api.patches.json_patch import json_patch
from controller.api.patches.merge import merge_patch
from controller.api.patches.refused import MalformedPatch, PatchRefused
from controller.api.patches.strategic import strategic_merge

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab~/", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab~/", max_size=2), inner, max_size=3),
    max_leaves=8,
)


# https://www.rfc-editor.org/rfc/rfc7386#appendix-A
@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patches(target: Any, patch: Any, expected: Any) -> None:
    given_ = copy.deepcopy(target)
    assert merge_patch(target, patch) == expected
    assert target == given_


# Of https://www.rfc-editor.org/rfc/rfc6902#appendix-A, and the corners of pointers.
@pytest.mark.parametrize(
    ("document", "operations", "expected"),
    [
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "qux"}], {"baz": "qux", "foo": "bar"}),
        ({"foo": ["bar", "baz"]}, [{"op": "add", "path": "/foo/1", "value": "q"}], {"foo": ["bar", "q", "baz"]}),
        ({"foo": ["a"]}, [{"op": "add", "path": "/foo/-", "value": ["b"]}], {"foo": ["a", ["b"]]}),
        ({"foo": ["a"]}, [{"op": "add", "path": "/foo/1", "value": 1}], {"foo": ["a", 1]}),
        ({"baz": 1, "foo": 2}, [{"op": "remove", "path": "/baz"}], {"foo": 2}),
        ({"foo": [1, 2, 3]}, [{"op": "remove", "path": "/foo/1"}], {"foo": [1, 3]}),
        ({"baz": 1}, [{"op": "replace", "path": "/baz", "value": None}], {"baz": None}),
        ({"a": {"b": 1}, "c": {}}, [{"op": "move", "from": "/a/b", "path": "/c/d"}], {"a": {}, "c": {"d": 1}}),
        ({"foo": [1, 2, 3]}, [{"op": "move", "from": "/foo/0", "path": "/foo/2"}], {"foo": [2, 3, 1]}),
        ({"a": 1}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": 1, "b": 1}),
        ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}, {"op": "remove", "path": "/a"}], {}),
        (
            {"a/b": 1, "m~n": 2},
            [{"op": "test", "path": "/a~1b", "value": 1}, {"op": "remove", "path": "/m~0n"}],
            {"a/b": 1},
        ),
        ({"": 1}, [{"op": "replace", "path": "/", "value": 2}], {"": 2}),
        ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}),
        ({"a": 1}, [], {"a": 1}),
    ],
)
def test_json_patches(document: Any, operations: Any, expected: Any) -> None:
    before = copy.deepcopy(document)
    assert json_patch(document, operations) == expected
    assert document == before


@pytest.mark.parametrize(
    ("document", "operation", "message"),
    [
        (
            {"baz": "qux"},
            {"op": "test", "path": "/baz", "value": "bar"},
            "testing path /baz failed: another value is there",
        ),
        ({"a": True}, {"op": "test", "path": "/a", "value": 1}, "testing path /a failed: another value is there"),
        ({"foo": "bar"}, {"op": "add", "path": "/baz/bat", "value": 1}, "there is nothing at /baz"),
        ({"foo": [1]}, {"op": "add", "path": "/foo/3", "value": 1}, "there is nothing at /foo/3"),
        ({"foo": [1]}, {"op": "replace", "path": "/foo/-", "value": 1}, "there is nothing at /foo/-"),
        ({"foo": [1]}, {"op": "remove", "path": "/foo/01"}, "there is nothing at /foo/01"),
        ({"foo": [1]}, {"op": "remove", "path": "/foo/-1"}, "there is nothing at /foo/-1"),
        ({"foo": "bar"}, {"op": "remove", "path": "/foo/0"}, "there is nothing at /foo/0"),
        ({}, {"op": "remove", "path": ""}, "the whole object cannot be removed by a patch: delete it"),
        ({"a": {"b": 1}}, {"op": "move", "from": "/a", "path": "/a/b"}, "'/a' cannot be moved into itself"),
    ],
)
def test_json_patches_that_do_not_fit(document: Any, operation: Any, message: str) -> None:
    with pytest.raises(PatchRefused) as refused:
        json_patch(document, [operation])
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "operations",
    [
        {}, ["x"], None, [{}], [{"op": "add"}], [{"op": "add", "path": "a", "value": 1}], [{"op": "add", "path": "/a"}],
        [{"op": "grow", "path": "/a", "value": 1}], [{"op": "move", "path": "/a"}], [{"op": "remove", "path": "/a~2"}],
        [{"op": "add", "path": 1, "value": 1}],
    ],
)  # fmt: skip
def test_what_is_no_json_patch(operations: Any) -> None:
    with pytest.raises(MalformedPatch):
        json_patch({"a": 1}, operations)


def test_copies_that_grow_without_end_are_refused() -> None:
    operations = [{"op": "copy", "from": "", "path": path} for path in ("/b", "/c") * 32]
    with pytest.raises(PatchRefused, match="copies more than"):
        json_patch({"a": "x" * 100}, operations)


@given(VALUES, st.lists(st.fixed_dictionaries({"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
       "path": st.text("/a0-~1", max_size=4), "from": st.text("/a0", max_size=3), "value": VALUES}), max_size=4))  # fmt: skip
def test_no_json_patch_meets_a_bug(document: Any, operations: Any) -> None:
    before = copy.deepcopy(document)
    with contextlib.suppress(MalformedPatch, PatchRefused):
        json_patch(document, operations)
    assert document == before


@pytest.mark.parametrize(
    ("target", "patch", "expected"),
    [
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}}, {"a": {"c": 2, "d": 3}}),
        ({"l": [{"name": "x", "v": 1}, {"name": "y"}]}, {"l": [{"name": "x", "v": 2}]}, {"l": [{"name": "x", "v": 2}, {"name": "y"}]}),
        ({"l": [{"name": "x"}]}, {"l": [{"name": "z"}]}, {"l": [{"name": "x"}, {"name": "z"}]}),
        ({"l": [{"mountPath": "/a", "hostPath": "/1"}]}, {"l": [{"mountPath": "/a", "hostPath": "/2"}]}, {"l": [{"mountPath": "/a", "hostPath": "/2"}]}),
        ({"l": [{"name": "x"}, {"name": "y"}]}, {"l": [{"name": "x", "$patch": "delete"}]}, {"l": [{"name": "y"}]}),
        ({"l": [{"name": "x"}]}, {"l": [{"name": "z"}, {"$patch": "replace"}]}, {"l": [{"name": "z"}]}),
        ({"a": {"b": 1}}, {"a": {"c": 2, "$patch": "replace"}}, {"a": {"c": 2}}),
        ({"a": {"b": 1}}, {"a": {"$patch": "delete"}}, {"a": {}}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"$retainKeys": ["c"], "c": 3}}, {"a": {"c": 3}}),
        ({"cameras": ["a", "b"]}, {"cameras": ["c"]}, {"cameras": ["c"]}),
        ({"f": ["a", "b"]}, {"$deleteFromPrimitiveList/f": ["a"]}, {"f": ["b"]}),
        ({"l": [{"name": "x"}, {"name": "y"}]}, {"$setElementOrder/l": [{"name": "y"}, {"name": "x"}]}, {"l": [{"name": "y"}, {"name": "x"}]}),
        ({"l": [1, 2]}, {"l": [{"name": "x"}]}, {"l": [{"name": "x"}]}),
    ],
)  # fmt: skip
def test_strategic_merge_patches(target: Any, patch: Any, expected: Any) -> None:
    before = copy.deepcopy(target)
    assert strategic_merge(target, patch) == expected
    assert target == before


@pytest.mark.parametrize("patch", [{"$patch": "grow"}, {"a": {"$retainKeys": "c"}}, {"$deleteFromPrimitiveList/a": 1}])
def test_what_is_no_strategic_merge_patch(patch: Any) -> None:
    with pytest.raises(MalformedPatch):
        strategic_merge({"a": {"b": 1}}, patch)


def test_lists_of_which_nobody_knows_what_they_are_merged_by_are_replaced() -> None:
    odd = [{"mountPath": [1]}, {"mountPath": {"a": 1}}]
    order = {"$setElementOrder/v": [{"mountPath": [1]}, [2]]}
    assert strategic_merge({"v": odd}, {"v": odd, **order}) == {"v": odd}
    assert strategic_merge({"v": [{"a": 1}, True, 1]}, {"$deleteFromPrimitiveList/v": [{"a": 1}, 1]}) == {"v": [True]}


def test_long_lists_cost_what_is_in_them() -> None:
    """A list against a list, item by item, would hold the whole controller for minutes."""
    many = list(range(30_000))
    assert strategic_merge({"x": many}, {"$setElementOrder/x": many[::-1]}) == {"x": many[::-1]}
    assert strategic_merge({"x": many}, {"$deleteFromPrimitiveList/x": many[1:]}) == {"x": [0]}
