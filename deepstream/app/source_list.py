"""The group `[source-list]`. Source: deepstream_app_config_parser.c of DeepStream 6.0 to 6.3 and 9.1."""

from collections.abc import Callable
from typing import Self

from deepstream.app.source import with_path
from deepstream.app.values import Flag, Unsigned
from deepstream.groups import KeyGroup, key
from deepstream.keyfile_values import Reader
from deepstream.versions import DsVersion


class SourceListGroup(KeyGroup):
    """Sources as lists, which all have the settings of `[source-attr-all]`; known in `.txt` files only."""

    num_source_bins: Unsigned | None = key(
        "num-source-bins",
        Reader.INTEGER,
        in_yaml=False,
        description="How many sources; with a list, its length. 0 with nvmultiurisrcbin: start empty, and add by REST.",
    )
    uris: tuple[str, ...] | None = key(
        "list",
        Reader.STRING_LIST,
        in_yaml=False,
        secret=True,
        description="Addresses: rtsp://, file://, usb:<n>, csi:<n>.",
    )
    sensor_id_list: tuple[str, ...] | None = key(
        "sensor-id-list",
        Reader.STRING_LIST,
        since=DsVersion.V6_2,
        in_yaml=False,
        description="The ids of the cameras, in the order of the list.",
    )
    sensor_name_list: tuple[str, ...] | None = key(
        "sensor-name-list",
        Reader.STRING_LIST,
        since=DsVersion.V6_4,
        in_yaml=False,
        description="The names of the cameras, in the order of the list.",
    )
    use_nvmultiurisrcbin: bool | None = key(
        "use-nvmultiurisrcbin",
        Reader.BOOLEAN,
        since=DsVersion.V6_2,
        in_yaml=False,
        description="Read all sources with one element that adds and removes cameras while it runs, by REST.",
    )
    max_batch_size: Unsigned | None = key(
        "max-batch-size",
        Reader.INTEGER,
        since=DsVersion.V6_2,
        in_yaml=False,
        description="nvmultiurisrcbin: most cameras at a time; the batch of streammux, and that of the primary GIE when "
        "its group has a batch-size.",
    )
    http_ip: str | None = key(
        "http-ip",
        Reader.STRING,
        since=DsVersion.V6_2,
        in_yaml=False,
        description="nvmultiurisrcbin: must be there, but is not used: write the address to http-port.",
    )
    http_port: str | None = key(
        "http-port",
        Reader.STRING,
        since=DsVersion.V6_2,
        in_yaml=False,
        description="nvmultiurisrcbin: where the REST server listens, 127.0.0.1:9000 on this machine only, a bare number "
        "for everybody; 0 = no server.",
    )
    sgie_batch_size: Unsigned | None = key(
        "sgie-batch-size",
        Reader.INTEGER,
        in_yaml=False,
        description="Batch of all secondary GIEs whose groups have a batch-size; 0 = as there.",
        engine=True,
    )
    stream_name_display: bool | None = key(
        "stream-name-display",
        Reader.BOOLEAN,
        since=DsVersion.V6_4,
        in_yaml=False,
        description="Show the names of cameras in the picture.",
    )
    low_latency_mode: Flag | None = key(
        "low-latency-mode",
        Reader.INTEGER,
        since=DsVersion.V6_4,
        in_yaml=False,
        description="nvmultiurisrcbin: decode without reordering, for streams without B frames.",
    )
    extract_sei_type5_data: Flag | None = key(
        "extract-sei-type5-data",
        Reader.INTEGER,
        since=DsVersion.V6_4,
        in_yaml=False,
        description="nvmultiurisrcbin: take user data out of the stream (SEI type 5).",
    )
    sei_uuid: str | None = key(
        "sei-uuid", Reader.STRING, since=DsVersion.V6_4, in_yaml=False, description="Which user data to take."
    )
    dummy_payload: bool | None = key(
        "dummy-payload",
        Reader.BOOLEAN,
        since=DsVersion.V6_4,
        in_yaml=False,
        description="Send messages for frames without objects too.",
    )
    custom_ts_to_rfc: bool | None = key(
        "custom-ts-to-rfc",
        Reader.BOOLEAN,
        since=DsVersion.V6_4,
        in_yaml=False,
        description="Write the timestamps of the stream as RFC 3339.",
    )
    batched_sensor_name: str | None = key(
        "batched-sensor-name",
        Reader.STRING,
        since=DsVersion.V6_4,
        in_yaml=False,
        description="Name of a sensor that stands for the whole batch.",
    )
    # The API reference of 9.0 shows these four, that of 8.0 does not.
    enable_error_propagation: bool | None = key(
        "enable-error-propagation",
        Reader.BOOLEAN,
        since=DsVersion.V9_0,
        in_yaml=False,
        description="nvmultiurisrcbin: send messages about errors of cameras.",
    )
    proto_lib: str | None = key(
        "proto-lib",
        Reader.STRING,
        since=DsVersion.V9_0,
        in_yaml=False,
        description="Error messages: library of the message broker's adaptor.",
    )
    conn_str: str | None = key(
        "conn-str",
        Reader.STRING,
        since=DsVersion.V9_0,
        in_yaml=False,
        secret=True,
        description="Error messages: where the broker is, host;port.",
    )
    topic: str | None = key(
        "topic", Reader.STRING, since=DsVersion.V9_0, in_yaml=False, description="Error messages: topic."
    )

    def with_paths(self, rewrite: Callable[[str], str]) -> Self:
        """As for all groups; the paths are those of file:// addresses."""
        uris = None if self.uris is None else tuple(with_path(one, rewrite) for one in self.uris)
        return self.model_copy(update={"uris": uris})
