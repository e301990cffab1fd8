"""The times that a machine tells, by the controller's clock, and whether the two clocks agree."""

from datetime import datetime, timedelta

from controller.observed import ObservedNode
from controller.picture.conditions import Verdict, false, true
from controller.status.skew import SKEWED_FROM_SECONDS, is_skewed
from crds.camera_status import AlertStatus, CameraStatus
from crds.messages import InstanceStatus

CLOCK_SYNCHRONIZED = "ClockSynchronized"


def clock_verdict(node: ObservedNode) -> Verdict | None:
    """Whether the clock of a machine agrees with the controller's; None before enough was heard."""
    ahead = node.clock_ahead_seconds
    if ahead is None:
        return None
    if not is_skewed(ahead):
        return true("Synchronized")
    return false(
        "ClockSkewed",
        f"The clock of this machine is {abs(ahead)} s {'ahead of' if ahead > 0 else 'behind'} the controller's (up to "
        f"{SKEWED_FROM_SECONDS} s are borne): synchronise both with a time server. Times that its agent tells are shown "
        "corrected by that",
    )


def at_controller(node: ObservedNode, at: datetime) -> datetime:
    """A time that the agent of a node tells, by the controller's clock; as it is while the two agree."""
    ahead = node.clock_ahead_seconds
    if ahead is None or not is_skewed(ahead):
        return at
    try:
        return at - timedelta(seconds=ahead)
    except OverflowError:  # anybody may write any time
        return at


def status_at_controller(node: ObservedNode, status: InstanceStatus) -> InstanceStatus:
    """What an agent says of an instance, with its times by the controller's clock."""
    if not is_skewed(node.clock_ahead_seconds):
        return status
    cameras = tuple(_camera_at_controller(node, one) for one in status.cameras)
    started = status.started_at and at_controller(node, status.started_at)
    return status.model_copy(
        update={"cameras": cameras, "started_at": started, "since": at_controller(node, status.since)}
    )


def _camera_at_controller(node: ObservedNode, camera: CameraStatus) -> CameraStatus:
    degraded = camera.degraded
    if degraded is not None:
        degraded = degraded.model_copy(update={"since": at_controller(node, degraded.since)})
    alerts = tuple(_alert(node, one) for one in camera.alerts)
    return camera.model_copy(
        update={"since": at_controller(node, camera.since), "alerts": alerts, "degraded": degraded}
    )


def _alert(node: ObservedNode, alert: AlertStatus) -> AlertStatus:
    ended = alert.ended_at and at_controller(node, alert.ended_at)
    return alert.model_copy(update={"began_at": at_controller(node, alert.began_at), "ended_at": ended})
