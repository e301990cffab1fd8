"""Paints the pictures of a clip: a textured ground, walkers on it, and the number of the frame."""

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from simulator.walkers import NUMBER_SHARE, Box, WalkersSpec, boxes_at

Plane = NDArray[np.uint8]

# The number of the frame: so many dots in the top row, the highest bit first, white for 1 and black for 0. Each is in the
# middle of its square; they are small, so that nobody takes their changes for something that moves.
NUMBER_BITS: Final = round(1 / NUMBER_SHARE)

_BLACK: Final = 16
_WHITE: Final = 235
_NO_COLOUR: Final = 128

# Far from what walkers wear.
_GROUND: Final = 118
_GROUND_ROUGHNESS: Final = (18.0, 2.0)

# Brightness of jacket and trousers, and their colour as Cb and Cr. All of it differs from any ground, darker or brighter.
_CLOTHES: Final = (
    ((28, 34), (150, 120)),
    ((225, 205), (120, 120)),
    ((40, 22), (105, 160)),
    ((215, 228), (112, 150)),
)
_SKIN: Final = (110, 150)

# Coordinates are given to OpenCV in sixteenths of a pixel: people who jumped from pixel to pixel would not be where they are.
_FRACTION_BITS: Final = 4
_STEPS_PER_HEIGHT: Final = 1.2


class Painter:
    """Paints the frames of one clip, in any order.

    Args:
        spec: Who walks where.
        noise: Standard deviation of the brightness of each pixel from frame to frame, as sensors have it in the dark.
    """

    def __init__(self, spec: WalkersSpec, noise: float = 0.0) -> None:
        self._spec = spec
        self._noise = noise
        self._ground = _ground(spec)
        self._tints = _tint(spec.variant)

    def planes(self, number: int) -> Plane:
        """Returns a frame as planar YUV 4:2:0, with the planes one below the other."""
        spec = self._spec
        luma = self._ground.copy()
        colours = [np.full((spec.height // 2, spec.width // 2), tint, np.uint8) for tint in self._tints]
        for box in boxes_at(spec, number):
            _paint_walker(luma, colours, box)
        if self._noise:
            dice = np.random.default_rng((spec.variant, number))
            noisy = luma + self._noise * dice.standard_normal(luma.shape, np.float32)
            luma = np.clip(noisy, _BLACK, _WHITE).astype(np.uint8)
        _paint_number(luma, number)
        flat = np.concatenate([luma.ravel(), *(colour.ravel() for colour in colours)])
        return flat.reshape(spec.height * 3 // 2, spec.width)


def _ground(spec: WalkersSpec) -> Plane:
    """Returns the brightness of a ground that is the same in all frames: patches, and grain on them."""
    dice = np.random.default_rng(spec.variant)
    rough, fine = _GROUND_ROUGHNESS
    patches = dice.uniform(-rough, rough, (9, 16)).astype(np.float32)
    grain = dice.normal(0.0, fine, (spec.height, spec.width))
    wide = cv2.resize(patches, (spec.width, spec.height), interpolation=cv2.INTER_CUBIC)
    ground: Plane = np.clip(_GROUND + wide + grain, 80, 156).astype(np.uint8)
    return ground


def _tint(variant: int) -> tuple[int, int]:
    """Returns the colour of the ground, so that people can tell cameras apart."""
    return _NO_COLOUR + 15 * (variant % 5 - 2), _NO_COLOUR + 15 * (variant // 5 % 5 - 2)


def _paint_number(luma: Plane, number: int) -> None:
    side = luma.shape[1] // NUMBER_BITS
    half = max(2, side // 10)
    for place in range(NUMBER_BITS):
        x, y = place * side + side // 2, side // 2
        bit = number >> (NUMBER_BITS - 1 - place) & 1
        luma[y - half : y + half, x - half : x + half] = _WHITE if bit else _BLACK


def _paint_walker(luma: Plane, colours: list[Plane], box: Box) -> None:
    """Paints a person who fills the box: the head touches its top, and a foot always its bottom."""
    walker, left, top, width, height = box
    clothes, colour = _CLOTHES[walker % len(_CLOTHES)]
    # Which leg is in front goes by the way that has been made, so nobody slides over the ground.
    swing = math.sin((left + top + height) / height * math.tau * _STEPS_PER_HEIGHT)
    middle = left + width / 2
    hip, knee, shoulder = top + 0.52 * height, top + 0.76 * height, top + 0.2 * height
    bottom = top + height
    thick = 0.15 * width
    for side in (-1.0, 1.0):
        foot = middle + side * swing * (0.5 * width - thick)
        bent = middle + side * swing * 0.25 * width + side * 0.05 * width
        leg = [(middle - 1.2 * thick, hip), (middle + 1.2 * thick, hip), (bent + thick, knee)]
        leg += [(foot + thick, bottom), (foot - thick, bottom), (bent - thick, knee)]
        _fill(luma, colours, leg, clothes[1], colour)
        hand = middle - side * swing * (0.5 * width - 0.6 * thick)
        arm = [(middle + side * 0.2 * width, shoulder), (hand + 0.6 * thick, hip), (hand - 0.6 * thick, hip)]
        _fill(luma, colours, arm, clothes[0], colour)
    body = [(-0.32, 0.2), (0.32, 0.2), (0.36, 0.3), (0.26, 0.55), (-0.26, 0.55), (-0.36, 0.3)]
    _fill(luma, colours, [(middle + x * width, top + y * height) for x, y in body], clothes[0], colour)
    head = [math.tau * corner / 12 for corner in range(12)]
    round_head = [
        (middle + 0.17 * width * math.cos(angle), top + (0.085 + 0.085 * math.sin(angle)) * height) for angle in head
    ]
    _fill(luma, colours, round_head, clothes[1], _SKIN)


def _fill(
    luma: Plane, colours: list[Plane], corners: list[tuple[float, float]], brightness: int, colour: tuple[int, int]
) -> None:
    # OpenCV means the middle of a pixel where we mean its corner.
    points = np.round((np.array(corners) - 0.5) * (1 << _FRACTION_BITS)).astype(np.int32)
    cv2.fillConvexPoly(luma, points, brightness, cv2.LINE_AA, _FRACTION_BITS)
    # The planes of colour have half the width and height.
    for plane, value in zip(colours, colour, strict=True):
        cv2.fillConvexPoly(plane, points, value, cv2.LINE_8, _FRACTION_BITS + 1)
