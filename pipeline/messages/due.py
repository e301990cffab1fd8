"""Which messages a frame is due. Pure: moments come with the frames."""

from collections.abc import Iterable
from enum import StrEnum

from pipeline.model import FrameResult, TrackedObject

FACE_LABEL = "face"
"""What detectors call the objects that go to the topic of faces; all others go to that of tracked objects."""


class Kind(StrEnum):
    """The kinds of messages, each with a topic of its own."""

    ALERT = "alert"
    ANALYTICS = "analytics"
    CAMERA_STATE = "camera state"
    OBJECTS = "objects"
    MOT = "mot"
    FACE = "face"
    VISUAL = "visual"


def is_face(one: TrackedObject) -> bool:
    """Tells whether an object is a face."""
    return one.detection.label.casefold() == FACE_LABEL


class Timetable:
    """Says when something that is told every so often is due, for each stream by itself.

    A schedule, not a gap: a frame that comes a little late does not put off all that follow. It remembers one number per
    stream. Frames of one stream must come one after the other; those of several may come from several threads.
    """

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._next_s: dict[int, float] = {}

    def is_due(self, source_id: int, now_s: float, *, anyway: bool = False) -> bool:
        """Tells whether it is time, or to be told anyway; then the next time is an interval later."""
        next_s = self._next_s.get(source_id, now_s)
        if now_s < next_s and not anyway:
            return False
        kept = next_s + self._interval_s
        self._next_s[source_id] = kept if not anyway and kept > now_s else now_s + self._interval_s
        return True


class Schedule:
    """Decides for each frame which kinds of messages are due."""

    def __init__(self, kinds: Iterable[Kind], *, interval_s: float, visual_interval_s: float) -> None:
        """Makes a schedule.

        Args:
            kinds: Those that have a topic; no other is ever due.
            interval_s: Counts are told so often when nothing crosses a line.
            visual_interval_s: Pictures are sent so often.
        """
        self._kinds = frozenset(kinds)
        self._counts = Timetable(interval_s)
        self._pictures = Timetable(visual_interval_s)

    def due(self, result: FrameResult, *, pictures: bool) -> tuple[Kind, ...]:
        """Returns the kinds of messages that this frame is due.

        Counts are due with every frame in which something has crossed a line: the ``lc_curr`` of all messages add up to
        ``lc_cum``. A stream without lines and regions has none.

        Args:
            result: All that is known of the frame.
            pictures: Whether pictures of this camera are published.
        """
        counts, now_s = result.counts, result.frame.decoded_at_s
        asked = [Kind.ALERT] if result.alerts else []
        if Kind.ANALYTICS in self._kinds and (counts.lines_cumulative or counts.regions or counts.crowded):
            crossed = any(counts.lines_current.values())
            if self._counts.is_due(result.source_id, now_s, anyway=crossed):
                asked.append(Kind.ANALYTICS)
        if result.objects:
            asked.append(Kind.OBJECTS)
        if not all(is_face(one) for one in result.objects):
            asked.append(Kind.MOT)
        if any(is_face(one) for one in result.objects):
            asked.append(Kind.FACE)
        if Kind.VISUAL in self._kinds and pictures and self._pictures.is_due(result.source_id, now_s):
            asked.append(Kind.VISUAL)
        return tuple(kind for kind in asked if kind in self._kinds)
