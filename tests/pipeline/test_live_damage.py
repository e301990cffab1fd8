"""Simulated cameras that are damaged in every way at once, watched by real captures: each is told, and heals."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pipeline.camera_watch import CameraWatch
from pipeline.cameras.connection_turns import ConnectionTurns
from pipeline.damage.judge import DamageLimits
from pipeline.damage.picture_look import PictureLook
from pipeline.files.rules import AnalyticsRules
from pipeline.files.settings import CameraSettings
from pipeline.files.source import source_of_url
from pipeline.messages.messenger import Messenger, Routes
from pipeline.model import ModelIdentity
from pipeline.stream import Stream
from simulator.server import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.pipeline.conftest import SimulatorThread

    Simulate = Callable[..., SimulatorThread]
    Wait = Callable[..., None]

LIMITS = DamageLimits(
    window_s=1.0,
    least_frames=5,
    frozen_after_s=0.5,
    frozen_looks=3,
    black_after_s=0.3,
    black_looks=2,
    jump_lasts_s=1.0,
    heals_after_s=0.1,
)
# A still picture is the same to its encoder, whatever the machine is busy with.
FAULTS = {
    Fault.BLACK: "BlackPicture",
    Fault.STILL: "FrozenPicture",
    Fault.BROKEN: "DecodeErrors",
    Fault.CLOCK_JUMP: "ClockJumped",
    Fault.RESIZED: "",
    Fault.OK: "",
}
SETTINGS = CameraSettings(not_reachable_after_s=60)


def _stream(camera: str, url: str) -> Stream:
    stream = Stream(
        source_of_url(camera, url),
        source_id=0,
        name=camera,
        device_id=camera,
        settings=SETTINGS,
        rules=AnalyticsRules(),
        change_percent=0.0,
        damage_limits=LIMITS,
    )
    stream.picture = PictureLook(every_s=0.1)
    return stream


def test_each_damage_is_told_and_heals(
    simulator: Simulate, wait_until: Wait, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.damage.stream_clock._SETTLING_S", 0.0)
    monkeypatch.setattr("pipeline.camera_watch._JUDGED_EVERY_S", 0.0)
    caplog.set_level("INFO", "pipeline")
    cameras = simulator(*(fault.value for fault in FAULTS))
    streams = {fault: _stream(fault.value, cameras.url(fault.value)) for fault in FAULTS}
    turns, watch = ConnectionTurns(), CameraWatch(Messenger("", Routes(), model=ModelIdentity("yard", "sha256:0123")))
    told: dict[Fault, set[str]] = {fault: set() for fault in FAULTS}

    def now() -> dict[Fault, str]:
        watch.look(list(streams.values()), time.monotonic())
        found = {fault: one.damage.reason.value if one.damage else "" for fault, one in streams.items()}
        for fault, reason in found.items():
            told[fault].add(reason)
        return found

    def width(fault: Fault) -> int:
        seen = streams[fault].picture.seen
        return seen.width if seen else 0

    try:
        for stream in streams.values():
            stream.watch(stream.is_significant, turns)
        wait_until(lambda: now() and all(width(fault) == 320 for fault in FAULTS), "all send pictures")
        for fault in FAULTS:
            cameras.set_fault(fault.value, fault)
        wait_until(
            lambda: now() and all({reason} <= told[fault] for fault, reason in FAULTS.items()) and width(Fault.RESIZED),
            "each damage is told",
        )
        wait_until(lambda: width(Fault.RESIZED) == 160, "the picture is smaller")
        for fault in FAULTS:
            cameras.set_fault(fault.value, Fault.OK)
        wait_until(lambda: not any(now().values()) and width(Fault.RESIZED) == 320, "all heal")
    finally:
        for stream in streams.values():
            stream.leave()
        for stream in streams.values():
            stream.join(5.0)
    assert told[Fault.OK] == told[Fault.RESIZED] == {""}
    assert "camera=black degraded: BlackPicture: the picture has one colour" in caplog.text
    assert "camera=black not degraded any more" in caplog.text
