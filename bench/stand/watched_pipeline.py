"""The streams and the analysis of the pipeline, as its program puts them together, with an eye on each result."""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import cv2

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.stand.sent_frames import SentFrames
from bench.stand.watcher import Watcher
from pipeline.analysis import Analysis
from pipeline.cpu_limit import available_cpus, worker_count
from pipeline.detect.choice import frames_at_once, make_detector
from pipeline.detect.frame_slots import FrameSlots
from pipeline.files.config import AppConf, PipelineConfig
from pipeline.files.settings import CameraSettings, MotionSettings, PeopleSettings, Settings
from pipeline.files.source import source_of_url
from pipeline.model import FrameResult
from pipeline.stream import Stream
from pipeline.streams import Streams


def main() -> None:
    """Watches the cameras until it is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--sent", type=Path, required=True)
    parser.add_argument("--detector", choices=("motion", "people"), default="motion")
    parser.add_argument("--frame-delay-s", type=float, default=0.0)
    parser.add_argument("--change-percent", type=float, default=Settings.significant_change_percent)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    count = len(options.urls)
    watcher = Watcher(count)
    sent = SentFrames(options.sent, count, new=False)
    settings = Settings(
        detector=MotionSettings() if options.detector == "motion" else PeopleSettings(),
        significant_change_percent=options.change_percent,
        cameras={str(camera): CameraSettings(frame_delay_s=options.frame_delay_s) for camera in range(count)},
    )
    detector = make_detector(settings.detector)
    workers = worker_count(available_cpus())
    config = PipelineConfig((), _app_conf(count), settings)
    streams = Streams(config, Path(tempfile.gettempdir()), FrameSlots(workers), detector)

    def tell(stream: Stream, result: FrameResult) -> None:
        watcher.result(stream.source_id, sent.age_ms(stream.source_id, result.frame.picture, time.monotonic()))

    deadline_s = settings.batch_deadline_ms / 1000
    analysis = Analysis(
        streams, detector, tell, workers=workers, batch_size=frames_at_once(settings), batch_deadline_s=deadline_s
    )
    analysis.start()
    for camera, url in enumerate(options.urls):
        streams.add(source_of_url(str(camera), url), str(camera))
    watcher.tell_for_ever()


def _app_conf(cameras: int) -> AppConf:
    return AppConf(
        app_type="NORMAL",
        face_raw_meta_topic="",
        mot_raw_meta_topic="",
        visual_topic="",
        kafka_connection_str="",
        streammux_output_width=1280,
        streammux_output_height=720,
        streammux_batch_size=cameras,
        streammux_buffer_pool=4,
        streammux_nvbuf_memory_type=0,
        face_confidence_threshold=0.5,
        mot_confidence_threshold=0.5,
        gpu_id=0,
    )


if __name__ == "__main__":
    main()
