"""The way that video analytics in Python usually begin, and the seed's: a thread per camera with OpenCV, and a queue.

Every frame is decoded to full colour and put into the queue; a worker takes them one by one. The detector is the pipeline's own,
so that only the way to it is compared.
"""

import argparse
import queue
import sys
import threading
import time
from pathlib import Path

import cv2
from av.video.frame import VideoFrame

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.stand.sent_frames import SentFrames
from bench.stand.watcher import Watcher
from pipeline.detect.choice import make_detector
from pipeline.files.settings import MotionSettings, PeopleSettings
from pipeline.model import CapturedFrame


def main() -> None:
    """Watches the cameras until it is killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="+")
    parser.add_argument("--sent", type=Path, required=True)
    parser.add_argument("--detector", choices=("motion", "people"), default="motion")
    parser.add_argument("--frame-delay-s", type=float, default=0.0)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    watcher = Watcher(len(options.urls))
    frames: queue.Queue[tuple[int, CapturedFrame]] = queue.Queue()
    sent = SentFrames(options.sent, len(options.urls), new=False)
    detector = make_detector(MotionSettings() if options.detector == "motion" else PeopleSettings())

    def capture(camera: int, url: str) -> None:
        video = cv2.VideoCapture(url, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        number, due_s = 0, 0.0
        while True:
            good, image = video.read()
            now_s = time.monotonic()
            if not good:
                raise SystemExit(f"camera {camera} ended")
            if now_s < due_s:
                continue
            due_s = max(due_s + options.frame_delay_s, now_s - options.frame_delay_s)
            number += 1
            frames.put((camera, CapturedFrame(str(camera), number, image, now_s, time.time())))

    def work() -> None:
        while True:
            camera, frame = frames.get()
            picture = VideoFrame.from_ndarray(frame.picture, "bgr24")
            detector.detect(
                [CapturedFrame(frame.camera_id, frame.number, picture, frame.decoded_at_s, frame.seen_at_s)]
            )
            watcher.result(camera, sent.age_ms(camera, picture.reformat(format="gray"), time.monotonic()))

    for camera, url in enumerate(options.urls):
        threading.Thread(target=capture, args=(camera, url), daemon=True).start()
    threading.Thread(target=work, daemon=True).start()
    watcher.tell_for_ever()


if __name__ == "__main__":
    main()
