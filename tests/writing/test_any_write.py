"""Whatever is asked, in whatever form: an answer that says what is wrong, and never a bug."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.writing.served import CAMERAS, INSTANCES, Served

_NAMES = st.sampled_from(
    ["apiVersion", "kind", "metadata", "spec", "status", "name", "labels", "annotations", "managedFields", "address", "limits", "cameras",
     "resourceVersion", "$patch", "dsfleet.io/file", "dsfleet.io/approve", "op", "path", "value", "", "\ud800", "é\n"]
)  # fmt: skip
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3)
    | _NAMES
)
_VALUES = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAMES, inner, max_size=3), max_leaves=6
)
_TYPES = ["merge-patch+json", "json-patch+json", "strategic-merge-patch+json", "apply-patch+yaml", "json", "yaml"]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["POST", "PUT", "PATCH", "DELETE"]), st.sampled_from([CAMERAS, INSTANCES]), st.sampled_from(["", "/lobby", "/faces", "/no one"]),
    st.sampled_from(_TYPES), st.fixed_dictionaries({}, optional={"metadata": _VALUES, "spec": _VALUES, "kind": _VALUES, "status": _VALUES}) | _VALUES,
    st.dictionaries(st.sampled_from(["fieldManager", "fieldValidation", "force", "labelSelector", "approve", "reason"]), st.text(max_size=4)),
)  # fmt: skip
def test_any_write(
    many: Served, method: str, path: str, name: str, kind: str, body: Any, query: dict[str, str]
) -> None:
    headers = {"content-type": f"application/{kind}"}
    answer = many(method, path + name, content=json.dumps(body), headers=headers, params={**query, "dryRun": "All"})
    assert answer.status_code < 500, (answer.status_code, answer.text)
    assert answer.json()["kind"]
