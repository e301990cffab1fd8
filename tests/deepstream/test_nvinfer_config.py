"""nvinfer's files: every key, reading, writing."""

import json
from enum import IntEnum
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from deepstream.findings import ConfigTextError, Finding, Severity, errors_in
from deepstream.groups import Key, KeyGroup, Natural
from deepstream.keyfile_values import Reader
from deepstream.nvinfer.class_attrs import ClassAttrs
from deepstream.nvinfer.config import InferConfig, read_infer_config, write_infer_config
from deepstream.nvinfer.enums import ClusterMode, NetworkMode, NetworkType, ProcessMode
from deepstream.nvinfer.property import InferProperty
from deepstream.versions import DsVersion
from tests.deepstream import samples

DETECTOR = """\
[property]
gpu-id=0
net-scale-factor=0.0039215697906911373
onnx-file=../models/net.onnx
model-engine-file=../models/net.onnx_b4_gpu0_fp16.engine
labelfile-path=labels.txt
batch-size=4
network-mode=2
num-detected-classes=3
gie-unique-id=1
process-mode=1
cluster-mode=2
infer-dims=3;544;960
offsets=104.0;117;123
output-blob-names=cov/Sigmoid:0;bbox/BiasAdd:0;
maintain-aspect-ratio=1

[class-attrs-all]
pre-cluster-threshold=0.4
minBoxes=3
topk=20

[class-attrs-2]
border-color=0;1;0;1
"""


def read_txt(text: str, version: DsVersion = DsVersion.V9_1) -> tuple[InferConfig, tuple[Finding, ...]]:
    return read_infer_config(text, "infer.txt", version)


def read_yml(text: str) -> tuple[InferConfig, tuple[Finding, ...]]:
    return read_infer_config(text, "infer.yml")


def keys_of(model: type[KeyGroup]) -> dict[str, Key]:
    return {declared.name: declared for declared in model.keys().values()}


def test_a_detector_is_read_with_its_types() -> None:
    config, findings = read_txt(DETECTOR)
    assert findings == ()
    p = config.property
    assert (p.batch_size, p.network_mode, p.process_mode) == (4, NetworkMode.FP16, ProcessMode.PRIMARY)
    assert p.cluster_mode is ClusterMode.NMS
    assert p.infer_dims == (3, 544, 960)
    assert p.offsets == (104.0, 117.0, 123.0)
    assert p.output_blob_names == ("cov/Sigmoid:0", "bbox/BiasAdd:0")
    assert p.maintain_aspect_ratio is True
    assert p.interval is None
    assert config.class_attrs["all"] == ClassAttrs(pre_cluster_threshold=0.4, min_boxes=3, topk=20)
    assert config.class_attrs["2"].border_color == (0, 1, 0, 1)


def test_manifests_name_the_group_property() -> None:
    config, _ = read_txt(DETECTOR)
    manifest = config.model_dump(by_alias=True, exclude_none=True, mode="json")
    assert manifest["property"]["batchSize"] == 4
    assert manifest["classAttrs"]["all"]["minBoxes"] == 3
    assert InferConfig.model_validate(manifest) == config
    with pytest.raises(ValidationError):
        InferConfig.model_validate({"property": {}, "classAttrs": {"first": {}}})
    with pytest.raises(ValidationError):
        InferConfig.model_validate({})


@pytest.mark.parametrize("yaml", [False, True])
def test_a_written_file_reads_back_equal(yaml: bool) -> None:
    config, _ = read_txt(DETECTOR)
    text = write_infer_config(config, yaml=yaml, header="by hand of none")
    assert text.startswith("# by hand of none\n")
    assert read_infer_config(text, "a.yml" if yaml else "a.txt") == (config, ())


def test_flags_are_written_as_numbers_since_yaml_takes_no_words() -> None:
    config = InferConfig(property=InferProperty(maintain_aspect_ratio=True, auto_inc_mem=False))
    assert "maintain-aspect-ratio: 1\n" in write_infer_config(config, yaml=True)
    assert "auto-inc-mem=0\n" in write_infer_config(config)


def test_class_groups_are_written_in_their_order() -> None:
    config = InferConfig(
        property=InferProperty(num_detected_classes=11),
        class_attrs={name: ClassAttrs(topk=1) for name in ("10", "2", "all")},
    )
    text = write_infer_config(config)
    assert [line for line in text.splitlines() if line.startswith("[")] == [
        "[property]",
        "[class-attrs-all]",
        "[class-attrs-2]",
        "[class-attrs-10]",
    ]


def test_a_missing_property_group_is_an_error() -> None:
    config, findings = read_txt("[class-attrs-all]\ntopk=1\n")
    assert config.property == InferProperty()
    assert [(one.severity, one.group) for one in findings] == [(Severity.ERROR, "property")]
    # And it is always written, since nvinfer demands it.
    assert write_infer_config(InferConfig(property=InferProperty())) == "[property]\n"


@pytest.mark.parametrize(
    ("group", "severity"),
    [
        ("tests", Severity.WARNING),
        ("class-attrs-", Severity.ERROR),
        ("class-attrs-car", Severity.ERROR),
        ("class-attrs-01", Severity.WARNING),
        ("class-attrs-2b", Severity.WARNING),
        ("class-attrs--1", Severity.ERROR),
    ],
)
def test_groups_that_are_none_of_nvinfer_are_kept_and_reported(group: str, severity: Severity) -> None:
    config, findings = read_txt(f"[property]\n[{group}]\na=b\\\\\n")
    assert config.extra_groups == {group: {"a": "b\\\\"}}
    assert [(one.severity, one.group, one.line) for one in findings] == [(severity, group, 2)]
    assert read_txt(write_infer_config(config))[0] == config


def test_unknown_keys_and_refused_values_are_kept_and_reported() -> None:
    config, findings = read_txt("[property]\nbatch-size=0\nseed=7\nnetwork-mode=9\ninfer-dims=3;4\ntopk=3\n")
    assert config.property.extra_keys == {
        "batch-size": "0",
        "seed": "7",
        "network-mode": "9",
        "infer-dims": "3;4",
        "topk": "3",
    }
    assert {one.key for one in errors_in(findings)} == {"batch-size", "network-mode", "infer-dims"}
    assert read_txt(write_infer_config(config))[0] == config


def test_repetitions_of_the_text_are_among_the_findings() -> None:
    for _, findings in (read_txt("[property]\ngpu-id=0\ngpu-id=1\n"), read_yml("property: {gpu-id: 0, gpu-id: 1}\n")):
        assert [(one.key, one.severity) for one in findings] == [("gpu-id", Severity.WARNING)]


@pytest.mark.parametrize("name", ["a.txt", "a.yml"])
def test_what_cannot_be_loaded_is_refused_with_its_line(name: str) -> None:
    with pytest.raises(ConfigTextError) as caught:
        read_infer_config("# head\n- no\n", name)
    assert caught.value.line == 2


@pytest.mark.parametrize(
    ("line", "severity"),
    [
        ("maintain-aspect-ratio: true", Severity.ERROR),
        ("infer-dims: 3;4;5;", Severity.ERROR),
        ("offsets: ''", Severity.ERROR),
        ("output-blob-names: a;b;", Severity.WARNING),
        ("output-blob-names: a;" + 64 * "b", Severity.WARNING),
        ("classifier-type: " + 64 * "b", Severity.WARNING),
        ("uff-input-dims: 3;4;5;0", Severity.WARNING),
    ],
)
def test_what_only_key_files_can_have_is_reported_in_yaml(line: str, severity: Severity) -> None:
    _, findings = read_yml(f"property:\n  {line}\n")
    assert [(one.severity, one.key, one.line) for one in findings] == [(severity, line.partition(":")[0], 2)]


@pytest.mark.parametrize(
    "line",
    [
        "maintain-aspect-ratio: 1",
        "infer-dims: 3;4;5",
        "output-blob-names: a;" + 63 * "b",
        "labelfile-path: " + 99 * "b",
    ],
)
def test_what_yaml_can_have_is_not_reported(line: str) -> None:
    assert read_yml(f"property:\n  {line}\n")[1] == ()


@pytest.mark.parametrize(
    ("config", "names"),
    [
        (InferConfig(property=InferProperty(is_classifier=True, enable_dbscan=True)), "is-classifier, enable-dbscan"),
        (
            InferConfig(property=InferProperty(), class_attrs={"0": ClassAttrs(threshold=0.5)}),
            r"\[class-attrs-0\] threshold",
        ),
        (InferConfig(property=InferProperty(output_blob_names=("a;b",))), "output-blob-names"),
        (InferConfig(property=InferProperty(output_blob_names=("a", ""))), "output-blob-names"),
        (InferConfig(property=InferProperty(operate_on_class_ids=())), "operate-on-class-ids"),
    ],
)
def test_what_yaml_cannot_hold_is_refused_by_name_and_written_as_txt(config: InferConfig, names: str) -> None:
    with pytest.raises(ValueError, match=names):
        write_infer_config(config, yaml=True)
    assert read_txt(write_infer_config(config))[0] == config


def test_a_backslash_before_a_separator_can_stand_in_yaml() -> None:
    config = InferConfig(property=InferProperty(output_blob_names=("a\\", "b")))
    assert read_yml(write_infer_config(config, yaml=True)) == (config, ())


def test_a_group_that_stands_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="property"):
        write_infer_config(InferConfig(property=InferProperty(), extra_groups={"property": {"a": "1"}}))


def test_keys_that_a_release_does_not_know_are_reported_when_it_reads_them() -> None:
    text = "[property]\nmax-gpu-mem-per=90\nwarmup-engine=1\nmodel-file=a.caffemodel\n"
    assert [one.key for one in read_txt(text)[1]] == ["model-file"]
    assert [one.key for one in read_txt(text, DsVersion.V6_2)[1]] == ["max-gpu-mem-per", "warmup-engine"]
    assert [one.key for one in read_txt(text, DsVersion.V6_3)[1]] == ["warmup-engine"]


# ---- the tables of keys


def test_every_key_of_deepstream_is_declared() -> None:
    properties, attrs = keys_of(InferProperty), keys_of(ClassAttrs)
    assert (len(properties), len(attrs)) == (81, 17)
    assert properties["batch-size"].reader is Reader.INTEGER
    assert properties["enable-dla"].reader is Reader.BOOLEAN
    assert properties["auto-inc-mem"].reader is Reader.INTEGER
    assert properties["net-scale-factor"].reader is Reader.DOUBLE
    assert properties["labelfile-path"].reader is Reader.PATH
    assert properties["custom-network-config"].reader is Reader.STRING
    assert properties["offsets"].reader is Reader.DOUBLE_LIST
    assert properties["op-tensor-files"].reader is Reader.STRING_LIST
    assert attrs["minBoxes"].reader is Reader.INTEGER
    assert attrs["bg-color"].reader is Reader.DOUBLE_LIST


def test_keys_that_yaml_lacks_are_these() -> None:
    lacking = {one.name for model in (InferProperty, ClassAttrs) for one in keys_of(model).values() if not one.in_yaml}
    assert lacking == {"input-dims", "uff-input-dims", "enable-dbscan", "is-classifier", "parse-func", "threshold"}


def test_keys_that_need_another_engine_are_these() -> None:
    needing = {one.name for one in keys_of(InferProperty).values() if one.engine}
    assert needing == {
        "gpu-id", "batch-size", "network-mode", "onnx-file", "tlt-encoded-model", "tlt-model-key", "model-file",
        "proto-file", "uff-file", "uff-input-order", "uff-input-blob-name", "input-dims", "uff-input-dims",
        "infer-dims", "network-input-order", "output-blob-names", "output-io-formats", "layer-device-precision",
        "int8-calib-file", "workspace-size", "force-implicit-batch-dim", "enable-dla", "use-dla-core",
        "strongly-typed", "dynamic-properties", "custom-lib-path", "engine-create-func-name", "custom-network-config",
    }  # fmt: skip
    assert not any(one.engine for one in keys_of(ClassAttrs).values())


def test_the_key_of_a_model_is_a_secret() -> None:
    assert [one.name for one in keys_of(InferProperty).values() if one.secret] == ["tlt-model-key"]


def test_every_field_is_described() -> None:
    for model in (InferProperty, ClassAttrs, InferConfig):
        for name, field in model.model_fields.items():
            assert field.description, name


def test_the_table_of_facts_says_the_same() -> None:
    path: Path = samples._root().parent / "deepstream-keys" / "nvinfer.json"
    if not path.exists():
        pytest.skip("the table of keys is not on this machine")
    table = json.loads(path.read_text(encoding="utf-8"))
    readers = {
        "int": Reader.INTEGER, "bool": Reader.BOOLEAN, "float": Reader.DOUBLE, "str": Reader.STRING, "path": Reader.PATH,
        "intlist": Reader.INTEGER_LIST, "floatlist": Reader.DOUBLE_LIST, "strlist": Reader.STRING_LIST,
    }  # fmt: skip
    for model, name in ((InferProperty, "property"), (ClassAttrs, "class_attrs")):
        ours = {one.name: (one.reader, one.in_yaml) for one in keys_of(model).values()}
        assert ours == {row["key"]: (readers[row["reader"]], row["yaml"]) for row in table[name]}


# ---- real files


REAL_FILES = samples.samples_of("nvinfer")


@pytest.mark.skipif(not REAL_FILES, reason="the sample files are not on this machine")
@pytest.mark.parametrize("path", REAL_FILES, ids=lambda path: path.name[-40:])
def test_real_files_are_read_and_read_back_equal(path: Path) -> None:
    config, findings = read_infer_config(path.read_text(encoding="utf-8"), path.name)
    assert errors_in(findings) == ()
    assert config.extra_groups == {}
    assert read_txt(write_infer_config(config))[0] == config
    lacking = [name for name, declared in InferProperty.keys().items() if not declared.in_yaml]
    if any(getattr(config.property, one) is not None for one in lacking):
        with pytest.raises(ValueError, match="txt files only"):
            write_infer_config(config, yaml=True)
    elif all(one.threshold is None for one in config.class_attrs.values()):
        assert read_yml(write_infer_config(config, yaml=True))[0] == config


# ---- any configuration

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\f"), max_size=12)


def values_of(declared: Key, field: FieldInfo, *, yaml: bool) -> st.SearchStrategy[Any]:
    (annotation,) = [one for one in get_args(field.annotation) if one is not type(None)]
    if annotation == Natural:
        return st.integers(0, 2**31 - 1)
    limits = {
        name: getattr(one, name) for one in field.metadata for name in ("ge", "le", "max_length") if hasattr(one, name)
    }
    low, high = limits.get("ge"), limits.get("le")
    floats = st.floats(low, high, allow_nan=False, allow_infinity=False)
    whole = st.integers(-(2**31) if low is None else low, 2**31 - 1 if high is None else high)
    if isinstance(annotation, type) and issubclass(annotation, IntEnum):
        return st.sampled_from(annotation)
    if annotation is bool:
        return st.booleans()
    if get_origin(annotation) is tuple:
        inner, *rest = get_args(annotation)
        of_inner = {int: whole, float: floats, str: TEXT}[inner]
        if yaml and inner is str:
            of_inner = TEXT.filter(lambda text: text and ";" not in text)
        if rest == [Ellipsis]:
            return st.lists(of_inner, min_size=int(yaml), max_size=limits.get("max_length", 5)).map(tuple)
        return st.tuples(*[of_inner] * (1 + len(rest)))
    return {int: whole, float: floats, str: TEXT}[annotation]


def groups_of(model: type[KeyGroup], *, yaml: bool) -> st.SearchStrategy[Any]:
    fields = {
        name: values_of(declared, model.model_fields[name], yaml=yaml)
        for name, declared in model.keys().items()
        if declared.in_yaml or not yaml
    }
    extra = st.dictionaries(st.sampled_from(["seed", "x-y", "é"]), st.sampled_from(["", "1", "a b ; c", "x\\\\y"]))
    return st.builds(model, extra_keys=extra, **{name: st.none() | values for name, values in fields.items()})


def configs(*, yaml: bool) -> st.SearchStrategy[InferConfig]:
    names = st.just("all") | st.integers(0, 10**9 - 1).map(str)
    return st.builds(
        InferConfig,
        property=groups_of(InferProperty, yaml=yaml),
        class_attrs=st.dictionaries(names, groups_of(ClassAttrs, yaml=yaml), max_size=2),
        extra_groups=st.dictionaries(
            st.sampled_from(["tests", "class-attrs-x"]), st.dictionaries(st.sampled_from("ab"), st.just("1;2"))
        ),
    )


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(configs(yaml=False))
def test_any_configuration_reads_back_equal_from_a_key_file(config: InferConfig) -> None:
    assert read_txt(write_infer_config(config))[0] == config


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(configs(yaml=True))
def test_any_configuration_reads_back_equal_from_yaml(config: InferConfig) -> None:
    assert read_yml(write_infer_config(config, yaml=True))[0] == config


@given(
    st.sampled_from(["a.txt", "a.yml"]),
    st.lists(st.sampled_from(DETECTOR.splitlines()) | st.text(max_size=20), max_size=12),
)
def test_any_text_is_read_or_refused_with_a_line(name: str, lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        config, _ = read_infer_config(text, name)
    except ConfigTextError as refused:
        line = refused.line
    else:
        line = 1
        assert isinstance(config, InferConfig)
    assert 1 <= line <= len(text.splitlines()) + 1


def test_enumerations_have_the_numbers_of_deepstream() -> None:
    assert [one.value for one in NetworkType] == [0, 1, 2, 3, 100]
    assert [(one.name, one.value) for one in NetworkMode] == [("FP32", 0), ("INT8", 1), ("FP16", 2), ("BEST", 3)]
