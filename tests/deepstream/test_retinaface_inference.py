"""The chain of networks: the seed's values, what is laid over them, and the five files."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deepstream import keyfile
from deepstream.findings import ConfigTextError, Severity
from deepstream.nvinfer.config import InferConfig
from deepstream.nvinfer.property import InferProperty
from deepstream.retinaface.align import FaceAlign
from deepstream.retinaface.inference import DEFAULTS, InferenceChain, chain_files, read_chain_files

# What the seed's files say, key by key.
SEED: dict[str, dict[str, dict[str, str]]] = {
    "mot_primary.txt": {
        "property": {
            "gie-unique-id": "1",
            "gpu-id": "0",
            "network-mode": "2",
            "network-type": "0",
            "process-mode": "1",
            "batch-size": "24",
            "cluster-mode": "2",
            "num-detected-classes": "2",
            "model-color-format": "0",
            "maintain-aspect-ratio": "1",
            "symmetric-padding": "1",
            "net-scale-factor": "0.003921569790691137",
            "output-blob-names": "output",
            "model-engine-file": "../data/models/trt/deepsort_detector.trt",
            "labelfile-path": "../data/labels/mot_pgie_labels.txt",
            "custom-lib-path": "../build/src/nvdsinfer_customparser/libnvds_infercustomparser.so",
            "parse-bbox-func-name": "NvDsInferParseCustomYoloV5",
        },
        "class-attrs-all": {"nms-iou-threshold": "0.5", "pre-cluster-threshold": "0.4"},
    },
    "mot_sgie.txt": {
        "property": {
            "gie-unique-id": "2",
            "gpu-id": "0",
            "network-mode": "2",
            "network-type": "1",
            "process-mode": "2",
            "batch-size": "24",
            "operate-on-gie-id": "1",
            "operate-on-class-ids": "0",
            "output-tensor-meta": "1",
            "infer-dims": "3;128;64",
            "force-implicit-batch-dim": "1",
            "model-color-format": "1",
            "maintain-aspect-ratio": "0",
            "net-scale-factor": "0.003921569790691137",
            "offsets": "0.0;0.0;0.0",
            "output-blob-names": "output.0",
            "model-engine-file": "../data/models/trt/deepsort_extractor.trt",
            "input-object-min-width": "0",
            "input-object-min-height": "0",
            "classifier-async-mode": "0",
            "classifier-threshold": "0.0",
            "secondary-reinfer-interval": "0",
        },
    },
    "faceid_primary.txt": {
        "property": {
            "gie-unique-id": "3",
            "gpu-id": "0",
            "network-mode": "2",
            "network-type": "0",
            "process-mode": "1",
            "batch-size": "24",
            "cluster-mode": "4",
            "interval": "0",
            "num-detected-classes": "1",
            "infer-dims": "3;736;1280",
            "offsets": "104.0;117.0;123.0",
            "net-scale-factor": "1.0",
            "model-color-format": "1",
            "maintain-aspect-ratio": "1",
            "symmetric-padding": "1",
            "model-engine-file": "../build/model_b24_gpu0_fp16.engine",
            "labelfile-path": "../data/labels/face_labels.txt",
            "custom-lib-path": "../build/src/facedetection/libnvds_facedetection.so",
            "engine-create-func-name": "NvDsInferRetinafaceCudaEngineGet",
            "parse-bbox-func-name": "NvDsInferParseNone",
        },
        "class-attrs-all": {
            "nms-iou-threshold": "0.4",
            "pre-cluster-threshold": "0.1",
            "post-cluster-threshold": "0.7",
        },
    },
    "faceid_secondary.txt": {
        "property": {
            "gie-unique-id": "4",
            "gpu-id": "0",
            "network-mode": "2",
            "process-mode": "2",
            "batch-size": "96",
            "cluster-mode": "4",
            "output-tensor-meta": "1",
            "infer-dims": "3;112;112",
            "net-scale-factor": "1.0",
            "model-engine-file": "../data/models/trt/glint360k_r50.trt",
            "custom-lib-path": "../build/src/facefeature/libnvds_parsenone.so",
            "parse-bbox-func-name": "NvDsInferParseNone",
        },
    },
    "faceid_align_config.txt": {
        "property": {
            "enable": "1",
            "gpu-id": "0",
            "target-unique-ids": "4",
            "network-input-shape": "96;3;112;112",
            "tensor-data-type": "0",
            "tensor-name": "conv1",
            "tensor-buf-pool-size": "10",
            "input-object-min-width": "50",
            "input-object-max-width": "3840",
            "input-object-min-height": "50",
            "input-object-max-height": "2160",
        },
    },
}


def values(text: str) -> dict[str, dict[str, str]]:
    document = keyfile.parse(text)
    return {group.name: {entry.key: entry.value for entry in group.entries} for group in document.groups}


def chain(**given: Any) -> InferenceChain:
    return InferenceChain.model_validate(given)


def test_the_defaults_are_the_values_of_the_seed() -> None:
    assert {name: values(text) for name, text in chain_files(InferenceChain())} == SEED


def test_files_have_the_header() -> None:
    for _, text in chain_files(InferenceChain(), "made by\nfleet"):
        assert text.startswith("# made by\n# fleet\n\n[property]\n")


def test_a_chain_without_arguments_copies_nothing() -> None:
    for name, default in DEFAULTS.items():
        assert getattr(InferenceChain(), name) is default


def test_what_is_written_is_read_back_without_a_finding() -> None:
    read, findings = read_chain_files(dict(chain_files(InferenceChain())))
    assert findings == ()
    assert read == InferenceChain()
    assert chain_files(read) == chain_files(InferenceChain())


def test_files_in_another_order_and_with_comments_are_the_same_chain() -> None:
    files = {
        name: "# of a person\n"
        + "".join(
            f"\n[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in reversed(keys.items()))
            for group, keys in reversed(groups.items())
        )
        for name, groups in SEED.items()
    }
    assert read_chain_files(files) == (InferenceChain(), ())


@pytest.mark.parametrize("styled", ["camel", "snake"])
def test_what_is_given_is_laid_over_key_by_key(styled: str) -> None:
    camel = {"facePgie": {"property": {"gpuId": 1}, "classAttrs": {"all": {"nmsIouThreshold": 0.3}}}}
    snake = {"face_pgie": {"property": {"gpu_id": 1}, "class_attrs": {"all": {"nms_iou_threshold": 0.3}}}}

    files = {name: values(text) for name, text in chain_files(chain(**(camel if styled == "camel" else snake)))}

    expected = SEED["faceid_primary.txt"]
    assert files == SEED | {
        "faceid_primary.txt": {
            "property": {**expected["property"], "gpu-id": "1"},
            "class-attrs-all": {**expected["class-attrs-all"], "nms-iou-threshold": "0.3"},
        }
    }


def test_new_classes_and_other_keys_come_beside_the_old_ones() -> None:
    given = {"motPgie": {"property": {"extraKeys": {"new-key": "7"}}, "classAttrs": {"1": {"topk": 5}}}}
    text = dict(chain_files(chain(**given)))["mot_primary.txt"]
    expected = SEED["mot_primary.txt"]
    assert values(text) == {
        "property": {**expected["property"], "new-key": "7"},
        "class-attrs-all": expected["class-attrs-all"],
        "class-attrs-1": {"topk": "5"},
    }


@pytest.mark.parametrize(
    "given",
    [
        {"motPgie": {"property": {"clusterMode": None}, "classAttrs": {"all": {"preClusterThreshold": None}}}},
        {"motPgie": {"property": {"clusterMode": None}, "classAttrs": {"all": None}}},
        {"motPgie": {"property": {"clusterMode": None}, "classAttrs": None}},
        {"mot_pgie": {"property": {"cluster_mode": None}, "class_attrs": {"all": None, "0": {"topk": 1}}}},
    ],
)
@pytest.mark.parametrize("by_alias", [True, False])
def test_null_takes_away_and_a_dump_is_read_back_equal(given: dict[str, Any], by_alias: bool) -> None:
    changed = chain(**given)

    written = values(dict(chain_files(changed))["mot_primary.txt"])

    assert "cluster-mode" not in written["property"]
    assert "pre-cluster-threshold" not in written.get("class-attrs-all", {})
    assert InferenceChain.model_validate(changed.model_dump(mode="json", by_alias=by_alias)) == changed
    assert InferenceChain.model_validate_json(changed.model_dump_json(by_alias=by_alias)) == changed


def test_nothing_given_for_a_part_is_the_default() -> None:
    assert chain(motPgie={}, face_align={}, faceSgie={"property": {}, "classAttrs": {}}) == InferenceChain()


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"motPgie": {"property": {"batchSiz": 3}}}, ("motPgie", "property", "batchSiz")),
        ({"motPgie": {"property": {"batch_size": "many"}}}, ("motPgie", "property", "batchSize")),
        ({"faceSgie": {"property": {"batchSize": [1]}}}, ("faceSgie", "property", "batchSize")),
        ({"faceSgie": {"property": {"batchSize": 0}}}, ("faceSgie", "property", "batchSize")),
        ({"faceSgie": {"property": {"batchSize": float("inf")}}}, ("faceSgie", "property", "batchSize")),
        ({"faceSgie": None}, ("faceSgie",)),
        ({"faceSgie": {"property": 4}}, ("faceSgie", "property")),
        ({"faceSgie": 3, "faceAlign": 4}, ("faceSgie",)),
        ({"faceAlign": {"networkInputShape": [1, 2, 3]}}, ("faceAlign", "networkInputShape", 3)),
        ({"faceAlgin": {}}, ("faceAlgin",)),
        ({"motPgie": {"classAttrs": {"x": {}}}}, ("motPgie", "classAttrs", "x", "[key]")),
        ({"motPgie": {"property": {"gpuId": 0, "gpu_id": 1}}}, ()),
        ({"motPgie": {}, "mot_pgie": {}}, ()),
    ],
)
def test_what_is_wrong_is_told_at_its_place(given: dict[str, Any], place: tuple[str | int, ...]) -> None:
    with pytest.raises(ValidationError) as refused:
        chain(**given)
    assert place in [one["loc"] for one in refused.value.errors()]


@pytest.mark.parametrize(
    ("given", "shape"),
    [
        ({}, (96, 3, 112, 112)),
        ({"faceSgie": {"property": {"batchSize": 8}}}, (8, 3, 112, 112)),
        ({"face_sgie": {"property": {"batch_size": "8"}}}, (8, 3, 112, 112)),
        ({"faceSgie": {"property": {"batchSize": None}}}, (1, 3, 112, 112)),
        ({"faceSgie": {"property": {"batchSize": 8}}, "faceAlign": {"gpuId": 1}}, (8, 3, 112, 112)),
        ({"faceSgie": InferConfig(property=InferProperty(batch_size=8))}, (8, 3, 112, 112)),
        ({"faceSgie": {"property": InferProperty(batch_size=8)}}, (8, 3, 112, 112)),
        (
            {
                "faceSgie": {"property": {"batchSize": 8}},
                "faceAlign": {"network_input_shape": [9, 3, 112, 112]},
            },
            (9, 3, 112, 112),
        ),
        ({"faceSgie": {"property": {"batchSize": 8}}, "faceAlign": {"networkInputShape": None}}, None),
        ({"faceSgie": {"property": {"batchSize": 8}}, "faceAlign": FaceAlign()}, None),
        ({"faceAlign": {"networkInputShape": [9, 3, 112, 112]}}, (9, 3, 112, 112)),
    ],
)
def test_the_alignment_follows_the_batch_unless_its_shape_is_given(
    given: dict[str, Any], shape: tuple[int, ...] | None
) -> None:
    assert chain(**given).face_align.network_input_shape == shape


def test_a_missing_file_is_told_and_the_apps_own_taken() -> None:
    files = dict(chain_files(chain(faceSgie={"property": {"batchSize": 8}}, motPgie={"property": {"interval": 4}})))
    del files["faceid_align_config.txt"], files["mot_sgie.txt"]

    read, findings = read_chain_files({**files, "notes.txt": "no key file"})

    assert [(one.severity, one.group) for one in findings] == [
        (Severity.WARNING, "mot_sgie.txt"),
        (Severity.WARNING, "faceid_align_config.txt"),
    ]
    assert read.mot_pgie.property.interval == 4
    assert read.mot_sgie == InferenceChain().mot_sgie
    assert read.face_align.network_input_shape == (8, 3, 112, 112)


def test_findings_name_their_file() -> None:
    files = dict(chain_files(InferenceChain()))
    files["mot_sgie.txt"] += "batch-sise=3\n"
    files["faceid_align_config.txt"] += "gpu-id=x\n"

    read, findings = read_chain_files(files)

    assert ("mot_sgie.txt: property", "batch-sise") in [(one.group, one.key) for one in findings]
    assert ("faceid_align_config.txt: property", "gpu-id") in [(one.group, one.key) for one in findings]
    assert read.mot_sgie.property.extra_keys == {"batch-sise": "3"}


@pytest.mark.parametrize("name", SEED)
def test_a_text_that_is_refused_is_named(name: str) -> None:
    files = {**dict(chain_files(InferenceChain())), name: "[property]\n\nnonsense\n"}
    with pytest.raises(ConfigTextError, match=name) as refused:
        read_chain_files(files)
    assert refused.value.line == 3


numbers = st.none() | st.integers(1, 1024)
properties = st.fixed_dictionaries(
    {},
    optional={
        "batchSize": numbers,
        "gpu_id": numbers,
        "interval": numbers,
        "netScaleFactor": st.none() | st.floats(0.001, 10),
        "operateOnClassIds": st.none() | st.lists(st.integers(0, 9), min_size=1),
        "labelfilePath": st.none() | st.sampled_from(["a", "/b c", "ü"]),
        "extraKeys": st.dictionaries(st.sampled_from(["one", "two"]), st.sampled_from(["1", "a;b"])),
    },
)
attributes = st.none() | st.fixed_dictionaries({}, optional={"topk": numbers, "nmsIouThreshold": st.just(0.25)})
configs = st.fixed_dictionaries(
    {},
    optional={
        "property": properties,
        "classAttrs": st.none() | st.dictionaries(st.sampled_from(["all", "0", "1"]), attributes),
    },
)
chains = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("motPgie", "mot_sgie", "facePgie", "face_sgie"), configs),
        "faceAlign": st.fixed_dictionaries({}, optional={"gpuId": numbers, "tensorName": st.none() | st.just("x")}),
    },
)


@given(chains)
def test_any_chain_survives_its_files_and_its_dump(given: Mapping[str, Any]) -> None:
    made = InferenceChain.model_validate(given)

    read, _ = read_chain_files(dict(chain_files(made)))

    assert read == made
    assert InferenceChain.model_validate(made.model_dump(mode="json", by_alias=True)) == made
    assert (made.face_align.network_input_shape or (0,))[0] == (made.face_sgie.property.batch_size or 1)
