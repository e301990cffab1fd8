"""What the app's code takes for granted of its chain of networks, each with the outage that a rule prevents.

Source: src/ of bqm1111/deepstream-retinanet at 8cfd07a. What holds for any nvinfer stands in `deepstream.nvinfer.rules`
and `deepstream.nvinfer.chain`.
"""

from collections.abc import Iterator
from posixpath import join, normpath
from typing import Final

from deepstream.findings import Finding, Severity
from deepstream.nvinfer.config import CLASS_ATTRS_PREFIX, PROPERTY_GROUP, InferConfig
from deepstream.nvinfer.engine import engine_file_name, has_custom_builder
from deepstream.nvinfer.enums import ModelColorFormat, ProcessMode, TensorOrder
from deepstream.nvinfer.property import unique_id
from deepstream.retinaface.align import FaceAlign
from deepstream.retinaface.defaults import APP_DEEPSTREAM, FACE_PGIE
from deepstream.retinaface.files import (
    CONFIGS_FOLDER,
    FACE_ALIGN_FILE,
    FACE_PRIMARY_FILE,
    FACE_SECONDARY_FILE,
    MOT_PRIMARY_FILE,
    MOT_SECONDARY_FILE,
    WORKING_FOLDER,
)
from deepstream.retinaface.inference import INFER_FILES, InferenceChain, in_file
from deepstream.versions import DsVersion

_PERSON: Final = 0
_LAST_WITH_IMPLICIT_BATCH: Final = DsVersion.V7_0
# RetinafaceDS throws for other sizes.
_FACE_STEP: Final = 32

_IDS: Final = {MOT_PRIMARY_FILE: 1, MOT_SECONDARY_FILE: 2, FACE_PRIMARY_FILE: 3, FACE_SECONDARY_FILE: 4}
_MODES: Final = {
    MOT_PRIMARY_FILE: ProcessMode.PRIMARY,
    MOT_SECONDARY_FILE: ProcessMode.SECONDARY,
    FACE_PRIMARY_FILE: ProcessMode.PRIMARY,
}
"""The secondary for faces is not here: the app switches input-tensor-meta on, and nvinfer does not look at the mode then."""


def check_chain_of_app(chain: InferenceChain, version: DsVersion = APP_DEEPSTREAM) -> tuple[Finding, ...]:
    """What the app fails by, or does not do as the chain says.

    Args:
        chain: the networks.
        version: the DeepStream that the app is built with.

    Returns:
        The findings; their groups begin with the name of the file, as in `mot_sgie.txt: property`.
    """
    configs: dict[str, InferConfig] = {file: getattr(chain, field) for field, file in INFER_FILES.items()}
    findings = [finding for file, config in configs.items() for finding in _check_place(file, config)]
    findings += [in_file(MOT_SECONDARY_FILE, one) for one in _check_tracking(chain, version)]
    findings += [in_file(FACE_PRIMARY_FILE, one) for one in _check_face_detector(chain.face_pgie, version)]
    findings += [in_file(FACE_SECONDARY_FILE, one) for one in _check_features(chain.face_sgie)]
    findings += [in_file(FACE_ALIGN_FILE, one) for one in _check_align(chain.face_align)]
    findings += [in_file(FACE_ALIGN_FILE, one) for one in _check_tensor(chain.face_align, chain.face_sgie)]
    return tuple(findings)


def _error(key: str, message: str) -> Finding:
    return Finding(Severity.ERROR, message, PROPERTY_GROUP, key)


def _warning(key: str, message: str) -> Finding:
    return Finding(Severity.WARNING, message, PROPERTY_GROUP, key)


def _check_place(file: str, config: InferConfig) -> Iterator[Finding]:
    p = config.property
    if unique_id(p) != _IDS[file]:
        message = (
            f"the app is written for {_IDS[file]} here, and marks pictures of its own as objects of 1: with another id "
            f"consumers of the metadata take objects for those of another network; give {_IDS[file]}"
        )
        yield in_file(file, _warning("gie-unique-id", message))
    mode = _MODES.get(file)
    if mode is not None and (p.process_mode or ProcessMode.PRIMARY) is not mode:
        what = "whole frames" if mode is ProcessMode.PRIMARY else "the objects of the network before it"
        message = f"the app gives it {what}: with another mode it infers nothing of use; give {mode:d}"
        yield in_file(file, _error("process-mode", message))


def _check_tracking(chain: InferenceChain, version: DsVersion) -> Iterator[Finding]:
    p = chain.mot_sgie.property
    if not p.output_tensor_meta:
        message = "the tracker finds the embeddings of persons there alone: without there is never a track; give 1"
        yield _error("output-tensor-meta", message)
    persons = unique_id(chain.mot_pgie.property)
    if p.operate_on_gie_id not in (None, -1, persons):
        message = (
            f"persons are the objects of nvinfer {persons} ({MOT_PRIMARY_FILE}): without their embeddings there is "
            f"never a track; give {persons}"
        )
        yield _error("operate-on-gie-id", message)
    if p.operate_on_class_ids is None:
        message = "every object with an embedding is tracked as a person, whatever its class; give 0, for persons only"
        yield _warning("operate-on-class-ids", message)
    elif _PERSON not in p.operate_on_class_ids:
        message = "persons are class 0: without their embeddings there is never a track of one; give 0"
        yield _error("operate-on-class-ids", message)
    if p.force_implicit_batch_dim and not version.has(None, _LAST_WITH_IMPLICIT_BATCH):
        yield _implicit_batch("force-implicit-batch-dim", version)


def _check_face_detector(config: InferConfig, version: DsVersion) -> Iterator[Finding]:
    p = config.property
    if config.class_attrs and config.class_attrs != FACE_PGIE.class_attrs:
        message = (
            "the app reads the faces off the network's output itself, with a confidence of 0.7 and an overlap of 0.4 in "
            "its code: these attributes change nothing; face_confidence_threshold in app_conf.json does"
        )
        group = CLASS_ATTRS_PREFIX + next(iter(config.class_attrs), "all")
        yield Finding(Severity.WARNING, message, group)
    if not has_custom_builder(p):
        return
    yield from _check_engine(config)
    if p.engine_create_func_name != FACE_PGIE.property.engine_create_func_name:
        return
    if not version.has(None, _LAST_WITH_IMPLICIT_BATCH):
        yield _implicit_batch("engine-create-func-name", version)
    height, width = p.infer_dims[1:] if p.infer_dims else (0, 0)
    if height <= 0 or width <= 0 or height % _FACE_STEP or width % _FACE_STEP:
        message = (
            f"the app's engine builder ends the process unless height and width are multiples of {_FACE_STEP}: give "
            "such numbers, as in 3;736;1280"
        )
        yield _error("infer-dims", message)
    if p.model_color_format is not ModelColorFormat.BGR:
        yield _error("model-color-format", "the app's engine builder ends the process on anything but BGR; give 1")
    if p.network_input_order not in (None, TensorOrder.NCHW):
        yield _error("network-input-order", "the app's engine builder ends the process on anything but NCHW; give 0")


def _check_engine(config: InferConfig) -> Iterator[Finding]:
    p = config.property
    name = engine_file_name(p) or ""
    built = f"{WORKING_FOLDER}/{name}"
    wanted = f"../build/{name}"
    given = normpath(join(CONFIGS_FOLDER, p.model_engine_file or ""))
    if given == built:
        return
    why = (
        f"the app's engine builder writes {name} into {WORKING_FOLDER}; unless a fitting engine lies at this path, it "
        f"builds again at every start, for minutes and without cameras: give {wanted}"
    )
    # An engine of this very name may have been copied there on purpose.
    same_name = given.rpartition("/")[2] == name
    yield _warning("model-engine-file", why) if same_name else _error("model-engine-file", why)


def _implicit_batch(key: str, version: DsVersion) -> Finding:
    message = (
        f"networks without a dimension for the batch are no more in the TensorRT of DeepStream {version} "
        f"({_LAST_WITH_IMPLICIT_BATCH} was the last): the app's engines cannot be built there; it is written for "
        f"{APP_DEEPSTREAM}"
    )
    return _warning(key, message)


def _check_features(config: InferConfig) -> Iterator[Finding]:
    if not config.property.output_tensor_meta:
        message = "the app needs the features of faces and switches this on itself, whatever stands here; give 1"
        yield _warning("output-tensor-meta", message)


def _check_align(align: FaceAlign) -> Iterator[Finding]:
    needed = {
        "target-unique-ids": align.target_unique_ids,
        "network-input-shape": align.network_input_shape,
        "tensor-data-type": align.tensor_data_type,
        "tensor-name": align.tensor_name,
    }
    for name, value in needed.items():
        if value is None:
            yield _error(name, "nvfacealign does not start without this key")
    if align.tensor_data_type not in (None, 0):
        yield _error("tensor-data-type", "nvfacealign refuses all types but 32-bit floats; give 0")
    if align.enable is False:
        yield _warning("enable", "nvfacealign does not read this key: faces are aligned all the same")
    sides = (
        ("width", align.input_object_min_width, align.input_object_max_width),
        ("height", align.input_object_min_height, align.input_object_max_height),
    )
    for side, least, most in sides:
        if not most:
            message = (
                f"faces of a {side} above it are dropped, and 0, also the default, is no 'unlimited' here: no face is "
                f"ever sent; give the {side} of the batched picture"
            )
            yield _error(f"input-object-max-{side}", message)
        elif (least or 0) > most:
            message = f"it is above input-object-max-{side}, {most}: every face is dropped; give less"
            yield _error(f"input-object-min-{side}", message)


def _check_tensor(align: FaceAlign, secondary: InferConfig) -> Iterator[Finding]:
    p = secondary.property
    if align.target_unique_ids is not None and unique_id(p) not in align.target_unique_ids:
        message = (
            f"the aligned faces are for nvinfer {unique_id(p)} ({FACE_SECONDARY_FILE}), which takes only what is "
            f"addressed to it: no face gets features; give {unique_id(p)}"
        )
        yield _error("target-unique-ids", message)
    if align.network_input_shape is None:
        return
    faces, *size = align.network_input_shape
    batch = p.batch_size or 1
    if faces != batch:
        message = (
            f"it begins with {faces}, but batch-size in {FACE_SECONDARY_FILE} is {batch}: with less, faces are sent in "
            "several batches, and the app gives some the features of others; with more, nvinfer is handed larger batches "
            f"than its engine takes, and the app ends; give {batch}"
        )
        yield _error("network-input-shape", message)
    if p.infer_dims is not None and tuple(size) != p.infer_dims:
        dims = ";".join(map(str, p.infer_dims))
        message = (
            f"its last three numbers are the size of a face, and infer-dims in {FACE_SECONDARY_FILE} is {dims}: nvinfer "
            f"refuses tensors of another size and the app ends; give {faces};{dims}"
        )
        yield _error("network-input-shape", message)
