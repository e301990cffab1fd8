"""What messages say of all cameras, as one file for nvmsgconv."""

from collections.abc import Mapping
from typing import Final, TypeVar

from controller.render.file_names import MSGCONV_FILE
from controller.render.filled import filled
from controller.render.sources import CamerasBySlot
from crds.camera import CameraMessages
from crds.deepstream_app import DeepstreamApp
from deepstream.app.messages import MessageConversion, MessageConverterGroup
from deepstream.app.sink import SinkGroup, SinkType
from deepstream.msgconv import AnalyticsModuleGroup, MsgconvFile, PlaceGroup, SensorGroup

_SENSOR_TYPE: Final = "Camera"
_GroupT = TypeVar("_GroupT", SinkGroup, MessageConverterGroup)


def msgconv_file(cameras: CamerasBySlot, source_ids: Mapping[str, int]) -> MsgconvFile:
    """The file, with a sensor for each camera: without one, messages do not tell which camera they are from."""
    sensors: dict[int, SensorGroup] = {}
    places: dict[int, PlaceGroup] = {}
    modules: dict[int, AnalyticsModuleGroup] = {}
    for _, camera in cameras:
        number, given = source_ids[camera.name], camera.spec.messages or CameraMessages()
        sensor = given.sensor or SensorGroup()
        sensors[number] = filled(sensor, enable=True, type=_SENSOR_TYPE, id=camera.camera_id)
        if given.place is not None:
            places[number] = filled(given.place, enable=True)
        if given.analytics_module is not None:
            modules[number] = filled(given.analytics_module, enable=True)
    return MsgconvFile(sensors=sensors, places=places, analytics=modules)


def with_msgconv_file(app: DeepstreamApp) -> tuple[DeepstreamApp, bool]:
    """The groups with the name of the file where a converter needs one and has none, and whether any has this one."""
    sinks = {number: _told(sink) if _converts(sink) else sink for number, sink in app.sinks.items()}
    converter = app.message_converter
    if converter is not None and converter.enable:
        converter = _told(converter)
    in_use: list[MessageConversion] = [sink for sink in sinks.values() if _converts(sink)]
    in_use += [converter] if converter is not None and converter.enable else []
    named = any(one.msg_conv_config == MSGCONV_FILE for one in in_use)
    return app.model_copy(update={"sinks": sinks, "message_converter": converter}), named


def _converts(sink: SinkGroup) -> bool:
    return bool(sink.enable and sink.type is SinkType.MESSAGE_BROKER and not sink.disable_msgconv)


def _told(group: _GroupT) -> _GroupT:
    return filled(group, msg_conv_config=MSGCONV_FILE)
