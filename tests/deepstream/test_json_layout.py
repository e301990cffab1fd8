"""The layout of JSON is that of Python's own module: what was written before is written again, byte for byte."""

import json
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from deepstream.json_layout import indented_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
@example(
    {"a": [], "b": {}, "c": [[]], "d": [{"é": '\u2028\x7f\x00"\\/'}], "e": [1e16, 1e-7, -0.0, 10**30, float("nan")]}
)
@example((1, ("a", ()), {"b": (2,)}))
def test_it_is_what_python_writes(value: Any) -> None:
    assert indented_json(value) == json.dumps(value, indent=2, ensure_ascii=False)
