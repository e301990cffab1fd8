"""Every crossing of walkers whose ways are known is counted, and nothing else."""

import math
import random

import pytest

from pipeline.analytics.journey import likeness
from pipeline.analytics.stream_analytics import StreamAnalytics
from pipeline.files.rules import CrossingLine, LineCrossingRule, Mode, Point, StreamRules
from pipeline.model import Detection
from simulator import walkers
from tests.pipeline.analytics.walks import FRAME, Sight, Walk, true_crossings

WIDTH, HEIGHT = FRAME
LINES = {
    "right": CrossingLine(((600, 360), (680, 360)), (640, 0), (640, 720)),
    "left": CrossingLine(((680, 360), (600, 360)), (640, 0), (640, 720)),
    "down": CrossingLine(((640, 300), (640, 400)), (0, 400), (1280, 400)),
    "up": CrossingLine(((640, 400), (640, 300)), (0, 400), (1280, 400)),
    "down-right": CrossingLine(((600, 320), (680, 400)), (280, 720), (1000, 0)),
}
LEAST_LIKENESS = {Mode.LOOSE: -1.0, Mode.BALANCED: 0.5, Mode.STRICT: 0.8}
CLEARANCE_PX = 60.0
PERFECT, POOR = (0.0, 0.0), (0.15, 3.0)
"""The share of the boxes that are lost, and by how many pixels (one standard deviation) the others tremble."""


def scene(seed: int, people: int = 8) -> list[Walk]:
    """People who walk right, left, down, up and across, all at once and through each other, for half a minute.

    Nobody begins or ends near a line, or walks along it: with boxes that tremble and are lost, nobody could tell the sides.
    """
    dice = random.Random(seed)
    walks: list[Walk] = []
    while len(walks) < people:
        walk = _walk(dice, dice.choice(("right", "left", "down", "up", "across")))
        ends = walk.foot(walk.begin_s), walk.foot(walk.begin_s + walk.lasts_s)
        if all(_distance(end, line) >= CLEARANCE_PX for end in ends for line in LINES.values()):
            walks.append(walk)
    return walks


def _distance(point: Point, line: CrossingLine) -> float:
    (x, y), (end_x, end_y) = line.begin, line.end
    along = (end_x - x, end_y - y)
    return abs(along[0] * (point[1] - y) - along[1] * (point[0] - x)) / math.hypot(*along)


def _walk(dice: random.Random, way: str) -> Walk:
    speed, height = dice.uniform(60, 200), dice.uniform(70, 110)
    width = height * dice.uniform(0.35, 0.5)
    x, y = dice.uniform(50, 1230), dice.uniform(150, 700)
    begin_s, across, down = dice.uniform(0, 20), WIDTH - width, HEIGHT - height
    match way:
        case "right":
            return Walk((width / 2, y), (speed, 0), begin_s, across / speed, width, height)
        case "left":
            return Walk((WIDTH - width / 2, y), (-speed, 0), begin_s, across / speed, width, height)
        case "down":
            return Walk((x, height), (0, speed), begin_s, down / speed, width, height)
        case "up":
            return Walk((x, HEIGHT), (0, -speed), begin_s, down / speed, width, height)
        case _:
            # Halfway between two ways: too far from both for strict, and well within what balanced bears.
            return Walk((dice.uniform(100, 500), height), (speed, speed), begin_s, down / speed, width, height)


def expected(walks: list[Walk], line: CrossingLine, mode: Mode) -> int:
    vector = (line.direction[1][0] - line.direction[0][0], line.direction[1][1] - line.direction[0][1])
    return sum(true_crossings(walk, line) for walk in walks if likeness(walk.velocity, vector) >= LEAST_LIKENESS[mode])


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(("lost", "trembling_px"), [PERFECT, POOR])
@pytest.mark.parametrize("fps", [15.0, 5.0])
def test_people_who_walk_through_each_other(fps: float, lost: float, trembling_px: float, mode: Mode) -> None:
    crossings = 0
    for seed in range(5):
        walks = scene(seed)
        analytics = StreamAnalytics(StreamRules(line_crossing=LineCrossingRule(LINES, mode=mode)), FRAME)
        for at_s, detections in Sight(fps, lost, trembling_px, seed).frames(walks):
            _, counts = analytics.update(detections, FRAME, at_s)
        true_counts = {label: expected(walks, line, mode) for label, line in LINES.items()}
        assert counts.lines_cumulative == true_counts, f"scene {seed}"
        crossings += sum(true_counts.values())
    assert crossings >= 40


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(
    ("fps", "lost", "trembling_px", "names"),
    [
        (5, 0.0, 0.0, {"right", "left", "down", "up", "down-right", "up-left"}),
        # Some leave the picture right behind the slanting lines, where a lost box is all there was to see. Walkers half as
        # high as above tremble half as much.
        (15, 0.15, 1.5, {"right", "left", "down", "up"}),
    ],
)
@pytest.mark.parametrize("walks", walkers.Walks)
def test_the_walkers_of_the_simulator(
    walks: walkers.Walks, fps: int, lost: float, trembling_px: float, names: set[str], mode: Mode
) -> None:
    """Two loops of the clip."""
    spec = walkers.WalkersSpec(fps=fps, seconds=40, walks=walks)
    size = (spec.width, spec.height)
    lines, true_counts = {}, {}
    for label, (begin, end, vector) in walkers.suggested_lines(spec).items():
        if label in names:
            lines[label] = CrossingLine(((0.0, 0.0), vector), begin, end)
            true_counts[label] = 2 * walkers.crossings(
                spec, begin, end, vector, extended=True, least_cosine=LEAST_LIKENESS[mode]
            )
    analytics = StreamAnalytics(StreamRules(line_crossing=LineCrossingRule(lines, mode=mode)), size)

    for frame in range(2 * spec.frames):
        _, counts = analytics.update(_seen(spec, frame, lost, trembling_px), size, frame / fps)

    assert counts.lines_cumulative == true_counts
    assert sum(true_counts.values()) > 0 or walks is walkers.Walks.DIAGONAL


def _seen(spec: walkers.WalkersSpec, frame: int, lost: float, trembling_px: float) -> list[Detection]:
    dice = random.Random(frame)
    return [
        Detection(
            left + dice.gauss(0, trembling_px),
            top + dice.gauss(0, trembling_px),
            width + dice.gauss(0, trembling_px),
            height + dice.gauss(0, trembling_px),
            0,
            "person",
            0.9,
        )
        for _, left, top, width, height in walkers.boxes_at(spec, frame)
        if dice.random() >= lost
    ]
