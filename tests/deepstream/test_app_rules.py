"""Each rule of deepstream-app's file: where it speaks, and where it is silent."""

from pathlib import Path

import pytest

from deepstream.app.config import read_app_file
from deepstream.app.rules import check_app_file
from deepstream.versions import NEWEST, DsVersion
from tests.deepstream.samples import samples_of

SAMPLES = samples_of("deepstream-app")

DYNAMIC = """\
[source-list]
num-source-bins=2
list=rtsp://a/1;rtsp://b/1
sensor-id-list=s0;s1
sensor-name-list=gate;lobby
use-nvmultiurisrcbin=1
max-batch-size=4
http-ip=localhost
http-port=127.0.0.1:9000
[source-attr-all]
enable=1
type=4
sensorID-padID-mapping=1
[streammux]
live-source=1
drop-pipeline-eos=1
batched-push-timeout=40000
[sink0]
enable=1
type=1
sync=0
"""
STATIC = """\
[source0]
enable=1
type=4
uri=rtsp://a/1
smart-record=1
[source1]
enable=1
type=4
uri=rtsp://b/1
[streammux]
batch-size=2
batched-push-timeout=40000
[primary-gie]
enable=1
gie-unique-id=1
config-file=p.txt
[secondary-gie0]
enable=1
gie-unique-id=2
config-file=s.txt
[tracker]
enable=1
ll-lib-file=lib.so
[sink0]
enable=1
type=6
msg-broker-proto-lib=/opt/libnvds_kafka_proto.so
msg-broker-conn-str=h;9092;t
"""
LISTED = """\
[source-list]
num-source-bins=2
list=rtsp://a/1;rtsp://b/1
sensor-id-list=a;b
sensor-name-list=gate;lobby
[source-attr-all]
enable=1
rtsp-reconnect-interval-sec=10
rtsp-reconnect-attempts=-1
[streammux]
batch-size=2
batched-push-timeout=40000
"""


def found(text: str, version: DsVersion = NEWEST) -> set[tuple[str, str, str]]:
    app, _ = read_app_file(text, "app.txt", version)
    findings = check_app_file(app, version)
    assert all(len(one.message) > 20 for one in findings)
    return {(one.severity.value, one.group, one.key) for one in findings}


@pytest.mark.parametrize("text", [DYNAMIC, STATIC, LISTED, ""])
def test_good_files_are_good(text: str) -> None:
    assert found(text) == set()


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("max-batch-size=4", "max-batch-size=0", ("error", "source-list", "max-batch-size")),
        ("http-ip=localhost\n", "", ("error", "source-list", "http-ip")),
        ("http-port=127.0.0.1:9000\n", "", ("error", "source-list", "http-port")),
        ("http-port=127.0.0.1:9000", "http-port=9000", ("warning", "source-list", "http-port")),
        ("http-port=127.0.0.1:9000", "http-port=0.0.0.0:9000", ("warning", "source-list", "http-port")),
        ("http-port=127.0.0.1:9000", "http-port=127.0.0.1:9000,9001", ("warning", "source-list", "http-port")),
        ("rtsp://a/1", "rtsp://a/1,2", ("error", "source-list", "list")),
        ("=s0;s1", "=s0,x;s1", ("error", "source-list", "sensor-id-list")),
        ("=gate;", "=gate, left;", ("error", "source-list", "sensor-name-list")),
        ("live-source=1", "live-source=0", ("warning", "streammux", "live-source")),
        ("drop-pipeline-eos=1", "drop-pipeline-eos=0", ("warning", "streammux", "drop-pipeline-eos")),
        ("timeout=40000", "timeout=-1", ("warning", "streammux", "batched-push-timeout")),
        ("sync=0", "sync=1", ("warning", "sink0", "sync")),
        ("[source-attr-all]\nenable=1", "[source-attr-all]\nenable=0", ("warning", "source-attr-all", "enable")),
        ("=s0;s1", "=s1-a;s1-b", ("error", "source-list", "sensor-id-list")),
        ("=s0;s1", "=s0;s4", ("error", "source-list", "sensor-id-list")),
        ("=s0;s1", "=gate;lobby", ("error", "source-list", "sensor-id-list")),
        ("[streammux]", "[streammux]\nbatch-size=2", ("note", "streammux", "batch-size")),
    ],
)
def test_cameras_that_come_and_go(old: str, new: str, expected: tuple[str, str, str]) -> None:
    assert found(changed(DYNAMIC, old, new)) == {expected}


def test_more_cameras_than_places() -> None:
    text = changed(changed(DYNAMIC, "max-batch-size=4", "max-batch-size=1"), "sensorID-padID-mapping=1\n", "")
    assert found(text) == {("error", "source-list", "max-batch-size")}


def test_without_a_server_its_address_does_not_matter() -> None:
    text = changed(changed(DYNAMIC, "http-ip=localhost\n", ""), "=127.0.0.1:9000", "=0")
    assert found(text) == set()


def test_a_comma_does_not_matter_where_no_element_joins_the_list() -> None:
    assert found(changed(LISTED, "rtsp://a/1", "rtsp://a/1,2")) == set()


def test_an_empty_list_waits_for_cameras() -> None:
    text = "".join(line + "\n" for line in DYNAMIC.splitlines() if not line.startswith(("list", "sensor-")))
    assert found(changed(text, "num-source-bins=2", "num-source-bins=0")) == set()


def test_pads_by_sensor_need_a_release_that_knows_them() -> None:
    assert ("error", "source-attr-all", "sensorID-padID-mapping") in found(DYNAMIC, DsVersion.V6_3)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (LISTED[LISTED.index("[source-attr") : LISTED.index("[streammux]")], "", {("error", "source-attr-all", "")}),
        ("num-source-bins=2", "num-source-bins=3", {("error", "source-list", "num-source-bins")}),
        ("sensor-id-list=a;b\n", "", {("error", "source-list", "sensor-id-list")}),
        ("=gate;lobby", "=gate", {("error", "source-list", "sensor-name-list")}),
        ("num-source-bins=2\n", "", set()),
        ("num-source-bins=2\nlist", "sensor-id-list=a\nlist", set()),
        ("enable=1", "enable=0", {("error", "source-attr-all", "enable")}),
        ("rtsp-reconnect-attempts=-1\n", "", {("warning", "source-attr-all", "rtsp-reconnect-attempts")}),
        ("rtsp://a/1", "http://a/1", {("error", "source-list", "list")}),
        ("rtsp://a/1", "usb:0", set()),
        ("rtsp://a/1", "usb:zero", {("error", "source-list", "list")}),
        ("batch-size=2", "batch-size=8", {("warning", "streammux", "batch-size")}),
        ("[streammux]", "[source2]\nenable=1\n[streammux]", {("error", "source2", "")}),
        ("[streammux]", "[source1]\nenable=1\ntype=3\n[streammux]", {("error", "source1", "type")}),
        ("timeout=40000", "timeout=-1", {("warning", "streammux", "batched-push-timeout")}),
        (
            "[streammux]",
            "[primary-gie]\nenable=1\nbatch-size=2\nconfig-file=p.txt\n[streammux]",
            {("note", "source-list", "list")},
        ),
        ("[streammux]", "[primary-gie]\nenable=1\nconfig-file=p.txt\n[streammux]", set()),
    ],
)
def test_lists(old: str, new: str, expected: set[tuple[str, str, str]]) -> None:
    assert found(changed(LISTED, old, new)) == expected


def test_old_releases_do_not_compare_the_lists_of_ids() -> None:
    text = changed(LISTED, "sensor-id-list=a;b\n", "sensor-id-list=a\n")
    assert found(text, DsVersion.V6_3) == {("warning", "source-list", "sensor-id-list")}


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("type=4\nuri=rtsp://b/1", "uri=rtsp://b/1", ("error", "source1", "type")),
        ("type=4\nuri=rtsp://b/1", "type=9\nuri=rtsp://b/1", ("error", "source1", "type")),
        ("uri=rtsp://b/1\n", "", ("error", "source1", "uri")),
        ("smart-record=1", "extract-sei-type5-data=0", ("error", "source0", "extract-sei-type5-data")),
        ("type=4\nuri=rtsp://a/1", "type=2\nuri=file://a", ("warning", "source0", "smart-record")),
        ("batch-size=2", "batch-size=1", ("warning", "streammux", "batch-size")),
        ("batch-size=2\n", "", ("warning", "streammux", "batch-size")),
        ("batched-push-timeout=40000\n", "", ("warning", "streammux", "batched-push-timeout")),
        ("gie-unique-id=2", "gie-unique-id=1", ("error", "secondary-gie0", "gie-unique-id")),
        ("config-file=s.txt\n", "", ("error", "secondary-gie0", "config-file")),
        ("config-file=p.txt\n", "", ("error", "primary-gie", "config-file")),
        ("ll-lib-file=lib.so\n", "", ("error", "tracker", "ll-lib-file")),
        ("type=6\n", "", ("error", "sink0", "type")),
        ("msg-broker-proto-lib=/opt/libnvds_kafka_proto.so\n", "", ("error", "sink0", "msg-broker-proto-lib")),
        ("msg-broker-conn-str=h;9092;t\n", "", ("error", "sink0", "msg-broker-conn-str")),
        ("h;9092;t", "h;9092;i;9092", ("error", "sink0", "msg-broker-conn-str")),
    ],
)
def test_groups(old: str, new: str, expected: tuple[str, str, str]) -> None:
    assert found(changed(STATIC, old, new)) == {expected}


def test_the_file_of_a_broker_may_say_where_it_is() -> None:
    text = changed(STATIC, "msg-broker-conn-str=h;9092;t", "msg-broker-config=broker.txt")
    # The adaptors of Kafka and MQTT take no host from it.
    assert found(text) == {("error", "sink0", "msg-broker-conn-str")}
    assert found(text.replace("kafka", "amqp")) == set()


def test_models_without_ids_all_have_zero() -> None:
    text = "[secondary-gie3]\nenable=1\nconfig-file=a\n"
    assert found(text) == {("error", "secondary-gie3", "gie-unique-id")}
    assert found(changed(text, "enable=1", "enable=1\ngie-unique-id=5")) == set()


def test_a_percent_sign_spoils_type_3() -> None:
    text = "[source0]\nenable=1\ntype=3\nuri=file://a%%20b%d.mp4\n[streammux]\nbatch-size=1\n"
    assert found(text) == set()
    assert found(changed(text, "%%20", "%20")) == {("error", "source0", "uri")}


def test_what_is_not_in_use_is_never_wrong() -> None:
    text = "".join(
        f"[{name}]\nenable=0\n"
        for name in ("source0", "source1", "sink0", "primary-gie", "secondary-gie0", "tracker", "dewarper12")
    )
    assert found(text + "[sink1]\nenable=0\ntype=6\n") == set()


def test_a_type_that_deepstream_does_not_know_is_said_once() -> None:
    app, findings = read_app_file("[sink0]\nenable=1\ntype=77\n[source0]\nenable=1\ntype=0\nuri=file://a\n", "app.txt")
    assert [(one.severity, one.group, one.key) for one in findings] == [
        ("error", "sink0", "type"),
        ("error", "source0", "type"),
    ]
    assert check_app_file(app) == ()


def several(name: str, count: int, keys: str) -> str:
    return "".join(f"[{name}{number}]\nenable=1\n{keys.format(number)}" for number in range(count))


@pytest.mark.parametrize(
    ("name", "most", "keys"),
    [
        ("secondary-gie", 16, "gie-unique-id=9{}\nconfig-file=a\n"),
        ("secondary-pre-process", 16, ""),
        ("message-consumer", 16, ""),
        ("sink", 1024, "type=1\n"),
    ],
)
def test_deepstream_has_a_limited_number_of_places(name: str, most: int, keys: str) -> None:
    assert found(several(name, most, keys)) == set()
    assert found(several(name, most, keys) + f"[{name}{most}]\nenable=0\n") == {("error", f"{name}{most}", "")}


def test_deepstream_has_1024_sources() -> None:
    text = "[source0]\nenable=1\ntype=3\nuri=file://a%d\nnum-sources={}\n[streammux]\nbatch-size={}\n"
    assert found(text.format(1024, 1024)) == set()
    assert found(text.format(1025, 1025)) == {("error", "source0", "")}


def test_dewarpers_have_one_digit() -> None:
    text = "[dewarper{}]\nenable=1\n"
    assert found(text.format(9)) == set()
    assert found(text.format(10)) == {("warning", "dewarper10", "")}


def test_a_yaml_file_needs_its_csv_file() -> None:
    for text, count in (("source:\n  csv-file-path: a.csv\n", 0), ("source:\n  framerate: 30\n", 1)):
        app, _ = read_app_file(text, "app.yml")
        assert len(check_app_file(app)) == count


def test_no_message_shows_an_address() -> None:
    text = changed(DYNAMIC, "rtsp://a/1", "http://u:hunter2@a/1,2")
    text += "[source0]\nenable=1\ntype=3\nuri=rtsp://u:hunter2%40@b\n"
    app, _ = read_app_file(text, "app.txt")
    findings = check_app_file(app)
    assert len(findings) >= 3
    assert not any("hunter2" in str(one) for one in findings)


# What is wrong with files that NVIDIA and others published, all of it true.
SAMPLE_FINDINGS = {
    "dstest_occupancy_analytics.txt": {("warning", "source1", "smart-record"), ("warning", "streammux", "batch-size")},
    "test5_config_file_src_infer_azure_iotedge.txt": {("error", "sink1", "msg-broker-conn-str")},
    "ds_can_orientation_basler_cam.yaml": {("error", "source", "csv-file-path")},
}


@pytest.mark.skipif(not SAMPLES, reason="the sample files are not on this machine")
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name[-60:])
def test_samples_have_no_findings_but_these(path: Path) -> None:
    expected = next((one for name, one in SAMPLE_FINDINGS.items() if path.name.endswith(name)), set())
    app, _ = read_app_file(path.read_text(), path.name)
    assert {(one.severity.value, one.group, one.key) for one in check_app_file(app)} == expected
