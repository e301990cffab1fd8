"""Whatever a hint tells to write is taken where it is told."""

import json
import re
from typing import Any, Final

from hypothesis import example, given, settings
from hypothesis import strategies as st

from controller.source.read.manifests import read_manifests
from crds.camera import CameraSpec

_FIELDS: Final = [field.alias or name for name, field in CameraSpec.model_fields.items()]
_WORDS: Final = [
    "yes",
    "off",
    "H264",
    "h.265",
    "RTSP",
    "fil",
    "0.5",
    "1",
    "720",
    "007",
    "-1.5",
    "true",
    "1e3",
    "16;9",
    "file:a",
    "",
]
_VALUES: Final = (
    st.sampled_from([*_WORDS, None, [], {}, True, 1.0, -1, 0, 720, [1, 2], {"a": 1}]) | st.integers() | st.text("0123456789.-e")
)  # fmt: skip
_NAMES: Final = st.sampled_from(_FIELDS) | st.sampled_from(
    ["encodetype", "encode_type", "adress", "Width", "with", "type"]
)


def _faults(spec: dict[str, Any], name: object) -> dict[str, str]:
    """The messages about a manifest by the fields of its spec that they are about."""
    document = {"apiVersion": "dsfleet.io/v1", "kind": "Camera", "metadata": {"name": name}, "spec": spec}
    (read,) = read_manifests(json.dumps(document))
    return {"/".join(map(str, fault.path)): fault.message for fault in read.faults}


def _mended(spec: dict[str, Any], key: str, message: str) -> dict[str, Any] | None:
    """What the hint makes of it; None where there is none."""
    value = spec[key]
    others = {field: one for field, one in spec.items() if field != key}
    if message.endswith((": remove this", "or remove the key")):
        return others
    if message.endswith(": remove the quotes"):
        return {**spec, key: json.loads(value)}
    if message.endswith(": write it in quotes"):
        return {**spec, key: json.dumps(value)}
    if found := re.search(r"there is no such field; did you mean (\w+)\?$|in camelCase: write (\w+)$", message):
        return {**others, (found[1] or found[2]): value}
    if found := re.search(r"; did you mean (\w+)\?$", message):
        return {**spec, key: found[1]}
    return None


@settings(max_examples=150)
@given(_NAMES, _VALUES)
@example("width", "0.5")
@example("address", None)
@example("encode_type", "h265")
def test_no_hint_leads_to_the_next_refusal(key: str, value: object) -> None:
    spec = {"address": "rtsp://h/1", "encodeType": "h264", key: value}
    message = _faults(spec, "a").get(f"spec/{key}", "")
    mended = _mended(spec, key, message)
    if mended is not None:
        again = _faults(mended, "a")
        # A field that had a wrong name may hold a wrong value, too: what was said of the name was right.
        assert mended.keys() - spec.keys() or f"spec/{key}" not in again, (message, again)
        assert not any("no such field" in one or "is missing" in one for one in again.values()), (message, again)


@given(st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False))
@example(12)
@example(-3)
def test_a_name_is_told_to_be_put_in_quotes_only_if_it_is_one(name: object) -> None:
    message = _faults({"address": "rtsp://h/1"}, name)["metadata/name"]
    assert message.endswith(": write it in quotes") is not bool(_faults({"address": "rtsp://h/1"}, json.dumps(name)))
