"""What a program that watches cameras says of itself: one line of JSON a second on stdout, for the bench that started it."""

import json
import os
import threading
import time
from collections import defaultdict

import psutil


class Watcher:
    """Collects results and tells them."""

    def __init__(self, cameras: int) -> None:
        self._lock = threading.Lock()
        self._cameras = cameras
        self._results: dict[int, int] = defaultdict(int)
        self._ages_ms: list[float] = []
        self._process = psutil.Process(os.getpid())

    def result(self, camera: int, age_ms: float | None) -> None:
        """A frame of the camera has its result, so long after it was sent."""
        with self._lock:
            self._results[camera] += 1
            if age_ms is not None:
                self._ages_ms.append(age_ms)

    def tell_for_ever(self) -> None:
        """Tells once a second what happened in it."""
        self._process.cpu_percent()
        while True:
            time.sleep(1.0)
            with self._lock:
                results, self._results = self._results, defaultdict(int)
                ages, self._ages_ms = self._ages_ms, []
            said = {
                "fps": [results[camera] for camera in range(self._cameras)],
                "ages_ms": ages,
                "cpu_percent": self._process.cpu_percent(),
                "rss_mib": self._process.memory_info().rss / 2**20,
            }
            print(json.dumps(said), flush=True)
