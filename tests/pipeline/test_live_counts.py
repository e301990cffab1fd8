"""The whole pipeline on live cameras: as many crossings as there are in truth, in every mode, along every direction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

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
MODES = (Mode.LOOSE, Mode.BALANCED, Mode.STRICT, Mode.LOOSE)
SPECS = {f"camera-{variant}": ClipSpec(variant=variant) for variant in range(len(MODES))}


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
    counts: dict[str, dict[str, int]] = {}
    loops_of: dict[str, int] = {}

    def at_a_seam() -> bool:
        """Nobody is in view around a seam: what is counted there is what the loops before it have."""
        for name, stream in running.streams().items():
            loops, into_the_next = divmod(stream["frame_number"], SPECS[name].frames)
            if loops and 5 <= into_the_next <= 1.7 * SPECS[name].fps and name not in counts:
                counts[name] = stream["lines_cumulative"]
                loops_of[name] = loops
            assert stream["connections_lost"] == 0
        return len(counts) == len(SPECS)

    # The first seam, but for who looks away meanwhile.
    wait_until(at_a_seam, "the end of a loop", 3 * SPECS["camera-0"].seconds + 30.0)
    truth = {
        name: {label: loops_of[name] * number for label, number in _truth(spec, mode).items()}
        for (name, spec), mode in zip(SPECS.items(), MODES, strict=True)
    }
    assert counts == truth, json.dumps(running.streams())
    assert sum(sum(lines.values()) for lines in truth.values()) > 100
