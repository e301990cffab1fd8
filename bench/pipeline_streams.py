#!/usr/bin/env python3
"""Streams per core, age of results and memory of the reference workload, beside the way it is usually done, in the same run.

The cameras are simulated by a process of its own on the same machine, 1280x720 at 15 frames per second. Each way watches them for
some seconds; CPU is that of its process alone, in % of one core. The baseline is bench/stand/thread_per_camera.py: the same
detector behind a thread per camera with OpenCV and a queue.
"""

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.stand.fleet import percentile, print_verdict

_STAND: Final = Path(__file__).resolve().parent / "stand"
_OURS: Final = "watched_pipeline.py"
_THEIRS: Final = "thread_per_camera.py"
# What comes before is starting, and learning the background.
_WARM_UP_S: Final = 6
# OpenCV opens one camera after the other, for some two seconds each.
_OPENING_MOST_S: Final = 90


@dataclass(frozen=True)
class Run:
    """What a program did with its cameras.

    Attributes:
        fps: Results per second, of the slowest and of the fastest camera.
        cpu_percent: Of one core.
        frame_cpu_ms: CPU time per result, which says more than the above where other programs run too.
        ages_ms: Of the results, since the camera sent the frame.
        rss_mib: At the end.
        growth_mib_per_minute: Of the memory.
    """

    fps: tuple[float, float]
    cpu_percent: float
    frame_cpu_ms: float
    ages_ms: list[float]
    rss_mib: float
    growth_mib_per_minute: float

    def print(self, name: str) -> None:
        """Prints a line."""
        p50, p95 = (percentile(self.ages_ms, share) if self.ages_ms else float("nan") for share in (50, 95))
        print(
            f"  {name:<34}{self.fps[0]:5.1f}..{self.fps[1]:<5.1f} fps  {self.cpu_percent:5.0f} % CPU  {self.frame_cpu_ms:5.2f} ms/result  age p50 {p50:7.0f} "
            f"p95 {p95:7.0f} ms  {self.rss_mib:6.0f} MiB  {self.growth_mib_per_minute:+7.0f} MiB/min"
        )


def watch(
    program: str, urls: Sequence[str], sent: Path, seconds: int, *options: str, prefix: Sequence[str] = ()
) -> Run:
    """Runs a program on the cameras for so long, by a command prefix if one is given."""
    command = [*prefix, sys.executable, str(_STAND / program), *urls, "--sent", str(sent), *options]
    lines: list[dict[str, object]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout is not None  # noqa: S101 - it was asked for
        try:
            began_s, ready_s = time.monotonic(), None
            for line in running.stdout:
                said, now_s = json.loads(line), time.monotonic()
                if ready_s is None and (min(said["fps"]) > 0 or now_s - began_s > _OPENING_MOST_S):
                    ready_s = now_s
                if ready_s is not None and now_s - ready_s >= _WARM_UP_S:
                    lines.append(said)
                if len(lines) >= seconds:
                    break
        finally:
            running.kill()
    if not lines:
        raise RuntimeError(f"{program} said nothing")
    per_camera = [statistics.fmean(seen) for seen in zip(*(line["fps"] for line in lines), strict=True)]  # type: ignore[call-overload]
    rss = [float(str(line["rss_mib"])) for line in lines]
    cpu_percent = statistics.fmean(float(str(line["cpu_percent"])) for line in lines)
    ages = [age for line in lines for age in line["ages_ms"]]  # type: ignore[attr-defined]
    return Run(
        fps=(min(per_camera), max(per_camera)),
        cpu_percent=cpu_percent,
        frame_cpu_ms=10 * cpu_percent / max(1e-3, sum(per_camera)),
        ages_ms=ages,
        rss_mib=rss[-1],
        growth_mib_per_minute=(rss[-1] - rss[0]) / max(1, len(rss) - 1) * 60,
    )


def compare(title: str, urls: Sequence[str], sent: Path, seconds: int, options: Sequence[str]) -> None:
    """Runs both ways and prints how many streams each would carry per core."""
    print(title)
    ours = watch(_OURS, urls, sent, seconds, *options)
    theirs = watch(_THEIRS, urls, sent, seconds, *options)
    ours.print("pipeline")
    theirs.print("thread per camera and a queue")
    per_core = [100 * len(urls) / run.cpu_percent for run in (ours, theirs)]
    print(
        f"  streams per core: {per_core[0]:.1f} and {per_core[1]:.1f}, ratio {per_core[0] / per_core[1]:.1f} (target 2)"
    )


def capacity(urls: Sequence[str], sent: Path, seconds: int) -> None:
    """Prints how many cameras each way carries on this machine, all of them at full rate and with results that do not grow old."""
    print(
        "most cameras, every frame, on all cores: the slowest at 13.5 fps or more, 95 % of results younger than a second"
    )
    most = {}
    for program in (_OURS, _THEIRS):
        most[program] = 0
        for count in range(4, len(urls) + 1, 4):
            run = watch(program, urls[:count], sent, seconds)
            run.print(f"{'pipeline' if program == _OURS else 'thread per camera'}, {count} cameras")
            if run.fps[0] < 13.5 or percentile(run.ages_ms, 95) > 1000:
                break
            most[program] = count
    print(f"  cameras: {most[_OURS]} and {most[_THEIRS]} (target: twice as many)")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=12, help="of each measurement (default: %(default)s)")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as folder:
        sent = Path(folder) / "sent"
        with simulated(32, sent) as urls:
            compare("8 cameras, every frame", urls[:8], sent, seconds, [])
            compare("8 cameras, a frame per second", urls[:8], sent, seconds, ["--frame-delay-s", "1"])
            compare("4 cameras, a slow detector (people)", urls[:4], sent, 2 * seconds, ["--detector", "people"])
            capacity(urls, sent, seconds // 2)
            floor(urls, sent, seconds)
        with simulated(16, sent, "--noise", "4") as urls:
            overload(urls, sent, 2 * seconds)


@contextlib.contextmanager
def simulated(cameras: int, sent: Path, *options: str) -> Iterator[Sequence[str]]:
    """Runs a simulator; gives the URLs of its cameras."""
    command = [
        sys.executable,
        str(_STAND / "timed_cameras.py"),
        "--cameras",
        str(cameras),
        "--sent",
        str(sent),
        *options,
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
        assert simulator.stdout is not None  # noqa: S101 - it was asked for
        try:
            yield simulator.stdout.readline().split()
        finally:
            simulator.kill()


def overload(urls: Sequence[str], sent: Path, seconds: int) -> None:
    """Prints what becomes of results when there is too little CPU even to decode all cameras."""
    print("16 cameras with a noisy sensor, which need 1.7 cores, on one core")
    run = watch(_OURS, urls, sent, seconds, prefix=["taskset", "-c", "0"])
    run.print("pipeline")
    print_verdict("  age of a result, p95", percentile(run.ages_ms, 95), 3000.0, "ms")


def floor(urls: Sequence[str], sent: Path, seconds: int) -> None:
    """Compares with what the prototype of the pipeline reached on 2 shared vCPUs."""
    print("24 cameras, every frame")
    run = watch(_OURS, urls[:24], sent, seconds)
    run.print("pipeline")
    print_verdict("  missing to 14.5 fps of the slowest camera", max(0.0, 14.5 - run.fps[0]), 0.0, "fps")
    print_verdict("  CPU", run.cpu_percent, 140.0, "%")
    print_verdict("  age of a result, p50", percentile(run.ages_ms, 50), 90.0, "ms")
    # Where nothing changes enough the detector has no work: what is left is what the prototype was measured at.
    print("32 cameras, every frame decoded, every third one reduced and compared with the one before it")
    run = watch(_OURS, urls, sent, seconds, "--frame-delay-s", "0.2", "--change-percent", "100")
    run.print("pipeline")
    print_verdict("  CPU", run.cpu_percent, 112.0, "%")
    print("the same, and every third one analysed")
    watch(_OURS, urls, sent, seconds, "--frame-delay-s", "0.2").print("pipeline")


if __name__ == "__main__":
    main()
