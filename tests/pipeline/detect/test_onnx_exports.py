"""Networks as exporters write them: sizes left open, what the file says of itself, heads that look alike."""

import hashlib
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto, helper

from pipeline.detect.choice import make_detector
from pipeline.detect.detector import Detector, DetectorError
from pipeline.detect.model_metadata import ModelMetadata
from pipeline.detect.yolo_layouts import Layout, layout_of
from pipeline.files.settings import MotionSettings, OnnxSettings, PeopleSettings
from tests.pipeline.detect.drawn_frames import box_of, captured
from tests.pipeline.detect.small_networks import brightest_column, fixed, save

OPEN = ("height", "width")
CELLS = 64 + 16 + 4
"""Of a picture of 64x64 pixels, in cells of 8, 16 and 32."""


def detector_of(model: Path, **keys: Any) -> Detector:
    return make_detector(OnnxSettings(model=model, **keys))


def error_of(model: Path, **keys: Any) -> str:
    with pytest.raises(DetectorError) as caught:
        detector_of(model, **keys)
    text = str(caught.value)
    assert "\n" not in text
    return text.removeprefix(f"{model}: ")


def boxes_of(detector: Detector, size: tuple[int, int] = (64, 64)) -> list[tuple[Any, ...]]:
    (found,) = detector.detect([captured(np.full((size[1], size[0], 3), 90))])
    return [(tuple(round(side, 3) for side in box_of(one)), one.label, round(one.confidence, 3)) for one in found]


@pytest.mark.parametrize(
    ("metadata", "keys", "size"),
    [
        ({"imgsz": "[64, 128]"}, {}, (128, 64)),
        ({"imgsz": "96"}, {}, (96, 96)),
        ({"imgsz": "[64, 128]"}, {"input_size": (32, 96)}, (32, 96)),
        ({}, {"input_size": (160, 64)}, (160, 64)),
    ],
)
def test_a_size_left_open_is_that_of_the_settings_or_of_the_metadata(
    tmp_path: Path, metadata: dict[str, str], keys: Any, size: tuple[int, int]
) -> None:
    detector = detector_of(brightest_column(tmp_path / "m.onnx", size=OPEN, metadata=metadata), **keys)
    pixels = np.zeros((size[1], size[0], 3))
    pixels[:, size[0] - 3] = pixels[size[1] - 5] = 255
    ((one,),) = detector.detect([captured(pixels, picture_format="bgr24")])
    # In a picture of that very size nothing is made smaller.
    assert box_of(one) == (size[0] - 3, size[1] - 5, 1, 1)


@pytest.mark.parametrize(
    ("size", "metadata", "keys", "says"),
    [
        (
            OPEN,
            {},
            {},
            "its input leaves the size of pictures open, and its metadata has no imgsz: give input_width and input_height (of a manifest: inputWidth and inputHeight; of a worker: --input-size)",
        ),
        (OPEN, {"imgsz": "large"}, {}, "its input leaves the size of pictures open, and its metadata has no imgsz"),
        (OPEN, {"imgsz": "[99999, 64]"}, {}, "pictures of 64x99999 are too large: 4096 is the most"),
        (
            OPEN,
            {"stride": "32"},
            {"input_size": (100, 64)},
            "pictures of 100x64 do not fit it: both sides must be multiples of 32",
        ),
        ((64, 64), {}, {"input_size": (96, 96)}, "its pictures are 64x64, whatever the settings ask for"),
        ((64, 64), {"task": "pose"}, {}, "it is a network for the task 'pose'; one for 'detect' is needed"),
    ],
)
def test_what_does_not_fit_is_said(tmp_path: Path, size: Any, metadata: dict[str, str], keys: Any, says: str) -> None:
    assert error_of(brightest_column(tmp_path / "m.onnx", size=size, metadata=metadata), **keys).startswith(says)


def test_what_the_file_says_of_a_size_that_it_fixes_is_not_asked(tmp_path: Path) -> None:
    metadata = {"imgsz": "[640, 640]", "stride": "7", "task": "detect"}
    detector_of(fixed(tmp_path / "m.onnx", np.zeros((40, 7)), metadata=metadata))


def test_classes_are_called_by_the_metadata_unless_a_file_names_them(tmp_path: Path) -> None:
    rows = np.zeros((7, 40))
    rows[:, 0] = (32, 32, 16, 16, 0.1, 0.2, 0.9)
    model = fixed(tmp_path / "m.onnx", rows, metadata={"names": "{0: 'hat', 1: 'vest', 2: 'two\\nlines'}"})
    assert [label for _, label, _ in boxes_of(detector_of(model))] == ["two lines"]
    labels = tmp_path / "labels.txt"
    labels.write_text("a\nb\nc\n")
    assert [label for _, label, _ in boxes_of(detector_of(model, labels=labels))] == ["c"]
    few = fixed(tmp_path / "few.onnx", rows, metadata={"names": "{0: 'hat'}"})
    assert error_of(few) == (
        "its output (1, 7, 40) is of 3 classes, but there are 1 labels in its metadata: name them in a file"
    )


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{0: 'person', 2: 'car'}", ("person", "1", "car")),
        ("['a', 'b']", ("a", "b")),
        ("{0: '', 1: ' '}", ("0", "1")),
        ("{}", None),
        ("{0: 7}", None),
        ('{"0": "a", "1": "b"}', ("a", "b")),
        ("{'00': 'a'}", None),
        ("{'0': 'a', 0: 'b'}", None),
        ("{'x': 'a'}", None),
        ("{0: '\\ud800'}", None),
        (str(["a" * 201]), None),
        ("{True: 'a'}", None),
        ("{-1: 'a'}", None),
        ("{1000000000: 'a'}", None),
        ("__import__('os').system('true')", None),
        ("[" * 10_000, None),
        ("{0: 'a'", None),
        ("'" + "a" * 2_000_000 + "'", None),
    ],
)
def test_names_that_are_none_are_nothing(text: str, names: tuple[str, ...] | None) -> None:
    assert ModelMetadata.of({"names": text}).names == names


@given(st.dictionaries(st.sampled_from(["imgsz", "names", "stride", "task"]), st.text(max_size=40)))
def test_metadata_may_hold_anything(written: dict[str, str]) -> None:
    found = ModelMetadata.of(written)
    assert set(found.unread) <= set(written) - {"task"}
    assert found.input_size is None or min(found.input_size) > 0
    assert found.stride is None or found.stride > 0


@pytest.mark.parametrize(
    ("metadata", "says"),
    [
        (
            {"names": "{0: ", "stride": "x", "imgsz": "wide"},
            [
                f"nothing can be made of {entry!r} in its metadata: it is not used"
                for entry in ("imgsz", "names", "stride")
            ],
        ),
        ({"imgsz": "[320, 640]"}, ["its metadata says pictures of 640x320, but it takes 64x64 only"]),
        ({"imgsz": "64", "names": "", "author": "x"}, []),
    ],
)
def test_what_is_wrong_in_the_metadata_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, metadata: dict[str, str], says: list[str]
) -> None:
    model = fixed(tmp_path / "m.onnx", np.zeros((40, 7)), metadata=metadata)
    with caplog.at_level(logging.WARNING, "pipeline"):
        detector_of(model)
    assert caplog.messages == [f"{model}: {line}" for line in says]


@pytest.mark.parametrize(("rows", "where"), [(np.zeros((7, 40)), "of 3 classes"), (np.zeros((40, 6)), "of 80 classes")])
def test_labels_that_do_not_fit_are_told_with_their_file(tmp_path: Path, rows: Any, where: str) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("a\nb\n")
    model = fixed(tmp_path / "m.onnx", rows, metadata={"names": str([f"class {number}" for number in range(80)])})
    said = error_of(model, labels=labels)
    assert where in said
    assert said.endswith(f"but there are 2 labels in {labels}")


@pytest.mark.parametrize("classes", [1, 2, 80])
def test_boxes_in_shares_of_the_picture_are_refused(tmp_path: Path, classes: int) -> None:
    rows = np.tile((0.5, 0.6, 0.25, 1.1, *[0.01] * classes), (300, 1))
    names = str({number: f"class {number}" for number in range(classes)})
    said = error_of(fixed(tmp_path / "m.onnx", rows, metadata={"names": names}))
    assert said == (
        f"its output (1, 300, {4 + classes}) has boxes in shares of the picture, as RT-DETR gives them; they must be in pixels, or "
        "name its layout"
    )


def test_a_network_of_half_precision_is_told_how_to_be_exported(tmp_path: Path) -> None:
    model = fixed(tmp_path / "m.onnx", np.zeros((40, 7)), kind=TensorProto.FLOAT16)
    assert error_of(model).endswith("is tensor(float16) [1, 3, 64, 64]: export it without half precision")


def test_rows_only_for_what_is_found_are_told_how_to_be_exported(tmp_path: Path) -> None:
    nodes = [helper.make_node("Slice", ["numbers", "zero", "zero"], ["output"])]
    nodes.insert(0, helper.make_node("Reshape", ["images", "shape"], ["numbers"]))
    constants = {"shape": np.array([-1, 8], np.int64), "zero": np.array([0], np.int64)}
    said = error_of(save(tmp_path / "m.onnx", nodes, constants, shape=(1, 3, 64, 64)))
    assert said.startswith("a batch of 1 gave outputs (0, 8); they must begin with the batch")
    assert said.endswith("is to be exported without that last step (NMS)")


@pytest.mark.parametrize(
    ("shape", "size", "layout"),
    [
        ((25_200, 85), (640, 640), Layout.YOLOV5),
        ((25_200, 6), (640, 640), Layout.YOLOV5),
        ((18_900, 6), (640, 480), Layout.YOLOV5),
        ((25_500, 6), (640, 640), Layout.YOLOV5),
        ((84, 8400), (640, 640), Layout.YOLOV8),
        ((5, 8400), (640, 640), Layout.YOLOV8),
        ((6, 8400), (640, 640), Layout.YOLOV8),
        ((300, 6), (640, 640), Layout.END_TO_END),
        ((300, 6), (1280, 736), Layout.END_TO_END),
        ((100, 6), (320, 320), Layout.END_TO_END),
        ((8400, 85), (640, 640), Layout.YOLOX),
        ((8400, 6), (640, 640), Layout.YOLOX),
        ((3549, 6), (416, 416), Layout.YOLOX),
        ((34_000, 6), (1280, 1280), Layout.YOLOX),
    ],
)
@pytest.mark.parametrize("filled", [0.0, 1.0])
def test_shapes_as_exporters_make_them(
    shape: tuple[int, int], size: tuple[int, int], layout: Layout, filled: float
) -> None:
    outputs = np.zeros((1, *shape), np.float32)
    if layout is not Layout.YOLOX:
        # A box somewhere else than in the first cell.
        outputs[0, -1, -1] = outputs[0, 0, 0] = filled * 400
    assert layout_of(outputs, size, None)[0] is layout


def yolox(**cells: tuple[float, ...]) -> Any:
    """Rows of a network with one class that sees nothing but in the cells that are given, by their number."""
    rows = np.tile((0.5, 0.5, 0.0, 0.0, 0.0, 0.0), (CELLS, 1))
    for number, row in cells.items():
        rows[int(number.removeprefix("cell"))] = row
    return rows


def test_yolox_of_one_class_is_not_taken_for_end_to_end(tmp_path: Path) -> None:
    # The second cell of the third row, 8 pixels wide; the last one of 32.
    model = fixed(tmp_path / "m.onnx", yolox(cell17=(0.5, 0.25, 0.0, np.log(2), 0.9, 1.0), cell83=(0, 0, 0, 0, 0.5, 1)))
    assert boxes_of(detector_of(model)) == [((8.0, 10.0, 8.0, 16.0), "0", 0.9), ((16.0, 16.0, 32.0, 32.0), "0", 0.5)]
    assert boxes_of(detector_of(model, layout="yolox")) == boxes_of(detector_of(model))


def test_yolox_with_pixels_as_other_networks_want_them_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model = fixed(tmp_path / "m.onnx", yolox())
    with caplog.at_level(logging.WARNING, "pipeline"):
        detector_of(model, colours="bgr", scale=1.0)
        assert not caplog.messages
        detector_of(model)
    (said,) = caplog.messages
    assert said.startswith(f"{model}: YOLOX is trained with colours bgr and scale 1")


def test_boxes_of_each_cell_in_pixels_are_read_as_yolov5(tmp_path: Path) -> None:
    rows = np.zeros((CELLS, 6))
    rows[:, 0] = np.linspace(0, 60, CELLS)
    rows[20] = (32, 32, 16, 8, 0.9, 1.0)
    assert boxes_of(detector_of(fixed(tmp_path / "m.onnx", rows))) == [((24.0, 28.0, 16.0, 8.0), "0", 0.9)]


def test_numbers_of_yolox_that_are_too_large_are_no_boxes(tmp_path: Path) -> None:
    model = fixed(tmp_path / "m.onnx", yolox(cell3=(0, 0, 5000, 5000, 1, 1), cell4=(np.nan, 0, 0, 0, 1, 1)))
    assert boxes_of(detector_of(model, layout="yolox")) == []


@pytest.mark.parametrize("layout", ["yolov5", "yolov8", "end-to-end", "yolox"])
def test_the_layout_of_the_settings_is_taken_if_the_shape_allows(tmp_path: Path, layout: Any) -> None:
    allowed = {"yolov5": (40, 40), "yolov8": (40, 40), "end-to-end": (CELLS, 6), "yolox": (CELLS, 6)}
    detector_of(fixed(tmp_path / "m.onnx", np.zeros(allowed[layout])), layout=layout)
    other = fixed(tmp_path / "other.onnx", np.zeros((4, 5)))
    assert "the layout that the settings name" in error_of(other, layout=layout)


def test_results_can_name_the_model(tmp_path: Path) -> None:
    model = fixed(tmp_path / "yard.onnx", np.zeros((40, 7)))
    identity = detector_of(model).identity
    assert (identity.name, identity.digest) == (
        "yard",
        f"sha256:{hashlib.sha256(model.read_bytes()).hexdigest()}",
    )
    motion, again, other = (
        make_detector(one).identity for one in (MotionSettings(), MotionSettings(), MotionSettings(picture_width=640))
    )
    assert motion == again
    assert motion.digest != other.digest
    assert make_detector(PeopleSettings()).identity.name == "people"
