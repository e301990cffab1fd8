import builtins
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from pipeline.detect.choice import make_detector
from pipeline.detect.detector import Detector, DetectorError
from pipeline.detect.onnx_session import OnnxSession
from pipeline.files.settings import OnnxSettings
from pipeline.model import Detection
from tests.patience import patient
from tests.pipeline.detect.drawn_frames import box_of, captured
from tests.pipeline.detect.small_networks import SIZE, brightest_column, fixed, save

# Centre x and y, width, height in the input; in a frame of 128 by 64 pixels, it lies at half the size, 16 pixels down.
CENTRED = (16.0, 32.0, 8.0, 16.0)
IN_FRAME = (24.0, 16.0, 16.0, 32.0)


def wide(value: int = 90) -> Any:
    return captured(np.full((64, 128, 3), value))


def detector_of(model: Path, labels: Path | None = None, **keys: Any) -> Detector:
    return make_detector(OnnxSettings(model=model, labels=labels, **keys))


def names(tmp_path: Path, *labels: str) -> Path:
    file = tmp_path / "labels.txt"
    file.write_text("\n".join(labels) + "\n\n")
    return file


def summary(detections: tuple[Detection, ...]) -> list[tuple[Any, ...]]:
    return [(box_of(one), one.class_id, one.label, round(one.confidence, 3)) for one in detections]


def error_of(*arguments: Any, **keys: Any) -> str:
    with pytest.raises(DetectorError) as caught:
        detector_of(*arguments, **keys)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_yolov5(tmp_path: Path) -> None:
    rows = np.zeros((40, 8))
    rows[3] = (*CENTRED, 0.8, 0.1, 0.5, 0.2)
    detector = detector_of(fixed(tmp_path / "m.onnx", rows), names(tmp_path, "a", "b", "c"))
    assert detector.labels == ("a", "b", "c")
    assert [summary(one) for one in detector.detect([wide()])] == [[(IN_FRAME, 1, "b", 0.4)]]


def test_yolov8(tmp_path: Path) -> None:
    rows = np.zeros((40, 7))
    rows[3] = (*CENTRED, 0.1, 0.2, 0.9)
    detector = detector_of(fixed(tmp_path / "m.onnx", rows.T), names(tmp_path, "a", "b", "c"))
    assert [summary(one) for one in detector.detect([wide()])] == [[(IN_FRAME, 2, "c", 0.9)]]


def test_end_to_end(tmp_path: Path) -> None:
    rows = np.zeros((40, 6))
    rows[:3] = [(12, 24, 20, 40, 0.9, 1), (12, 24, 20, 40, 0.8, 1), (12, 24, 20, 40, 0.1, 0)]
    detector = detector_of(fixed(tmp_path / "m.onnx", rows), names(tmp_path, "a", "b"))
    # The network has sorted out doubles itself.
    expected = [(IN_FRAME, 1, "b", 0.9), (IN_FRAME, 1, "b", 0.8)]
    assert [summary(one) for one in detector.detect([wide()])] == [expected]


def test_six_columns_are_yolov5_of_one_class_with_as_many_rows_as_that_makes(tmp_path: Path) -> None:
    rows = np.zeros((3 * (64 + 16 + 4), 6))
    rows[0] = (*CENTRED, 0.8, 0.5)
    detector = detector_of(fixed(tmp_path / "m.onnx", rows))
    assert [summary(one) for one in detector.detect([wide()])] == [[(IN_FRAME, 0, "0", 0.4)]]


def test_without_labels_the_shorter_side_is_the_box_and_classes_are_numbers(tmp_path: Path) -> None:
    rows = np.zeros((40, 7))
    rows[0] = (*CENTRED, 0.9, 0.1, 0.9)
    assert detector_of(fixed(tmp_path / "8.onnx", rows.T)).labels == ("0", "1", "2")
    assert detector_of(fixed(tmp_path / "5.onnx", rows)).labels == ("0", "1")


def test_a_class_beyond_the_labels_is_called_by_its_number(tmp_path: Path) -> None:
    model = fixed(tmp_path / "m.onnx", [(12, 24, 20, 40, 0.9, 7), (0, 0, 0, 0, 0, 0)])
    assert [one.label for one in detector_of(model, names(tmp_path, "a")).detect([wide()])[0]] == ["7"]


@pytest.mark.parametrize(
    ("frame_size", "input_size"),
    [((128, 64), (64, 64)), ((64, 128), (64, 64)), ((64, 64), (64, 64)), ((32, 32), (64, 64)), ((128, 128), (32, 64))],
)
@pytest.mark.parametrize("place", [(0.25, 0.25), (0.5, 0.75), (0.9, 0.1)])
def test_boxes_are_where_the_picture_has_them(
    tmp_path: Path, frame_size: tuple[int, int], input_size: tuple[int, int], place: tuple[float, float]
) -> None:
    width, height = frame_size
    step = max(width / input_size[0], height / input_size[1])
    # A bright cross, as wide as one pixel of the input is in the frame.
    left, top = (int(int(side * share / step) * step) for side, share in zip(frame_size, place, strict=True))
    pixels = np.full((height, width, 3), 0)
    pixels[:, left : left + max(1, int(step))] = 255
    pixels[top : top + max(1, int(step))] = 255
    model = brightest_column(tmp_path / "m.onnx", size=(input_size[1], input_size[0]))
    ((one,),) = detector_of(model).detect([captured(pixels, picture_format="bgr24")])
    assert box_of(one)[2:] == pytest.approx((step, step))
    assert abs(one.left - left) <= max(1, step / 2)
    # The grey around the picture is darker than the cross, but may be brighter than the rest of it.
    assert abs(one.top - top) <= max(1, step / 2)


@pytest.mark.parametrize(("colours", "expected"), [("rgb", 1.0), ("bgr", 0.447)])
def test_colours_and_scale_are_those_of_the_settings(tmp_path: Path, colours: Any, expected: float) -> None:
    red = np.zeros((64, 64, 3))
    red[:, :, 2] = 255
    red[0, 0, 0] = 114
    model = brightest_column(tmp_path / "m.onnx")
    ((one,),) = detector_of(model, colours=colours).detect([captured(red, picture_format="bgr24")])
    assert one.confidence == pytest.approx(expected, abs=0.002)
    ((half,),) = detector_of(model, colours=colours, scale=1 / 510, minimum_confidence=0.1).detect(
        [captured(red, picture_format="bgr24")]
    )
    assert half.confidence == pytest.approx(expected / 2, abs=0.002)


@pytest.mark.parametrize("batch", [1, 2, 4, "N"])
@pytest.mark.parametrize("frames", [0, 1, 3, 5])
def test_each_frame_of_a_batch_gets_its_own_objects(tmp_path: Path, batch: int | str, frames: int) -> None:
    detector = detector_of(brightest_column(tmp_path / "m.onnx", batch=batch))
    pictures = []
    for number in range(frames):
        pixels = np.zeros((SIZE, SIZE, 3))
        pixels[:, 10 * number + 4] = 255
        pictures.append(captured(pixels, f"camera-{number}", picture_format="bgr24"))
    found = detector.detect(pictures)
    assert [[one.left for one in objects] for objects in found] == [[10.0 * number + 4] for number in range(frames)]


def test_threads_share_a_detector(tmp_path: Path) -> None:
    detector = detector_of(brightest_column(tmp_path / "m.onnx"))
    wrong: list[int] = []

    def look(column: int) -> None:
        pixels = np.zeros((SIZE, SIZE, 3))
        pixels[:, column] = 255
        for _ in range(50):
            ((one,),) = detector.detect([captured(pixels, picture_format="bgr24")])
            if one.left != column:
                wrong.append(column)

    threads = [threading.Thread(target=look, args=(column,)) for column in (5, 25, 45)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(patient(60))
    assert not wrong


def test_doubles_of_one_class_are_sorted_out_and_those_of_two_are_not(tmp_path: Path) -> None:
    rows = np.zeros((40, 6))
    rows[:4] = [
        (32, 32, 20, 20, 0.9, 0),
        (33, 32, 20, 20, 0.8, 0),
        (32, 33, 20, 20, 0, 0.7),
        (50, 32, 10, 20, 0.6, 0),
    ]
    model = fixed(tmp_path / "m.onnx", rows.T)
    (found,) = detector_of(model).detect([wide()])
    assert sorted((one.class_id, round(one.confidence, 3)) for one in found) == [(0, 0.6), (0, 0.9), (1, 0.7)]
    (found,) = detector_of(model, nms_iou=0.99).detect([wide()])
    assert len(found) == 4
    (found,) = detector_of(model, minimum_confidence=0.75).detect([wide()])
    assert [round(one.confidence, 3) for one in found] == [0.9]


@pytest.mark.parametrize("minimum", [0.0, 0.5])
def test_boxes_that_are_no_boxes_are_left_out_and_others_cut_off_at_the_edges(tmp_path: Path, minimum: float) -> None:
    nan, inf = float("nan"), float("inf")
    rows = [
        (nan, 0, 10, 10, 0.9, 0),
        (0, 0, inf, 10, 0.9, 0),
        (0, 0, 10, 10, nan, 0),
        (0, 0, 10, 10, inf, 0),
        (0, 0, 10, 10, 0.9, nan),
        (0, 0, 10, 10, 0.9, -1),
        (20, 20, 20, 30, 0.9, 0),
        (30, 20, 20, 30, 0.9, 0),
        (200, 200, 300, 300, 0.9, 0),
        (-10, -10, 12, 24, 0.9, 0),
        (12, 24, 20, 40, 0.8, 1e30),
        (12, 24, 20, 40, 7.0, 0),
    ]
    (found,) = detector_of(fixed(tmp_path / "m.onnx", rows), minimum_confidence=minimum).detect([wide()])
    assert [(box_of(one), one.confidence) for one in found] == [
        (IN_FRAME, 1.0),
        ((0.0, 0.0, 24.0, 16.0), pytest.approx(0.9)),
        (IN_FRAME, pytest.approx(0.8)),
    ]


def test_a_flood_of_boxes_is_bounded(tmp_path: Path) -> None:
    rows = np.tile((32, 32, 4, 4, 0.9, 0.5), (9000, 1))
    rows[:, 0] = np.linspace(0, 64, 9000)
    (found,) = detector_of(fixed(tmp_path / "m.onnx", rows.T), minimum_confidence=0.0, nms_iou=1.0).detect([wide()])
    assert 0 < len(found) <= 1000


def test_files_that_are_no_networks(tmp_path: Path) -> None:
    missing, text, empty = tmp_path / "missing.onnx", tmp_path / "text.onnx", tmp_path / "empty.onnx"
    text.write_text("not a network")
    empty.touch()
    assert error_of(missing) == f"{missing}: there is no such ONNX file"
    assert error_of(tmp_path) == f"{tmp_path}: there is no such ONNX file"
    assert error_of(text).startswith(f"{text}: not a network that can be run: ")
    assert error_of(empty).startswith(f"{empty}: ")


@pytest.mark.parametrize(
    ("rows", "keys", "says"),
    [
        (np.zeros((40, 7)), {"kind": TensorProto.UINT8}, "must be floats (N, 3, height, width), is tensor(uint8)"),
        (np.zeros((40, 40)), {}, "its output (1, 40, 40) does not tell which side the boxes are on"),
        (np.zeros((40, 5)), {}, "its output (1, 40, 5) has no room for a class beside the box"),
        (np.zeros((4, 40)), {}, "its output (1, 4, 40) has no room for a class beside the box"),
    ],
)
def test_networks_of_another_kind(tmp_path: Path, rows: Any, keys: Any, says: str) -> None:
    assert says in error_of(fixed(tmp_path / "m.onnx", rows, **keys))


def test_outputs_of_another_kind(tmp_path: Path) -> None:
    shape = (1, 3, SIZE, SIZE)
    same = [helper.make_node("Identity", ["images"], ["output"])]
    assert "its output (1, 3, 64, 64) is none of (N, boxes, 5 + classes)" in error_of(
        save(tmp_path / "four.onnx", same, {}, shape=shape)
    )
    two = [*same, helper.make_node("Identity", ["images"], ["second"])]
    assert "it has outputs (1, 3, 64, 64), (1, 3, 64, 64); one is needed" in error_of(
        save(tmp_path / "two.onnx", two, {}, shape=shape, outputs=2)
    )
    flat = [helper.make_node("Reshape", ["images", "shape"], ["output"])]
    assert "a batch of 1 gave outputs (12288,); they must begin with the batch" in error_of(
        save(tmp_path / "flat.onnx", flat, {"shape": np.array([-1], np.int64)}, shape=shape)
    )
    gone = [helper.make_node("Reshape", ["images", "shape"], ["output"])]
    assert "the network failed: " in error_of(
        save(tmp_path / "fails.onnx", gone, {"shape": np.array([1, 7, 11], np.int64)}, shape=("N", 3, SIZE, SIZE))
    )


def test_inputs_of_another_kind(tmp_path: Path) -> None:
    same = [helper.make_node("Identity", ["images"], ["output"])]
    for shape in ((1, SIZE, SIZE, 3), (1, 1, SIZE, SIZE), (3, SIZE, SIZE)):
        assert "the input must be floats (N, 3, height, width)" in error_of(
            save(tmp_path / "m.onnx", same, {}, shape=shape)
        )


def test_labels_that_do_not_fit(tmp_path: Path) -> None:
    model = fixed(tmp_path / "m.onnx", np.zeros((7, 40)))
    labels = names(tmp_path, "a", "b")
    assert error_of(model, labels).endswith(f"(1, 7, 40) is of 3 classes, but there are 2 labels in {labels}")


def test_files_that_are_no_labels(tmp_path: Path) -> None:
    model = fixed(tmp_path / "m.onnx", np.zeros((7, 40)))
    file = tmp_path / "labels.txt"
    assert error_of(model, file) == f"{file}: there is no such file of labels"
    for content, says in (
        (b"", "holds no labels"),
        (b"a\n\nc\n", "line 2 is empty: the classes after it would be misnamed"),
        (b"\xff\xfe\x00", "not a file of labels: it is not UTF-8 text"),
        (b"a\n" * 600_000, "too large for a file of labels"),
    ):
        file.write_bytes(content)
        assert error_of(model, file).startswith(f"{file}: {says}")


def test_labels_as_other_editors_write_them(tmp_path: Path) -> None:
    file = tmp_path / "labels.txt"
    file.write_bytes("\ufeffa\r\nein Größeres \r\nc\r\n".encode())
    assert detector_of(fixed(tmp_path / "m.onnx", np.zeros((7, 40))), file).labels == ("a", "ein Größeres", "c")


def test_without_onnxruntime_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def refuse(name: str, *arguments: Any, **keys: Any) -> Any:
        if name == "onnxruntime":
            raise ModuleNotFoundError(name)
        return imported(name, *arguments, **keys)

    model = fixed(tmp_path / "m.onnx", np.zeros((7, 40)))
    monkeypatch.setattr(builtins, "__import__", refuse)
    assert error_of(model) == f"{model} needs onnxruntime: pip install 'dsfleet[onnx]'"


def test_a_session_takes_the_given_size_where_the_network_leaves_it_open(tmp_path: Path) -> None:
    model = fixed(tmp_path / "m.onnx", np.zeros((7, 40)), batch="N", size=("h", "w"))
    session = OnnxSession(model, open_size=96, threads=2)
    assert (session.width, session.height, session.output_shapes) == (96, 96, ((1, 7, 40),))
    (output,) = session.run(np.zeros((3, 3, 96, 96), np.float32))
    assert output.shape == (3, 7, 40)
