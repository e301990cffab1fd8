"""Which detector the settings ask for."""

from pipeline.detect.detector import Detector
from pipeline.detect.motion import MotionDetector
from pipeline.detect.onnx_model import OnnxDetector
from pipeline.detect.people import PeopleDetector
from pipeline.files.settings import DetectorSettings, MotionSettings, PeopleSettings


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
