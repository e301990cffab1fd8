"""Which objects of a frame a rule for alerts is about, and how many that makes."""

from collections.abc import Sequence

import numpy as np

from pipeline.files.alert_rules import AlertRule, Distance
from pipeline.model import TrackedObject


def matches(
    rule: AlertRule, objects: Sequence[TrackedObject], frame_size: tuple[int, int]
) -> tuple[int, tuple[TrackedObject, ...]]:
    """Returns how much there is of what the rule looks for, and in which objects: they themselves, or their pairs.

    Args:
        rule: What it looks for.
        objects: In the frame.
        frame_size: Width and height of the frame, in pixels.
    """
    meant = tuple(
        one
        for one in objects
        if (not rule.classes or one.detection.label.casefold() in rule.classes)
        and (not rule.region or rule.region in one.regions)
    )
    if rule.distance is None:
        return len(meant), meant
    if len(meant) < 2:
        return 0, ()
    return _pairs(rule.distance, meant, frame_size)


def _pairs(
    distance: Distance, objects: Sequence[TrackedObject], frame_size: tuple[int, int]
) -> tuple[int, tuple[TrackedObject, ...]]:
    feet = np.array([one.detection.foot for one in objects], np.float64)
    apart = np.abs(feet[:, None] - feet[None, :])
    near = np.triu(np.ones((len(objects), len(objects)), np.bool_), k=1)
    if distance.within_heights is not None:
        heights = np.array([one.detection.height for one in objects], np.float64)
        means = (heights[:, None] + heights[None, :]) / 2
        near &= np.hypot(apart[..., 0], apart[..., 1]) < distance.within_heights * means
    if distance.within_picture is not None:
        share_x, share_y = distance.within_picture
        near &= (apart[..., 0] < share_x * frame_size[0]) & (apart[..., 1] < share_y * frame_size[1])
    in_pair = np.logical_or(near.any(axis=0), near.any(axis=1)).tolist()
    return int(near.sum()), tuple(one for one, is_near in zip(objects, in_pair, strict=True) if is_near)
