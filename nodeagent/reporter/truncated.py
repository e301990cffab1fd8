"""What is left out of a report that is larger than its topic allows: a node with a poor report is not a lost one."""

from collections.abc import Callable, Iterator

from crds.camera_status import CameraDamage, CameraStatus
from crds.condition import Condition, ConditionStatus
from crds.messages import AgentResponse
from nodeagent.reporter.conditions import REPORT_TRUNCATED

_Reduce = Callable[[tuple[CameraStatus, ...]], tuple[CameraStatus, ...]]


def truncated(report: AgentResponse) -> Iterator[AgentResponse]:
    """Ever smaller forms of a report; each says in a condition what it leaves out."""
    for left_out, reduce in _STEPS:
        condition = Condition(
            type=REPORT_TRUNCATED,
            status=ConditionStatus.TRUE,
            reason="TooLarge",
            message=f"left out: {left_out}",
            last_transition_time=report.sent_at,
        )
        statuses = tuple(one.model_copy(update={"cameras": reduce(one.cameras)}) for one in report.status)
        yield report.model_copy(update={"status": statuses, "conditions": (*report.conditions, condition)})


def _without_numbers(cameras: tuple[CameraStatus, ...]) -> tuple[CameraStatus, ...]:
    return tuple(
        one.model_copy(
            update={
                "message": "",
                "fps": None,
                "frame_number": None,
                "alerts": (),
                "degraded": _without_words(one.degraded),
            }
        )
        for one in cameras
    )


def _without_words(degraded: CameraDamage | None) -> CameraDamage | None:
    return None if degraded is None else degraded.model_copy(update={"message": ""})


def _not_ready(cameras: tuple[CameraStatus, ...]) -> tuple[CameraStatus, ...]:
    return tuple(one for one in _without_numbers(cameras) if not one.ready)


def _none(_cameras: tuple[CameraStatus, ...]) -> tuple[CameraStatus, ...]:
    return ()


_STEPS: tuple[tuple[str, _Reduce], ...] = (
    ("messages and numbers of the cameras", _without_numbers),
    ("cameras that are ready, messages and numbers of the others", _not_ready),
    ("all cameras", _none),
)
