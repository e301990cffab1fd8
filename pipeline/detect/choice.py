"""Which detector the settings ask for."""

from pipeline.detect.detector import Detector
from pipeline.detect.motion import MotionDetector
from pipeline.detect.onnx_model import OnnxDetector
from pipeline.detect.people import PeopleDetector
from pipeline.files.settings import DetectorSettings, MotionSettings, OnnxSettings, PeopleSettings, Settings


def make_detector(settings: DetectorSettings) -> Detector:
    """Returns the detector; all workers share it.

    The caller sets ``cv2.setNumThreads(1)`` once for the program: the workers are the threads, and OpenCV's own would come on top.

    Raises:
        DetectorError: If the network or its labels cannot be used.
    """
    match settings:
        case MotionSettings():
            return MotionDetector(settings)
        case PeopleSettings():
            return PeopleDetector(settings)
        case _:
            return OnnxDetector(settings)


def frames_at_once(settings: Settings) -> int:
    """Returns how many frames the detector is given at most at a time.

    One, unless it runs a batch as one: those that look at one frame after the other gain nothing by it (5 µs a frame), and
    the first camera of a batch would wait for the last one before it has a turn again.
    """
    return settings.batch_size if isinstance(settings.detector, OnnxSettings) else 1
