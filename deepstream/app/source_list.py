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
        "How many sources; with a list, its length. 0 with nvmultiurisrcbin: start empty, and add by REST.",
    )
    uris: tuple[str, ...] | None = txt_key(
        "list", Reader.STRING_LIST, "Addresses: rtsp://, file://, usb:<n>, csi:<n>.", secret=True
    )
    sensor_id_list: tuple[str, ...] | None = txt_key(
        "sensor-id-list", Reader.STRING_LIST, "The ids of the cameras, in the order of the list.", since=DsVersion.V6_2
    )
    sensor_name_list: tuple[str, ...] | None = txt_key(
        "sensor-name-list",
        Reader.STRING_LIST,
        "The names of the cameras, in the order of the list.",
        since=DsVersion.V6_4,
    )
    use_nvmultiurisrcbin: bool | None = txt_key(
        "use-nvmultiurisrcbin",
        Reader.BOOLEAN,
        "Read all sources with one element that adds and removes cameras while it runs, by REST.",
        since=DsVersion.V6_2,
    )
    max_batch_size: Unsigned | None = txt_key(
        "max-batch-size",
        Reader.INTEGER,
        "nvmultiurisrcbin: most cameras at a time; the batch of streammux, and that of the primary GIE when "
        "its group has a batch-size.",
        since=DsVersion.V6_2,
    )
    http_ip: str | None = txt_key(
        "http-ip",
        Reader.STRING,
        "nvmultiurisrcbin: must be there, but is not used: write the address to http-port.",
        since=DsVersion.V6_2,
    )
    http_port: str | None = txt_key(
        "http-port",
        Reader.STRING,
        "nvmultiurisrcbin: where the REST server listens, 127.0.0.1:9000 on this machine only, a bare number "
        "for everybody; 0 = no server.",
        since=DsVersion.V6_2,
    )
    sgie_batch_size: Unsigned | None = txt_key(
        "sgie-batch-size",
        Reader.INTEGER,
        "Batch of all secondary GIEs whose groups have a batch-size; 0 = as there.",
        engine=True,
    )
    stream_name_display: bool | None = txt_key(
        "stream-name-display", Reader.BOOLEAN, "Show the names of cameras in the picture.", since=DsVersion.V6_4
    )
    low_latency_mode: Flag | None = txt_key(
        "low-latency-mode",
        Reader.INTEGER,
        "nvmultiurisrcbin: decode without reordering, for streams without B frames.",
        since=DsVersion.V6_4,
    )
    extract_sei_type5_data: Flag | None = txt_key(
        "extract-sei-type5-data",
        Reader.INTEGER,
        "nvmultiurisrcbin: take user data out of the stream (SEI type 5).",
        since=DsVersion.V6_4,
    )
    sei_uuid: str | None = txt_key("sei-uuid", Reader.STRING, "Which user data to take.", since=DsVersion.V6_4)
    dummy_payload: bool | None = txt_key(
        "dummy-payload", Reader.BOOLEAN, "Send messages for frames without objects too.", since=DsVersion.V6_4
    )
    custom_ts_to_rfc: bool | None = txt_key(
        "custom-ts-to-rfc", Reader.BOOLEAN, "Write the timestamps of the stream as RFC 3339.", since=DsVersion.V6_4
    )
    batched_sensor_name: str | None = txt_key(
        "batched-sensor-name", Reader.STRING, "Name of a sensor that stands for the whole batch.", since=DsVersion.V6_4
    )
    # The API reference of 9.0 shows these four, that of 8.0 does not.
    enable_error_propagation: bool | None = txt_key(
        "enable-error-propagation",
        Reader.BOOLEAN,
        "nvmultiurisrcbin: send messages about errors of cameras.",
        since=DsVersion.V9_0,
    )
    proto_lib: str | None = txt_key(
        "proto-lib", Reader.STRING, "Error messages: library of the message broker's adaptor.", since=DsVersion.V9_0
    )
    conn_str: str | None = txt_key(
        "conn-str", Reader.STRING, "Error messages: where the broker is, host;port.", since=DsVersion.V9_0, secret=True
    )
    topic: str | None = txt_key("topic", Reader.STRING, "Error messages: topic.", since=DsVersion.V9_0)

    def with_paths(self, rewrite: Callable[[str], str]) -> Self:
        """As for all groups; the paths are those of file:// addresses."""
        uris = None if self.uris is None else tuple(with_path(one, rewrite) for one in self.uris)
        return self.model_copy(update={"uris": uris})
