"""The command line of a worker. Kept apart, because it is read before anything that decodes pictures is loaded."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from pipeline.files.settings import LayoutName, OnnxSettings
from tasks.limits import MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS
from tasks.wire import USUAL_ID_BYTES


def read_options(arguments: Sequence[str], program: str) -> argparse.Namespace:
    """Reads the command line; leaves with code 2 and one line if it cannot be understood.

    Args:
        arguments: Of the command line.
        program: What the help calls it.
    """
    parser = argparse.ArgumentParser(prog=program, description="Answers detection tasks that come over Kafka.")
    parser.add_argument("--bootstrap-servers", required=True, metavar="HOST:PORT[,...]", help="the Kafka brokers")
    parser.add_argument(
        "--topic-prefix", default="", metavar="TEXT", help="what all names of topics and groups begin with"
    )
    parser.add_argument("--kafka-config", type=Path, metavar="FILE", help="settings of librdkafka for TLS and SASL")
    parser.add_argument("--detector", choices=["people", "onnx"], help="answers detection tasks")
    parser.add_argument("--model", type=Path, metavar="FILE", help="with --detector onnx: the network")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="with --detector onnx: one class per line")
    parser.add_argument(
        "--input-size",
        type=_size,
        metavar="WIDTH[xHEIGHT]",
        help="with --detector onnx: of its pictures, if neither the network nor its metadata says it",
    )
    parser.add_argument(
        "--layout",
        choices=get_args(LayoutName),
        help="with --detector onnx: what the numbers of its output mean, if their shape does not say it",
    )
    parser.add_argument("--classifier", type=Path, metavar="FILE", help="an ONNX network; answers classification tasks")
    parser.add_argument("--classifier-labels", type=Path, metavar="FILE", help="one class per line")
    parser.add_argument("--colours", choices=["rgb", "bgr"], default="rgb", help="order of the network's channels")
    parser.add_argument("--scale", type=float, default=1 / 255, metavar="X", help="pixel values are multiplied by it")
    parser.add_argument(
        "--minimum-confidence",
        type=float,
        default=OnnxSettings.minimum_confidence,
        metavar="0..1",
        help="with --detector onnx: what is less sure is dropped (default: %(default)s)",
    )
    for name, usual, text in (
        ("--max-image-bytes", MAX_IMAGE_BYTES, "larger pictures are answered with an error"),
        ("--max-image-pixels", MAX_IMAGE_PIXELS, "the same"),
        ("--task-id-bytes", USUAL_ID_BYTES, "of the task id in a message"),
    ):
        parser.add_argument(name, type=_positive, default=usual, metavar="N", help=f"{text} (default: %(default)s)")
    return parser.parse_args(arguments)


def _size(text: str) -> tuple[int, int]:
    width, cross, height = text.partition("x")
    return _positive(width), _positive(height if cross else width)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
