"""Which apps need not be asked at every look: pure.

A look costs the agent a connection or two, and 20 apps of which all is well were most of what an idle agent did. So an app that was
seen to run evenly is asked at every fifth look, and while nobody else is to be asked, no other look is made. Nothing is told later for that:
how many new frames there are says for how long there were none, and an app that runs less evenly, or does not answer, is asked at each look again.
"""

from crds.instance_config import InstanceConfig
from nodeagent.reporter.frames import AppProgress

EVERY = 5
"""Looks from one to the next at which an app that runs evenly is asked."""
STEADY_LOOKS = 8
"""Even ones in a row before that."""
_LOOK_S = 1.0
"""Between two looks, about: see `nodeagent/timings.py`."""


def may_be_left_out(config: InstanceConfig, runtime_id: str, progress: AppProgress | None) -> bool:
    """Whether an app runs so evenly that nothing is lost when it is not asked now.

    Each camera must be in the app and be as it should, and have a patience of twice the time that is not looked at.

    Args:
        config: what runs.
        runtime_id: its container or process.
        progress: how far it got.
    """
    if progress is None or progress.runtime_id != runtime_id or progress.steady_looks < STEADY_LOOKS:
        return False
    seen = progress.cameras or {}
    return all(
        (there := seen.get(one.camera_id)) is not None
        and there.fps >= one.limits.minimum_fps
        and one.limits.not_reachable_after_seconds >= 2 * EVERY * _LOOK_S
        for one in config.cameras
    )
