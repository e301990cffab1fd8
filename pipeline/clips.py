"""Small H.264 clips to try a pipeline with: a box that moves over a still ground, and the number of the frame in blocks."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import av
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane

# The number of the frame: so many squares in the top row, the highest bit first, white for 1 and black for 0.
NUMBER_BITS: Final = 16

_BLACK: Final = 16
_WHITE: Final = 235
_NO_COLOUR: Final = 128


@dataclass(frozen=True)
class ClipSpec:
    """What a clip looks like; equal specs give equal clips.

    Attributes:
        width: In pixels, even.
        height: In pixels, even.
        fps: Frames per second.
        seconds: How long it is. Its key frames are one second apart.
        variant: Clips of different variants have another ground and another box, so cameras can be told apart.
    """

    width: int = 320
    height: int = 180
    fps: int = 10
    seconds: int = 4
    variant: int = 0

    @property
    def name(self) -> str:
        """A file name that stands for this spec alone."""
        return f"{self.width}x{self.height}-{self.fps}fps-{self.seconds}s-{self.variant}.mp4"


def clip_in(folder: Path, spec: ClipSpec) -> Path:
    """Returns the clip's file in the folder, and writes it first if it is not there yet."""
    path = folder / spec.name
    if not path.exists():
        write_clip(path, spec)
    return path


def write_clip(path: Path, spec: ClipSpec) -> None:
    """Writes the clip as MP4; the file appears only once it is complete."""
    partial = path.with_name(f"{path.name}.part")
    with av.open(str(partial), "w", format="mp4") as container:
        # One slice per picture, which x264 gives up for its low-latency tuning: splitters that take a slice for a picture exist.
        coding = f"keyint={spec.fps}:min-keyint={spec.fps}:scenecut=0:bframes=0:sliced-threads=0:threads=1"
        stream = container.add_stream("libx264", rate=spec.fps, options={"preset": "veryfast", "x264-params": coding})
        stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, "yuv420p"
        for number in range(spec.fps * spec.seconds):
            container.mux(stream.encode(_picture(spec, number)))
        container.mux(stream.encode(None))
    partial.replace(path)


def _picture(spec: ClipSpec, number: int) -> VideoFrame:
    frame = VideoFrame(spec.width, spec.height, "yuv420p")
    frame.pts = number
    luma, *colours = frame.planes
    _fill(luma, _rows(spec, number))
    for plane, shade in zip(colours, _tint(spec), strict=True):
        _fill(plane, [bytes([shade]) * plane.width] * plane.height)
    return frame


def _fill(plane: VideoPlane, rows: list[bytes]) -> None:
    padding = bytes(plane.line_size - plane.width)
    plane.update(b"".join(row + padding for row in rows).ljust(plane.buffer_size, b"\0"))


def _rows(spec: ClipSpec, number: int) -> list[bytes]:
    """Returns the lines of brightness: numbered blocks above, and below a ramp with the box on it."""
    block = spec.width // NUMBER_BITS
    bits = [number >> bit & 1 for bit in reversed(range(NUMBER_BITS))]
    numbers = b"".join(bytes([_WHITE if bit else _BLACK]) * block for bit in bits).ljust(spec.width, bytes([_BLACK]))
    ground = bytes(60 + (column + 37 * spec.variant) % 96 for column in range(spec.width))
    side = spec.height // 4
    left = (number * spec.width // (4 * spec.fps) + 53 * spec.variant) % (spec.width - side)
    boxed = ground[:left] + bytes([_WHITE]) * side + ground[left + side :]
    top = block + (spec.height - block - side) // 2
    return [numbers] * block + [boxed if top <= line < top + side else ground for line in range(block, spec.height)]


def _tint(spec: ClipSpec) -> tuple[int, int]:
    return _NO_COLOUR + 15 * (spec.variant % 5 - 2), _NO_COLOUR + 15 * (spec.variant // 5 % 5 - 2)


def main(arguments: Sequence[str] | None = None) -> None:
    """``python -m pipeline.clips FILE``: writes one clip."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.clips", description="Writes a small H.264 clip to try a pipeline with."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the MP4 file to write")
    parser.add_argument("--seconds", type=int, default=ClipSpec.seconds, help="length (default: %(default)s)")
    parser.add_argument(
        "--variant", type=int, default=ClipSpec.variant, help="which ground and box (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    write_clip(options.file, ClipSpec(seconds=options.seconds, variant=options.variant))


if __name__ == "__main__":
    main()
