"""The declared keys of deepstream-app against what its parser reads."""

import json
from pathlib import Path

import pytest

from deepstream.app.config import _KEY_FILE, _YAML
from deepstream.app.display import TiledDisplayGroup, TilerMode
from deepstream.app.inference import GieGroup
from deepstream.app.sink import Codec, SinkGroup, SinkType
from deepstream.app.source import RtpProtocol, SourceGroup, SourceType
from deepstream.app.streammux import StreammuxGroup
from deepstream.app.tracker import TrackerGroup
from deepstream.groups import KeyGroup, read_group, write_group
from deepstream.keyfile import Entry
from deepstream.keyfile_values import Reader
from deepstream.versions import DsVersion
from tests.deepstream import samples

# The parsers of 6.x read these, that of 9.1 does not.
GONE = {
    "streammux": {"config-file"},
    "tracker": {"enable-batch-process", "enable-past-frame"},
    "sink": {"overlay-id", "display-id", "offset-x", "offset-y"},
}
# The parser of 9.1 reads these; the table was made by a search that does not see `strcmp(` without a blank before.
NOT_IN_TABLE = {
    "source": {"copy-hw"},
    "source-attr-all": {"copy-hw"},
    "streammux": {
        "num-surfaces-per-frame",
        "extract-sei-type5-data",
        "extract-sei-sim-time",
        "align-first-buffer",
        "failsafe-flush-count",
        "drop-backward-sei",
    },
    "tracker": {"input-tensor-meta", "tensor-meta-gie-id", "compute-hw"},
    "replay": {"label-width", "label-height", "interval"},
}
GROUPS: dict[str, type[KeyGroup]] = {
    name: model for layout in (_KEY_FILE.single, _KEY_FILE.numbered) for name, (_, model) in layout.items()
}


def table() -> dict[str, dict[str, str]]:
    path = samples._root().parent / "deepstream-keys" / "deepstream_app.json"
    if not path.exists():
        pytest.skip("the table of keys is not on this machine")
    groups: dict[str, dict[str, str]] = json.loads(Path(path).read_text())["groups"]
    return {name.replace("%d", ""): keys for names, keys in groups.items() for name in names.split("|")}


def test_the_declared_keys_and_readers_are_those_of_the_parser() -> None:
    known = table()
    assert set(known) == set(GROUPS)
    for name, model in GROUPS.items():
        declared = {
            one.name + ("<N>" if one.prefix else ""): one.reader.replace(" ", "_") for one in model.keys().values()
        }
        expected = {
            key: "path" if reader == "string/path" else reader for key, reader in known[name].items() if reader != "?"
        }
        if model is GieGroup:
            # The parser reads them with and without number.
            expected |= {"bbox-border-color": "double_list", "bbox-bg-color": "double_list"}
        other = GONE.get(name, set()) | NOT_IN_TABLE.get(name, set())
        assert {key: reader for key, reader in declared.items() if key not in other} == expected, name
        assert other <= set(declared), name


@pytest.mark.parametrize(
    ("group", "key", "reader"),
    [
        ("source", "uri", Reader.PATH),
        ("source", "type", Reader.INTEGER),
        ("source", "sensorID-padID-mapping", Reader.BOOLEAN),
        ("streammux", "buffer-pool-size", Reader.INTEGER),
        ("streammux", "max-latency", Reader.UINT64),
        ("streammux", "drop-pipeline-eos", Reader.BOOLEAN),
        ("osd", "text-color", Reader.DOUBLE_LIST),
        ("primary-gie", "operate-on-class-ids", Reader.INTEGER_LIST),
        ("primary-gie", "config-file", Reader.PATH),
        ("tracker", "operate-on-class-ids", Reader.STRING),
        ("sink", "output-file", Reader.STRING),
        ("sink", "msg-broker-config", Reader.PATH),
        ("message-consumer", "subscribe-topic-list", Reader.STRING_LIST),
        ("source-list", "http-port", Reader.STRING),
        ("img-save", "save-img-full-frame", Reader.DOUBLE),
    ],
)
def test_readers_without_the_table(group: str, key: str, reader: Reader) -> None:
    assert {one.name: one.reader for one in GROUPS[group].keys().values()}[key] is reader


def test_what_makes_another_engine_is_marked() -> None:
    marked = {name for name, one in GieGroup.keys().items() if one.engine}
    assert marked == {"batch_size", "gpu_id", "model_engine_file"}


def test_what_may_hold_a_password_is_marked() -> None:
    marked = {(name, one.name) for name, model in GROUPS.items() for one in model.keys().values() if one.secret}
    assert marked == {
        ("source", "uri"),
        ("source-attr-all", "uri"),
        ("source-list", "list"),
        ("source-list", "conn-str"),
        ("sink", "msg-broker-conn-str"),
        ("message-consumer", "conn-str"),
    }


def test_every_key_is_described() -> None:
    for model in {*GROUPS.values(), *(model for _, model in _YAML.single.values())}:
        for name, declared in model.keys().items():
            assert model.model_fields[name].description, (model, declared.name)


def test_the_numbers_of_the_enumerations_are_those_of_deepstream() -> None:
    assert [one.value for one in SourceType] == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert (SourceType.MULTI_URI, SourceType.RTSP, SourceType.CAMERA_CSI, SourceType.IPC) == (3, 4, 5, 9)
    assert (SinkType.FAKE, SinkType.FILE, SinkType.RTSP, SinkType.MESSAGE_BROKER) == (1, 3, 4, 6)
    assert (Codec.H264, Codec.H265) == (1, 2)
    assert (RtpProtocol.TCP, RtpProtocol.UDP_OR_TCP) == (4, 7)


def entries(**values: str) -> list[Entry]:
    return [Entry(key.replace("_", "-"), value, 1) for key, value in values.items()]


def test_any_number_but_zero_switches_on_and_one_is_written() -> None:
    group, findings = read_group(SourceGroup, "source0", entries(enable="2"))
    assert (group.enable, findings) == (True, ())
    assert write_group(group) == [("enable", "1")]


def test_the_tiler_has_more_than_on_and_off() -> None:
    group, findings = read_group(TiledDisplayGroup, "tiled-display", entries(enable="3"))
    assert (group.enable, findings) == (TilerMode.MEASURED, ())


def test_colours_by_class_and_for_all() -> None:
    given = [Entry("bbox-border-color", "1;0;0;1", 1), Entry("bbox-border-color3", "0;1;0;1;", 2)]
    group, findings = read_group(GieGroup, "primary-gie", given)
    assert findings == ()
    assert group.bbox_border_color == (1, 0, 0, 1)
    assert group.bbox_border_colors == {3: (0, 1, 0, 1)}
    assert write_group(group) == [("bbox-border-color", "1.0;0.0;0.0;1.0"), ("bbox-border-color3", "0.0;1.0;0.0;1.0")]


def test_three_numbers_are_no_colour() -> None:
    group, findings = read_group(GieGroup, "primary-gie", [Entry("bbox-border-color0", "1;0;0", 7)])
    assert group.extra_keys == {"bbox-border-color0": "1;0;0"}
    assert [(one.severity, one.key, one.line) for one in findings] == [("error", "bbox-border-color0", 7)]


@pytest.mark.parametrize("key", ["select-rtp-protocol", "set-rtp-protocol", "smart-record"])
def test_a_number_that_deepstream_goes_on_with_is_a_warning(key: str) -> None:
    group, findings = read_group(SourceGroup, "source0", [Entry(key, "9", 3)])
    assert group.extra_keys == {key: "9"}
    assert [(one.severity, one.key, one.line) for one in findings] == [("warning", key, 3)]
    assert "goes on" in findings[0].message


def test_the_pool_has_its_old_name_in_manifests_and_deepstreams_in_files() -> None:
    group = StreammuxGroup.model_validate({"bufferPool": 40, "batchSize": 4})
    assert write_group(group) == [("batch-size", "4"), ("buffer-pool-size", "40")]


@pytest.mark.parametrize(
    ("model", "key", "value", "version", "warned"),
    [
        (TrackerGroup, "enable-past-frame", "1", DsVersion.V6_2, False),
        (TrackerGroup, "enable-past-frame", "1", DsVersion.V6_3, True),
        (TrackerGroup, "compute-hw", "1", DsVersion.V9_1, False),
        (SourceGroup, "video-format", "NV12", DsVersion.V6_1, True),
        (SourceGroup, "video-format", "NV12", DsVersion.V6_2, False),
        (StreammuxGroup, "config-file", "a.txt", DsVersion.V6_3, False),
        (StreammuxGroup, "config-file", "a.txt", DsVersion.V7_0, True),
        (SinkGroup, "overlay-id", "1", DsVersion.V6_1, True),
    ],
)
def test_keys_come_and_go_with_releases(
    model: type[KeyGroup], key: str, value: str, version: DsVersion, warned: bool
) -> None:
    _, findings = read_group(model, "group", [Entry(key, value, 1)], version=version)
    assert [one.severity for one in findings] == (["warning"] if warned else [])


def test_only_paths_are_rewritten() -> None:
    def moved(path: str) -> str:
        return f"/new/{path}"

    assert SourceGroup(uri="file://a.mp4").with_paths(moved).uri == "file:///new/a.mp4"
    assert SourceGroup(uri="rtsp://camera/1").with_paths(moved).uri == "rtsp://camera/1"
    assert SourceGroup().with_paths(moved) == SourceGroup()
    assert GieGroup(config_file="pgie.txt", backend="b").with_paths(moved).config_file == "/new/pgie.txt"
    tracker = TrackerGroup(ll_config_file="a.yml;b.yml;", ll_lib_file="lib.so").with_paths(moved)
    assert (tracker.ll_config_file, tracker.ll_lib_file) == ("/new/a.yml;/new/b.yml;", "/new/lib.so")
