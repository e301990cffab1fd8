"""One stream: a camera from its first packet to the last word on its last frame."""

import time
import uuid
from collections.abc import Callable, Sequence

from pipeline.analysis_stats import AnalysisStats
from pipeline.analytics.alerts import StreamAlerts, alert_id
from pipeline.analytics.stream_analytics import StreamAnalytics
from pipeline.cameras.camera_stats import CameraSnapshot, CameraState, CameraStats
from pipeline.cameras.capture import Capture
from pipeline.cameras.connection_turns import ConnectionTurns
from pipeline.damage.judge import NOTHING_JUDGED, USUAL_LIMITS, Counted, Damage, DamageLimits, Judgement, Seen, judge
from pipeline.damage.picture_look import PictureLook
from pipeline.detect.significant_change import SignificantChange
from pipeline.files.rules import AnalyticsRules, Point
from pipeline.files.settings import CameraSettings
from pipeline.files.source import Source
from pipeline.model import CapturedFrame, Detection, FrameResult


class Stream:
    """One camera with all that is known of it.

    Its capture thread calls ``offer`` of whoever made it; at any moment at most one worker analyses a frame of it.

    Attributes:
        source: The camera.
        source_id: Number of the stream.
        name: Of the camera, as it was added.
        device_id: What messages call it.
        camera: What is known of the camera.
        analysis: What is known of the analysis.
        alerts: What its rules for alerts make of its frames.
        last_result: Of the last analysed frame; None before the first.
        picture: What is known of its picture.
    """

    def __init__(
        self,
        source: Source,
        *,
        source_id: int,
        name: str,
        device_id: str,
        settings: CameraSettings,
        rules: AnalyticsRules,
        change_percent: float,
        damage_limits: DamageLimits = USUAL_LIMITS,
    ) -> None:
        began_s = time.monotonic()
        self._began_s = began_s
        self.source = source
        self.source_id = source_id
        self.name = name
        self.device_id = device_id
        self.camera = CameraStats(began_s, settings)
        self.analysis = AnalysisStats(began_s)
        self.alerts = StreamAlerts(settings.alerts, _new_alert_id)
        self.last_result: FrameResult | None = None
        self.picture = PictureLook()
        self._judgement: Judgement = NOTHING_JUDGED
        self._damage_limits = damage_limits
        self._settings = settings
        self._change = SignificantChange(change_percent)
        self._analytics = StreamAnalytics(rules.of(source_id), (rules.width, rules.height))
        self._regions = self._regions_that_matter(rules)
        self._detections: tuple[Detection, ...] | None = None
        self._passed = 0
        self._new_rules: AnalyticsRules | None = None
        self._capture: Capture | None = None

    def watch(self, offer: Callable[[CapturedFrame], None], turns: ConnectionTurns) -> None:
        """Begins to read the camera."""

        def take(frame: CapturedFrame) -> None:
            self.analysis.offered(frame.decoded_at_s)
            offer(frame)

        self._capture = Capture(self.source, self._settings, self.camera, take, turns)
        self._capture.start()

    def leave(self) -> None:
        """Asks the capture to end; it does as soon as the library lets it."""
        if self._capture is not None:
            self._capture.stop()

    def join(self, timeout_s: float) -> None:
        """Waits for the capture to end."""
        if self._capture is not None:
            self._capture.join(timeout_s)

    def treat(self, settings: CameraSettings, rules: AnalyticsRules) -> None:
        """Goes by other limits and rules from now on; counts begin anew."""
        self._settings = settings
        if self._capture is not None:
            self._capture.treat(settings)
        # Taken over by the worker at the next frame: it alone touches the analytics.
        self._new_rules = rules

    def owns(self, frame: CapturedFrame) -> bool:
        """Tells whether the frame is from this stream, not from one before it with the same camera id."""
        return frame.decoded_at_s >= self._began_s

    def is_significant(self, frame: CapturedFrame) -> bool:
        """Tells whether the frame differs enough from the one that was analysed before, if the detector got on with that."""
        self.picture.look(frame)
        changed = self._change.is_significant(frame, self._regions)
        return changed or self._detections is None

    def failed(self) -> None:
        """A frame could not be analysed: what is in it, and in those that are like it, is not known."""
        self._detections = None
        self.analysis.failed()

    def result_of(self, frame: CapturedFrame, detections: Sequence[Detection] | None) -> FrameResult:
        """Returns what is known of the frame.

        Args:
            frame: The frame.
            detections: What is in it; None if it has not changed, so that it holds what was in the one before.
        """
        self._take_over_rules()
        if detections is not None:
            self._detections = tuple(detections)
        size = (frame.picture.width, frame.picture.height)
        objects, counts = self._analytics.update(self._detections or (), size, frame.decoded_at_s)
        news = self.alerts.update(objects, size, frame.decoded_at_s, frame.seen_at_s)
        result = FrameResult(self.source_id, frame, objects, counts, news)
        self.analysis.finished(frame.decoded_at_s, time.monotonic(), unchanged=detections is None)
        self.last_result = result
        return result

    @property
    def damage(self) -> Damage | None:
        """What is damaged of what the camera sends, by the last judgement."""
        return self._judgement.damage

    def judge_damage(self, seen: CameraSnapshot, now_s: float) -> None:
        """Judges what the camera sends; of one that sends nothing nothing is known.

        Args:
            seen: The camera as it stands now.
            now_s: In monotonic seconds. Whoever calls does so again and again.
        """
        if seen.state not in {CameraState.ALIVE, CameraState.SLOW}:
            self._judgement = NOTHING_JUDGED
            return
        counted = Counted(now_s, seen.pictures, seen.broken_pictures)
        # What a file shows is what was recorded.
        picture = None if self.source.type == "file" else self.picture.seen
        self._judgement = judge(self._judgement, Seen(counted, picture, seen.clock_jump), now_s, self._damage_limits)

    def frames_passed(self, seen: CameraSnapshot, *, stuck: bool) -> int:
        """Returns how many frames went through: all that the camera sent, unless the analysis is stuck.

        Whoever takes growing numbers for a proof that the camera is watched must not be told so while nobody looks at its
        frames.
        """
        if not stuck:
            self._passed = max(self._passed, seen.frame_number)
        return self._passed

    def _take_over_rules(self) -> None:
        rules, self._new_rules = self._new_rules, None
        if rules is not None:
            self._analytics.reload(rules.of(self.source_id), (rules.width, rules.height))
            self.alerts.reload(self._settings.alerts)
            self._regions = self._regions_that_matter(rules)

    def _regions_that_matter(self, rules: AnalyticsRules) -> tuple[tuple[Point, ...], ...]:
        """The regions of interest as shares of the picture, if changes elsewhere do not matter; without any they do everywhere."""
        stream = rules.of(self.source_id)
        roi = stream.roi_filtering
        if roi is None or roi.inverse or stream.line_crossing or stream.overcrowding or stream.direction:
            return ()
        if self.alerts.look_everywhere:
            return ()
        return tuple(tuple((x / rules.width, y / rules.height) for x, y in points) for points in roi.regions.values())


def _new_alert_id(unix_s: float) -> str:
    return alert_id(unix_s, uuid.uuid4().hex[:6])
