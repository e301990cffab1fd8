"""The rules by which a deepstream-app file becomes manifests."""

from typing import Any

import pytest

from controller.source.files import SourceFile
from controller.source.read.reader import ManifestReader, Rejected
from controller.source.read.yaml_text import yaml_text
from deepstream.versions import DsVersion
from importer import Imported
from tests.deepstream.samples import samples_of
from tests.importer.stand import cameras_of, documents, imported, instance_of, rendered, said
from tests.importer.test_same_meaning import FILES, MUX, SINK, TWO

NODE = (
    "apiVersion: dsfleet.io/v1\nkind: Node\nmetadata:\n  name: node-a\n"
    "spec:\n  nodeId: c23cec31-1270-43a3-ad1d-cad29a99857d\n  hostname: node-a\n"
)


def app_of(result: Imported) -> dict[str, Any]:
    found: dict[str, Any] = documents(result)[-1]["spec"]
    return found


def problems_of(result: Imported) -> list[str]:
    """What the reader of manifests says, with a node that they may run on."""
    text = "---\n".join([NODE, *(yaml_text(one.document()) for one in result.manifests)])
    reading = ManifestReader().read([SourceFile(b"a.yaml", text.encode())], root="", revision_id="r", description="r")
    return [f"{one.path}: {one.message}" for one in reading.problems] if isinstance(reading, Rejected) else []


def test_manifests_are_short_and_accepted() -> None:
    text = f"{TWO}{SINK}{MUX}[primary-gie]\nenable=1\nconfig-file=p.txt\n"
    infer = "[property]\nonnx-file=/m.onnx\ngie-unique-id=1\nbatch-size=4\nnum-detected-classes=1\ncluster-mode=2\n"
    result = imported({"app.txt": text, "p.txt": infer}, "app.txt", node="node-a", image="ds:9", labels={"site": "hq"})
    assert documents(result) == [
        {
            "apiVersion": "dsfleet.io/v1",
            "kind": "Camera",
            "metadata": {"name": "10-0-0-7-a", "labels": {"site": "hq"}},
            "spec": {"address": "rtsp://10.0.0.7/a"},
        },
        {
            "apiVersion": "dsfleet.io/v1",
            "kind": "Camera",
            "metadata": {"name": "10-0-0-8-b", "labels": {"site": "hq"}},
            "spec": {"address": "rtsp://10.0.0.8/b"},
        },
        {
            "apiVersion": "dsfleet.io/v1",
            "kind": "DsInstance",
            "metadata": {"name": "app", "labels": {"site": "hq"}},
            "spec": {
                "image": "ds:9",
                "app": {"kind": "deepstream-app"},
                "streammux": {
                    "batchSize": 4,
                    "width": 1280,
                    "height": 720,
                    "bufferPool": None,
                    "nvbufMemoryType": None,
                    "liveSource": True,
                    "batchedPushTimeout": 40000,
                },
                "deepstreamApp": {
                    "streams": "static",
                    "sinks": {"0": {"enable": True, "type": 1, "sync": False}},
                    "primaryGie": {"enable": True, "configFile": "p.txt"},
                },
                "inferConfigs": {
                    "p.txt": {
                        "property": {
                            "onnxFile": "/m.onnx",
                            "gieUniqueId": 1,
                            "batchSize": 4,
                            "numDetectedClasses": 1,
                            "clusterMode": 2,
                        }
                    }
                },
                "node": "node-a",
                "cameras": ["10-0-0-7-a", "10-0-0-8-b"],
            },
        },
    ]
    assert problems_of(result) == []
    assert said(result) == ""


def test_all_manifests_of_a_large_import_are_accepted() -> None:
    result = imported(FILES, "/etc/ds/app.txt", node="node-a")
    assert [one for one in problems_of(result) if "spec.camera" in one or "metadata" in one] == []


@pytest.mark.parametrize("path", samples_of("deepstream-app"), ids=lambda path: path.name[-60:])
def test_samples_have_no_dangling_or_equal_names(path: Any) -> None:
    if path.suffix != ".txt":
        pytest.skip("YAML of another app")
    result = imported({f"/d/{path.name}": path.read_text(encoding="utf-8")}, f"/d/{path.name}", node="node-a")
    assert [one for one in problems_of(result) if "camera" in one] == []


def test_sources_that_are_no_cameras_are_left_out_and_the_others_keep_their_lines() -> None:
    text = (
        "[source0]\nenable=1\ntype=8\nalsa-device=hw:0\n[source1]\nenable=1\ntype=2\nuri=mms://h/a\n"
        f"[source2]\nenable=1\ntype=4\nuri=rtsp://h/b\n[source3]\nenable=0\ntype=5\n{SINK}source-id=2\n{MUX}"
        "[nvds-analytics]\nenable=1\nconfig-file=a.txt\n[dewarper2]\nenable=1\nconfig-file=/d.txt\n"
        "[sink1]\nenable=1\ntype=6\nmsg-conv-config=m.txt\n"
    )
    lines = "[property]\nenable=1\nconfig-width=640\nconfig-height=360\n" + "".join(
        f"[line-crossing-stream-{at}]\nenable=1\nline-crossing-L=1;1;2;{at};1;1;9;9\n" for at in (1, 2, 7)
    )
    messages = "[sensor2]\nenable=1\nid=hall\n[place5]\nenable=1\nid=1\n"
    result = imported({"app.txt": text, "a.txt": lines, "m.txt": messages}, "app.txt")
    [camera] = cameras_of(result)
    assert (camera.name, camera.camera_id) == ("hall", "hall")
    texts = rendered(result)
    assert "[line-crossing-stream-0]\nenable=1\nline-crossing-L=1;1;2;2;1;1;9;9" in texts["config_nvdsanalytics.txt"]
    assert "[sensor0]\nenable=1\ntype=Camera\nid=hall\n" in texts["msgconv_config.txt"]
    app = app_of(result)["deepstreamApp"]
    assert (app["sinks"]["0"]["sourceId"], list(app["dewarpers"])) == (0, ["0"])
    assert app["cameraSources"]["hall"] == {"cameraId": 2}
    remarks = said(result)
    assert "app.txt:1: warning: [source0] uri: source 0 is left out: a microphone cannot be a Camera" in remarks
    assert "app.txt:8: warning: [source1] uri: source 1 is left out: cameras have addresses of rtsp://, " in remarks
    assert "app.txt:13: note: [source3] is not in use, and left out" in remarks
    assert (
        "a.txt:5: warning: [line-crossing-stream-1], [line-crossing-stream-7]: left out: there are no cameras of"
        in remarks
    )
    assert "m.txt:4: warning: [place5]: left out: there is no camera of this source id" in remarks
    assert "2 is 0 now" in remarks


@pytest.mark.parametrize(
    ("uri", "base_dir", "address"),
    [
        ("file:///clips/a.mp4", None, "file:///clips/a.mp4"),
        ("file:/clips/a.mp4", None, "file:///clips/a.mp4"),
        ("file://../clips/a.mp4", None, "file://../clips/a.mp4"),
        ("file://clips/a.mp4", None, "file://./clips/a.mp4"),
        ("file://../clips/a.mp4", "/opt/app/configs", "file:///opt/app/clips/a.mp4"),
        ("file:///a,b;c.mp4", None, "file:///a%2Cb%3Bc.mp4"),
        ("/clips/a b.mp4", None, "file:///clips/a%20b.mp4"),
    ],
)
def test_addresses_of_files(uri: str, base_dir: str | None, address: str) -> None:
    text = f"[source0]\nenable=1\ntype=2\nuri={uri}\n{SINK}{MUX}"
    [camera] = cameras_of(imported({"app.txt": text}, "app.txt", base_dir=base_dir))
    assert (camera.spec.address, camera.spec.type) == (address, "file")


def test_names_and_ids_of_cameras_differ() -> None:
    text = (
        "[source-list]\nlist=rtsp://h/1;rtsp://h/2;rtsp://h/3;rtsp://h/4;rtsp://h/x/1\nuse-nvmultiurisrcbin=1\nnum-source-bins=5\n"
        "sensor-id-list=A.1;A.1;b b;h-x-1\nsensor-name-list=Front Door;Front Door;;\n"
        f"[source-attr-all]\nenable=1\ntype=4\n{SINK}[streammux]\nbatch-size=8\n"
    )
    result = imported({"app.txt": text}, "app.txt", node="node-a")
    assert [(one.name, one.camera_id) for one in cameras_of(result)] == [
        ("front-door", "A.1"),
        ("front-door-2", "A.1-2"),
        ("b-b", "b-b"),
        ("h-x-1", "h-x-1"),
        ("h-x-1-2", "h-x-1-2"),
    ]
    assert [one for one in problems_of(result) if "camera" in one] == []
    assert "another camera has the id A.1: this one is A.1-2 now" in said(result)


def test_files_of_one_name_get_different_ones_and_one_file_stays_one() -> None:
    text = (
        f"{TWO}{SINK}{MUX}[primary-gie]\nenable=1\nconfig-file=a/config.txt\n[secondary-gie0]\nenable=1\nconfig-file=b/config.txt\n"
        "[secondary-gie1]\nenable=1\nconfig-file=a/../b/config.txt\n[secondary-gie2]\nenable=1\nconfig-file=deepstream_app.txt\n"
        "[tracker]\nenable=1\nll-config-file=t.yml;b/t.yml\n"
    )
    infer = "[property]\nonnx-file=m.onnx\nlabelfile-path=labels.txt\n"
    files = {f"/d/{name}": infer for name in ("a/config.txt", "b/config.txt", "deepstream_app.txt")}
    files |= {"/d/a/labels.txt": "cat", "/d/b/labels.txt": "dog", "/d/t.yml": "%YAML:1.0\nA:\n", "/d/b/t.yml": "B:\n"}
    spec = app_of(imported({"/d/app.txt": text, **files}, "/d/app.txt"))
    app = spec["deepstreamApp"]
    assert app["primaryGie"]["configFile"] == "config.txt"
    names = [one["configFile"] for one in app["secondaryGies"].values()]
    assert names == ["secondary-gie0-config.txt", "secondary-gie0-config.txt", "secondary-gie2-deepstream_app.txt"]
    properties = {name: one["property"] for name, one in spec["inferConfigs"].items()}
    assert properties["config.txt"]["onnxFile"] == "a/m.onnx"
    assert properties["secondary-gie0-config.txt"]["onnxFile"] == "b/m.onnx"
    labels = [spec["files"][properties[name]["labelfilePath"]] for name in ("config.txt", "secondary-gie0-config.txt")]
    assert labels == ["cat", "dog"]
    trackers = app["tracker"]["llConfigFile"].split(";")
    assert [spec["files"][name] for name in trackers] == ["%YAML:1.0\nA:\n", "B:\n"]


def test_what_cannot_be_read_stays_a_path() -> None:
    text = f"{TWO}{SINK}{MUX}[primary-gie]\nenable=1\nconfig-file=../p.txt\nmodel-engine-file=m.engine\n"
    text += "[nvds-analytics]\nenable=1\nconfig-file=/a.txt\n"
    result = imported({"/d/app.txt": text}, "/d/app.txt")
    gie = app_of(result)["deepstreamApp"]["primaryGie"]
    assert (gie["configFile"], gie["modelEngineFile"]) == ("../p.txt", "m.engine")
    assert "[primary-gie] config-file: the nvinfer file ../p.txt cannot be read here" in said(result)
    assert "[nvds-analytics] config-file: the file about single cameras /a.txt cannot be read here" in said(result)
    assert said(result).count("model-engine-file: the relative path m.engine is kept") == 1
    moved = imported({"/d/app.txt": text}, "/d/app.txt", base_dir="/opt/app/configs")
    gie = app_of(moved)["deepstreamApp"]["primaryGie"]
    assert (gie["configFile"], gie["modelEngineFile"]) == ("/opt/app/p.txt", "/opt/app/configs/m.engine")
    assert "relative path" not in said(moved)


@pytest.mark.parametrize(
    ("group", "engine", "prebuilt"),
    [
        ("", "m.onnx_b4_gpu0_fp16.engine", False),
        ("batch-size=8\n", "m.onnx_b4_gpu0_fp16.engine", True),
        ("batch-size=8\ngpu-id=1\n", "m.onnx_b8_gpu1_fp16.engine", False),
        ("", "other.engine", True),
        ("model-engine-file=m.onnx_b4_gpu0_fp16.engine\n", "other.engine", False),
    ],
)
def test_engines_of_other_names_count_as_built_beforehand(group: str, engine: str, *, prebuilt: bool) -> None:
    infer = f"[property]\nonnx-file=m.onnx\nbatch-size=4\nnetwork-mode=2\nmodel-engine-file={engine}\n"
    text = f"{TWO}{SINK}{MUX}[primary-gie]\nenable=1\nconfig-file=p.txt\n{group}"
    result = imported({"app.txt": text, "p.txt": infer}, "app.txt")
    assert app_of(result).get("prebuiltEngines", []) == (["p.txt"] if prebuilt else [])
    assert f"model-engine-file={engine}\n" in rendered(result)["p.txt"]


def test_a_batch_smaller_than_the_cameras_stays_and_is_said() -> None:
    text = f"{TWO}{SINK}{MUX}".replace("batch-size=4", "batch-size=1").replace("width=1280", "width=8")
    result = imported({"app.txt": text}, "app.txt", node="node-a")
    assert "app.txt:15: warning: [streammux] batch-size: 1 is less than the number of cameras, 2" in said(result)
    streammux = rendered(result)["deepstream_app.txt"].partition("[streammux]")[2]
    assert "batch-size=1\n" in streammux
    assert "width=8\n" in streammux


def test_shapes_that_nothing_can_be_in_are_left_out() -> None:
    text = f"{TWO}{SINK}{MUX}[nvds-analytics]\nenable=1\nconfig-file=a.txt\n"
    lines = (
        "[property]\nenable=1\nconfig-width=640\nconfig-height=360\n"
        "[roi-filtering-stream-0]\nenable=1\nroi-In=0;0;900;0;9;9\nroi-Out=641;0;900;0;900;9\n"
        "[line-crossing-stream-1]\nenable=1\nline-crossing-A=1;1;2;2\nline-crossing-B=-1;1;2;2;3;3;4;4\n"
    )
    result = imported({"app.txt": text, "a.txt": lines}, "app.txt")
    assert [one.left_out for one in result.remarks if (one.file, one.line) == ("a.txt", 12)] == [True]
    first, second = cameras_of(result)
    assert first.spec.analytics is not None
    assert first.spec.analytics.roi_filtering is not None
    assert list(first.spec.analytics.roi_filtering.regions) == ["In"]
    assert second.spec.analytics is None
    assert "a.txt:8: error: [roi-filtering-stream-0] roi-Out is left out: the point 641;0 lies outside" in said(result)
    assert [one.left_out for one in result.remarks if (one.file, one.line) == ("a.txt", 8)] == [True]
    # What lies outside in part counts, and is taken in.
    assert "a.txt:7: warning: [roi-filtering-stream-0] roi-In: the point 900;0 lies outside" in said(result)


def test_unknown_keys_and_findings_are_said_with_their_lines() -> None:
    text = f"{TWO}odd=1\n{SINK}{MUX}[streammux]\nwidth=1920\n"
    result = imported({"app.txt": text}, "app.txt")
    assert "app.txt:10: warning: [source1] odd: DeepStream 9.2 does not know this key" in said(result)
    assert "app.txt:21: warning: [streammux]: the group began in line 15" in said(result)
    assert app_of(result)["deepstreamApp"]["cameraSources"]["10-0-0-8-b"] == {"extraKeys": {"odd": "1"}}
    assert (
        str(
            imported({"app.txt": text}, "app.txt", ds_version=DsVersion.V6_0)
            .manifests[-1]
            .document()["spec"]["dsVersion"]
        )
        == "6.0"
    )


def test_without_image_and_node_it_says_what_to_set() -> None:
    result = imported({"app.txt": f"{TWO}{SINK}{MUX}"}, "app.txt")
    spec = instance_of(result).spec
    assert (spec.image, spec.node) == ("deepstream:latest", None)
    assert spec.node_selector is not None
    assert "set spec.image" in said(result)
    assert "set spec.node" in said(result)


def test_files_are_read_for_the_release_in_the_image() -> None:
    text = f"{TWO}{SINK}{MUX}[tracker]\nenable=1\nenable-batch-process=1\n"
    for image, release in (("nvcr.io/nvidia/deepstream:7.1-triton-multiarch", "7.1"), ("people:7.1", "9.2")):
        remarks = said(imported({"app.txt": text}, "app.txt", image=image))
        assert f"DeepStream {release} does not use this key any more" in remarks
