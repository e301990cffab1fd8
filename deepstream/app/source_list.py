"""The group `[source-list]`. Source: deepstream_app_config_parser.c of DeepStream 6.0 to 6.3 and 9.1."""

from collections.abc import Callable
from typing import Self

from deepstream.app.source import with_path
from deepstream.app.values import Flag, Unsigned
from deepstream.groups import KeyGroup, txt_key
from deepstream.keyfile_values import Reader
from deepstream.versions import DsVersion


class SourceListGroup(KeyGroup):
    """Sources as lists, which all have the settings of `[source-attr-all]`; known in `.txt` files only."""

    num_source_bins: Unsigned | None = txt_key(
        "num-source-bins",
        Reader.INTEGER,
        description="How many sources; with a list, its length. 0 with nvmultiurisrcbin: start empty, and add by REST.",
    )
    uris: tuple[str, ...] | None = txt_key(
        "list", Reader.STRING_LIST, secret=True, description="Addresses: rtsp://, file://, usb:<n>, csi:<n>."
    )
    sensor_id_list: tuple[str, ...] | None = txt_key(
        "sensor-id-list",
        Reader.STRING_LIST,
        since=DsVersion.V6_2,
        description="The ids of the cameras, in the order of the list.",
    )
    sensor_name_list: tuple[str, ...] | None = txt_key(
        "sensor-name-list",
        Reader.STRING_LIST,
        since=DsVersion.V6_4,
        description="The names of the cameras, in the order of the list.",
    )
    use_nvmultiurisrcbin: bool | None = txt_key(
        "use-nvmultiurisrcbin",
        Reader.BOOLEAN,
        since=DsVersion.V6_2,
        description="Read all sources with one element that adds and removes cameras while it runs, by REST.",
    )
    max_batch_size: Unsigned | None = txt_key(
        "max-batch-size",
        Reader.INTEGER,
        since=DsVersion.V6_2,
        description="nvmultiurisrcbin: most cameras at a time; the batch of streammux, and that of the primary GIE when "
        "its group has a batch-size.",
    )
    http_ip: str | None = txt_key(
        "http-ip",
        Reader.STRING,
        since=DsVersion.V6_2,
        description="nvmultiurisrcbin: must be there, but is not used: write the address to http-port.",
    )
    http_port: str | None = txt_key(
        "http-port",
        Reader.STRING,
        since=DsVersion.V6_2,
        description="nvmultiurisrcbin: where the REST server listens, 127.0.0.1:9000 on this machine only, a bare number "
        "for everybody; 0 = no server.",
    )
    sgie_batch_size: Unsigned | None = txt_key(
        "sgie-batch-size",
        Reader.INTEGER,
        description="Batch of all secondary GIEs whose groups have a batch-size; 0 = as there.",
        engine=True,
    )
    stream_name_display: bool | None = txt_key(
        "stream-name-display",
        Reader.BOOLEAN,
        since=DsVersion.V6_4,
        description="Show the names of cameras in the picture.",
    )
    low_latency_mode: Flag | None = txt_key(
        "low-latency-mode",
        Reader.INTEGER,
        since=DsVersion.V6_4,
        description="nvmultiurisrcbin: decode without reordering, for streams without B frames.",
    )
    extract_sei_type5_data: Flag | None = txt_key(
        "extract-sei-type5-data",
        Reader.INTEGER,
        since=DsVersion.V6_4,
        description="nvmultiurisrcbin: take user data out of the stream (SEI type 5).",
    )
    sei_uuid: str | None = txt_key(
        "sei-uuid", Reader.STRING, since=DsVersion.V6_4, description="Which user data to take."
    )
    dummy_payload: bool | None = txt_key(
        "dummy-payload",
        Reader.BOOLEAN,
        since=DsVersion.V6_4,
        description="Send messages for frames without objects too.",
    )
    custom_ts_to_rfc: bool | None = txt_key(
        "custom-ts-to-rfc",
        Reader.BOOLEAN,
        since=DsVersion.V6_4,
        description="Write the timestamps of the stream as RFC 3339.",
    )
    batched_sensor_name: str | None = txt_key(
        "batched-sensor-name",
        Reader.STRING,
        since=DsVersion.V6_4,
        description="Name of a sensor that stands for the whole batch.",
    )
    # The API reference of 9.0 shows these four, that of 8.0 does not.
    enable_error_propagation: bool | None = txt_key(
        "enable-error-propagation",
        Reader.BOOLEAN,
        since=DsVersion.V9_0,
        description="nvmultiurisrcbin: send messages about errors of cameras.",
    )
    proto_lib: str | None = txt_key(
        "proto-lib",
        Reader.STRING,
        since=DsVersion.V9_0,
        description="Error messages: library of the message broker's adaptor.",
    )
    conn_str: str | None = txt_key(
        "conn-str",
        Reader.STRING,
        since=DsVersion.V9_0,
        secret=True,
        description="Error messages: where the broker is, host;port.",
    )
    topic: str | None = txt_key("topic", Reader.STRING, since=DsVersion.V9_0, description="Error messages: topic.")

    def with_paths(self, rewrite: Callable[[str], str]) -> Self:
        """As for all groups; the paths are those of file:// addresses."""
        uris = None if self.uris is None else tuple(with_path(one, rewrite) for one in self.uris)
        return self.model_copy(update={"uris": uris})
