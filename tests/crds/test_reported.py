from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from crds.camera_status import CameraStatus
from crds.condition import Condition, ConditionStatus
from crds.messages import InstanceState, InstanceStatus
from crds.reported import Reported

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TIMES = st.integers(0, 10**9).map(lambda microseconds: NOW + timedelta(microseconds=microseconds))
WORDS = st.text(max_size=5)
CAMERAS = st.builds(
    CameraStatus,
    name=WORDS,
    ready=st.none() | st.booleans(),
    reason=WORDS,
    fps=st.none() | st.floats(0, 100),
    frame_number=st.none() | st.integers(),
    since=TIMES,
)
CONDITIONS = st.builds(
    Condition,
    type=WORDS,
    status=st.sampled_from(ConditionStatus),
    reason=WORDS,
    message=WORDS,
    last_transition_time=TIMES,
)
STATUSES = st.lists(
    st.builds(
        InstanceStatus,
        instance_name=st.sampled_from(["a", "b", "c"]),
        state=st.sampled_from(InstanceState),
        message=WORDS,
        since=TIMES,
        cameras=st.lists(CAMERAS, max_size=2).map(tuple),
        conditions=st.lists(CONDITIONS, max_size=2).map(tuple),
    ),
    max_size=3,
    unique_by=lambda one: one.instance_name,
).map(tuple)


@given(STATUSES, STATUSES)
def test_it_says_what_the_report_said_and_what_differs(
    one: tuple[InstanceStatus, ...], other: tuple[InstanceStatus, ...]
) -> None:
    said, again = Reported.of(one), Reported.of(other)
    assert said.statuses == one
    by_name = [{status.instance_name: status for status in statuses} for statuses in (one, other)]
    for name in ("a", "b", "c"):
        assert (said.plain.get(name) == again.plain.get(name)) is (by_name[0].get(name) == by_name[1].get(name))
