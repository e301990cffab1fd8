"""The files of the RetinaFace app, two of which the reference workload reads too."""

from collections.abc import Callable, Iterator
from functools import cache, partial

from controller.render.resolved import ResolvedInstance
from controller.render.sources import address, path_of_file
from crds.app_kind import AppKind
from crds.camera import Camera
from crds.camera_device import DEVICE_TYPES
from crds.dsinstance import DsInstance, DsInstanceSpec
from deepstream.nvinfer.config import InferConfig, write_infer_config
from deepstream.retinaface.align import FaceAlign, write_face_align
from deepstream.retinaface.app_conf import AppConf, dump_app_conf
from deepstream.retinaface.files import APP_CONF_FILE, FACE_ALIGN_FILE, SOURCE_LIST_FILE
from deepstream.retinaface.inference import DEFAULTS, INFER_FILES, InferenceChain
from deepstream.retinaface.source_list import NEWEST_RELEASE, ListedSource, Source, dump_source_list


def json_files(resolved: ResolvedInstance, app_conf: Callable[[], str]) -> Iterator[tuple[str, Callable[[], str]]]:
    """The settings and the cameras: names of the files, and what gives their texts.

    Args:
        resolved: the instance.
        app_conf: gives the text of the first.
    """
    instance = resolved.instance
    # The reference workload has no releases of that app: it reads the newest shape.
    release = instance.spec.app.release if instance.spec.app.kind is AppKind.RETINAFACE else NEWEST_RELEASE
    yield APP_CONF_FILE, app_conf
    sources = tuple(_source(instance, camera) for _, camera in resolved.cameras)
    yield SOURCE_LIST_FILE, partial(dump_source_list, sources, release)


def app_conf_text(spec: DsInstanceSpec) -> str:
    """The text of the file of settings."""
    return dump_app_conf(_app_conf(spec))


def chain_files(chain: InferenceChain, header: str) -> Iterator[tuple[str, Callable[[], str]]]:
    """The five files of the networks."""
    for field, file in {**INFER_FILES, "face_align": FACE_ALIGN_FILE}.items():
        yield file, partial(_text, field, getattr(chain, field), header)


def _text(field: str, part: InferConfig | FaceAlign, header: str) -> str:
    body = _text_of_default(field) if part is DEFAULTS[field] else _written(part)
    return f"# {header}\n\n{body}"


@cache
def _text_of_default(field: str) -> str:
    """Nearly all instances have the app's own values: written once, they cost nothing."""
    return _written(DEFAULTS[field])


def _written(part: InferConfig | FaceAlign) -> str:
    return write_face_align(part) if isinstance(part, FaceAlign) else write_infer_config(part)


def _app_conf(spec: DsInstanceSpec) -> AppConf:
    app, streammux = spec.app, spec.streammux
    return AppConf(
        app_type=app.app_type,
        face_raw_meta_topic=app.face_raw_meta_topic,
        mot_raw_meta_topic=app.mot_raw_meta_topic,
        visual_topic=app.visual_topic,
        kafka_connection_str=app.kafka_connection_str,
        streammux_output_width=int(streammux.width or 0),
        streammux_output_height=int(streammux.height or 0),
        streammux_batch_size=int(streammux.batch_size or 0),
        streammux_buffer_pool=int(streammux.buffer_pool or 0),
        streammux_nvbuf_memory_type=int(streammux.nvbuf_memory_type or 0),
        face_confidence_threshold=app.face_confidence_threshold,
        mot_confidence_threshold=app.mot_confidence_threshold,
        gpu_id=app.gpu_id,
    )


def _source(instance: DsInstance, camera: Camera) -> ListedSource:
    """One camera; that app opens plain paths, where the reference workload takes URLs too."""
    kind, of_app = camera.spec.type, instance.spec.app.kind
    if kind in DEVICE_TYPES:
        raise ValueError(f"camera {camera.name} is of type {kind}, which this app does not read")
    is_path = of_app is AppKind.RETINAFACE and kind == "file"
    folder = instance.spec.container.config_mount_path
    shape = Source if of_app is AppKind.RETINAFACE else ListedSource
    said = {
        "camera_id": camera.camera_id,
        "address": path_of_file(camera, folder) if is_path else address(camera),
        "encode_type": camera.spec.encode_type,
        "type": kind,
        "stream": camera.spec.visual,
    }
    return shape.model_validate(said)
