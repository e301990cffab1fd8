"""What a change of the reference workload's own settings does, and of what only it is told of cameras."""

from typing import Any

import pytest

from crds.app_kind import AppKind
from crds.change import ChangeClass
from tests.planner.field_values import base_of, changed, resolved
from tests.planner.short_manifests import merged


def test_the_limits_of_the_reference_workload_are_read_again_once_agents_ask_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("crds.app_kind.APPLIED_BY_AGENTS", frozenset(ChangeClass))
    for found, before, after in changed(AppKind.REFERENCE, {"camera/dock": {"limits": {"minimumFps": 5}}}):
        assert found.change_class is ChangeClass.RELOAD
        assert before.digests.streams == after.digests.streams


def test_how_often_pictures_are_analysed_is_no_matter_of_the_stream() -> None:
    for _, before, after in changed(AppKind.REFERENCE, {"camera/dock": {"frameDelaySeconds": 1}}):
        assert before.digests.streams == after.digests.streams


@pytest.mark.parametrize(
    "detector",
    [
        {"kind": "motion", "pictureWidth": 320, "minimumAreaPercent": 0.1},
        {"kind": "people", "pictureWidth": 640, "minimumConfidence": 0.5},
        {"kind": "onnx", "model": "a", "minimumConfidence": 0.25, "nmsIou": 0.45, "colours": "rgb", "scale": 1 / 255},
    ],
)
def test_defaults_of_a_detector_that_are_written_out_change_nothing(detector: dict[str, Any]) -> None:
    needed = {name: value for name, value in detector.items() if name in ("kind", "model")}
    base = merged(base_of(AppKind.REFERENCE), {"dsinstance/yard": {"reference": {"detector": needed}}})

    written_out = merged(base, {"dsinstance/yard": {"reference": {"detector": detector, "batchSize": 4}}})

    assert resolved(written_out) == resolved(base)
