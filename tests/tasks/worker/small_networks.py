"""Small ONNX networks and pictures whose answer is known."""

from pathlib import Path

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLASSES = 64
_GREYS_PER_CLASS = 256 // CLASSES


def write_brightness_classifier(file: Path, classes: int = CLASSES) -> Path:
    """A network whose most probable class is how bright the picture is: class k is the k-th of equal steps of grey."""
    steps = (np.arange(classes, dtype=np.float32) + 0.5) / classes
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["column"]),
        helper.make_node("Sub", ["column", "steps"], ["distance"]),
        helper.make_node("Mul", ["distance", "distance"], ["square"]),
        helper.make_node("Mul", ["square", "sharpness"], ["scores"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([1], np.int64), "one"),
        numpy_helper.from_array(steps[np.newaxis], "steps"),
        numpy_helper.from_array(np.array([-8.0 * classes * classes], np.float32), "sharpness"),
    ]
    graph = helper.make_graph(
        nodes,
        "brightness",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 16, 16])],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, classes])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(file))
    return file


def grey_png(number: int, size: int = 16) -> bytes:
    """A picture that the network puts into class ``number % CLASSES``."""
    grey = (number % CLASSES) * _GREYS_PER_CLASS + _GREYS_PER_CLASS // 2
    return encoded(np.full((size, size, 3), grey, np.uint8), ".png")


def encoded(picture: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]", suffix: str) -> bytes:
    done, content = cv2.imencode(suffix, picture)
    assert done
    return content.tobytes()


def write_fixed_box_detector(file: Path, box: tuple[float, float, float, float], class_id: int) -> Path:
    """A network for pictures of 64 x 64 that sees the same two boxes in all of them; it is sure of the first one only.

    The box is left, top, right, bottom in pixels of those 64 x 64; the layout is that of networks exported end to end.
    """
    rows = np.array([[[*box, 0.9, class_id], [*box, 0.1, class_id]]], np.float32)
    nodes = [
        helper.make_node("ReduceMean", ["picture"], ["mean"], axes=[1, 2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "rows"], ["boxes"]),
    ]
    constants = [
        numpy_helper.from_array(np.array([0], np.float32), "zero"),
        numpy_helper.from_array(rows, "rows"),
    ]
    graph = helper.make_graph(
        nodes,
        "fixed-box",
        [helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, 2, 6])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, str(file))
    return file
