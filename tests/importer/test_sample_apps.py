"""YAML of the sample apps, and other ways to name sources, as files of deepstream-app."""

from typing import Any

import pytest

from importer import CannotImport, Imported
from tests.importer.stand import cameras_of, documents, imported, said

TEST1 = """\
source:
  location: ../streams/a.h264

streammux:
  batch-size: 1
  width: 1920
  height: 1080
  batched-push-timeout: 40000

primary-gie:
  plugin-type: 0
  config-file-path: p.yml
"""
TEST2 = f"""\
{TEST1}
tracker:
  tracker-width: 640
  ll-lib-file: /l.so

secondary-gie1:
  config-file-path: s.yml
"""
TEST3 = """\
source-list:
  list: rtsp://viewer:pw@10.0.0.7/a;file:///b.mp4;

streammux:
  batch-size: 2
  width: 1920
  height: 1080

osd:
  process-mode: 0

tiler:
  width: 1280
  height: 720

sink:
  qos: 0

primary-gie:
  plugin-type: 1
  config-file-path: t.txt
"""
TEST4 = f"""\
{TEST1}
msgconv:
  payload-type: 0
  config: m.yml
  frame-interval: 30

msgbroker:
  proto-lib: /kafka.so
  conn-str: kafka;9092
  topic: events

sink:
  sync: 1
"""
MODELS = {
    "p.yml": "property:\n  onnx-file: /m.onnx\n  gie-unique-id: 3\n  num-detected-classes: 1\n",
    "s.yml": "property:\n  onnx-file: /s.onnx\n  gie-unique-id: 5\n  operate-on-gie-id: 3\n",
    "t.txt": "infer_config {\n  unique_id: 1\n}\n",
    "m.yml": "sensor0:\n  enable: 1\n  id: hall\n",
}


def from_yaml(text: str) -> Imported:
    return imported({"app.yml": text, **MODELS}, "app.yml")


def app_of(text: str) -> dict[str, Any]:
    found: dict[str, Any] = documents(from_yaml(text))[-1]["spec"]["deepstreamApp"]
    return found


def test_a_file_with_one_source_and_one_model() -> None:
    result = from_yaml(TEST1)
    assert [(one.spec.type, one.spec.address) for one in cameras_of(result)] == [("file", "file://../streams/a.h264")]
    spec = documents(result)[-1]["spec"]
    assert spec["deepstreamApp"] == {
        "primaryGie": {"enable": True, "pluginType": 0, "configFile": "p.txt", "gieUniqueId": 3},
        "sinks": {"0": {"enable": True, "type": 1}},
        "streams": "static",
    }
    assert spec["streammux"]["width"] == 1920
    assert list(spec["inferConfigs"]) == ["p.txt"]
    assert "app.yml:1: warning: this is a file of a sample app" in said(result)
    assert not any(one.left_out for one in result.remarks)


def test_models_get_the_ids_of_their_files() -> None:
    app = app_of(TEST2)
    assert app["secondaryGies"] == {"1": {"enable": True, "configFile": "s.txt", "gieUniqueId": 5, "operateOnGieId": 3}}
    assert app["tracker"] == {"enable": True, "trackerWidth": 640, "llLibFile": "/l.so"}


def test_a_list_of_sources_and_what_is_shown() -> None:
    result = from_yaml(TEST3)
    assert [one.spec.address for one in cameras_of(result)] == ["rtsp://10.0.0.7/a", "file:///b.mp4"]
    assert [one.password for one in result.secrets.values()] == ["pw"]
    assert "app.yml:2: note: [source0] uri: the user name and password in the address became secret" in said(result)
    app = app_of(TEST3)
    assert app["tiledDisplay"] == {"enable": 1, "width": 1280, "height": 720}
    assert app["sinks"] == {"0": {"enable": True, "type": 1, "qos": False}}
    assert documents(result)[-1]["spec"]["files"]["t.txt"] == MODELS["t.txt"]


def test_messages_become_a_sink() -> None:
    assert app_of(TEST4)["sinks"] == {
        "0": {"enable": True, "type": 1, "sync": True},
        "1": {
            "enable": True,
            "type": 6,
            "msgConvPayloadType": 0,
            "msgConvFrameInterval": 30,
            "msgBrokerProtoLib": "/kafka.so",
            "msgBrokerConnStr": "kafka;9092",
            "topic": "events",
        },
    }
    assert [one.camera_id for one in cameras_of(from_yaml(TEST4))] == ["hall"]


@pytest.mark.parametrize(
    "sources",
    [
        "source:\n  - uri: rtsp://10.0.0.7/a\n    type: 4\n    latency: 200\n  - uri: rtsp://10.0.0.8/b\n    latency: 200\n",
        "source:\n  - {enable: 1, location: rtsp://10.0.0.7/a, latency: 200}\n  - {uri: rtsp://10.0.0.8/b, latency: 200}\n",
        "source0:\n  enable: 1\n  uri: rtsp://10.0.0.7/a\n  latency: 200\nsource1:\n  uri: rtsp://10.0.0.8/b\n  latency: 200\n",
    ],
)
def test_sources_in_yaml_are_taken_as_they_are_meant(sources: str) -> None:
    text = f"{sources}sink0:\n  enable: 1\n  type: 1\nstreammux:\n  batch-size: 2\n"
    result = from_yaml(text)
    assert [one.spec.address for one in cameras_of(result)] == ["rtsp://10.0.0.7/a", "rtsp://10.0.0.8/b"]
    assert app_of(text)["cameraSources"] == {"10-0-0-7-a": {"latency": 200}, "10-0-0-8-b": {"latency": 200}}
    assert "warning: DeepStream reads sources from a .txt file, or from a csv file" in said(result)


def test_a_list_of_addresses_alone() -> None:
    result = from_yaml("source:\n  - rtsp://10.0.0.7/a\n  - /clips/b.mp4\n  -\n")
    assert [one.spec.address for one in cameras_of(result)] == ["rtsp://10.0.0.7/a", "file:///clips/b.mp4"]


def test_a_single_source_without_its_number() -> None:
    result = from_yaml("source:\n  uri: rtsp://10.0.0.7/a\n")
    assert [one.spec.address for one in cameras_of(result)] == ["rtsp://10.0.0.7/a"]
    result = from_yaml("source0:\n  uri: rtsp://10.0.0.7/a\nsource:\n  uri: rtsp://10.0.0.8/b\n")
    assert [one.spec.address for one in cameras_of(result)] == ["rtsp://10.0.0.7/a"]
    assert "error: [source]: a plain number must follow 'source'" in said(result)


def test_a_csv_file_goes_before_groups() -> None:
    text = "source:\n  csv-file-path: s.csv\nsource0:\n  enable: 1\n  uri: rtsp://h/\nsink0:\n  enable: 1\n  type: 1\n"
    result = imported({"app.yml": text, "s.csv": "enable,type,uri\n1,4,rtsp://10.0.0.7/a\n"}, "app.yml")
    assert [one.spec.address for one in cameras_of(result)] == ["rtsp://10.0.0.7/a"]


@pytest.mark.parametrize(
    "text",
    [
        "source:\n  - element:\n    name: v4l2src\n  - element:\n    name: nvinfer\n",
        "source0:\n  uri: file:///a.mp4\nasr0:\n  enable: 1\nsink:\n  type: 1\n",
        "source:\n  - [a, b]\n",
    ],
)
def test_pipelines_of_other_programs_are_none_of_the_app(text: str) -> None:
    with pytest.raises(CannotImport, match="expected is a file of deepstream-app"):
        from_yaml(text)
