"""Rules across the keys of an nvinfer file, each with the outage that it prevents."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from posixpath import normpath

from deepstream.findings import Finding, Severity
from deepstream.groups import KeyGroup
from deepstream.nvinfer.config import ALL_CLASSES, CLASS_ATTRS_PREFIX, PROPERTY_GROUP, InferConfig
from deepstream.nvinfer.engine import builds_engine, engine_file_name, has_custom_builder, precision
from deepstream.nvinfer.enums import ClusterMode, NetworkMode, NetworkType
from deepstream.nvinfer.model_keys import LAST_WITH_CAFFE_AND_UFF
from deepstream.nvinfer.property import InferProperty, cluster_mode, is_secondary, network_type
from deepstream.versions import NEWEST, DsVersion

_WITH_CLASSES = (NetworkType.DETECTOR, NetworkType.INSTANCE_SEGMENTATION)
_REPLACED = {
    "threshold": "pre-cluster-threshold",
    "enable-dbscan": "cluster-mode",
    "input-dims": "infer-dims",
    "uff-input-dims": "infer-dims",
    "is-classifier": "network-type",
    "parse-func": "parse-bbox-func-name",
}


def check_infer_config(config: InferConfig, version: DsVersion = NEWEST) -> tuple[Finding, ...]:
    """What is wrong with one nvinfer, as far as its file tells."""
    p = config.property
    return (
        *_check_identity(p),
        *_check_source(p, version),
        *_check_engine(p, version),
        *check_working_directory(p),
        *_check_outputs(p),
        *_check_classes(config),
        *_check_keys(PROPERTY_GROUP, p, version),
        *(
            finding
            for name, attrs in config.class_attrs.items()
            for finding in _check_keys(CLASS_ATTRS_PREFIX + name, attrs, version)
        ),
    )


def _error(key: str, message: str, group: str = PROPERTY_GROUP) -> Finding:
    return Finding(Severity.ERROR, message, group, key)


def _warning(key: str, message: str, group: str = PROPERTY_GROUP) -> Finding:
    return Finding(Severity.WARNING, message, group, key)


def _check_identity(p: InferProperty) -> Iterator[Finding]:
    if p.gie_unique_id is not None and p.gie_unique_id <= 0:
        yield _error("gie-unique-id", f"{p.gie_unique_id} is refused by nvinfer: give a number from 1")
    if any(one < 0 for one in p.operate_on_class_ids or ()):
        message = "a negative number ends the process with an exception: leave the key out to look at all classes"
        yield _error("operate-on-class-ids", message)
    if is_secondary(p) and p.operate_on_gie_id in (None, -1):
        message = (
            "a secondary without it looks at the objects of all others before it, also at those of later additions: "
            "give the gie-unique-id of the one whose objects are meant"
        )
        yield _warning("operate-on-gie-id", message)


def _outdated(p: InferProperty, version: DsVersion) -> bool:
    """True when all that there is to build from is a model that this DeepStream has no parser for."""
    modern = has_custom_builder(p) or p.tlt_encoded_model or p.onnx_file
    return builds_engine(p) and not modern and not version.has(None, LAST_WITH_CAFFE_AND_UFF)


def _check_source(p: InferProperty, version: DsVersion) -> Iterator[Finding]:
    if not builds_engine(p) and not p.model_engine_file:
        message = (
            "there is neither a model to build an engine from (onnx-file, tlt-encoded-model, or engine-create-func-name "
            "with custom-lib-path) nor a model-engine-file: nvinfer does not start"
        )
        if p.custom_lib_path:
            # The library may bring a parser (NvDsInferCreateModelParser) that the file does not name.
            yield _warning("onnx-file", f"{message}, unless the library of custom-lib-path brings the model")
        else:
            yield _error("onnx-file", message)
    if _outdated(p, version):
        key = "uff-file" if not (p.model_file and p.proto_file) else "model-file"
        message = (
            f"DeepStream {version} builds no engines of Caffe and UFF models ({LAST_WITH_CAFFE_AND_UFF} was the last), "
            "and loads none that an older one built: export the model as ONNX"
        )
        yield _error(key, message)
    if p.engine_create_func_name and not p.custom_lib_path:
        message = "the function is looked for in custom-lib-path, which is missing: nvinfer goes on without it"
        yield _warning("engine-create-func-name", message)
    if p.network_mode in (NetworkMode.INT8, NetworkMode.BEST) and builds_engine(p) and precision(p) == "fp16":
        message = (
            "without int8-calib-file nvinfer builds FP16 instead, and fp16 is in the name of the engine: give the "
            "table, or network-mode 2"
        )
        yield _warning("network-mode", message)
    if p.force_implicit_batch_dim and p.onnx_file and version.has(DsVersion.V9_1):
        # configImplicitOptions of 9.1 is empty: neither precision nor sizes reach TensorRT.
        message = "nvinfer builds the engine without precision and batch-size then: leave the key out"
        yield _warning("force-implicit-batch-dim", message)


def _check_engine(p: InferProperty, version: DsVersion) -> Iterator[Finding]:
    derived = engine_file_name(p, version)
    if derived is None or _outdated(p, version):
        return
    where = " in the working directory of the process" if has_custom_builder(p) else ""
    if not p.model_engine_file:
        message = f"without it nvinfer builds the engine at every start, for minutes: give {derived!r}{where}"
        yield _warning("model-engine-file", message)
    elif not _same_file(p.model_engine_file, derived, names_only=has_custom_builder(p)):
        message = (
            f"nvinfer writes the engine it builds to {derived!r}{where}, not to this file: when this one is missing or "
            "does not fit, it builds for minutes at every start, without cameras; give that name"
        )
        yield _error("model-engine-file", message)


def check_working_directory(p: InferProperty) -> Iterator[Finding]:
    """Files that lie where the process was started, and are named as if they lay beside the configuration.

    Sources: nvdsinfer_model_builder.cpp (`buildModel` names the engine of a function after no folder),
    gstnvinfer_property_parser.cpp (`model-engine-file` is resolved against the folder of the file,
    `custom-network-config` is not), and people who met it: https://github.com/marcoslucianops/DeepStream-Yolo/issues/277.
    """
    if not has_custom_builder(p):
        return
    engine = p.model_engine_file
    if engine and lies_beside(engine):
        message = (
            f"nvinfer writes the engine that {p.engine_create_func_name} builds into the working directory of the process, "
            f"and the relative name {engine!r} leads to the folder of this file: unless the two are one folder, it is not "
            "found and built anew at every start, for minutes; give the whole path in the working directory"
        )
        yield _warning("model-engine-file", message)
    network = p.custom_network_config
    if network and not network.startswith("/"):
        message = (
            f"the library opens {network!r} from the working directory of the process, not beside this file; give its "
            "whole path"
        )
        yield _warning("custom-network-config", message)


def lies_beside(path: str) -> bool:
    """True when a path leads into the folder of the file that names it, or below: such folders of ours are read-only."""
    return not path.startswith("/") and normpath(path).partition("/")[0] != ".."


def _same_file(one: str, other: str, *, names_only: bool) -> bool:
    """True when two paths name one file, as far as their texts tell."""
    if names_only or one.startswith("/") != other.startswith("/"):
        return PurePosixPath(one).name == PurePosixPath(other).name
    return normpath(one) == normpath(other)


def _check_outputs(p: InferProperty) -> Iterator[Finding]:
    kind = network_type(p)
    if kind in _WITH_CLASSES and not p.num_detected_classes:
        message = "a detector without classes reports no object: give the number of the network's classes"
        yield _warning("num-detected-classes", message)
    if kind is NetworkType.CLASSIFIER and p.classifier_threshold is None:
        message = "the default is 0: every label is attached, however doubtful; give the confidence that one needs"
        yield _warning("classifier-threshold", message)
    if kind is NetworkType.DETECTOR and cluster_mode(p) is ClusterMode.GROUP_RECTANGLES:
        message = (
            "0 (also the default) needs an nvdsinfer built with OpenCV; others use NMS with topk 20 and overlap 0.5 "
            "instead, whatever the classes' attributes say: give 2 for NMS, 3 for DBSCAN and NMS, or 4 for none"
        )
        yield _warning("cluster-mode", message)
    if kind is NetworkType.INSTANCE_SEGMENTATION and not (p.parse_bbox_instance_mask_func_name and p.custom_lib_path):
        message = "nvinfer has no parser of its own for masks and does not start: name one, and its custom-lib-path"
        yield _error("parse-bbox-instance-mask-func-name", message)
    if p.output_instance_mask and cluster_mode(p) is not ClusterMode.NONE:
        message = (
            f"masks cannot be clustered, and nvinfer does not start with {cluster_mode(p):d} (0 is the default): give 4"
        )
        yield _error("cluster-mode", message)


def _check_classes(config: InferConfig) -> Iterator[Finding]:
    p = config.property
    if config.class_attrs and network_type(p) not in _WITH_CLASSES:
        name = CLASS_ATTRS_PREFIX + next(iter(config.class_attrs))
        message = f"nvinfer reads attributes of classes for network-type 0 and 3 only, not for {network_type(p):d}"
        yield _warning("", message, name)
        return
    classes = p.num_detected_classes or 0
    for name, attrs in config.class_attrs.items():
        if name != ALL_CLASSES and int(name) >= classes:
            message = f"nvinfer refuses the file: with num-detected-classes {classes} there is no class {name}"
            yield _error("", message, CLASS_ATTRS_PREFIX + name)
        if attrs.threshold is not None and attrs.pre_cluster_threshold is not None:
            message = "the old name of pre-cluster-threshold, which is there too; the later one holds: keep one"
            yield _warning("threshold", message, CLASS_ATTRS_PREFIX + name)


def _check_keys(group: str, keys: KeyGroup, version: DsVersion) -> Iterator[Finding]:
    for field, declared in keys.keys().items():
        if getattr(keys, field) is None:
            continue
        if not version.has(declared.since):
            message = f"DeepStream {version} goes on without this key: it came with {declared.since}"
            yield _warning(declared.name, message, group)
        if not version.has(None, declared.until):
            message = f"DeepStream {version} makes no use of this key: {declared.until} was the last"
            yield _warning(declared.name, message, group)
        if not declared.in_yaml:
            message = f"an old key that YAML files cannot have: write {_REPLACED[declared.name]} instead"
            yield Finding(Severity.NOTE, message, group, declared.name)
