"""What can be imported, and what is said of all the rest."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importer import CannotImport, ImportOptions, import_config
from tests.importer.stand import Disk, imported, instance_of, tried

APP = "[source0]\nenable=1\ntype=4\nuri=rtsp://h/a\n[sink0]\nenable=1\ntype=1\n[streammux]\nbatch-size=1\n"
INFER = "[property]\nonnx-file=m.onnx\n"
NAMES = ("app.txt", "app.yml", "app_conf.json", "source_list.json", "x.csv")


@given(text=st.text(), name=st.sampled_from(NAMES))
@example(text="[property]\nenable=\0", name="app.txt")
@example(
    text='{"sources": [{"camera_id": "\ud800"}]}'.encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
    name="source_list.json",
)
def test_any_text_is_imported_or_refused_in_a_sentence(text: str, name: str) -> None:
    result = tried({f"/d/{name}": text}, f"/d/{name}")
    assert str(result).startswith(f"/d/{name}") if isinstance(result, CannotImport) else result.manifests


KEYS = st.sampled_from(
    (
        *(
            "enable",
            "type",
            "uri",
            "num-sources",
            "list",
            "batch-size",
            "width",
            "config-file",
            "camera-id",
            "source-id",
        ),
        *(
            "csv-file-path",
            "msg-conv-config",
            "config-width",
            "config-height",
            "roi-A",
            "line-crossing-A",
            "id",
            "class-id",
        ),
        *(
            "use-nvmultiurisrcbin",
            "sensor-id-list",
            "max-batch-size",
            "onnx-file",
            "labelfile-path",
            "network-input-shape",
        ),
        *("ll-config-file", "proto-cfg", "password", "odd", "plugin-type", "location", "config-file-path"),
        *(
            "camera-v4l2-dev-node",
            "camera-csi-sensor-id",
            "camera-width",
            "camera-height",
            "camera-fps-n",
            "camera-fps-d",
        ),
    )
)
VALUES = st.one_of(
    st.integers(-2, 5).map(str),
    st.sampled_from(
        (
            "",
            "f.txt",
            "f.yml",
            "../f.txt",
            "rtsp://a:b@h/x",
            "file://x",
            "1;2;3;4;5;6;7;8",
            "x=y;z",
            "\\",
            "99999999999",
            "yes",
            "1e9",
            "rtsp://${USER}:${PASS}@{{ host }}/x # y",
            "/dev/video0",
            "'usb:1'",
        )
    ),
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=("Cs",)), max_size=8),
)
GROUPS = st.sampled_from(
    (
        *(
            "source0",
            "source1",
            "source-list",
            "source-attr-all",
            "streammux",
            "sink0",
            "sink1",
            "primary-gie",
            "secondary-gie0",
        ),
        *(
            "property",
            "class-attrs-0",
            "nvds-analytics",
            "line-crossing-stream-0",
            "roi-filtering-stream-1",
            "sensor0",
            "place1",
        ),
        *("message-broker", "tracker", "pre-process", "dewarper3", "group-0", "source", "message-consumer0", "odd"),
        *("osd", "tiler", "sink", "msgconv", "msgbroker", "BaseConfig", "infer_config {"),
    )
)
FILES = st.dictionaries(GROUPS, st.dictionaries(KEYS, VALUES, max_size=5), max_size=6)


def key_file(groups: dict[str, dict[str, str]]) -> str:
    return "".join(
        f"[{name}]\n" + "".join(f"{key}={value}\n" for key, value in keys.items()) for name, keys in groups.items()
    )


def yaml(groups: dict[str, dict[str, str]]) -> str:
    return "".join(
        f"{name}:\n" + "".join(f"  {key}: {json.dumps(value)}\n" for key, value in keys.items())
        for name, keys in groups.items()
    )


@given(main=FILES, other=FILES, form=st.sampled_from((key_file, yaml)))
def test_any_groups_are_imported_or_refused_in_a_sentence(
    main: dict[str, dict[str, str]], other: dict[str, dict[str, str]], form: object
) -> None:
    name = "app.yml" if form is yaml else "app.txt"
    text = yaml(main) if form is yaml else key_file(main)
    files = {f"/d/{name}": text, "/d/f.txt": key_file(other), "/d/f.yml": yaml(other)}
    result = tried(files, f"/d/{name}")
    assert str(result).startswith("/d/") if isinstance(result, CannotImport) else result.manifests


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "a.txt",
            "[message-broker]\n",
            "a.txt:1: this is a file of a message broker's adaptor, of which alone nothing can be made",
        ),
        ("a.txt", "[sensor0]\nenable=1\n", "a file of the message converter"),
        ("a.txt", "[tracker]\nenable=1\n", "a file of nvtracker"),
        ("a.txt", "[property]\nnetwork-input-shape=1;3;2;2\n", "a file of nvdspreprocess"),
        (
            "a.txt",
            "[property]\nalgorithm-type=1\nbatch-size=4\n[source-config-0]\npriority=0\n",
            "a file of nvstreammux",
        ),
        ("a.txt", "[property]\noutput-width=960\n[surface0]\nwidth=9\n", "a file of nvdewarper"),
        ("a.yml", "BaseConfig:\n  a: 1\nTargetManagement:\n  b: 2\n", "a.yml:1: this is a low-level file of nvtracker"),
        ("a.yml", "%YAML:1.0\n---\nTrackletReID:\n  a: 1\nVisualTracker:\n  b: 2\n", "a low-level file of nvtracker"),
        ("a.yml", "NvDCF:\n  useUniqueID: 1\n", "a.yml:1: this is a low-level file of nvtracker"),
        (
            "a.txt",
            "[property]\nenable=1\nactive-pad=sink_0\n[group-0]\na=1\n",
            "a.txt:1: this is a file of nvdsmetamux",
        ),
        ("a.txt", "[property]\na=1\n[odd]\nb=1\n", "its groups are [property], [odd]; expected is"),
        ("a.csv", "# sources\nenable,type,uri\n1,4,rtsp://h/\n", "a.csv:1: this is a csv file of sources"),
        (
            "a.cfg",
            "[net]\nwidth=416\n[convolutional]\nstride=1\n[yolo]\nmask=1\n",
            "a.cfg:1: this is a Darknet network (cfg)",
        ),
        ("a.txt", "TRT-8401-EntropyCalibration2\ndata: 3c0\n", "a.txt:1: this is a calibration table of TensorRT"),
        ("a.yml", "mqtt: {host: h}\ncameras: {a: {b: 1}}\n", "a.yml:1: this is a file of Frigate"),
        ("a.yml", "paths:\n  all:\n    source: publisher\n", "a.yml:1: this is a file of MediaMTX"),
        ("a.yml", "services:\n  a:\n    image: b\n", "a.yml:1: this is a file of Docker Compose"),
        ("a.yml", "kind: Camera\nmetadata: {name: a}\nspec: {address: b}\n", "a.yml:2: this is a manifest"),
        ("a.txt", "[rtsp://u:Qz7@h/a]\nb=1\n", "a.txt:1: its groups are [rtsp://***@h/a]"),
        ("a.txt", "enable,type,uri,num-sources\n1,4,rtsp://h/,1\n", "a.txt:1: this is a csv file of sources"),
        ("a.prototxt", 'name: "net"\nlayer {\n  name: "a"\n}\n', "a.prototxt:1: this is a Caffe network (prototxt)"),
        ("a.pbtxt", 'name: "m"\nplatform: "tensorrt_plan"\n', "the configuration of a model in Triton's repository"),
        ("a.txt", "[odd]\na=1\n", "a.txt:1: its groups are [odd]; expected is a file of deepstream-app"),
        ("a.txt", "[proprty]\nonnx-file=m\n", "a.txt:1: its groups are [proprty]; did you mean property?; expected is"),
        ("a.yml", "source-list:\n  list: file:///a\noutput:\n  type: 1\n", "this is a file of an app of NVIDIA's TAO"),
        ("a.yml", "rest-server:\n  within-multiurisrcbin: 1\n", "this is a file of deepstream-server"),
        ("a.txt", "", "a.txt:1: it has no group at all"),
        ("a.txt", "[property]\nonnx-file=m\nno value\n", "a.txt:3: neither a # comment, a [group] nor key=value"),
        ("a.json", '{"a": 1}', "a.json:1: the JSON in it is neither app_conf.json nor source_list.json"),
        ("a.json", "{", "a.json:1: "),
        ("b.txt", "[property]", "a.txt: there is no file in UTF-8"),
    ],
)
def test_what_is_refused_is_called_by_its_name(name: str, text: str, said: str) -> None:
    with pytest.raises(CannotImport) as refused:
        imported({name: text}, "a.txt" if name == "b.txt" else name)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yml", "primary-gie:\n  enable: 1\n  config-file: p.yml\n"),
        ("a.txt", "[secondary-gie3]\nenable=1\nconfig-file=p.txt\n"),
        ("a.txt", "[nvds-analytics]\nenable=1\nconfig-file=a.txt\n"),
        ("a.txt", "[osd]\nenable=0\n"),
        ("a.txt", "[tracker]\nenable=1\n[message-converter]\nenable=1\n"),
    ],
)
def test_a_file_with_few_groups_is_one_of_the_app(name: str, text: str) -> None:
    assert instance_of(imported({name: text}, name)).spec.app.kind.value == "deepstream-app"


def test_a_folder_is_the_app_file_in_it() -> None:
    disk = Disk({"/d/app.txt": APP, "/d/infer.txt": INFER, "/d/notes.txt": "no config"})
    result = import_config("/d", disk.read_file, disk.list_folder, ImportOptions())
    assert [one.name for one in result.manifests] == ["h-a", "app"]
    for files, said in (
        (
            {"/d/one.txt": APP, "/d/two.yml": "streammux:\n  batch-size: 1\n"},
            "2 files of deepstream-app: one.txt, two.yml",
        ),
        ({"/d/infer.txt": INFER}, "neither a file of deepstream-app nor app_conf.json"),
    ):
        disk = Disk(files)
        with pytest.raises(CannotImport) as refused:
            import_config("/d/", disk.read_file, disk.list_folder, ImportOptions())
        assert said in str(refused.value)


def test_names_of_instances_come_from_the_file() -> None:
    assert instance_of(imported({"/d/My App (1).txt": APP}, "/d/My App (1).txt")).name == "my-app-1"
    assert instance_of(imported({"/d/???.txt": APP}, "/d/???.txt")).name == "deepstream"
