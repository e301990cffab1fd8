"""Clips of walkers as video files, each with the truth about it beside it.

``python -m simulator.clips clip.mp4`` writes ``clip.mp4`` and ``clip.truth.json``.
"""

import argparse
import json
import secrets
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, cast

import av
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from simulator.clip_reader import Codec
from simulator.painting import NUMBER_BITS, Painter
from simulator.walkers import WalkersSpec, Walks, truth_of, walkers_of

__all__ = ["NUMBER_BITS", "ClipSpec", "Codec", "clip_in", "truth_file", "write_clip"]


@dataclass(frozen=True)
class ClipSpec(WalkersSpec):
    """What a clip shows, and how it is coded; equal specs give equal clips.

    As small as it is here, it costs little to make and to decode. Its key frames are one second apart.

    Attributes:
        width: Of the picture in pixels, even.
        height: Of the picture in pixels, even.
        codec: How it is coded.
        noise: Standard deviation of the brightness of each pixel from frame to frame; 0 for a perfect sensor.
    """

    width: int = 320
    height: int = 180
    codec: Codec = Codec.H264
    noise: float = 0.0

    @property
    def name(self) -> str:
        """A file name that stands for this spec alone, and for what it means: a clip that was kept never belies its truth."""
        rest = zlib.crc32(repr((self, walkers_of(self))).encode())
        return f"{self.width}x{self.height}-{self.fps}fps-{self.seconds}s-{self.variant}-{rest:08x}.mp4"


# One slice per picture: splitters that take a slice for a picture exist. No picture refers to a later one, as in most cameras.
_CODING: Final = {
    Codec.H264: ("libx264", "x264-params", "scenecut=0:bframes=0:sliced-threads=0:threads=1"),
    Codec.H265: ("libx265", "x265-params", "scenecut=0:bframes=0:slices=1:pools=1:frame-threads=1:log-level=none"),
}


# RTP sends no Huffman tables: those of the standard.
_PLAIN_CODING: Final = {
    Codec.MPEG4: ("mpeg4", "yuv420p", {"b": "1M"}),
    Codec.MJPEG: ("mjpeg", "yuvj420p", {"huffman": "default"}),
}


def _coding(spec: ClipSpec) -> tuple[str, str, dict[str, str]]:
    """The encoder, the format of pixels that it takes, and its options."""
    if spec.codec in _PLAIN_CODING:
        encoder, form, options = _PLAIN_CODING[spec.codec]
        return encoder, form, options | {"g": str(spec.fps)}
    encoder, key, parameters = _CODING[spec.codec]
    coding = f"keyint={spec.fps}:min-keyint={spec.fps}:{parameters}"
    return encoder, "yuv420p", {"preset": "veryfast", key: coding}


def clip_in(folder: Path, spec: ClipSpec) -> Path:
    """Returns the clip's file in the folder, and writes it first if it is not there yet."""
    path = folder / spec.name
    if not path.exists():
        write_clip(path, spec)
    return path


def truth_file(clip: Path) -> Path:
    """Returns where the truth about a clip is written."""
    return clip.with_name(f"{clip.stem}.truth.json")


def write_clip(path: Path, spec: ClipSpec) -> None:
    """Writes the clip as MP4, and the truth about it; the clip appears last, and only once it is complete."""
    # Another program may be writing the same clip to the same folder.
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    try:
        partial.write_text(json.dumps(truth_of(spec)), encoding="utf-8")
        partial.replace(truth_file(path))
        _encode(partial, spec)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _encode(path: Path, spec: ClipSpec) -> None:
    encoder, form, options = _coding(spec)
    painter = Painter(spec, spec.noise)
    with av.open(str(path), "w", format="mp4") as container:
        stream = cast("VideoStream", container.add_stream(encoder, rate=spec.fps, options=options))
        stream.width, stream.height, stream.pix_fmt = spec.width, spec.height, form
        for number in range(spec.frames):
            frame = VideoFrame.from_ndarray(painter.planes(number), format=form)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main(arguments: Sequence[str] | None = None) -> None:
    """``python -m simulator.clips FILE``: writes one clip."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator.clips",
        description="Writes a clip of people who walk, and beside it FILE.truth.json: where they are, and who crosses what.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the MP4 file to write")
    usual = ClipSpec()
    kinds = {"walks": Walks, "codec": Codec}
    for field in fields(ClipSpec):
        default = getattr(usual, field.name)
        if isinstance(default, bool):
            parser.add_argument(f"--{field.name}", action="store_true")
            continue
        kind = kinds.get(field.name, type(default))
        choices = list(kind) if field.name in kinds else None
        parser.add_argument(
            f"--{field.name}", type=kind, choices=choices, default=default, help="(default: %(default)s)"
        )
    options = vars(parser.parse_args(arguments))
    write_clip(options.pop("file"), ClipSpec(**options))


if __name__ == "__main__":
    main()
