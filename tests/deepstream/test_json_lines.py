"""Where values stand in a JSON text."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deepstream.retinaface.json_lines import lines_in_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


def paths(value: Any, path: str = "") -> list[str]:
    inner = []
    if isinstance(value, dict):
        inner = [(f"{path}.{key}" if path else key, one) for key, one in value.items()]
    elif isinstance(value, list):
        inner = [(f"{path}[{at}]", one) for at, one in enumerate(value)]
    return [path, *(found for where, one in inner for found in paths(one, where))]


@given(VALUES)
def test_each_value_has_a_line_whatever_the_layout(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, indent=2), json.dumps(value, indent=0, separators=(",", "\n:"))):
        found = lines_in_json(text)
        assert sorted(found) == sorted(set(paths(value)))
        assert all(1 <= line <= text.count("\n") + 1 for line in found.values())


def test_lines_are_those_that_people_count() -> None:
    text = (
        '{\n "a": 1,\n "sources": [\n  {"address": "x:,{\\"",\n   "b": [1,\n2]},\n  {\n"address": null}\n],\n "a": {}}'
    )
    assert lines_in_json(text) == {
        "": 1,
        "a": 2,
        "sources": 3,
        "sources[0]": 4,
        "sources[0].address": 4,
        "sources[0].b": 5,
        "sources[0].b[0]": 5,
        "sources[0].b[1]": 6,
        "sources[1]": 7,
        "sources[1].address": 8,
    }
