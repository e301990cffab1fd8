"""Rules across the groups of a file of deepstream-app. Groups that are not in use are passed over, as DeepStream does.

Source: deepstream_app_config_parser.c, deepstream_config_file_parser.c, deepstream_source_bin.c,
deepstream_sink_bin.c and gstnvmsgbroker.cpp of DeepStream 9.1.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from deepstream.app.config import AppFile
from deepstream.app.inference import GieGroup
from deepstream.app.list_rules import check_source_list
from deepstream.app.sink import SinkGroup, SinkType
from deepstream.app.source import RTSP, SourceGroup, SourceType
from deepstream.app.source_ids import MOST_SOURCES, has_other_formats, source_count, source_uris
from deepstream.app.streammux import StreammuxGroup
from deepstream.app.tracker import check_tracker
from deepstream.app.values import SwitchedGroup
from deepstream.broker_connections import fault_of_connection, fault_of_topic, needs_connection
from deepstream.findings import Finding, Severity
from deepstream.versions import NEWEST, DsVersion

MOST_SECONDARY: Final = 16
"""Secondary GIEs, secondary pre-processes and message consumers, each."""
MOST_SINKS: Final = 1024
_LIVE: Final = (SourceType.CAMERA_V4L2, SourceType.RTSP, SourceType.CAMERA_CSI)
_MOST_DEWARPERS: Final = 10
RTSP_PORT: Final = "rtsp-port"
UDP_PORT: Final = "udp-port"
_DEFAULT_RTSP_PORT: Final = 8554
_DEFAULT_UDP_PORT: Final = 5000


def check_app_file(app: AppFile, version: DsVersion = NEWEST) -> tuple[Finding, ...]:
    """All that makes DeepStream refuse the file, stop later, or do what its author hardly meant."""
    return (
        *check_source_list(app, version),
        *_sources(app, version),
        *_counts(app),
        *_batches(app),
        *_late_frames(app),
        *_models(app),
        *_sinks(app.sinks, version),
        *_ports(app.sinks),
        *_consumers(app),
        *_dewarpers(app),
        *(check_tracker(app.tracker) if app.tracker is not None and app.tracker.enable else ()),
    )


def _sources(app: AppFile, version: DsVersion) -> Iterator[Finding]:
    if app.csv_source is not None and not app.csv_source.csv_file_path:
        message = "DeepStream refuses a YAML file whose source: names no csv file; name it"
        yield Finding(Severity.ERROR, message, "source", "csv-file-path")
    groups = {f"source{number}": group for number, group in app.sources.items() if group.enable}
    if app.source_list is None:
        for name, group in groups.items():
            yield from _type_of_source(name, group)
    if app.source_attr_all is not None:
        groups = {"source-attr-all": app.source_attr_all, **groups}
    for name, group in groups.items():
        if group.extract_sei_type5_data is not None and version.has(DsVersion.V6_4):
            message = (
                "DeepStream looks for this key in a group [source], finds none, and refuses the file; use the key of "
                "[streammux], or that of [source-list]"
            )
            yield Finding(Severity.ERROR, message, name, "extract-sei-type5-data")
        if group.smart_record and app.source_list is None and group.type not in (SourceType.RTSP, None):
            message = "only RTSP sources (type 4) are recorded, and this one is none; write type=4 or take the key away"
            yield Finding(Severity.WARNING, message, name, "smart-record")


def _type_of_source(name: str, group: SourceGroup) -> Iterator[Finding]:
    # A type that is no number of DeepStream's is among the extra keys, and was reported when it was read.
    if group.type is None and "type" not in group.extra_keys:
        message = "DeepStream has no default and does not start; write 4 for RTSP, 2 for another address"
        yield Finding(Severity.ERROR, message, name, "type")
    if group.type is SourceType.IPC:
        message = "deepstream-app cannot make such a source from a file, and does not start"
        yield Finding(Severity.ERROR, message, name, "type")
    if group.type in (SourceType.URI, SourceType.MULTI_URI, SourceType.RTSP) and not group.uri:
        message = "a source of this type needs an address; write one"
        yield Finding(Severity.ERROR, message, name, "uri")
    if group.type is SourceType.MULTI_URI and has_other_formats(group.uri or ""):
        message = (
            "in type 3 the address is a format of C, and a % that is no single %d spoils it: write %% for a percent sign, "
            "or a group of type 2 or 4 for each source"
        )
        yield Finding(Severity.ERROR, message, name, "uri")


def _counts(app: AppFile) -> Iterator[Finding]:
    if source_count(app) > MOST_SOURCES:
        message = f"{source_count(app)} sources: DeepStream refuses a file with more than {MOST_SOURCES:,}; use several"
        yield Finding(Severity.ERROR, message, "source0" if app.source_list is None else "source-list")
    limits: tuple[tuple[str, Mapping[int, SwitchedGroup], int], ...] = (
        ("secondary-gie", app.secondary_gies, MOST_SECONDARY),
        ("secondary-pre-process", app.secondary_pre_processes, MOST_SECONDARY),
        ("message-consumer", app.message_consumers, MOST_SECONDARY),
        ("sink", app.sinks, MOST_SINKS),
    )
    for name, groups, most in limits:
        in_use = 0
        for number, group in groups.items():
            # Behind the last place DeepStream does not even look whether a group is in use.
            if in_use == most:
                message = f"DeepStream refuses a file with more than {most:,} groups of this kind; take some away"
                yield Finding(Severity.ERROR, message, f"{name}{number}")
                break
            in_use += bool(group.enable)


def _batches(app: AppFile) -> Iterator[Finding]:
    mux = app.streammux or StreammuxGroup()
    model = app.primary_gie if app.primary_gie is not None and app.primary_gie.enable else GieGroup()
    written = (("streammux", mux.batch_size), ("primary-gie", model.batch_size))
    sources = app.source_list
    if sources is not None and sources.use_nvmultiurisrcbin:
        most = sources.max_batch_size
        for name, batch in written:
            if most and batch is not None and batch != most:
                message = f"DeepStream replaces it by max-batch-size, {most}; write {most}, to see what is built"
                yield Finding(Severity.NOTE, message, name, "batch-size")
    elif sources is not None:
        count = source_count(app)
        for name, batch in written:
            if batch is not None and batch != count:
                message = f"DeepStream replaces it by the number of listed sources, {count}"
                yield Finding(Severity.WARNING, message, name, "batch-size")
        if model.batch_size is not None:
            message = (
                f"the batch of the primary GIE is the number of listed sources, {count}, and part of the name of its "
                "engine: each camera more or less builds another engine, which takes minutes. With use-nvmultiurisrcbin=1 "
                "and a max-batch-size it stays the same"
            )
            yield Finding(Severity.NOTE, message, "source-list", "list")
    elif (count := source_count(app)) > max(mux.batch_size or 0, 1):
        message = (
            f"{max(mux.batch_size or 0, 1)} is less than the number of sources in use, {count}: batches never hold all of "
            f"them, and sources fall behind; write {count}"
        )
        yield Finding(Severity.WARNING, message, "streammux", "batch-size")


def _late_frames(app: AppFile) -> Iterator[Finding]:
    timeout = app.streammux.batched_push_timeout if app.streammux is not None else None
    dynamic = app.source_list is not None and app.source_list.use_nvmultiurisrcbin
    live = dynamic or any(one.source.type in _LIVE or (one.uri or "").startswith(RTSP) for one in source_uris(app))
    if live and (timeout is None or timeout < 0):
        message = (
            "-1, which is the default, waits for ever for the frame of each camera: one that is dead stops all others. "
            "Write 1000000 / frames per second, in µs: 40000 for 25"
        )
        yield Finding(Severity.WARNING, message, "streammux", "batched-push-timeout")


def _models(app: AppFile) -> Iterator[Finding]:
    primary = app.primary_gie if app.primary_gie is not None and app.primary_gie.enable else None
    secondary = {f"secondary-gie{number}": group for number, group in app.secondary_gies.items() if group.enable}
    in_use = {**({"primary-gie": primary} if primary else {}), **secondary}
    # A primary GIE that is not in use has the id 0 too.
    ids = {primary.gie_unique_id or 0 if primary else 0: "primary-gie"}
    for name, group in secondary.items():
        number = group.gie_unique_id or 0
        if number in ids and "gie-unique-id" not in group.extra_keys:
            message = (
                f"{number} is the id of [{ids[number]}] too (0 stands for no id), and DeepStream refuses the file; write "
                "another number for each model"
            )
            yield Finding(Severity.ERROR, message, name, "gie-unique-id")
        ids.setdefault(number, name)
    for name, group in in_use.items():
        if not group.config_file and "config-file" not in group.extra_keys:
            message = "a model in use needs its file, and DeepStream refuses this one without; name it"
            yield Finding(Severity.ERROR, message, name, "config-file")


def _sinks(sinks: Mapping[int, SinkGroup], version: DsVersion) -> Iterator[Finding]:
    for number, sink in sinks.items():
        if not sink.enable:
            continue
        name = f"sink{number}"
        if sink.type is None and "type" not in sink.extra_keys:
            message = "DeepStream has no default and does not start; write 1 for no output, 6 for messages"
            yield Finding(Severity.ERROR, message, name, "type")
        if sink.type is SinkType.MESSAGE_BROKER:
            yield from _broker(name, sink, version)


def _broker(name: str, sink: SinkGroup, version: DsVersion) -> Iterator[Finding]:
    if not sink.msg_broker_proto_lib:
        message = (
            "no adaptor: the pipeline does not start; name one, such as libnvds_kafka_proto.so with its whole path"
        )
        yield Finding(Severity.ERROR, message, name, "msg-broker-proto-lib")
    if not sink.msg_broker_conn_str and (not sink.msg_broker_config or needs_connection(sink.msg_broker_proto_lib)):
        message = "nothing says where the broker is: the pipeline does not start; write host;port"
        # Older elements leave it to the adaptor, and that of Azure IoT Edge needs none.
        severity = Severity.ERROR if version.has(DsVersion.V6_4) else Severity.WARNING
        yield Finding(severity, message, name, "msg-broker-conn-str")
    fault = fault_of_connection(sink.msg_broker_conn_str or "", sink.msg_broker_proto_lib)
    if fault:
        yield Finding(Severity.ERROR, f"{fault}. The pipeline does not start", name, "msg-broker-conn-str")
    for key, text in (("msg-broker-conn-str", "" if fault else sink.msg_broker_conn_str), ("topic", sink.topic)):
        if unheard := fault_of_topic(text or "", sink.msg_broker_proto_lib):
            yield Finding(Severity.WARNING, unheard, name, key)


def _consumers(app: AppFile) -> Iterator[Finding]:
    for number, consumer in app.message_consumers.items():
        fault = fault_of_connection(consumer.conn_str or "", consumer.proto_lib) if consumer.enable else ""
        if fault:
            message = f"{fault}. The pipeline does not start"
            yield Finding(Severity.ERROR, message, f"message-consumer{number}", "conn-str")


def _ports(sinks: Mapping[int, SinkGroup]) -> Iterator[Finding]:
    """Sinks that send to one port, or serve at one.

    Source: `create_udpsink_bin` and `start_rtsp_streaming` look at neither.
    """
    first: dict[tuple[str, int], int] = {}
    for number, sink in sinks.items():
        for key, port in ports_of(sink).items():
            before = first.setdefault((key, port), number)
            if before != number:
                what = "who asks for one stream gets the other" if key == RTSP_PORT else "their pictures are mixed"
                message = f"{port} is the port of [sink{before}] too (it is the default), and {what}: give each its own"
                if getattr(sink, key.replace("-", "_")) is not None:
                    message = message.replace(" (it is the default)", "")
                yield Finding(Severity.WARNING, message, f"sink{number}", key)


def ports_of(sink: SinkGroup) -> dict[str, int]:
    """The ports of a sink that serves RTSP, by their keys; none of any other."""
    if not sink.enable or sink.type is not SinkType.RTSP:
        return {}
    return {
        RTSP_PORT: _DEFAULT_RTSP_PORT if sink.rtsp_port is None else sink.rtsp_port,
        UDP_PORT: _DEFAULT_UDP_PORT if sink.udp_port is None else sink.udp_port,
    }


def check_size_of_muxer(app: AppFile) -> Iterator[Finding]:
    """The size of the batched frames, which the classic muxer must be told; the new one knows no such keys.

    The classic one ends the pipeline with "Output width not set":
    https://docs.nvidia.com/metropolis/deepstream/dev-guide/text/DS_plugin_gst-nvstreammux.html
    """
    mux = app.streammux or StreammuxGroup()
    for key, value in (("width", mux.width), ("height", mux.height)):
        if not value and key not in mux.extra_keys:
            message = (
                f'the classic muxer has no default and ends the pipeline with "Output {key} not set": give width and height '
                "(the new one, with USE_NEW_NVSTREAMMUX=yes in the environment, needs none)"
            )
            yield Finding(Severity.WARNING, message, "streammux", key)
            return


def _dewarpers(app: AppFile) -> Iterator[Finding]:
    for number, group in app.dewarpers.items():
        if group.enable and number >= _MOST_DEWARPERS:
            message = (
                "DeepStream reads the groups 0 to 9 only and goes on without this one; put the camera further ahead"
            )
            yield Finding(Severity.WARNING, message, f"dewarper{number}")
