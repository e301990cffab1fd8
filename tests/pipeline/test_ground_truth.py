"""From the file to the count, with everything in between: as many crossings as there are in truth."""

import itertools
from pathlib import Path

import av
import pytest

from pipeline.analytics.lines import CERTAINTY
from pipeline.analytics.stream_analytics import StreamAnalytics
from pipeline.detect.motion import MotionDetector
from pipeline.files.rules import CrossingLine, LineCrossingRule, Mode, StreamRules
from pipeline.files.settings import MotionSettings
from pipeline.model import CapturedFrame
from simulator.clips import ClipSpec, clip_in
from simulator.walkers import Walks, crossings, suggested_lines

# The second one is counted against the background of the first.
LOOPS = 2


def counted(clip: Path, spec: ClipSpec, every: int, width: int) -> dict[tuple[Mode, bool], dict[str, int]]:
    """What the analytics count in all modes, at lines with and without ends, given every so manieth frame."""
    lines = {
        label: CrossingLine(((0.0, 0.0), direction), begin, end)
        for label, (begin, end, direction) in suggested_lines(spec).items()
    }
    ways = list(itertools.product(Mode, (True, False)))
    size = (spec.width, spec.height)
    analytics = {
        (mode, extended): StreamAnalytics(
            StreamRules(line_crossing=LineCrossingRule(lines, extended=extended, mode=mode)), size
        )
        for mode, extended in ways
    }
    detector = MotionDetector(MotionSettings(picture_width=width))
    counts: dict[tuple[Mode, bool], dict[str, int]] = {}
    number = 0
    for _ in range(LOOPS):
        with av.open(str(clip)) as container:
            for picture in container.decode(video=0):
                number += 1
                if number % every:
                    continue
                at_s = number / spec.fps
                (found,) = detector.detect([CapturedFrame("camera", number, picture, at_s, at_s)])
                for way, one in analytics.items():
                    counts[way] = dict(one.update(found, size, at_s)[1].lines_cumulative)
    return counts


def true(spec: ClipSpec, mode: Mode, *, extended: bool) -> dict[str, int]:
    """Who crosses what; a stricter mode does not count those who come at too wide an angle."""
    cosine = CERTAINTY[mode].likeness
    return {
        label: LOOPS * crossings(spec, begin, end, direction, extended=extended, least_cosine=cosine)
        for label, (begin, end, direction) in suggested_lines(spec).items()
    }


@pytest.mark.parametrize(
    ("spec", "width", "every"),
    [
        # What the simulator shows by itself, with all kinds of diagonal ways.
        *((ClipSpec(variant=variant), 320, 1) for variant in range(4)),
        *((ClipSpec(variant=variant), 320, 3) for variant in range(2)),
        (ClipSpec(640, 360, variant=5), 640, 3),
        (ClipSpec(variant=6, noise=3.0), 320, 1),
        (ClipSpec(640, 480, variant=7), 320, 3),
        (ClipSpec(640, 360, variant=0, walks=Walks.DIAGONAL), 320, 1),
    ],
    ids=str,
)
def test_all_crossings_are_counted_in_all_modes(clip_dir: Path, spec: ClipSpec, width: int, every: int) -> None:
    counts = counted(clip_in(clip_dir, spec), spec, every, width)
    assert counts == {(mode, extended): true(spec, mode, extended=extended) for mode, extended in counts}
    assert len(counts) == 6
    assert sum(counts[Mode.LOOSE, False].values()) > 50


def test_overlapping_walkers_are_counted_nearly(clip_dir: Path) -> None:
    """People who merge into one blob are one for a motion detector; the error is stated in docs/camera-simulator.md."""
    spec = ClipSpec(640, 360, seconds=60, variant=1, overlapping=True)
    got = counted(clip_in(clip_dir, spec), spec, 1, 320)[Mode.LOOSE, True]
    wanted = true(spec, Mode.LOOSE, extended=True)
    assert sum(wanted.values()) > 200
    wrong = sum(abs(got[label] - count) for label, count in wanted.items())
    assert wrong <= 0.3 * sum(wanted.values()), (got, wanted)
