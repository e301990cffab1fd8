"""The files of the app that this project began with, from the values that it ran with."""

import json
from pathlib import Path
from typing import Any

import pytest

import pipeline.files.config
from controller.render.instance import render_instance
from crds.app_kind import AppKind
from crds.camera import Camera
from crds.dsinstance import DsInstance
from crds.instance_config import InstanceConfig
from deepstream import keyfile, retinaface
from deepstream.findings import errors_in
from deepstream.retinaface.inference import InferenceChain, read_chain_files
from deepstream.retinaface.rules import check_chain_of_app
from tests.planner.short_manifests import manifest, merged

SEED: dict[str, Any] = {
    "node": "gate",
    "image": "registry.local/deepstream-retinaface:1.2",
    "cameras": ["front", "hall"],
    "app": {
        "kind": "retinaface",
        "appType": "NORMAL",
        "faceRawMetaTopic": "RawFaceMeta",
        "motRawMetaTopic": "RawMotMeta",
        "visualTopic": "RawImage",
        "kafkaConnectionStr": "172.21.100.242:9092",
        "faceConfidenceThreshold": 0.45,
        "motConfidenceThreshold": 0.5,
        "gpuId": 0,
    },
    "streammux": {"width": 3840, "height": 2160, "batchSize": 4, "bufferPool": 40, "nvbufMemoryType": 3},
}
APP_CONF = {
    "app_type": "NORMAL",
    "face_raw_meta_topic": "RawFaceMeta",
    "mot_raw_meta_topic": "RawMotMeta",
    "visual_topic": "RawImage",
    "kafka_connection_str": "172.21.100.242:9092",
    "streammux_output_width": 3840,
    "streammux_output_height": 2160,
    "streammux_batch_size": 4,
    "streammux_buffer_pool": 40,
    "streammux_nvbuf_memory_type": 3,
    "face_confidence_threshold": 0.45,
    "mot_confidence_threshold": 0.5,
    "gpu_id": 0,
}


def camera(name: str, **spec: Any) -> Camera:
    one = manifest(f"camera/{name}", spec)
    assert isinstance(one, Camera)
    return one


def render(cameras: tuple[Camera, ...], patch: dict[str, Any] | None = None) -> InstanceConfig:
    instance = manifest("dsinstance/faces", merged(SEED, patch or {}))
    assert isinstance(instance, DsInstance)
    return render_instance(instance, cameras, 21000)


def groups_of(kind: str) -> dict[str, Any]:
    """What a manifest of this kind cannot do without."""
    return {"deepstreamApp": {}} if kind == AppKind.DEEPSTREAM_APP else {}


def files(config: InstanceConfig) -> dict[str, str]:
    return {file.path: file.content for file in config.files}


FRONT = camera("front", address="rtsp://10.0.0.9:554/cam?channel=1&subtype=0", encodeType="h265")
HALL = camera("hall", address="file:///clips/hall%20way.mp4", type="file", cameraId="HALL-2")


def test_app_conf_holds_every_key_with_its_type() -> None:
    text = files(render((FRONT, HALL)))["app_conf.json"]

    written = json.loads(text)

    assert written == APP_CONF
    assert list(written) == list(APP_CONF)
    for key, value in written.items():
        assert type(value) is type(APP_CONF[key]), key
    assert text.endswith("}\n")


def test_source_list_holds_every_camera_in_its_slot() -> None:
    config = render((FRONT, HALL))

    written = json.loads(files(config)["source_list.json"])

    assert written == {
        "sources": [
            {
                "camera_id": "front",
                "address": "rtsp://10.0.0.9:554/cam?channel=1&subtype=0",
                "encode_type": "h265",
                "type": "rtsp",
                "stream": True,
            },
            {
                "camera_id": "HALL-2",
                "address": "/clips/hall way.mp4",
                "encode_type": "h264",
                "type": "file",
                "stream": True,
            },
        ]
    }
    assert [(one.slot, one.name, one.camera_id) for one in config.cameras] == [
        (0, "front", "front"),
        (1, "hall", "HALL-2"),
    ]


def test_cameras_stand_in_the_order_of_their_slots_and_holes_are_closed_in_the_list() -> None:
    instance = manifest("dsinstance/faces", SEED)
    assert isinstance(instance, DsInstance)
    reserved = {"attic": 0, "hall": 1, "front": 3}

    config = render_instance(instance, (FRONT, HALL), 21000, reserved)

    sources = json.loads(files(config)["source_list.json"])["sources"]
    assert [one["camera_id"] for one in sources] == ["HALL-2", "front"]
    assert [(one.slot, one.name) for one in config.cameras] == [(1, "hall"), (3, "front")]
    assert config == render_instance(instance, (HALL, FRONT), 21000, reserved)
    closed = render_instance(instance, (HALL, FRONT), 21000)
    assert closed.digests.files == config.digests.files
    assert closed.digests.streams != config.digests.streams


@pytest.mark.parametrize(
    ("kind", "given", "command", "stop_signal"),
    [
        ("retinaface", {}, (), "SIGTERM"),
        ("reference", {}, (), "SIGTERM"),
        ("reference", {"stopSignal": "SIGINT"}, (), "SIGINT"),
        ("deepstream-app", {}, ("deepstream-app", "-c", "/workspace/configs/deepstream_app.txt"), "SIGINT"),
        (
            "deepstream-app",
            {"configMountPath": "/c", "stopSignal": "SIGTERM"},
            ("deepstream-app", "-c", "/c/deepstream_app.txt"),
            "SIGTERM",
        ),
        ("deepstream-app", {"command": ["a", "b"]}, ("a", "b"), "SIGINT"),
    ],
)
def test_what_the_manifest_leaves_to_the_kind_is_resolved(
    kind: str, given: dict[str, Any], command: tuple[str, ...], stop_signal: str
) -> None:
    config = render((), {"app": {"kind": kind}, "container": given, **groups_of(kind)})

    assert (config.container.command, config.container.stop_signal) == (command, stop_signal)


def test_there_are_exactly_the_files_that_each_app_reads() -> None:
    assert list(files(render((FRONT, HALL)))) == [
        "app_conf.json",
        "source_list.json",
        "mot_primary.txt",
        "mot_sgie.txt",
        "faceid_primary.txt",
        "faceid_secondary.txt",
        "faceid_align_config.txt",
    ]
    assert list(files(render((FRONT, HALL), {"app": {"kind": "reference"}}))) == [
        "app_conf.json",
        "source_list.json",
        "pipeline.json",
    ]


# What facts of the app say that its own configuration holds.
DOCUMENTED: dict[str, dict[str, str]] = {
    "mot_primary.txt": {"gie-unique-id": "1", "cluster-mode": "2", "batch-size": "24"},
    "mot_sgie.txt": {
        "gie-unique-id": "2",
        "process-mode": "2",
        "network-type": "1",
        "operate-on-gie-id": "1",
        "operate-on-class-ids": "0",
        "output-tensor-meta": "1",
        "infer-dims": "3;128;64",
        "force-implicit-batch-dim": "1",
    },
    "faceid_primary.txt": {
        "gie-unique-id": "3",
        "engine-create-func-name": "NvDsInferRetinafaceCudaEngineGet",
        "model-engine-file": "../build/model_b24_gpu0_fp16.engine",
        "infer-dims": "3;736;1280",
        "offsets": "104.0;117.0;123.0",
        "cluster-mode": "4",
    },
    "faceid_secondary.txt": {"gie-unique-id": "4", "batch-size": "96"},
    "faceid_align_config.txt": {"target-unique-ids": "4", "network-input-shape": "96;3;112;112"},
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_the_networks_have_the_values_that_the_app_ran_with(name: str) -> None:
    text = files(render((FRONT,)))[name]

    group = keyfile.parse(text).group("property")

    assert group is not None
    assert {key: group.get(key) for key in DOCUMENTED[name]} == DOCUMENTED[name]
    assert text.startswith("# Made by fleet from the manifest of dsinstance/faces;")


def test_the_five_files_are_read_back_as_the_chain_without_complaints() -> None:
    chain, findings = read_chain_files(files(render((FRONT,))))

    assert chain == InferenceChain()
    assert findings == ()
    assert errors_in(check_chain_of_app(chain)) == ()


def test_a_batch_of_the_face_network_is_in_the_name_of_its_engine_and_in_the_alignment() -> None:
    written = files(
        render(
            (FRONT,),
            {"inference": {"facePgie": {"property": {"batchSize": 8}}, "faceSgie": {"property": {"batchSize": 32}}}},
        )
    )

    chain, findings = read_chain_files(written)

    assert chain.face_pgie.property.model_engine_file == "../build/model_b8_gpu0_fp16.engine"
    assert chain.face_align.network_input_shape == (32, 3, 112, 112)
    assert findings == ()
    assert errors_in(check_chain_of_app(chain)) == ()


def test_an_engine_that_somebody_names_stays() -> None:
    given = {"facePgie": {"property": {"batchSize": 8, "modelEngineFile": "/engines/mine.engine"}}}

    chain, _ = read_chain_files(files(render((FRONT,), {"inference": given})))

    assert chain.face_pgie.property.model_engine_file == "/engines/mine.engine"


@pytest.mark.parametrize(
    ("release", "list_key", "keys"),
    [
        ("2022-11", "stream", {"camera_id", "address", "encode_type", "type"}),
        ("2023-01", "sources", {"camera_id", "address", "encode_type", "type"}),
        ("2023-03", "sources", {"camera_id", "address", "encode_type", "type", "stream"}),
    ],
)
def test_each_release_gets_the_shape_that_it_reads(release: str, list_key: str, keys: set[str]) -> None:
    hidden = camera("front", visual=False)

    document = json.loads(files(render((hidden,), {"app": {"release": release}}))["source_list.json"])

    assert list(document) == [list_key]
    (source,) = document[list_key]
    assert set(source) == keys
    assert source.get("stream", False) is False


def test_a_clip_beside_the_configuration_is_found_from_any_folder() -> None:
    beside = camera("front", address="file://./clips/a.mp4", type="file")
    config = render((beside,), {"container": {"configMountPath": "/c"}})
    assert json.loads(files(config)["source_list.json"])["sources"][0]["address"] == "/c/clips/a.mp4"


def test_files_are_written_as_they_are_and_never_in_the_place_of_ours() -> None:
    given = {"labels.txt": "person\n# ; [\n", "mot_primary.txt": "[property]\ngie-unique-id=9\n"}

    written = files(render((FRONT,), {"files": given}))

    assert written["labels.txt"] == given["labels.txt"]
    assert written["mot_primary.txt"] == files(render((FRONT,)))["mot_primary.txt"]


@pytest.mark.parametrize(
    "patch",
    [
        pytest.param(
            {"app": {"faceConfidenceThreshold": 1, "motConfidenceThreshold": 1}}, id="a whole number is a float"
        ),
        pytest.param({"app": {"appType": "VISUAL"}}, id="pictures"),
        pytest.param({"app": {"kind": "reference"}}, id="reference workload"),
        pytest.param({"app": {"kafkaConnectionStr": "a:1,b:2"}, "streammux": {"batchSize": 1024}}, id="large"),
    ],
)
def test_types_do_not_depend_on_how_a_value_was_written(patch: dict[str, Any]) -> None:
    written = json.loads(files(render((FRONT,), patch))["app_conf.json"])
    assert {key: type(value) for key, value in written.items()} == {key: type(APP_CONF[key]) for key in APP_CONF}


@pytest.mark.parametrize("cameras", [(), (FRONT,), (FRONT, HALL)])
def test_the_reference_workload_reads_what_is_rendered(tmp_path: Path, cameras: tuple[Camera, ...]) -> None:
    for name, content in files(render(cameras, {"app": {"kind": "reference"}})).items():
        (tmp_path / name).write_text(content, encoding="utf-8")

    loaded = pipeline.files.config.load(tmp_path / "source_list.json")

    assert loaded.app == pipeline.files.config.AppConf(**APP_CONF)  # type: ignore[arg-type]
    addresses = {"front": "rtsp://10.0.0.9:554/cam?channel=1&subtype=0", "HALL-2": "/clips/hall way.mp4"}
    assert [(one.camera_id, one.address, one.encode_type, one.type) for one in loaded.sources] == [
        (one.camera_id, addresses[one.camera_id], one.spec.encode_type, one.spec.type) for one in cameras
    ]


def test_what_is_rendered_is_read_back_equal() -> None:
    written = files(render((FRONT, HALL)))

    assert retinaface.dump(retinaface.parse_app_conf(written["app_conf.json"])) == written["app_conf.json"]
    sources = retinaface.parse_source_list(written["source_list.json"])
    assert retinaface.dump(sources) == written["source_list.json"]
    assert [one.camera_id for one in sources.sources] == ["front", "HALL-2"]


@pytest.mark.parametrize("key", APP_CONF)
def test_a_missing_or_wrong_typed_key_is_refused_on_reading(key: str) -> None:
    without = {name: value for name, value in APP_CONF.items() if name != key}
    for broken in (without, {**APP_CONF, key: None}, {**APP_CONF, key: [APP_CONF[key]]}, {**APP_CONF, "more": 1}):
        with pytest.raises(ValueError, match="AppConf"):
            retinaface.parse_app_conf(json.dumps(broken))
    if isinstance(APP_CONF[key], int):
        with pytest.raises(ValueError, match=key):
            retinaface.parse_app_conf(json.dumps({**APP_CONF, key: 4.5}))


@pytest.mark.parametrize("kind", list(AppKind))
def test_equal_input_gives_equal_bytes(kind: AppKind) -> None:
    groups = groups_of(kind)
    patch = {**groups, "app": {"kind": kind.value}, "container": {"env": {"B": "2", "A": "1"}}}
    again = {"container": {"env": {"A": "1", "B": "2"}}, "app": {"kind": kind.value}, **groups}
    assert render((FRONT, HALL), patch).digest == render((FRONT, HALL), again).digest
    assert render((FRONT, HALL), patch).model_dump_json(exclude={"container"}) == render(
        (FRONT, HALL), again
    ).model_dump_json(exclude={"container"})


def test_the_digest_covers_everything() -> None:
    config = render((FRONT, HALL))
    for field, value in {"rest_port": 21001, "image": "other:1", "instance_name": "other", "cameras": ()}.items():
        content = config.model_copy(update={field: value}).model_dump(mode="json")
        with pytest.raises(ValueError, match="the digest does not belong to the content"):
            InstanceConfig.model_validate(content)


def test_letters_beyond_ascii_stay_readable() -> None:
    entrance = camera("front", address="rtsp://10.0.0.9/eingänge/tür")
    assert "rtsp://10.0.0.9/eingänge/tür" in files(render((entrance,)))["source_list.json"]
