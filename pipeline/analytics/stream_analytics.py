"""What is made of the detections of one stream: tracks, crossings, regions, crowds and directions."""

import heapq
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.analytics.directions import moves_in
from pipeline.analytics.journey import Journey
from pipeline.analytics.lines import Approach, Line
from pipeline.analytics.regions import Crowd, Region
from pipeline.analytics.tracker import MOST_TRACKS, Tracker
from pipeline.files.rules import (
    DirectionRule,
    LineCrossingRule,
    OvercrowdingRule,
    Point,
    RoiFilteringRule,
    StreamRules,
)
from pipeline.model import Detection, FrameCounts, TrackedObject

# Stand for groups that are not there: without shapes they find nothing.
_NO_ROI_FILTERING = RoiFilteringRule(regions={})
_NO_OVERCROWDING = OvercrowdingRule(regions={})
_NO_LINE_CROSSING = LineCrossingRule(lines={})
_NO_DIRECTION = DirectionRule(directions={})


@dataclass(slots=True)
class _Followed:
    """An object that is being tracked: its way, and where it is with each line, by label."""

    track_id: int
    journey: Journey
    approaches: dict[str, Approach] = field(default_factory=dict)

    def crosses(self, label: str, line: Line) -> bool:
        """Tells whether it has crossed the line with this sighting; to be asked once for each."""
        self.approaches[label], crossed = line.step(self.approaches.get(label), self.journey)
        return crossed


class StreamAnalytics:
    """The analytics of one stream. It is given the frames in their order, by one thread at a time.

    Args:
        rules: Of the stream.
        size: Width and height of the frame that the points of the rules are given in, in pixels; 0 for those of the camera.
    """

    def __init__(self, rules: StreamRules, size: tuple[int, int]) -> None:
        self._tracker = Tracker()
        self.reload(rules, size)

    def reload(self, rules: StreamRules, size: tuple[int, int]) -> None:
        """Goes on with other rules: counts begin anew, as in DeepStream; the tracker goes on."""
        self._size = size
        self._roi_filtering = rules.roi_filtering or _NO_ROI_FILTERING
        self._overcrowding = rules.overcrowding or _NO_OVERCROWDING
        self._line_crossing = rules.line_crossing or _NO_LINE_CROSSING
        self._direction = rules.direction or _NO_DIRECTION
        self._lines = {
            label: Line(line, extended=self._line_crossing.extended, mode=self._line_crossing.mode)
            for label, line in self._line_crossing.lines.items()
        }
        self._rois = {label: Region(corners) for label, corners in self._roi_filtering.regions.items()}
        self._crowd_rois = {label: Region(corners) for label, corners in self._overcrowding.regions.items()}
        self._crowds = dict.fromkeys(self._crowd_rois, Crowd())
        self._cumulative = dict.fromkeys(self._lines, 0)
        self._followed: dict[int, _Followed] = {}

    def update(
        self, detections: Sequence[Detection], frame_size: tuple[int, int], at_s: float
    ) -> tuple[tuple[TrackedObject, ...], FrameCounts]:
        """Takes the detections of one frame, and tells what they amount to.

        Args:
            detections: In pixels of the frame, in any order.
            frame_size: Width and height of the frame, in pixels.
            at_s: When the frame was taken, in seconds of a clock that does not go back.

        Returns:
            The objects in the order of the detections, at most ``MOST_TRACKS``, the surest; and the counts.
        """
        surest = _surest(detections)
        followed = self._follow(surest, frame_size, at_s)
        in_crowd_rois = [
            _labels_of(self._crowd_rois, one.journey.foot, inverse=False)
            if _looks_at(self._overcrowding.class_ids, detection)
            else ()
            for one, detection in zip(followed, surest, strict=True)
        ]
        crowd_counts = Counter(label for labels in in_crowd_rois for label in labels)
        crowded = self._crowded(crowd_counts, at_s)
        objects = tuple(
            self._object(one, detection, tuple(label for label in labels if crowded[label]))
            for one, detection, labels in zip(followed, surest, in_crowd_rois, strict=True)
        )
        return objects, self._counts(objects, crowd_counts, crowded)

    def _follow(
        self, detections: Sequence[Detection], frame_size: tuple[int, int], at_s: float
    ) -> tuple[_Followed, ...]:
        """What is known of the object of each detection, this sighting included."""
        track_ids = self._tracker.update(detections, at_s)
        alive = self._tracker.track_ids
        self._followed = {track_id: one for track_id, one in self._followed.items() if track_id in alive}
        to_rules = _scale(frame_size, self._size)
        for track_id, detection in zip(track_ids, detections, strict=True):
            foot = detection.foot[0] * to_rules[0], detection.foot[1] * to_rules[1]
            height = detection.height * to_rules[1]
            known = self._followed.get(track_id)
            if known is None:
                self._followed[track_id] = _Followed(track_id, Journey(foot, height, at_s))
            else:
                known.journey.go_on(foot, height, at_s)
        return tuple(self._followed[track_id] for track_id in track_ids)

    def _object(self, followed: _Followed, detection: Detection, crowds: tuple[str, ...]) -> TrackedObject:
        roi_filtering, journey = self._roi_filtering, followed.journey
        in_rois: tuple[str, ...] = ()
        if _looks_at(roi_filtering.class_ids, detection):
            in_rois = _labels_of(self._rois, journey.foot, inverse=roi_filtering.inverse)
        directions: tuple[str, ...] = ()
        if _looks_at(self._direction.class_ids, detection):
            ways = self._direction.directions.items()
            directions = tuple(label for label, way in ways if moves_in(way, self._direction.mode, journey))
        crossed: tuple[str, ...] = ()
        if _looks_at(self._line_crossing.class_ids, detection):
            crossed = tuple(label for label, line in self._lines.items() if followed.crosses(label, line))
        return TrackedObject(followed.track_id, detection, in_rois, crowds, crossed, directions)

    def _crowded(self, counts: Mapping[str, int], at_s: float) -> dict[str, bool]:
        rule = self._overcrowding
        self._crowds = {
            label: crowd.counted(counts.get(label, 0), rule.object_threshold, at_s)
            for label, crowd in self._crowds.items()
        }
        return {label: crowd.lasts(at_s, rule.time_threshold_ms) for label, crowd in self._crowds.items()}

    def _counts(
        self, objects: Sequence[TrackedObject], crowd_counts: Mapping[str, int], crowded: Mapping[str, bool]
    ) -> FrameCounts:
        crossed = Counter(label for one in objects for label in one.crossed)
        in_rois = Counter(label for one in objects for label in one.regions)
        self._cumulative = {label: count + crossed[label] for label, count in self._cumulative.items()}
        return FrameCounts(
            lines_current={label: crossed[label] for label in self._lines},
            lines_cumulative=self._cumulative,
            # Both kinds of regions are counted; of two with one label, DeepStream tells the count of the crowd.
            regions={label: in_rois[label] for label in self._rois}
            | {label: crowd_counts.get(label, 0) for label in self._crowd_rois},
            crowded=crowded,
            classes=dict(Counter(one.detection.label for one in objects)),
        )


def _surest(detections: Sequence[Detection]) -> Sequence[Detection]:
    if len(detections) <= MOST_TRACKS:
        return detections
    sure = heapq.nlargest(MOST_TRACKS, range(len(detections)), key=lambda index: detections[index].confidence)
    return [detections[index] for index in sorted(sure)]


def _looks_at(class_ids: frozenset[int] | None, detection: Detection) -> bool:
    return class_ids is None or detection.class_id in class_ids


def _labels_of(regions: Mapping[str, Region], foot: Point, *, inverse: bool) -> tuple[str, ...]:
    return tuple(label for label, region in regions.items() if region.holds(foot) is not inverse)


def _scale(frame_size: tuple[int, int], rules_size: tuple[int, int]) -> tuple[float, float]:
    """What places in the frame are multiplied with, right and down, to become places of the rules."""
    if not all(frame_size) or not all(rules_size):
        return 1.0, 1.0
    return rules_size[0] / frame_size[0], rules_size[1] / frame_size[1]
