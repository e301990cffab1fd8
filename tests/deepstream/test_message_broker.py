"""The files of the protocol adaptors, settings of librdkafka and connection strings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepstream.findings import ConfigTextError, Severity
from deepstream.message_broker import (
    Adaptor,
    Connection,
    MessageBrokerFile,
    MessageBrokerGroup,
    adaptor_of,
    check_message_broker,
    connection_string,
    parse_connection_string,
    proto_settings,
    proto_text,
    read_message_broker_file,
    write_message_broker_file,
)
from deepstream.versions import DsVersion
from tests.deepstream.key_file_texts import files
from tests.deepstream.samples import samples_of

_SECRET = "hunter2"
_ints = st.none() | st.integers(-(2**31), 2**31 - 1)
_flags = st.none() | st.booleans()
_texts = st.none() | st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"]), max_size=6
)
_groups = st.builds(
    MessageBrokerGroup,
    partition_key=_texts,
    proto_cfg=_texts,
    hostname=_texts,
    port=st.none() | st.integers(0, 65535),
    password=_texts,
    amqp_heartbeat=_ints,
    enable_tls=_flags,
    tls_cafile=_texts,
    streamsize=_ints,
    connection_str=_texts,
    share_connection=_flags,
    extra_keys=st.dictionaries(st.just("x-new"), st.just("1 "), max_size=1),
)
_files = st.builds(
    MessageBrokerFile,
    message_broker=st.none() | _groups,
    extra_groups=st.dictionaries(st.just("custom"), st.just({"a": "1"}), max_size=1),
)
# A carriage return at the end of a value is read, but no key file can be written with it.
_any_files = files.map(lambda text: text.replace("\r", ""))


def _told(group: MessageBrokerGroup, version: DsVersion = DsVersion.V9_1) -> list[tuple[Severity, str]]:
    return [(one.severity, one.key) for one in check_message_broker(group, version)]


def test_the_keys_are_read_and_written() -> None:
    text = (
        '[message-broker]\npartition-key=sensorId\nproto-cfg="a=1;b=2"\nport=5672\nenable-tls=1\nshare-connection=0\n'
    )
    file, findings = read_message_broker_file(text)
    assert findings == ()
    assert file.message_broker == MessageBrokerGroup(
        partition_key="sensorId", proto_cfg='"a=1;b=2"', port=5672, enable_tls=True, share_connection=False
    )
    assert write_message_broker_file(file) == text


def test_a_file_without_the_group_does_not_connect() -> None:
    _file, findings = read_message_broker_file("[other]\na=1\n")
    assert [(one.severity, one.group) for one in findings] == [
        (Severity.WARNING, "other"),
        (Severity.ERROR, "message-broker"),
    ]


@pytest.mark.parametrize(
    ("group", "adaptor"),
    [
        (MessageBrokerGroup(partition_key="a"), Adaptor.KAFKA),
        (MessageBrokerGroup(exchange="a", hostname="b", port=1), Adaptor.AMQP),
        (MessageBrokerGroup(username="a", client_id="b"), Adaptor.MQTT),
        (MessageBrokerGroup(hostname="a", streamsize=5), Adaptor.REDIS),
        (MessageBrokerGroup(custom_msg_properties="a=b;"), Adaptor.AZURE),
        (MessageBrokerGroup(hostname="a", password="b"), None),
        (MessageBrokerGroup(), None),
        (MessageBrokerGroup(client_id="a", streamsize=5), None),
    ],
)
def test_the_adaptor_is_told_by_the_keys(group: MessageBrokerGroup, adaptor: Adaptor | None) -> None:
    assert adaptor_of(group) is adaptor


@pytest.mark.parametrize(
    ("group", "severities"),
    [
        (MessageBrokerGroup(partition_key="sensor.id"), [Severity.WARNING]),
        (MessageBrokerGroup(consumer_group_id="a"), [Severity.WARNING]),
        (MessageBrokerGroup(partition_key="", share_connection=True), [Severity.WARNING]),
        (MessageBrokerGroup(), [Severity.NOTE]),
        (MessageBrokerGroup(partition_key="sensorId"), []),
        (MessageBrokerGroup(hostname="a"), []),
        (MessageBrokerGroup(client_id="a"), []),
    ],
)
def test_a_dotted_path_is_never_found_by_9_1(group: MessageBrokerGroup, severities: list[Severity]) -> None:
    found = check_message_broker(group, DsVersion.V9_1)
    assert [one.severity for one in found] == severities
    assert all("partition-key=sensorId" in one.message for one in found)
    assert check_message_broker(group, DsVersion.V6_3) == ()


@pytest.mark.parametrize("text", ["a=1", '"', '""', '"a=1', 'a=1"', '"a=1" '])
def test_settings_without_quotation_marks_stop_the_pipeline(text: str) -> None:
    with pytest.raises(ValueError, match="quotation marks"):
        proto_settings(text)
    group = MessageBrokerGroup(partition_key="sensorId", producer_proto_cfg=text)
    assert _told(group) == [(Severity.ERROR, "producer-proto-cfg")]


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("", ()),
        ('"a=1"', (("a", "1"),)),
        ('"a.b=1;c=d=e;"', (("a.b", "1"), ("c", "d=e"))),
        ('"a=;b=2"', (("a", ""), ("b", "2"))),
        ('"a=1;loose"', (("a", "1"),)),
        ('"loose;a=1"', (("loose;a", "1"),)),
        ('"a = 1"', (("a ", " 1"),)),
    ],
)
def test_settings_are_read_as_the_adaptor_reads_them(text: str, settings: tuple[tuple[str, str], ...]) -> None:
    assert proto_settings(text) == settings


@given(
    st.lists(
        st.tuples(
            st.from_regex(r"[a-z.]{1,8}", fullmatch=True), st.text(st.characters(exclude_characters=";"), max_size=8)
        )
    ).map(tuple)
)
def test_settings_are_read_back(settings: tuple[tuple[str, str], ...]) -> None:
    assert proto_settings(proto_text(settings)) == settings


@pytest.mark.parametrize("setting", [("a", "b;c"), ("a=b", "c")])
def test_settings_that_would_read_differently_are_not_written(setting: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="takes for its end"):
        proto_text((setting,))


@pytest.mark.parametrize("text", ['"a =1"', '"a=1; b=2"', '"loose;a=1"', '"=1"'])
def test_names_that_librdkafka_cannot_know(text: str) -> None:
    assert _told(MessageBrokerGroup(partition_key="sensorId", proto_cfg=text)) == [(Severity.WARNING, "proto-cfg")]


def test_settings_longer_than_the_room_for_them() -> None:
    group = MessageBrokerGroup(partition_key="sensorId", proto_cfg=f'"a={"é" * 509}"')
    assert len(group.proto_cfg or "") < 1024
    assert _told(group) == []
    longer = group.model_copy(update={"proto_cfg": f'"a={"é" * 510}"'})
    assert _told(longer) == [(Severity.ERROR, "proto-cfg")]


@pytest.mark.parametrize("name", ["sasl.password", "ssl.key.password"])
def test_passwords_among_settings_are_told_and_never_shown(name: str) -> None:
    group = MessageBrokerGroup(partition_key="sensorId", proto_cfg=f'"{name}={_SECRET}"')
    found = check_message_broker(group)
    assert [(one.severity, one.key) for one in found] == [(Severity.WARNING, "proto-cfg")]
    assert name in found[0].message
    assert _told(MessageBrokerGroup(partition_key="sensorId", proto_cfg=f'"{name}="')) == []


@pytest.mark.parametrize("field", ["password", "connection_str", "shared_access_key"])
def test_secrets_are_told_and_never_shown(field: str) -> None:
    group = MessageBrokerGroup.model_validate({field: _SECRET, "hostname": "a"})
    found = check_message_broker(group)
    assert [(one.severity, one.key) for one in found] == [(Severity.WARNING, group.keys()[field].name)]
    assert group.keys()[field].secret
    assert _SECRET not in str(found)


@given(
    st.sampled_from(["password", "connection_str", "proto-cfg", "producer-proto-cfg"]),
    st.sampled_from(['"{}=1"', "\\x{}", '"sasl.password={}"', '"a;{}=1;b=2"', '"sasl.password=a;{} = 5"', "{}"]),
)
def test_no_message_shows_a_password_whatever_the_mistake(key: str, value: str) -> None:
    file, findings = read_message_broker_file(f"[message-broker]\n{key}={value.format(_SECRET)}\n")
    assert file.message_broker is not None
    assert all(_SECRET not in str(one) for one in findings + check_message_broker(file.message_broker))


def test_tls_without_an_authority_to_trust() -> None:
    assert _told(MessageBrokerGroup(enable_tls=True)) == [(Severity.ERROR, "enable-tls")]
    assert _told(MessageBrokerGroup(enable_tls=True, tls_capath="/etc/ssl/certs")) == []
    assert _told(MessageBrokerGroup(enable_tls=False)) == []


@pytest.mark.parametrize(
    ("text", "connection"),
    [
        ("broker;9092", Connection("broker", 9092)),
        ("10.0.0.7;6379;topic", Connection("10.0.0.7", 6379, "topic")),
        ("fe80::1;1883", Connection("fe80::1", 1883)),
    ],
)
def test_connection_strings_are_read_and_written(text: str, connection: Connection) -> None:
    assert parse_connection_string(text) == connection
    assert connection_string(connection.host, connection.port, connection.topic) == text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a;9092;b;9092", "one broker only"),
        ("host;5672;guest;hunter2", "one broker only"),
        ("broker:9092", "host;port"),
        ("", "host;port"),
        (";9092", "host;port"),
        ("broker;", "host;port"),
        ("a:9092;9092", "bare name"),
        ("a,b;9092", "bare name"),
        ("user:hunter2@a;9092", "bare name"),
        (" a;9092", "bare name"),
        ("a;9092,b;9092", "1 to 65535"),
        ("a;0", "1 to 65535"),
        ("a;65536", "1 to 65535"),
        ("a;٣", "1 to 65535"),
        ("a;9092;", "topic"),
        ("a;9092; t", "topic"),
    ],
)
def test_connection_strings_that_lead_nowhere(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word) as error:
        parse_connection_string(text)
    assert _SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("host", "port", "topic"), [("a;1", 2, None), ("a", 0, None), ("a", 1, "t;u"), ("", 1, None), ("a", 1, "")]
)
def test_parts_that_cannot_stand_in_a_connection_string(host: str, port: int, topic: str | None) -> None:
    with pytest.raises(ValueError, match="connection string"):
        connection_string(host, port, topic)


@given(st.text(st.sampled_from("a;9,:@ /")))
def test_any_connection_string_is_read_or_refused(text: str) -> None:
    try:
        connection = parse_connection_string(text)
    except ValueError as error:
        said = str(error)
    else:
        said = "connection string"
        assert connection_string(connection.host, connection.port, connection.topic)
    assert "connection string" in said


@given(_files)
def test_what_is_written_is_read_back(file: MessageBrokerFile) -> None:
    again, findings = read_message_broker_file(write_message_broker_file(file, "made by a test"))
    assert again == file
    assert any(one.severity is Severity.ERROR for one in findings) == (file.message_broker is None)


@given(_groups, st.sampled_from(DsVersion))
def test_checking_never_fails(group: MessageBrokerGroup, version: DsVersion) -> None:
    assert all(one.message and one.key for one in check_message_broker(group, version))


@given(_any_files)
def test_any_text_gives_a_file_or_a_position(text: str) -> None:
    try:
        file, findings = read_message_broker_file(text)
    except ConfigTextError as error:
        lines = [error.line]
    else:
        lines = [one.line for one in findings if one.line is not None]
        assert read_message_broker_file(write_message_broker_file(file))[0] == file
    assert all(1 <= line <= text.count("\n") + 1 for line in lines)


@pytest.mark.skipif(not samples_of("msgbroker"), reason="the sample files of DeepStream are not on this machine")
def test_nvidias_own_files_are_read_without_a_word_and_read_back() -> None:
    for path in samples_of("msgbroker"):
        file, findings = read_message_broker_file(path.read_text(encoding="utf-8"))
        assert findings == (), path.name
        assert read_message_broker_file(write_message_broker_file(file)) == (file, ()), path.name
