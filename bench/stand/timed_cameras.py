"""Simulated cameras that write down when they send which frame; prints their URLs on one line, and runs until it is killed."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bench.stand.sent_frames import SentFrames
from simulator import rtsp_session
from simulator.clip_reader import AccessUnit, read_clip
from simulator.clips import ClipSpec, write_clip
from simulator.rtp import Packetizer
from simulator.server import CameraSimulator, SimulatedCamera


async def _simulate(count: int, sent: SentFrames, clip_file: Path) -> None:
    simulator = CameraSimulator(SimulatedCamera(f"camera-{number}", clip=clip_file) for number in range(count))
    await simulator.start()
    # A copy of each picture for each camera, by which it is known whose it is.
    known: dict[int, tuple[int, int]] = {}
    clip = read_clip(clip_file)
    for camera, path in enumerate(simulator.paths.values()):
        path.clip = replace(clip, units=tuple(replace(unit) for unit in clip.units))
        known |= {id(unit): (camera, number) for number, unit in enumerate(path.clip.units)}

    class TimedPacketizer(Packetizer):
        def packets(self, unit: AccessUnit, seconds: float) -> Iterator[bytes]:
            sent.sent(*known[id(unit)])
            return super().packets(unit, seconds)

    rtsp_session.Packetizer = TimedPacketizer  # type: ignore[misc] - a camera has no need to tell anybody when it sends
    print(*(simulator.url(name) for name in simulator.paths), flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """Runs the cameras."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, required=True)
    parser.add_argument("--sent", type=Path, required=True)
    parser.add_argument(
        "--noise", type=float, default=0.0, help="of the sensor; with 4, a frame takes six times as long to decode"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fleet-bench-") as folder:
        clip_file = Path(folder) / "clip.mp4"
        write_clip(clip_file, ClipSpec(width=1280, height=720, fps=15, seconds=30, noise=options.noise))
        sent = SentFrames(options.sent, options.cameras, new=True)
        asyncio.run(_simulate(options.cameras, sent, clip_file))


if __name__ == "__main__":
    main()
