"""What the app's code takes for granted: each rule finds its fault, and is silent without it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepstream.findings import Severity
from deepstream.retinaface.inference import InferenceChain
from deepstream.retinaface.rules import check_chain_of_app
from deepstream.versions import DsVersion

ERROR, WARNING = Severity.ERROR, Severity.WARNING
MOT1, MOT2 = "mot_primary.txt: property", "mot_sgie.txt: property"
FACE1, FACE2 = "faceid_primary.txt: property", "faceid_secondary.txt: property"
ALIGN = "faceid_align_config.txt: property"


def check(changes: dict[str, Any], version: DsVersion = DsVersion.V6_0) -> list[tuple[Severity, str, str]]:
    findings = check_chain_of_app(InferenceChain.model_validate(changes), version)
    assert all(one.message for one in findings)
    return [(one.severity, one.group, one.key) for one in findings]


def of(part: str, **keys: Any) -> dict[str, Any]:
    return {part: keys if part == "face_align" else {"property": keys}}


def test_the_apps_own_chain_is_fine() -> None:
    assert check({}) == []


RULES = [
    # Ids and modes.
    (of("mot_pgie", gie_unique_id=9), [(WARNING, MOT1, "gie-unique-id"), (ERROR, MOT2, "operate-on-gie-id")]),
    (of("mot_pgie", gie_unique_id=9) | of("mot_sgie", operate_on_gie_id=9), [(WARNING, MOT1, "gie-unique-id")]),
    (of("mot_sgie", gie_unique_id=None), [(WARNING, MOT2, "gie-unique-id")]),
    (of("face_pgie", gie_unique_id=1), [(WARNING, FACE1, "gie-unique-id")]),
    (of("face_sgie", gie_unique_id=5), [(WARNING, FACE2, "gie-unique-id"), (ERROR, ALIGN, "target-unique-ids")]),
    (
        of("face_sgie", gie_unique_id=5) | of("face_align", target_unique_ids=[4, 5]),
        [(WARNING, FACE2, "gie-unique-id")],
    ),
    (of("mot_pgie", process_mode=2), [(ERROR, MOT1, "process-mode")]),
    (of("mot_pgie", process_mode=None), []),
    (of("mot_sgie", process_mode=1), [(ERROR, MOT2, "process-mode")]),
    (of("face_pgie", process_mode=2), [(ERROR, FACE1, "process-mode")]),
    (of("face_sgie", process_mode=None), []),
    # Tracking.
    (of("mot_sgie", output_tensor_meta=None), [(ERROR, MOT2, "output-tensor-meta")]),
    (of("mot_sgie", output_tensor_meta=0), [(ERROR, MOT2, "output-tensor-meta")]),
    (of("mot_sgie", operate_on_gie_id=3), [(ERROR, MOT2, "operate-on-gie-id")]),
    (of("mot_sgie", operate_on_gie_id=-1), []),
    (of("mot_sgie", operate_on_class_ids=[1, 2]), [(ERROR, MOT2, "operate-on-class-ids")]),
    (of("mot_sgie", operate_on_class_ids=[1, 0]), []),
    (of("mot_sgie", operate_on_class_ids=None), [(WARNING, MOT2, "operate-on-class-ids")]),
    # Faces.
    (of("face_sgie", output_tensor_meta=0), [(WARNING, FACE2, "output-tensor-meta")]),
    ({"face_pgie": {"class_attrs": {"all": {"topk": 4}}}}, [(WARNING, "faceid_primary.txt: class-attrs-all", "")]),
    ({"face_pgie": {"class_attrs": None}}, []),
    (of("face_pgie", infer_dims=[3, 640, 640]), []),
    (of("face_pgie", infer_dims=[3, 720, 1280]), [(ERROR, FACE1, "infer-dims")]),
    (of("face_pgie", infer_dims=[3, 736, 1270]), [(ERROR, FACE1, "infer-dims")]),
    (of("face_pgie", infer_dims=None), [(ERROR, FACE1, "infer-dims")]),
    (of("face_pgie", model_color_format=0), [(ERROR, FACE1, "model-color-format")]),
    (of("face_pgie", model_color_format=None), [(ERROR, FACE1, "model-color-format")]),
    (of("face_pgie", network_input_order=1), [(ERROR, FACE1, "network-input-order")]),
    (of("face_pgie", network_input_order=0), []),
    (of("face_pgie", engine_create_func_name="Other", infer_dims=[3, 1, 1], model_color_format=0), []),
    # The engine of the face detector.
    (of("face_pgie", batch_size=8), [(ERROR, FACE1, "model-engine-file")]),
    (of("face_pgie", gpu_id=1), [(ERROR, FACE1, "model-engine-file")]),
    (of("face_pgie", network_mode=0), [(ERROR, FACE1, "model-engine-file")]),
    (of("face_pgie", model_engine_file=None), [(ERROR, FACE1, "model-engine-file")]),
    (of("face_pgie", batch_size=8, model_engine_file="../build/model_b8_gpu0_fp16.engine"), []),
    (of("face_pgie", model_engine_file="/workspace/build/model_b24_gpu0_fp16.engine"), []),
    (of("face_pgie", model_engine_file="x/../../build/./model_b24_gpu0_fp16.engine"), []),
    (of("face_pgie", model_engine_file="model_b24_gpu0_fp16.engine"), [(WARNING, FACE1, "model-engine-file")]),
    (of("face_pgie", model_engine_file="/cache/model_b24_gpu0_fp16.engine"), [(WARNING, FACE1, "model-engine-file")]),
    (of("face_pgie", engine_create_func_name=None, batch_size=8), []),
    # The alignment.
    (of("face_align", target_unique_ids=None), [(ERROR, ALIGN, "target-unique-ids")]),
    (of("face_align", target_unique_ids=[3]), [(ERROR, ALIGN, "target-unique-ids")]),
    (of("face_align", tensor_name=None), [(ERROR, ALIGN, "tensor-name")]),
    (of("face_align", tensor_data_type=None), [(ERROR, ALIGN, "tensor-data-type")]),
    (of("face_align", tensor_data_type=5), [(ERROR, ALIGN, "tensor-data-type")]),
    (of("face_align", network_input_shape=None), [(ERROR, ALIGN, "network-input-shape")]),
    (of("face_align", network_input_shape=[95, 3, 112, 112]), [(ERROR, ALIGN, "network-input-shape")]),
    (of("face_sgie", batch_size=8), []),
    (
        of("face_sgie", batch_size=8) | of("face_align", network_input_shape=[96, 3, 112, 112]),
        [(ERROR, ALIGN, "network-input-shape")],
    ),
    (of("face_sgie", infer_dims=[3, 112, 96]), [(ERROR, ALIGN, "network-input-shape")]),
    (of("face_sgie", infer_dims=None), []),
    (of("face_align", enable=False), [(WARNING, ALIGN, "enable")]),
    (of("face_align", enable=None, gpu_id=None, tensor_buf_pool_size=None), []),
    (of("face_align", input_object_max_width=0), [(ERROR, ALIGN, "input-object-max-width")]),
    (of("face_align", input_object_max_height=None), [(ERROR, ALIGN, "input-object-max-height")]),
    (of("face_align", input_object_min_width=3841), [(ERROR, ALIGN, "input-object-min-width")]),
    (of("face_align", input_object_max_height=49), [(ERROR, ALIGN, "input-object-min-height")]),
    (of("face_align", input_object_min_width=3840, input_object_min_height=None), []),
]


@pytest.mark.parametrize(("changes", "expected"), RULES)
def test_rules(changes: dict[str, Any], expected: list[tuple[Severity, str, str]]) -> None:
    assert check(changes) == expected


@pytest.mark.parametrize("version", DsVersion)
def test_the_apps_engines_need_a_tensorrt_with_implicit_batches(version: DsVersion) -> None:
    expected = (
        [(WARNING, MOT2, "force-implicit-batch-dim"), (WARNING, FACE1, "engine-create-func-name")]
        if version.order > DsVersion.V7_0.order
        else []
    )
    assert check({}, version) == expected
    without = of("mot_sgie", force_implicit_batch_dim=None) | of("face_pgie", engine_create_func_name="Other")
    assert check(without, version) == []


def test_messages_tell_what_to_write() -> None:
    changes = of("face_pgie", batch_size=8) | of("face_align", network_input_shape=[95, 3, 112, 112])
    engine, shape = map(str, check_chain_of_app(InferenceChain.model_validate(changes)))
    assert engine.startswith("[faceid_primary.txt: property] model-engine-file: ")
    assert engine.endswith("give ../build/model_b8_gpu0_fp16.engine")
    assert shape.endswith("give 96")


@given(
    st.dictionaries(
        st.sampled_from(["mot_pgie", "mot_sgie", "face_pgie", "face_sgie"]),
        st.fixed_dictionaries(
            {},
            optional={
                "model_engine_file": st.none() | st.text(max_size=20),
                "gie_unique_id": st.none() | st.integers(-5, 5),
                "batch_size": st.none() | st.integers(1, 9),
                "infer_dims": st.none() | st.tuples(*[st.integers(-64, 64)] * 3),
                "operate_on_class_ids": st.none() | st.lists(st.integers(-2, 2)),
            },
        ),
    ),
    st.sampled_from(DsVersion),
)
def test_any_chain_can_be_checked(changes: dict[str, Any], version: DsVersion) -> None:
    parts = {name: {"property": {**keys, "tlt_model_key": "hunter2"}} for name, keys in changes.items()}
    findings = check_chain_of_app(InferenceChain.model_validate(parts), version)
    assert all(one.group.partition(": ")[0].endswith(".txt") for one in findings)
    assert "hunter2" not in " ".join(map(str, findings))
