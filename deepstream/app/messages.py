"""The groups about messages. Source: deepstream_config_file_parser.c of DeepStream 6.0 to 6.3 and 9.1."""

from deepstream.app.values import SwitchedGroup, Unsigned
from deepstream.groups import KeyGroup, key, txt_key
from deepstream.keyfile_values import Reader
from deepstream.versions import DsVersion


class MessageConversion(KeyGroup):
    """What nvmsgconv makes of metadata; in `[message-converter]`, and in sinks of type 6."""

    msg_conv_config: str | None = key(
        "msg-conv-config", Reader.PATH, "File that names sensors and places, by source ids."
    )
    msg_conv_payload_type: Unsigned | None = key(
        "msg-conv-payload-type",
        Reader.INTEGER,
        "0 = full schema, a message for each object; 1 = minimal, for each frame; 2 = protobuf; 256 and 257 "
        "= own libraries.",
    )
    msg_conv_msg2p_lib: str | None = key(
        "msg-conv-msg2p-lib", Reader.PATH, "Own library that writes messages; needs an absolute path mostly."
    )
    msg_conv_comp_id: Unsigned | None = key(
        "msg-conv-comp-id", Reader.INTEGER, "Convert the metadata of this component only."
    )
    debug_payload_dir: str | None = key(
        "debug-payload-dir", Reader.PATH, "Folder that gets a copy of each message; fills the disk."
    )
    multiple_payloads: bool | None = key(
        "multiple-payloads", Reader.BOOLEAN, "The own library makes several messages at a time."
    )
    msg_conv_msg2p_new_api: bool | None = key(
        "msg-conv-msg2p-new-api",
        Reader.BOOLEAN,
        "Messages from the metadata of frames and objects, not from event metadata.",
    )
    msg_conv_frame_interval: int | None = key(
        "msg-conv-frame-interval", Reader.INTEGER, "Frames between messages; default 30."
    )
    msg_conv_dummy_payload: bool | None = key(
        "msg-conv-dummy-payload", Reader.BOOLEAN, "Messages for frames without objects too.", since=DsVersion.V6_4
    )
    msg_conv_embedding_filter: str | None = txt_key(
        "msg-conv-embedding-filter",
        Reader.STRING,
        "Which objects have their embeddings in messages.",
        since=DsVersion.V6_4,
    )


class MessageConverterGroup(MessageConversion, SwitchedGroup):
    """`[message-converter]`: one converter for all sinks that have `disable-msgconv=1`."""


class MessageConsumerGroup(SwitchedGroup):
    """`[message-consumer0]`...: messages that start recordings and change the names of sensors."""

    proto_lib: str | None = key("proto-lib", Reader.STRING, "Library of the message broker's adaptor.")
    conn_str: str | None = key("conn-str", Reader.STRING, "Where the broker is: host;port for Kafka.", secret=True)
    config_file: str | None = key("config-file", Reader.PATH, "File that the adaptor reads.")
    subscribe_topic_list: tuple[str, ...] | None = key(
        "subscribe-topic-list", Reader.STRING_LIST, "Topics to read; one at least."
    )
    sensor_list_file: str | None = key(
        "sensor-list-file", Reader.PATH, "File of sensor names, when messages name cameras so."
    )
