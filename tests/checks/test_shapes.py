"""Lines and regions of cameras: over the edge of the picture, and in fractions of it."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.checks.sound_instances import ERROR, WARNING, camera, check

DOWN = [[0, 0], [0, 90]]


def _line(*line: list[float], **group: Any) -> dict[str, Any]:
    return {"lineCrossing": {"lines": {"door": {"direction": DOWN, "line": list(line)}}, **group}}


def _regions(kind: str, *corners: list[float], **group: Any) -> dict[str, Any]:
    return {kind: {"regions": {"yard": list(corners)}, **group}}


@pytest.mark.parametrize(
    ("analytics", "severity"),
    [
        (_line([0, 50], [1000, 50]), WARNING),
        (_line([650, 50], [1000, 50]), WARNING),
        (_line([650, 50], [1000, 50], extended=False), ERROR),
        (_line([0, 50], [1000, 50], extended=False), WARNING),
        (_line([0, 400], [100, 400]), ERROR),
        (_regions("roiFiltering", [0, 0], [640, 0], [640, 361]), WARNING),
        (_regions("roiFiltering", [0, 361], [640, 361], [640, 400]), ERROR),
        (_regions("roiFiltering", [0, 361], [640, 361], [640, 400], inverseRoi=True), WARNING),
        (_regions("overcrowding", [700, 0], [800, 0], [800, 90]), ERROR),
        (_regions("overcrowding", [600, 0], [800, 0], [800, 90]), WARNING),
        ({"directionDetection": {"directions": {"south": [[700, 0], [700, 90]]}}}, WARNING),
        # Pixels of the corner: somebody who means the whole picture writes 0.0 and 1.0.
        (_regions("roiFiltering", [0, 0], [1, 0], [1, 1], [0, 1]), WARNING),
        ({"directionDetection": {"directions": {"south": [[0, -1], [0, 90]]}}}, ERROR),
    ],
)
def test_only_what_is_refused_or_never_counts_is_an_error(analytics: dict[str, Any], severity: str) -> None:
    if severity == ERROR:
        with pytest.raises(ValidationError):
            camera("dock", width=640, height=360, analytics=analytics)
        return
    found = check({"app": {"kind": "reference"}}, camera("dock", width=640, height=360, analytics=analytics))
    assert [(one.severity, one.camera, one.path[:2]) for one in found] == [(WARNING, "dock", ("spec", "analytics"))]


def test_fractions_need_no_picture_and_are_kept_as_they_are_written() -> None:
    given = _regions("roiFiltering", [0, 0], [1, 0.25], [0.5, 1.0])
    drawn = camera("dock", analytics=given)
    assert check({"app": {"kind": "reference"}}, drawn) == ()
    assert drawn.spec.analytics is not None
    shown = drawn.spec.analytics.model_dump(mode="json", by_alias=True)["roiFiltering"]["regions"]["yard"]
    assert repr(shown) == "[[0, 0], [1, 0.25], [0.5, 1.0]]"
    whole = camera("dock", analytics=_regions("roiFiltering", [0.0, 0.0], [1.0, 0.0], [1.0, 1.0]))
    assert check({"app": {"kind": "reference"}}, whole) == ()
