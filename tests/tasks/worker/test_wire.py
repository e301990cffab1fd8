import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.wire import (
    DetectedPrimitive,
    ImageClass,
    ModelNotice,
    NamedModel,
    TaskFailure,
    TaskKind,
    WireError,
    decode_model,
    decode_result,
    decode_task,
    encode_model,
    encode_result,
    encode_task,
    headers_of_result,
    kind_topics,
    model_in,
)

shares = st.integers(0, 10**6).map(lambda millionths: millionths / 10**6)
class_ids = st.integers(0, 2**31 - 1)
primitives = st.builds(
    DetectedPrimitive,
    class_id=class_ids,
    x_coord=shares,
    y_coord=shares,
    width=shares,
    height=shares,
    rotation=shares,
    probability=shares,
)
classes = st.builds(ImageClass, class_id=class_ids, probability=shares)
texts = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=20)
failures = st.builds(TaskFailure, st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=500))
kinds = st.sampled_from(TaskKind)


@given(st.integers(1, 16), st.data(), st.binary(max_size=100))
def test_a_task_comes_back_as_it_was_sent(id_bytes: int, data: st.DataObject, image: bytes) -> None:
    task_id = data.draw(st.integers(0, 256**id_bytes - 1))
    assert decode_task(encode_task(task_id, image, id_bytes), id_bytes) == (task_id, image)


def test_the_id_of_a_task_is_big_endian_and_eight_bytes_long() -> None:
    assert encode_task(258, b"\xff\xd8") == b"\0\0\0\0\0\0\x01\x02\xff\xd8"


def test_an_id_that_does_not_fit_is_an_error_and_is_not_cut_off() -> None:
    with pytest.raises(OverflowError):
        encode_task(65536, b"", 2)


@given(st.integers(0, 2**64 - 1), st.lists(primitives, max_size=5))
def test_detections_come_back_as_they_were_sent(task_id: int, found: list[DetectedPrimitive]) -> None:
    assert decode_result(TaskKind.DETECTION, encode_result(task_id, tuple(found))) == (task_id, tuple(found))


@given(st.integers(0, 2**64 - 1), st.lists(classes, max_size=5))
def test_classes_come_back_as_they_were_sent(task_id: int, found: list[ImageClass]) -> None:
    assert decode_result(TaskKind.CLASSIFICATION, encode_result(task_id, tuple(found))) == (task_id, tuple(found))


@given(kinds, failures)
def test_errors_come_back_as_they_were_sent(kind: TaskKind, failure: TaskFailure) -> None:
    assert decode_result(kind, encode_result(7, failure)) == (7, failure)


def test_a_result_is_spelt_as_the_seed_has_it() -> None:
    value = encode_result(1, (DetectedPrimitive(1, 0.5, 0.5, 0.2, 0.1, 0.2, 0.82),))
    assert json.loads(value[8:]) == [
        {
            "class_id": 1,
            "x_coord": 0.5,
            "y_coord": 0.5,
            "width": 0.2,
            "height": 0.1,
            "rotation": 0.2,
            "probability": 0.82,
        }
    ]


def test_the_topics_are_the_seeds() -> None:
    detection, classification = kind_topics(TaskKind.DETECTION), kind_topics(TaskKind.CLASSIFICATION, "site1.")
    assert (detection.tasks, detection.results) == ("detect-primitives", "detected-primitives")
    assert detection.worker_group == "detection-model"
    assert (classification.tasks, classification.results) == ("site1.classify-image", "site1.classified-image")


@given(kinds, st.one_of(st.none(), st.binary(max_size=200)))
def test_any_bytes_are_a_result_or_a_wire_error(kind: TaskKind, value: bytes | None) -> None:
    with contextlib.suppress(WireError):
        task_id, answer = decode_result(kind, value)
        assert decode_result(kind, encode_result(task_id, answer))[0] == task_id


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["class_id", "error", "x"]), inner),
    max_leaves=10,
)


@given(kinds, json_values)
def test_any_json_is_a_result_or_a_wire_error(kind: TaskKind, content: object) -> None:
    with contextlib.suppress(WireError):
        _, answer = decode_result(kind, bytes(8) + json.dumps(content).encode())
        assert isinstance(answer, tuple | TaskFailure)


GOOD = {"class_id": 1, "x_coord": 0.5, "y_coord": 0.5, "width": 0.2, "height": 0.1, "rotation": 0, "probability": 0.8}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"class_id": -1}, "class_id"),
        ({"class_id": True}, "class_id"),
        ({"class_id": 2**31}, "class_id"),
        ({"x_coord": "0.5"}, "x_coord"),
        ({"y_coord": None}, "y_coord"),
        ({"width": float("nan")}, "width"),
        ({"height": float("inf")}, "height"),
        ({"rotation": 10**400}, "rotation"),
        ({"probability": 1.01}, "probability"),
    ],
)
def test_a_result_with_a_wrong_field_is_refused_by_its_name(change: dict[str, object], says: str) -> None:
    value = bytes(8) + json.dumps([GOOD | change]).encode()
    with pytest.raises(WireError, match=says):
        decode_result(TaskKind.DETECTION, value)


@pytest.mark.parametrize("content", ["[" * 100_000, "9" * 5000, "", "{}", '{"error": 5}', "7", '"text"'])
def test_json_that_is_no_result_is_refused(content: str) -> None:
    with pytest.raises(WireError):
        decode_result(TaskKind.DETECTION, bytes(8) + content.encode())


def test_keys_that_are_not_known_are_ignored() -> None:
    value = bytes(8) + json.dumps([GOOD | {"label": "person"}]).encode()
    _, answer = decode_result(TaskKind.DETECTION, value)
    assert isinstance(answer, tuple)
    assert len(answer) == 1


@pytest.mark.parametrize("value", [None, b"", bytes(7)])
def test_a_value_without_an_id_is_refused(value: bytes | None) -> None:
    with pytest.raises(WireError, match="task id of 8"):
        decode_task(value)


@given(kinds, texts.filter(bool), st.lists(texts, max_size=5))
def test_a_notice_of_a_model_comes_back_as_it_was_sent(kind: TaskKind, name: str, labels: list[str]) -> None:
    notice = ModelNotice(kind, name, tuple(labels))
    assert decode_model(encode_model(notice)) == notice


@pytest.mark.parametrize(
    "value", [None, b"[]", b'{"kind":"other","name":"x","labels":[]}', b'{"kind":"detection","name":"","labels":[]}',
              b'{"kind":"detection","name":"x","labels":[1]}', b'{"kind":["a"],"name":"x","labels":[]}']
)  # fmt: skip
def test_what_is_no_notice_is_refused(value: bytes | None) -> None:
    with pytest.raises(WireError):
        decode_model(value)


def test_text_that_no_database_can_keep_is_replaced() -> None:
    _, failure = decode_result(TaskKind.DETECTION, bytes(8) + rb'{"error": "a\u0000b\ud800c"}')
    assert failure == TaskFailure("a?b?c")
    notice = decode_model(rb'{"kind": "detection", "name": "\ud800", "labels": ["\u0000"]}')
    assert (notice.name, notice.labels) == ("?", ("?",))


@pytest.mark.parametrize(
    ("name", "comes_back"), [("people", "people"), ("größer", "größer"), ("\udcff\0", "??"), ("x" * 300, "x" * 200)]
)
def test_a_result_names_its_model_as_the_notice_of_that_does(name: str, comes_back: str) -> None:
    named = model_in(headers_of_result(NamedModel(name, f"sha256:{name}")))
    notice = decode_model(encode_model(ModelNotice(TaskKind.DETECTION, name, (), digest=f"sha256:{name}")))
    assert named.name == notice.name == comes_back
    assert named.digest == notice.digest == f"sha256:{comes_back}"[:100]


@pytest.mark.parametrize("headers", [(), [("trace", b"1")], [("model", None)], [("model", b"")], {"model": None}])
def test_a_result_of_a_worker_that_is_not_ours_names_no_model(
    headers: dict[str, str | bytes | None] | list[tuple[str, str | bytes | None]],
) -> None:
    assert model_in(headers) == NamedModel(None, None)


def test_a_name_that_is_no_text_is_replaced() -> None:
    assert model_in([("trace", b"1"), ("model", b"a\xff\0b")]) == NamedModel("a\N{REPLACEMENT CHARACTER}?b", None)


def test_a_notice_of_an_earlier_release_tells_of_a_model_without_a_worker() -> None:
    notice = decode_model(b'{"kind": "detection", "name": "people", "labels": ["person"]}')
    assert notice == ModelNotice(
        TaskKind.DETECTION, "people", ("person",), digest="", worker="", host="", leaving=False
    )


def test_what_another_release_may_mean_by_a_key_is_no_fault() -> None:
    notice = decode_model(
        b'{"kind": "detection", "name": "people", "labels": [], "digest": 7, "worker": null, "leaving": 1}'
    )
    assert notice == ModelNotice(TaskKind.DETECTION, "people", ())
    _, answer = decode_result(
        TaskKind.CLASSIFICATION, bytes(8) + b'[{"class_id": 1, "probability": 1, "class_name": ["x"]}]'
    )
    assert answer == (ImageClass(1, 1.0),)


def test_a_class_is_named_where_its_model_has_names() -> None:
    assert json.loads(encode_result(1, (ImageClass(1, 0.5, "dog"), ImageClass(2, 0.5)))[8:]) == [
        {"class_id": 1, "probability": 0.5, "class_name": "dog"},
        {"class_id": 2, "probability": 0.5},
    ]


def test_a_thousand_of_the_longest_names_fit_into_a_message_of_kafkas_own_limit() -> None:
    longest = DetectedPrimitive(2**31 - 1, *[0.123456] * 4, -3.141592, 0.123456, "\N{GRINNING FACE}" * 60)
    assert len(encode_result(2**63, (longest,) * 1000)) < 1_000_000
