"""Networks small enough for a test to build; their boxes can be told from the picture that they were given."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 64


def save(
    path: Path,
    nodes: Sequence[Any],
    constants: dict[str, Any],
    *,
    shape: Sequence[Any],
    outputs: int = 1,
    kind: int = 1,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    graph = helper.make_graph(
        list(nodes),
        "small",
        [helper.make_tensor_value_info("images", kind, list(shape))],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
            for name in ["output", "second", "third"][:outputs]
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    helper.set_model_props(model, dict(metadata or {}))
    onnx.save(model, str(path))
    return path


def fixed(
    path: Path,
    rows: Any,
    *,
    batch: int | str = 1,
    size: Any = (SIZE, SIZE),
    kind: int = 1,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Answers every picture with the same rows, whatever is in it."""
    # All of the picture is reduced to nought, one per picture, and added to the rows.
    nodes = [
        helper.make_node("Cast", ["images"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["numbers"], ["means"], axes=[1, 2, 3], keepdims=1),
        helper.make_node("Mul", ["means", "nought"], ["noughts"]),
        helper.make_node("Squeeze", ["noughts", "last"], ["flat"]),
        helper.make_node("Add", ["flat", "rows"], ["output"]),
    ]
    constants = {
        "nought": np.float32(0),
        "last": np.array([3], np.int64),
        "rows": np.asarray(rows, np.float32)[np.newaxis],
    }
    return save(path, nodes, constants, shape=(batch, 3, *size), kind=kind, metadata=metadata)


def brightest_column(
    path: Path,
    *,
    batch: int | str = "N",
    size: tuple[int | str, int | str] = (SIZE, SIZE),
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Answers, end to end, with one box a pixel wide over the column and row that are brightest in the first channel.

    Its confidence is how bright the brightest pixel of that channel is.
    """
    nodes = [
        helper.make_node("Gather", ["images", "first"], ["channel"], axis=1),
        helper.make_node("ReduceSum", ["channel", "down"], ["columns"], keepdims=0),
        helper.make_node("ReduceSum", ["channel", "across"], ["rows"], keepdims=0),
        helper.make_node("ArgMax", ["columns"], ["column"], axis=1, keepdims=1),
        helper.make_node("ArgMax", ["rows"], ["row"], axis=1, keepdims=1),
        helper.make_node("Cast", ["column"], ["left"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["row"], ["top"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["left", "one"], ["right"]),
        helper.make_node("Add", ["top", "one"], ["bottom"]),
        helper.make_node("ReduceMax", ["channel"], ["brightest"], axes=[1, 2], keepdims=0),
        helper.make_node("Unsqueeze", ["brightest", "down"], ["sure"]),
        helper.make_node("Mul", ["left", "nought"], ["class"]),
        helper.make_node("Concat", ["left", "top", "right", "bottom", "sure", "class"], ["row6"], axis=1),
        helper.make_node("Unsqueeze", ["row6", "down"], ["output"]),
    ]
    constants = {
        "first": np.int64(0),
        "down": np.array([1], np.int64),
        "across": np.array([2], np.int64),
        "one": np.float32(1),
        "nought": np.float32(0),
    }
    return save(path, nodes, constants, shape=(batch, 3, *size), metadata=metadata)
