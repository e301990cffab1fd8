"""Real people in front of a real camera: OpenCV's sample video, which Debian has in its package opencv-doc.

Who crosses the middle of the picture was counted by eye, on stills and on a picture of that column over time: 14 people go to
the right and 18 to the left. Two times a pair goes side by side, a sign hides the legs of all, one woman takes a step over
the line and back again, and two people stand on it for ten seconds.
"""

import os
from pathlib import Path

import av
import pytest

from pipeline.analytics.stream_analytics import StreamAnalytics
from pipeline.detect.motion import MotionDetector
from pipeline.files.rules import CrossingLine, LineCrossingRule, Mode, StreamRules
from pipeline.files.settings import MotionSettings
from pipeline.model import CapturedFrame

TRUE = {"right": 14, "left": 18}
MOST_MISSED = 5
"""Of each direction. Found: loose 16 and 19, balanced 14 and 17, strict 11 and 15."""
MOST_INVENTED = 3
"""Parts of a body on the line, and those who stand on it."""

VIDEO = os.environ.get("FLEET_TEST_PEDESTRIANS", "")
LINES = {
    "right": CrossingLine(((300, 288), (460, 288)), (384, 0), (384, 576)),
    "left": CrossingLine(((460, 288), (300, 288)), (384, 0), (384, 576)),
}


@pytest.mark.skipif(not Path(VIDEO).is_file(), reason="FLEET_TEST_PEDESTRIANS must name vtest.avi")
@pytest.mark.parametrize("mode", Mode)
def test_counts_are_near_those_of_a_person(mode: Mode) -> None:
    detector = MotionDetector(MotionSettings())
    analytics = StreamAnalytics(StreamRules(line_crossing=LineCrossingRule(LINES, mode=mode)), (768, 576))
    with av.open(VIDEO) as video:
        for number, picture in enumerate(video.decode(video=0), 1):
            frame = CapturedFrame("street", number, picture, number / 10, number / 10)
            _, counts = analytics.update(detector.detect([frame])[0], (picture.width, picture.height), number / 10)
    for label, count in counts.lines_cumulative.items():
        assert TRUE[label] - MOST_MISSED <= count <= TRUE[label] + MOST_INVENTED
