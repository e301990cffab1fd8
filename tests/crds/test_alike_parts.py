"""What two settings have alike is left out before they are compared, and nothing else."""

from typing import Any

from deepdiff import DeepDiff
from hypothesis import given, settings
from hypothesis import strategies as st

from crds.difference import _without_what_is_alike

_LEAVES = st.sampled_from([None, True, False, 1, 0, 1.0, 0.0, "", "a", "1", [], [1], [1.0], [{"a": 1}], [{"a": True}]])
_VALUES = st.recursive(_LEAVES, lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3), max_leaves=8)
_MAPPINGS = st.dictionaries(st.sampled_from("abc"), _VALUES, max_size=3)


def paths(before: Any, after: Any) -> set[tuple[str, str]]:
    delta = DeepDiff(before, after, view="tree", ignore_order=False, threshold_to_diff_deeper=0)
    return {(kind, level.path()) for kind, levels in delta.items() for level in levels}


@settings(max_examples=100)
@given(_MAPPINGS, _MAPPINGS)
def test_the_same_differs_as_when_all_is_looked_at(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert paths(*_without_what_is_alike(before, after)) == paths(before, after)
    assert _without_what_is_alike(before, before) == ({}, {})
