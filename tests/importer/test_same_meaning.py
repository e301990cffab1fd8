"""What is imported and rendered again means what it meant: real files, and small ones that show one thing each."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from importer import CannotImport
from tests.deepstream.samples import samples_of
from tests.importer.meaning import MAIN, differences
from tests.importer.stand import documents, imported, rendered, tried

SINK = "[sink0]\nenable=1\ntype=1\nsync=0\n"
TWO = "[source0]\nenable=1\ntype=4\nuri=rtsp://10.0.0.7/a\n\n[source1]\nenable=1\ntype=4\nuri=rtsp://10.0.0.8/b\n"
MUX = "[streammux]\nbatch-size=4\nwidth=1280\nheight=720\nlive-source=1\nbatched-push-timeout=40000\n"
INFER = "[property]\nonnx-file=m.onnx\nbatch-size=4\nnetwork-mode=2\nnum-detected-classes=2\ngie-unique-id=1\nlabelfile-path=labels.txt\nodd-key=7\n\n[class-attrs-all]\npre-cluster-threshold=0.2\n\n[class-attrs-1]\ntopk=3\n\n[odd]\na=b\n"
ANALYTICS = (
    "[property]\nenable=1\nconfig-width=1920\nconfig-height=1080\nosd-mode=1\n\n"
    "[line-crossing-stream-1]\nenable=1\nline-crossing-Exit=10;10;20;20;0;30;40;30\nclass-id=0\nmode=strict\n\n"
    "[overcrowding-stream-0]\nenable=0\nroi-Hall=0;0;100;0;100;100\nobject-threshold=3\n\n"
    "[roi-filtering-stream-0]\nroi-Door=0;0;100;0;100;100\n"
)
MESSAGES = (
    "[sensor0]\nenable=1\ntype=Camera\nid=HALL_1\nlocation=45.2;-75.8;48.1\ndescription=hall\n\n"
    "[sensor1]\ntype=Lidar\nid=yard one\n\n[place0]\nenable=1\nid=3\ntype=garage\nname=P\nplace-sub-field1=a\n\n"
    "[analytics1]\nenable=1\nid=x\nversion=1.0\n"
)
APP = f"""\
[application]
enable-perf-measurement=1
gie-kitti-output-dir=out

[tiled-display]
enable=0
rows=1
columns=2

{TWO}latency=200
odd-key=1
smart-record=2
smart-rec-dir-path=/recordings

[source4]
enable=1
type=3
uri=file://clips/%d.mp4
num-sources=2

[source9]
enable=0
type=4
uri=rtsp://10.0.0.9/c

{SINK}
[sink3]
enable=1
type=6
msg-conv-config=msgconv.txt
msg-conv-payload-type=1
msg-broker-proto-lib=/opt/lib/libnvds_kafka_proto.so
msg-broker-conn-str=kafka;9092;events
msg-broker-config=brokers/kafka.txt

{MUX}
[pre-process]
enable=1
config-file=pre/config.yml

[primary-gie]
enable=1
batch-size=4
bbox-border-color1=1;0;0;1
interval=2
gie-unique-id=1
config-file=models/primary/config.txt

[secondary-gie0]
enable=1
gie-unique-id=2
operate-on-gie-id=1
config-file=models/cars/config.txt

[secondary-gie1]
enable=0
gie-unique-id=3
config-file=/in/the/image/config.txt

[tracker]
enable=1
ll-lib-file=/opt/lib/libtracker.so
ll-config-file=tracker.yml

[nvds-analytics]
enable=1
config-file=analytics.yml

[odd-group]
key=value

[tests]
file-loop=1
"""
FILES = {
    "/etc/ds/app.txt": APP,
    "/etc/ds/models/primary/config.txt": INFER,
    "/etc/ds/models/primary/labels.txt": "car\nperson\n",
    "/etc/ds/models/cars/config.txt": "[property]\nmodel-engine-file=../cars.engine\nprocess-mode=2\nbatch-size=16\n",
    "/etc/ds/pre/config.yml": "property:\n  enable: 1\n  network-input-shape: 4;3;10;10\n  custom-lib-path: lib.so\n"
    "group-0:\n  src-ids: 0;1\n  process-on-roi: 1\n  roi-params-src-0: 0;0;10;10\n",
    "/etc/ds/tracker.yml": "%YAML:1.0\nBaseConfig:\n  minDetectorConfidence: 0.2\n",
    "/etc/ds/msgconv.txt": MESSAGES,
    "/etc/ds/brokers/kafka.txt": "[message-broker]\npartition-key=sensorId\nodd=1\n",
    "/etc/ds/analytics.yml": "",
}


def yaml_of(text: str) -> str:
    lines = [line for line in text.splitlines() if line]
    return "".join(f"{line[1:-1]}:\n" if line[0] == "[" else "  {}: {}\n".format(*line.split("=", 1)) for line in lines)


FILES["/etc/ds/analytics.yml"] = yaml_of(ANALYTICS)


def assert_same(files: Mapping[str, str], path: str) -> None:
    """Also that the rendered files, imported in their turn, give the same manifests but for what is said once."""
    result = imported(files, path, name="yard")
    texts = rendered(result)
    # Paths of files that moved are compared by what they lead to: the others are seen from the same folder.
    assert differences(files, path, texts) == []
    again = imported({f"/r/{name}": text for name, text in texts.items()}, f"/r/{MAIN}", name="yard")
    first, second = documents(result), documents(again)
    assert second[:-1] == first[:-1]
    assert rendered(again) == texts


def test_a_file_with_all_that_it_names() -> None:
    assert_same(FILES, "/etc/ds/app.txt")


def test_a_file_in_the_folder_that_the_caller_is_in() -> None:
    assert_same({path.removeprefix("/etc/ds/"): text for path, text in FILES.items()}, "app.txt")


@pytest.mark.parametrize("dynamic", [0, 1])
@pytest.mark.parametrize("mapping", [0, 1])
def test_a_list_of_sources(dynamic: int, mapping: int) -> None:
    text = (
        f"[source-list]\nnum-source-bins=2\nlist=rtsp://10.0.0.7/a;rtsp://10.0.0.8/b\nuse-nvmultiurisrcbin={dynamic}\n"
        "sensor-id-list=s000-north;s001-south\nsensor-name-list=n;s\nmax-batch-size=4\nhttp-ip=localhost\nhttp-port=9000\n"
        f"stream-name-display=1\n\n[source-attr-all]\nenable=1\ntype=4\nlatency=300\nsensorID-padID-mapping={mapping}\n\n"
        f"{SINK}\n{MUX}drop-pipeline-eos=1\n"
    )
    result = imported({"/etc/ds/app.txt": text}, name="yard")
    texts = rendered(result)
    found = differences({"/etc/ds/app.txt": text}, "/etc/ds/app.txt", texts)
    again = imported({f"/r/{name}": text for name, text in texts.items()}, f"/r/{MAIN}", name="yard")
    assert rendered(again) == texts
    if dynamic:
        assert found == []
        assert documents(again)[:-1] == documents(result)[:-1]
    else:
        # DeepStream itself replaces the batch size by the number of sources.
        assert found == ["[streammux] batch-size: 4 became 2"]


def test_a_yaml_file_with_its_csv() -> None:
    files = {
        "/etc/ds/app.yml": yaml_of(
            f"[source]\ncsv-file-path=sources.csv\n{SINK}{MUX}[primary-gie]\nenable=1\nconfig-file=p.yml\n"
        ),
        "/etc/ds/sources.csv": "enable,type,uri,latency\n1,4,rtsp://10.0.0.7/a,100\n0,4,rtsp://10.0.0.8/b,100\n1,4,rtsp://10.0.0.9/c,50\n",
        "/etc/ds/p.yml": yaml_of("[property]\nonnx-file=m.onnx\ngie-unique-id=1\nbatch-size=2\n"),
    }
    texts = rendered(imported(files, "/etc/ds/app.yml"))
    csv = files["/etc/ds/sources.csv"].splitlines()[1:]
    sources = "".join(
        "[source{}]\nenable={}\ntype={}\nuri={}\nlatency={}\n".format(at, *row.split(",")) for at, row in enumerate(csv)
    )
    as_text = f"{sources}{SINK}{MUX}[primary-gie]\nenable=1\nconfig-file=p.yml\n"
    assert differences({**files, "/etc/ds/app.txt": as_text}, "/etc/ds/app.txt", texts) == []


SAMPLES = [
    path
    for path in samples_of("deepstream-app")
    # The others are files of other apps.
    if path.suffix == ".txt" or "peoplenet" in path.name
]


def flat(path: Path) -> dict[str, str]:
    return {f"/etc/ds/{path.name}": path.read_text(encoding="utf-8")}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name[-60:])
def test_samples_of_deepstream_app(path: Path) -> None:
    refusal = tried(flat(path), f"/etc/ds/{path.name}")
    if path.suffix != ".txt" and isinstance(refusal, CannotImport):
        # A file of another app of the same look.
        assert "expected is a file of deepstream-app" in str(refusal)
    else:
        assert_same(flat(path), f"/etc/ds/{path.name}")


def around(group: str, name: str) -> str:
    """A deepstream-app file that names a sample."""
    sources = "".join(f"[source{at}]\nenable=1\ntype=4\nuri=rtsp://10.0.0.{at}/a\n\n" for at in range(8))
    mux = MUX.replace("batch-size=4", "batch-size=8")
    return f"{sources}{SINK}\n{mux}\n" + group.replace("NAME", name)


AROUND = {
    "nvinfer": "[primary-gie]\nenable=1\nconfig-file=NAME\n",
    "preprocess": "[pre-process]\nenable=1\nconfig-file=NAME\n",
    "nvdsanalytics": "[nvds-analytics]\nenable=1\nconfig-file=NAME\n",
    "msgconv": "[sink1]\nenable=1\ntype=6\nmsg-conv-config=NAME\n",
    "msgbroker": "[sink1]\nenable=1\ntype=6\nmsg-broker-config=NAME\n",
}


@pytest.mark.parametrize(
    ("kind", "path"),
    [(kind, path) for kind in AROUND for path in samples_of(kind)],
    ids=lambda value: value.name[-60:] if isinstance(value, Path) else value,
)
def test_samples_of_files_that_the_app_names(kind: str, path: Path) -> None:
    files = {**flat(path), "/etc/ds/app.txt": around(AROUND[kind], path.name)}
    assert_same(files, "/etc/ds/app.txt")


def test_there_are_samples() -> None:
    if not samples_of("deepstream-app"):
        pytest.skip("the samples of DeepStream are not on this machine")
    assert len(SAMPLES) >= 5
    assert all(samples_of(kind) for kind in AROUND)
