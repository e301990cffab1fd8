"""The configuration folder of the RetinaFace app as manifests, and back."""

import json
from typing import Any

import pytest

from crds.secret import Secret
from deepstream.retinaface.app_conf import parse_app_conf
from deepstream.retinaface.inference import InferenceChain, chain_files, read_chain_files
from deepstream.retinaface.source_list import AppRelease, Source, dump_source_list, parse_source_list
from importer import CannotImport, Imported
from tests.importer.stand import cameras_of, documents, imported, instance_of, rendered, said

CONF: dict[str, Any] = {
    "app_type": "VISUAL",
    "face_raw_meta_topic": "Faces",
    "mot_raw_meta_topic": "RawMotMeta",
    "visual_topic": "RawImage",
    "kafka_connection_str": "kafka:9092",
    "streammux_output_width": 1920,
    "streammux_output_height": 1080,
    "streammux_batch_size": 8,
    "streammux_buffer_pool": 4,
    "streammux_nvbuf_memory_type": 0,
    "face_confidence_threshold": 0.3,
    "mot_confidence_threshold": 0.5,
    "gpu_id": 1,
}
SOURCES = (
    Source(camera_id="gate", address="rtsp://viewer:p%40ss@10.0.0.9/gate", encode_type="h265", type="rtsp"),
    Source(camera_id="Hall 1", address="/clips/hall one.mp4", encode_type="h264", type="file"),
    Source(camera_id="yard", address="../data/yard.mp4", encode_type="h264", type="file"),
)
CHAIN = InferenceChain.model_validate(
    {
        "motPgie": {
            "property": {"batchSize": 8, "clusterMode": 3, "labelfilePath": None},
            "classAttrs": {"all": None, "0": {"topk": 5}},
        },
        "faceSgie": {"property": {"batchSize": 32, "extraKeys": {"odd": "1"}}},
        "faceAlign": {"inputObjectMinWidth": 20},
    }
)


def folder(
    release: AppRelease = AppRelease.R2023_03, sources: tuple[Source, ...] = SOURCES, **conf: Any
) -> dict[str, str]:
    files = {
        "app_conf.json": json.dumps({**CONF, **conf}, indent=1),
        "source_list.json": dump_source_list(sources, release),
    }
    return {f"/w/configs/{name}": text for name, text in {**files, **dict(chain_files(CHAIN))}.items()}


def from_folder(files: dict[str, str], path: str = "/w/configs", **options: Any) -> Imported:
    return imported(files, path, **options)


@pytest.mark.parametrize("release", list(AppRelease))
def test_a_folder_comes_back_as_it_was(release: AppRelease) -> None:
    result = from_folder(folder(release), name="entrance")
    texts = rendered(result)
    assert parse_app_conf(texts["app_conf.json"]).model_dump(mode="json", exclude={"extra_keys"}) == CONF
    again = parse_source_list(texts["source_list.json"])
    wanted = [
        SOURCES[0],
        SOURCES[1].model_copy(update={"camera_id": "hall-1"}),
        SOURCES[2].model_copy(update={"address": "/workspace/data/yard.mp4"}),
    ]
    assert (list(again.sources), again.release) == (wanted, release)
    assert read_chain_files(texts)[0] == CHAIN
    assert result.secrets == {"entrance-cameras": Secret("viewer", "p@ss")}
    second = from_folder({f"/r/{name}": text for name, text in texts.items()}, "/r", name="entrance")
    assert documents(second) == documents(result)


def test_manifests_hold_only_what_is_not_the_apps_own() -> None:
    spec = documents(from_folder(folder()))[-1]["spec"]
    assert spec["inference"] == {
        "motPgie": {
            "property": {"batchSize": 8, "clusterMode": 3, "labelfilePath": None},
            "classAttrs": {"all": None, "0": {"topk": 5}},
        },
        "faceSgie": {"property": {"batchSize": 32, "extraKeys": {"odd": "1"}}},
        "faceAlign": {"inputObjectMinWidth": 20},
    }
    own = {f"/w/configs/{name}": text for name, text in chain_files(InferenceChain())}
    assert "inference" not in documents(from_folder(folder() | own))[-1]["spec"]


def test_the_shape_of_faces_is_given_when_it_does_not_follow_the_batch() -> None:
    chain = InferenceChain.model_validate(
        {"faceSgie": {"property": {"batchSize": 32}}, "faceAlign": {"networkInputShape": [96, 3, 112, 112]}}
    )
    texts = {f"/w/configs/{name}": text for name, text in chain_files(chain)}
    result = from_folder(folder() | texts)
    assert documents(result)[-1]["spec"]["inference"]["faceAlign"] == {"networkInputShape": [96, 3, 112, 112]}
    assert read_chain_files(rendered(result)) == (chain, ())


def test_pictures_that_are_not_published() -> None:
    sources = (SOURCES[0].model_copy(update={"stream": False}), SOURCES[2])
    assert [one.spec.visual for one in cameras_of(from_folder(folder(sources=sources)))] == [False, True]


def test_the_misnamed_file_is_read_and_said() -> None:
    files = {path.replace("app_conf", "app_config"): text for path, text in folder().items()}
    result = from_folder(files)
    assert instance_of(result).spec.streammux.batch_size == 8
    assert "/w/configs/app_config.json:1: warning: the app reads no file of this name" in said(result)


@pytest.mark.parametrize("name", ["app_conf.json", "source_list.json"])
def test_one_of_the_files_stands_for_its_folder(name: str) -> None:
    result = from_folder(folder(), f"/w/configs/{name}", name="entrance")
    assert documents(result) == documents(from_folder(folder(), name="entrance"))
    alone = from_folder({f"/w/{name}": folder()[f"/w/configs/{name}"]}, f"/w/{name}")
    assert len(cameras_of(alone)) == (3 if name == "source_list.json" else 0)
    assert "the file is missing" in said(alone)


def test_what_cannot_be_said_in_manifests_is_said_in_remarks() -> None:
    result = from_folder(folder(kafka_connection_str="a b", face_confidence_threshold=0.0, odd_key=1))
    assert "app_conf.json:6: error: kafka_connection_str is left out" in said(result)
    assert "app_conf.json:12: error: face_confidence_threshold is left out" in said(result)
    assert "app_conf.json:15: warning: odd_key is left out" in said(result)
    bad = SOURCES[0].model_copy(update={"type": "file"})
    assert "source_list.json:5: warning: sources[0].address: the source is left out" in said(
        from_folder(folder(sources=(bad,)))
    )


@pytest.mark.parametrize(
    ("file", "text", "said_so"),
    [
        ("app_conf.json", "{", "/w/configs/app_conf.json:1: "),
        ("source_list.json", "[]", "/w/configs/source_list.json:1: "),
        ("mot_sgie.txt", "[property]\nodd\n", "/w/configs/mot_sgie.txt:2: neither a # comment"),
    ],
)
def test_files_that_the_app_would_not_load(file: str, text: str, said_so: str) -> None:
    with pytest.raises(CannotImport) as refused:
        from_folder({**folder(), f"/w/configs/{file}": text})
    assert str(refused.value).startswith(said_so)


def test_an_instance_without_its_files_has_the_values_of_the_project() -> None:
    result = imported({"source_list.json": folder()["/w/configs/source_list.json"]}, "source_list.json")
    spec = instance_of(result).spec
    assert (spec.image, spec.inference) == ("retinaface:latest", InferenceChain())
    assert all(one.file for one in result.remarks)
