"""A mistyped key among the extra ones of a manifest is told with the field that was meant."""

from typing import Any

import pytest

from deepstream.findings import Severity
from tests.checks.sound_instances import APP, check
from tests.planner.short_manifests import merged


@pytest.mark.parametrize(
    ("patch", "path", "meant"),
    [
        ({"streammux": {"extraKeys": {"batch_size": "8"}}}, ("streammux",), "batchSize"),
        (
            {"inferConfigs": {"cars.txt": {"property": {"extraKeys": {"netword-mode": "2"}}}}},
            ("inferConfigs", "cars.txt", "property"),
            "networkMode",
        ),
        (
            {"inferConfigs": {"cars.txt": {"classAttrs": {"all": {"extraKeys": {"nms-iou-treshold": "0.5"}}}}}},
            ("inferConfigs", "cars.txt", "classAttrs", "all"),
            "nmsIouThreshold",
        ),
        (
            {"deepstreamApp": {"primaryGie": {"extraKeys": {"intervall": "2"}}}},
            ("deepstreamApp", "primaryGie"),
            "interval",
        ),
    ],
)
def test_the_field_that_was_meant(patch: dict[str, Any], path: tuple[str, ...], meant: str) -> None:
    [told] = [one for one in check(merged(APP, patch)) if one.path[:-1] == ("spec", *path, "extraKeys")]
    assert told.severity is Severity.WARNING
    assert told.message.endswith(f"; did you mean {meant}?")
