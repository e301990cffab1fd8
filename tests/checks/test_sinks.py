"""Sinks that reach nobody: displays that a container has not, ports that two share, brokers that are named in another form."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.checks.sound_instances import APP, ERROR, IN_APP, STATIC, WARNING, camera, check, group, places
from tests.planner.short_manifests import merged

LIB = "/opt/nvidia/deepstream/deepstream/lib/libnvds_{}_proto.so"
SOCKETS = {"hostPath": "/tmp/.X11-unix", "mountPath": "/tmp/.X11-unix"}


def sinks(*given: Mapping[str, Any], **rest: Any) -> dict[str, Any]:
    numbered = {str(number): {"enable": True, **sink} for number, sink in enumerate(given)}
    return merged(APP, {**group("sinks", **numbered), **rest})  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("sink", "container", "told"),
    [
        ({"type": 2}, {}, True),
        ({"type": 2, "enable": False}, {}, False),
        ({"type": 2}, {"env": {"DISPLAY": ":0"}}, True),
        ({"type": 2}, {"volumes": [SOCKETS]}, True),
        ({"type": 2}, {"env": {"DISPLAY": ":0"}, "volumes": [SOCKETS]}, False),
        ({"type": 2}, {"env": {"DISPLAY": ":0"}, "volumes": [{"hostPath": "/tmp", "mountPath": "/tmp"}]}, False),
        ({"type": 2}, {"env": {"DISPLAY": "10.0.0.9:0"}}, False),
        ({"type": 2}, {"env": {"DISPLAY": "${DISPLAY}"}, "volumes": [SOCKETS]}, True),
        ({"type": 5}, {}, True),
        ({"type": 5}, {"env": {"DISPLAY": ":0"}, "volumes": [SOCKETS]}, True),
        ({"type": 5}, {"volumes": [{"hostPath": "/dev/dri", "mountPath": "/dev/dri"}]}, False),
        ({"type": 1}, {}, False),
        ({"type": 4}, {}, False),
        ({"type": 3, "outputFile": "/out/a.mp4"}, {}, False),
    ],
)
def test_a_container_has_no_display(sink: dict[str, Any], container: dict[str, Any], *, told: bool) -> None:
    found = check(sinks(sink, {"type": 1}, container=container))
    assert places(found) == ([(WARNING, (*IN_APP, "sinks", "0", "type"))] if told else [])


@pytest.mark.parametrize(
    ("first", "second", "keys"),
    [
        ({}, {}, ["rtspPort", "udpPort"]),
        ({"rtspPort": 8554, "udpPort": 5000}, {}, ["rtspPort", "udpPort"]),
        ({"rtspPort": 8555}, {}, ["udpPort"]),
        ({"rtspPort": 8555, "udpPort": 5001}, {}, []),
        ({}, {"enable": False}, []),
        ({}, {"type": 3, "outputFile": "/out/a.mp4"}, []),
    ],
)
def test_two_sinks_on_one_port(first: dict[str, Any], second: dict[str, Any], keys: list[str]) -> None:
    found = check(sinks({"type": 4, **first}, {"type": 4, **second}))
    assert places(found) == [(WARNING, (*IN_APP, "sinks", "1", key)) for key in keys]


def fault(kind: str, text: str) -> str:
    found = check(sinks({"type": 6, "msgBrokerProtoLib": LIB.format(kind), "msgBrokerConnStr": text}))
    said = [one for one in found if one.path == (*IN_APP, "sinks", "0", "msgBrokerConnStr")]
    assert all(one.severity is ERROR for one in said)
    return said[0].message if said else ""


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (
            "kafka",
            ["localhost;9092", "kafka;9092;events", "10.0.0.1;9092", "::1;9092"],
            ["localhost:9092", "localhost", ";9092", "kafka;", "kafka;port", "kafka;0", "a;9092;b;9092", "kafka://h;9092",
             "a,b;9092", "a:9092,b:9092", "“kafka;9092”", "'kafka';9092", '"kafka;9092"', "kafka;9092;a;b"],
        ),
        ("mqtt", ["localhost;1883", "localhost;1883;topic"], ["localhost:1883", "localhost;", "a;1883;b;c", "\u2018h\u2019;1883"]),
        ("amqp", ["localhost;5672", "localhost;5672;guest", "localhost;5672;guest;${secret:mq:password}"],
         ["localhost:5672", "localhost", "a;5672;b;${secret:mq:password};d", "„host“;5672"]),
        ("redis", ["localhost;6379", "localhost;6379;x"], ["localhost:6379", "localhost", "localhost;"]),
        ("azure", ["HostName=a.azure-devices.net;DeviceId=b;SharedAccessKey=${secret:az:password}"],
         ["a.azure-devices.net", "HostName=a;DeviceId=b", "HostName=”a”;DeviceId=b;SharedAccessKey=${secret:az:password}"]),
        ("azure_edge", ["", "anything"], []),
        ("mine", ["anything:1"], []),
    ],
)  # fmt: skip
def test_a_connection_string_has_the_form_of_its_adaptor(kind: str, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if text and fault(kind, text)] == []
    assert [text for text in bad if not fault(kind, text)] == []


@pytest.mark.parametrize("quotes", ["''", '""', "\u201c\u201d", "\u2018\u2019", "\u00ab\u00bb"])
def test_quotation_marks_belong_to_no_topic_of_kafka(quotes: str) -> None:
    topic = f"{quotes[0]}events{quotes[1]}"
    sink = {"type": 6, "msgBrokerProtoLib": LIB.format("kafka"), "msgBrokerConnStr": "kafka;9092"}
    broker = {"messageBrokers": {"b.txt": {"partitionKey": "sensorId"}}}
    for key, given in (("topic", topic), ("msgBrokerConnStr", f"kafka;9092;{topic}")):
        one = {**sink, "msgBrokerConfig": "b.txt", "msgConvPayloadType": 1, "topic": "events", key: given}
        found = check(merged(sinks(one), broker))
        assert places(found) == [(WARNING, (*IN_APP, "sinks", "0", key))]
    one = {**sink, "msgBrokerConfig": "b.txt", "msgConvPayloadType": 1, "topic": "events"}
    assert check(merged(sinks(one), broker)) == ()


@pytest.mark.parametrize("text", ["<broker>;<port>", "${KAFKA_HOST};${KAFKA_PORT};events", "kafka;{PORT}", "<broker>"])
def test_a_placeholder_of_another_program_is_told_and_refuses_nothing(text: str) -> None:
    sink = {"type": 6, "msgBrokerProtoLib": LIB.format("kafka"), "msgBrokerConnStr": text, "topic": "<topic>"}
    sink |= {"msgBrokerConfig": "b.txt", "msgConvPayloadType": 1}
    found = check(merged(sinks(sink), {"messageBrokers": {"b.txt": {"partitionKey": "sensorId"}}}))
    assert places(found) == [(WARNING, (*IN_APP, "sinks", "0", key)) for key in ("msgBrokerConnStr", "topic")]


def test_what_to_write_instead_is_said_and_no_password_is() -> None:
    assert "write localhost;9092" in fault("kafka", "localhost:9092")
    assert "Geheim" not in fault("amqp", "h:5672;Geheim;x;y;z") + fault("kafka", "user:Geheim@h:9092")


def test_kafka_and_mqtt_take_no_host_from_a_file() -> None:
    for kind, told in (("kafka", True), ("mqtt", True), ("amqp", False), ("redis", False)):
        spec = sinks({"type": 6, "msgBrokerProtoLib": LIB.format(kind), "msgBrokerConfig": "b.txt"})
        found = places(check(merged(spec, {"messageBrokers": {"b.txt": {"partitionKey": "sensorId"}}})))
        assert ((ERROR, (*IN_APP, "sinks", "0", "msgBrokerConnStr")) in found) is told


def test_consumers_of_messages_name_their_broker_likewise() -> None:
    consumer = {"enable": True, "protoLib": LIB.format("kafka"), "connStr": "kafka:9092", "subscribeTopicList": ["a"]}
    found = places(check(merged(APP, group("messageConsumers", **{"0": consumer}))))
    assert (ERROR, (*IN_APP, "messageConsumers", "0", "connStr")) in found


@pytest.mark.parametrize(
    ("mux", "env", "key"),
    [
        ({"width": None, "height": None}, {}, "width"),
        ({"width": None}, {}, "width"),
        ({"height": None}, {}, "height"),
        ({"width": None, "height": None}, {"USE_NEW_NVSTREAMMUX": "no"}, "width"),
        ({"width": None, "height": None}, {"USE_NEW_NVSTREAMMUX": "yes"}, ""),
        ({}, {}, ""),
    ],
)
def test_the_classic_muxer_must_be_told_a_size(mux: dict[str, Any], env: dict[str, str], key: str) -> None:
    spec = {**APP, "streammux": mux, "container": {"env": env}}
    found = check(spec)
    assert places(found) == ([(WARNING, ("spec", "streammux", key))] if key else [])
    assert not key or f'"Output {key} not set"' in found[0].message


def test_a_file_at_the_start_makes_the_dynamic_source_spin() -> None:
    clip = camera("idle", type="file", address="file:///clips/idle.mp4")
    found = check(APP, clip, camera("dock"))
    assert [(one.severity, one.camera, one.path) for one in found] == [(WARNING, "idle", ("spec", "address"))]
    assert check(STATIC, clip, camera("dock")) == ()
    assert check(merged(APP, {"dsVersion": "7.1"}), clip) == ()
