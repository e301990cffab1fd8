"""How often the controller does what nothing wakes it for, and how long it waits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timings:
    """Seconds."""

    tick_seconds: float = 1.0
    """Lost nodes are noticed, and failed publications repeated, this often: people wait for both."""
    show_every_seconds: float = 0.2
    """What the API shows is made anew no more often: nobody reads faster."""
    show_within_seconds: float = 3.0
    """Nor any later, however long that takes: people wait for it."""
    resend_after_seconds: float = 30.0
    """An agent that has not accepted the newest record after this time gets it again: topics can lose records (the ring of
    the embedded broker does), and a re-delivery costs nothing (invariant S7)."""
    keep_again_seconds: float = 60.0
    """Before it is tried again to write what the disk did not take; it is told each time."""
    copy_after_seconds: float = 0.5
    """What the controller keeps of what it publishes is written so long after it, and the newest alone of what came meanwhile."""
    cameras_kept_every_seconds: float = 5.0
    """What happens to cameras is written so often: a controller that dies loses as much of it."""
    resend_per_second: int = 100
    """So many records are sent again in a second at most: after a loss it is all of them, up to 1 MiB each, and edits go first."""
    topics_every_seconds: float = 60.0
    """Between two looks at the topics when nobody doubts them."""
    broker_retry_seconds: float = 2.0
    """Between two looks at the topics while no broker answers."""
