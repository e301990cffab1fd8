"""A resolved instance: what each of its files says, before it is written."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.render.analytics_files import analytics_file
from controller.render.deepstream_app_file import app_file
from controller.render.engines import (
    with_engine_names,
    with_engines_of_app,
    without_names_of_working_directory,
)
from controller.render.library_files import with_paths_of_library_files
from controller.render.msgconv_files import msgconv_file, with_msgconv_file
from controller.render.sources import CamerasBySlot, by_slot, source_ids
from crds.app_kind import AppKind
from crds.camera import Camera
from crds.dsinstance import DsInstance
from deepstream.analytics.config import AnalyticsFile
from deepstream.app.config import AppFile
from deepstream.message_broker import MessageBrokerGroup
from deepstream.msgconv import MsgconvFile
from deepstream.nvinfer.config import InferConfig
from deepstream.preprocess.config import PreprocessFile
from deepstream.retinaface.inference import INFER_FILES, InferenceChain


@dataclass(frozen=True)
class ResolvedInstance:
    """An instance with its cameras, and all that follows from them."""

    instance: DsInstance
    cameras: CamerasBySlot
    """(slot, camera), in the order of the slots."""
    source_ids: Mapping[str, int]
    """By the name of the camera, the number that files and messages of the app know it by."""
    app_file: AppFile | None
    """Of deepstream-app only."""
    infer_configs: Mapping[str, InferConfig]
    """nvinfer files by name, with model-engine-file filled in."""
    preprocess_configs: Mapping[str, PreprocessFile]
    message_brokers: Mapping[str, MessageBrokerGroup]
    analytics: AnalyticsFile | None
    msgconv: MsgconvFile | None
    chain: InferenceChain | None = None
    """Of the RetinaFace app only: its networks, whose nvinfer files are `infer_configs`."""


def resolve(
    instance: DsInstance, cameras: tuple[Camera, ...], rest_port: int, slots: Mapping[str, int] | None = None
) -> ResolvedInstance:
    """Resolves an instance.

    Args:
        instance: the manifest.
        cameras: its cameras.
        rest_port: loopback port of the app's REST interface.
        slots: the slot of each camera, by name; without it the cameras are numbered in the order given.
    """
    in_order = by_slot(cameras, slots)
    ids = source_ids(instance, in_order)
    match instance.spec.app.kind:
        case AppKind.RETINAFACE:
            return _retinaface(instance, in_order, ids)
        case AppKind.REFERENCE:
            return _reference(instance, in_order, ids)
        case AppKind.DEEPSTREAM_APP:
            return _deepstream_app(instance, in_order, ids, rest_port)


def _retinaface(instance: DsInstance, cameras: CamerasBySlot, ids: Mapping[str, int]) -> ResolvedInstance:
    chain = with_engines_of_app(instance.spec.inference, instance.spec.deepstream)
    configs = {file: getattr(chain, field) for field, file in INFER_FILES.items()}
    return ResolvedInstance(instance, cameras, ids, None, configs, {}, {}, None, None, chain)


def _reference(instance: DsInstance, cameras: CamerasBySlot, ids: Mapping[str, int]) -> ResolvedInstance:
    analytics = analytics_file(instance.spec, cameras, ids)
    has_messages = any(camera.spec.messages is not None for _, camera in cameras)
    messages = msgconv_file(cameras, ids) if has_messages else None
    return ResolvedInstance(instance, cameras, ids, None, {}, {}, {}, analytics, messages)


def _deepstream_app(
    instance: DsInstance, cameras: CamerasBySlot, ids: Mapping[str, int], rest_port: int
) -> ResolvedInstance:
    spec = instance.spec
    if spec.deepstream_app is None:
        raise ValueError(f"dsinstance/{instance.name}: an instance of this kind has groups")  # refused when it was read
    app, has_messages = with_msgconv_file(spec.deepstream_app)
    analytics = analytics_file(spec, cameras, ids)
    main = app_file(instance, app, cameras, rest_port, has_analytics=analytics is not None)
    configs = with_paths_of_library_files(spec)
    cache = "" if spec.engine_cache is None else spec.engine_cache.mount_path
    if cache:
        main, configs = without_names_of_working_directory(main, configs, spec.prebuilt_engines)
    main, configs = with_engine_names(main, configs, spec.deepstream, cache)
    messages = msgconv_file(cameras, ids) if has_messages else None
    return ResolvedInstance(
        instance,
        cameras,
        ids,
        main,
        configs,
        spec.preprocess_configs,
        spec.message_brokers,
        analytics,
        messages,
    )
