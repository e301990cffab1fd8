"""The whole pipeline on live cameras: as many crossings as there are in truth, in every mode, along every direction."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline.analytics.lines import CERTAINTY
from pipeline.files.rules import Mode
from simulator.clips import ClipSpec, clip_in
from simulator.server import SimulatedCamera
from simulator.walkers import crossings, suggested_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from simulator.walkers import Point
    from tests.pipeline.conftest import Configs, PipelineProgram, SimulatorThread

# A finer frame than the picture, so that rounding points to whole numbers moves no line.
FINER = 10
MODES = (Mode.LOOSE, Mode.BALANCED, Mode.STRICT)
# As slow as may be, for machines that are slow.
SPECS = {f"camera-{variant}": ClipSpec(fps=5, variant=variant) for variant in range(len(MODES))}
LOOPS = 6


class Seam(NamedTuple):
    """What had been counted, and how many frames nobody had looked at, when a loop of a clip was over."""

    lines: Counter[str]
    replaced: int


def _points(*points: Point) -> str:
    return ";".join(str(round(value * FINER)) for point in points for value in point)


def _rules() -> str:
    spec = next(iter(SPECS.values()))
    middle = spec.width / 2, spec.height / 2
    found = [f"[property]\nenable=1\nconfig-width={spec.width * FINER}\nconfig-height={spec.height * FINER}\n"]
    for number, (spec, mode) in enumerate(zip(SPECS.values(), MODES, strict=True)):
        found.append(f"[line-crossing-stream-{number}]\nenable=1\nextended=0\nmode={mode}")
        for label, (begin, end, (x, y)) in suggested_lines(spec).items():
            scale = spec.height / 3 / max(abs(x), abs(y))
            tip = middle[0] + x * scale, middle[1] + y * scale
            found.append(f"line-crossing-{label}={_points(middle, tip, begin, end)}")
    return "\n".join(found) + "\n"


def _truth(spec: ClipSpec, mode: Mode) -> dict[str, int]:
    cosine = CERTAINTY[mode].likeness
    return {
        label: crossings(spec, begin, end, direction, least_cosine=cosine)
        for label, (begin, end, direction) in suggested_lines(spec).items()
    }


def test_counts_are_exact_over_rtsp(
    pipeline: Callable[..., PipelineProgram],
    configs: Configs,
    simulator: Callable[..., SimulatorThread],
    clip_dir: Path,
    wait_until: Callable[..., Any],
) -> None:
    cameras = simulator(*(SimulatedCamera(name, clip=clip_in(clip_dir, spec)) for name, spec in SPECS.items()))
    source_list = configs(*(configs.camera(name, cameras.url(name)) for name in SPECS))
    source_list.with_name("config_nvdsanalytics.txt").write_text(_rules())
    configs.wait_for(*SPECS)
    running = pipeline(source_list)
    running.until("alive", *SPECS)
    seams: dict[str, dict[int, Seam]] = {name: {0: Seam(Counter(), 0)} for name in SPECS}

    def counted() -> dict[str, dict[str, int]]:
        """What a loop of each camera has, of which the machine was not too slow to look at every frame."""
        for name, stream in running.streams().items():
            loops, into_the_next = divmod(stream["frame_number"], SPECS[name].frames)
            # Nobody is in view around a seam.
            if 0.5 <= into_the_next / SPECS[name].fps <= 1.7:
                seams[name].setdefault(loops, Seam(Counter(stream["lines_cumulative"]), stream["frames_replaced"]))
            assert stream["connections_lost"] == 0
        return {
            name: {label: seen[loop].lines[label] - seen[loop - 1].lines[label] for label in seen[loop].lines}
            for name, seen in seams.items()
            for loop in seen
            if loop - 1 in seen and seen[loop].replaced == seen[loop - 1].replaced
        }

    wait_until(lambda: len(counted()) == len(SPECS), "a whole loop of each camera", LOOPS * SPECS["camera-0"].seconds)
    truth = {name: _truth(spec, mode) for (name, spec), mode in zip(SPECS.items(), MODES, strict=True)}
    assert counted() == truth, json.dumps(running.streams())
    assert sum(sum(lines.values()) for lines in truth.values()) > 70
