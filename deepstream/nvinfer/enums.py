"""The numbers in nvinfer's files that stand for something."""

from enum import IntEnum
from typing import Final


class NetworkMode(IntEnum):
    """The precision that TensorRT builds for: 0 = FP32, 1 = INT8, 2 = FP16, 3 = BEST (what is fastest per layer)."""

    FP32 = 0
    INT8 = 1
    FP16 = 2
    BEST = 3


class NetworkType(IntEnum):
    """What the network answers.

    0 = detector, 1 = classifier, 2 = semantic segmentation, 3 = instance segmentation, 100 = other: the outputs are
    left to somebody else, usually with output-tensor-meta=1.
    """

    DETECTOR = 0
    CLASSIFIER = 1
    SEGMENTATION = 2
    INSTANCE_SEGMENTATION = 3
    OTHER = 100


class ProcessMode(IntEnum):
    """What is looked at: 1 = primary: whole frames, 2 = secondary: the objects that another nvinfer found."""

    PRIMARY = 1
    SECONDARY = 2


class ClusterMode(IntEnum):
    """How boxes of one object become one.

    0 = OpenCV's groupRectangles, 1 = DBSCAN, 2 = non-maximum suppression, 3 = DBSCAN and then NMS, 4 = not at all.
    """

    GROUP_RECTANGLES = 0
    DBSCAN = 1
    NMS = 2
    DBSCAN_NMS = 3
    NONE = 4


class ModelColorFormat(IntEnum):
    """The colours that the network was trained with: 0 = RGB, 1 = BGR, 2 = grey."""

    RGB = 0
    BGR = 1
    GRAY = 2


class TensorOrder(IntEnum):
    """The order of a tensor's dimensions: 0 = channel, row, column; 1 = row, column, channel."""

    NCHW = 0
    NHWC = 1


class UffInputOrder(IntEnum):
    """The order of an UFF input's dimensions: 0 = NCHW, 1 = NHWC, 2 = NC."""

    NCHW = 0
    NHWC = 1
    NC = 2


DEFAULT_UNIQUE_ID: Final = 15
"""The gie-unique-id of an nvinfer whose file names none."""
