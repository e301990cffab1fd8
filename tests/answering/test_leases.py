"""Which leases are in force, whatever is said in whatever order."""

from hypothesis import given
from hypothesis import strategies as st

from crds.asking import LOGS, LONGEST_LEASE_SECONDS, PICTURES, USAGE, Lease, LogsAsked, PicturesAsked
from nodeagent.answering.leases import MOST_LEASES, MOST_OF_LOGS, MOST_OF_PICTURES, Leases, Verdict, take

RUN = "a run"
LOGS_OF_YARD = LogsAsked(instance="yard")
OF_DOCK = PicturesAsked(cameras=("dock",), width=320, every_seconds=10.0)

said = st.builds(
    Lease,
    number=st.integers(1, 40),
    boot_id=st.sampled_from([RUN, RUN, RUN, "another"]),
    seconds=st.sampled_from([0, 1, 30, 60, 100_000]),
    credit=st.integers(0, 9),
    begins=st.booleans(),
    what=st.sampled_from([LOGS, LOGS, USAGE, PICTURES, PICTURES, "sounds", ""]),
    logs=st.sampled_from([LOGS_OF_YARD, LOGS_OF_YARD, None]),
    pictures=st.sampled_from([OF_DOCK, OF_DOCK, None]),
)


@given(st.lists(st.tuples(said, st.sampled_from([0.0, 1.0, 45.0]))))
def test_they_are_bounded_none_lasts_unrenewed_and_none_comes_back(steps: list[tuple[Lease, float]]) -> None:
    leases, now = Leases(), 0.0
    over: set[int] = set()
    for lease, pause in steps:
        now += pause
        expired = leases.expired(now)
        leases = leases.without(expired)
        over |= set(expired)
        before = leases
        leases, verdict, why = take(leases, lease, RUN, now)
        assert bool(why) == (verdict is Verdict.REFUSED)
        assert (verdict is Verdict.BEGINS) == (lease.number in leases.held and lease.number not in before.held)
        assert verdict is not Verdict.BEGINS or (lease.begins and lease.boot_id == RUN and lease.number not in over)
        assert verdict is not Verdict.PASSED_BY or leases is before
        if verdict in (Verdict.ENDS, Verdict.REFUSED):
            over.add(lease.number)
        assert not over & leases.held.keys()
        assert len(leases.held) <= MOST_LEASES
        assert sum(one.lease.what == LOGS for one in leases.held.values()) <= MOST_OF_LOGS
        assert sum(one.lease.what == PICTURES for one in leases.held.values()) <= MOST_OF_PICTURES
        assert all(one.lease.what != PICTURES or one.lease.pictures for one in leases.held.values())
        assert all(now < one.until <= now + LONGEST_LEASE_SECONDS for one in leases.held.values())
        assert len(leases.over) <= 256
        assert leases.next_end is None or leases.next_end > now


def test_a_renewal_changes_how_long_and_how_much_and_nothing_else() -> None:
    lease = Lease(number=7, boot_id=RUN, seconds=10, credit=4, begins=True, what=LOGS, logs=LOGS_OF_YARD)
    leases, _, _ = take(Leases(), lease, RUN, 100.0)
    renewal = Lease(number=7, boot_id=RUN, seconds=10, credit=9, what=USAGE)
    leases, verdict, _ = take(leases, renewal, RUN, 105.0)
    assert verdict is Verdict.RENEWED
    held = leases.held[7]
    assert (held.until, held.lease.credit, held.lease.what, held.lease.logs) == (115.0, 9, LOGS, LOGS_OF_YARD)


def test_a_renewal_of_pictures_may_name_other_cameras() -> None:
    lease = Lease(number=7, boot_id=RUN, seconds=10, credit=4, begins=True, what=PICTURES, pictures=OF_DOCK)
    leases, _, _ = take(Leases(), lease, RUN, 100.0)
    leases, _, _ = take(leases, lease.model_copy(update={"begins": False, "pictures": None}), RUN, 101.0)
    assert leases.held[7].lease.pictures == OF_DOCK
    others = OF_DOCK.model_copy(update={"cameras": ("gate", "hall")})
    leases, verdict, _ = take(leases, lease.model_copy(update={"begins": False, "pictures": others}), RUN, 102.0)
    assert (verdict, leases.held[7].lease.pictures) == (Verdict.RENEWED, others)
