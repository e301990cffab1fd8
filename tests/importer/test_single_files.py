"""Files of nvinfer and nvdsanalytics that come alone."""

from pathlib import Path

import pytest

from controller.render.file_names import ANALYTICS_FILE
from deepstream.analytics.config import read_analytics_file
from deepstream.nvinfer.config import read_infer_config
from tests.deepstream.samples import samples_of
from tests.importer.meaning import analytics_differ
from tests.importer.stand import cameras_of, imported, instance_of, rendered, said

INFER = "[property]\nonnx-file=m.onnx\nbatch-size=3\ngie-unique-id=5\nprocess-mode=2\nodd=1\n"
ANALYTICS = (
    "[property]\nenable=1\nconfig-width=640\nconfig-height=360\n"
    "[line-crossing-stream-2]\nenable=1\nline-crossing-A=1;1;2;2;0;5;9;5\n[roi-filtering-stream-5000]\nenable=1\nroi-A=1;1;2;2;3;1\n"
)


def test_a_model_alone_becomes_an_instance_without_cameras() -> None:
    result = imported({"/d/p.txt": INFER}, "/d/p.txt", image="ds:9", node="n")
    spec = instance_of(result).spec
    assert (cameras_of(result), spec.app.kind.value, spec.streammux.batch_size) == ((), "deepstream-app", 3)
    texts = rendered(result)
    assert "config-file=p.txt\n" in texts["deepstream_app.txt"]
    assert "batch-size=3\n" in texts["p.txt"]
    assert "odd=1\n" in texts["p.txt"]
    assert "process-mode=2 is for a model behind another one" in said(result)
    assert "the instance has no cameras" in said(result)


def test_the_tag_of_the_image_says_which_release_reads_the_file() -> None:
    text = "[property]\nmodel-file=/m.caffemodel\nproto-file=/m.prototxt\n"
    old = imported({"p.txt": text}, "p.txt", image="nvcr.io/nvidia/deepstream:6.4-triton-multiarch")
    assert "does not use this key any more" not in said(old)
    assert instance_of(old).spec.ds_version is None
    assert "does not use this key any more" in said(imported({"p.txt": text}, "p.txt", image="ds:6.4"))


def test_lines_alone_become_cameras_whose_addresses_are_to_be_filled_in() -> None:
    result = imported({"/d/a.txt": ANALYTICS}, "/d/a.txt")
    cameras = cameras_of(result)
    assert [one.name for one in cameras] == ["camera-0", "camera-1", "camera-2"]
    assert [one.spec.address for one in cameras][2] == "rtsp://camera-2.invalid/"
    assert "/d/a.txt:5: warning: no address is known for stream 2: give camera camera-2 its own" in said(result)
    assert "[roi-filtering-stream-5000]: left out: there is no camera of this source id" in said(result)
    old, new = (read_analytics_file(text, "a.txt")[0] for text in (ANALYTICS, rendered(result)[ANALYTICS_FILE]))
    assert list(analytics_differ(old, new, 3)) == []


@pytest.mark.parametrize("path", samples_of("nvdsanalytics"), ids=lambda path: path.name[-60:])
def test_samples_of_lines(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    result = imported({path.name: text}, path.name)
    old, new = (read_analytics_file(one, "a.txt")[0] for one in (text, rendered(result)[ANALYTICS_FILE]))
    assert list(analytics_differ(old, new, len(cameras_of(result)))) == []


@pytest.mark.parametrize("path", samples_of("nvinfer"), ids=lambda path: path.name[-60:])
def test_samples_of_models(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    result = imported({path.name: text}, path.name)
    [name] = instance_of(result).spec.infer_configs
    old, new = read_infer_config(text, path.name)[0], read_infer_config(rendered(result)[name], name)[0]
    added = new.property.model_copy(update={"model_engine_file": old.property.model_engine_file})
    assert added == old.property
    assert (new.class_attrs, new.extra_groups) == (old.class_attrs, old.extra_groups)
