"""Frames that the tests draw, and how well boxes fit."""

import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from pipeline.model import CapturedFrame, Detection

Box = tuple[float, float, float, float]


def captured(
    pixels: "cv2.typing.MatLike", camera_id: str = "dock", number: int = 1, picture_format: str = "yuv420p"
) -> CapturedFrame:
    picture = VideoFrame.from_ndarray(np.ascontiguousarray(pixels, np.uint8), "bgr24")
    return CapturedFrame(camera_id, number, picture.reformat(format=picture_format), 0.0, 0.0)


def ground(width: int, height: int, seed: int = 0) -> NDArray[np.uint8]:
    """Something like a yard: blotches of all sizes."""
    dice = np.random.default_rng(seed)
    picture = np.full((height, width, 3), 110, np.float32)
    for size in (5, 40, 200):
        coarse = dice.normal(0, 12, (height // size + 2, width // size + 2, 3)).astype(np.float32)
        picture += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture, 0, 255).astype(np.uint8)


def with_noise(pixels: "cv2.typing.MatLike", sigma: float, dice: np.random.Generator) -> NDArray[np.uint8]:
    return np.clip(pixels + dice.normal(0, sigma, (*pixels.shape[:2], 1)), 0, 255).astype(np.uint8)


def walker(pixels: "cv2.typing.MatLike", middle: int, foot: int, height: int) -> Box:
    """Draws someone who walks, and returns their box."""
    top = foot - height
    half = round(height * 0.15)
    cv2.circle(pixels, (middle, round(top + height * 0.09)), round(height * 0.085), (70, 90, 120), -1)
    cv2.ellipse(pixels, (middle, round(top + height * 0.36)), (half, round(height * 0.2)), 0, 0, 360, (40, 30, 30), -1)
    for side in (-1, 1):
        cv2.line(
            pixels,
            (middle, round(top + height * 0.5)),
            (middle + side * round(height * 0.08), foot - 2),
            (30, 30, 50),
            round(height * 0.1),
        )
    return middle - half, top, 2 * half, height


def iou(one: Box, other: Box) -> float:
    across = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    down = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(0.0, across) * max(0.0, down)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def box_of(detection: Detection) -> Box:
    return detection.left, detection.top, detection.width, detection.height
