"""What is kept of pictures: the newest, bounded, and never an old one as if it were new."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from bus.attached import digest_of
from controller.asking.lateness import Lateness
from controller.asking.picture_memory import FORGOTTEN_SECONDS, PictureMemory
from controller.asking.wanted import NoPicture, PictureSeen
from crds.answers import PictureTold

DOCK, LARGE = ("dock", 320), ("dock", 1280)


def told(
    frame: int, *, size: int = 100, age_ms: int = 40, same: bool = False, whole: bool = True
) -> tuple[PictureTold, bytes]:
    jpeg = f"{frame} ".encode().ljust(size, b".") if whole else b""
    box = (1, 2, 3, 4, frame, "person")
    return (
        PictureTold(
            camera="dock",
            frame=frame,
            age_ms=age_ms,
            width=320,
            height=180,
            objects=(box,),
            same=same,
            jpeg_sha256=digest_of(jpeg),
        ),
        jpeg,
    )


def seen(memory: PictureMemory, now: float, key: tuple[str, int] = DOCK) -> PictureSeen:
    found = memory.ask(key, now)
    assert isinstance(found, PictureSeen)
    return found


def test_a_picture_grows_older_by_our_clock_and_by_what_it_was_late() -> None:
    memory = PictureMemory()
    assert memory.ask(DOCK, 0.0) is None
    memory.take(DOCK, *told(1, age_ms=500), 2.0, 10.0)
    found = seen(memory, 13.0)
    assert (found.age_seconds, found.frame, found.is_frozen) == (5.5, 1, False)
    assert found.objects == ((1, 2, 3, 4, 1, "person"),)
    assert memory.jpeg(DOCK, found.version) == told(1)[1]
    assert memory.jpeg(DOCK, "") == told(1)[1]
    assert memory.jpeg(LARGE, found.version) is None


def test_the_one_before_can_still_be_fetched_and_those_before_that_are_gone() -> None:
    memory = PictureMemory()
    memory.ask(DOCK, 0.0)
    versions = []
    for frame in range(3):
        memory.take(DOCK, *told(frame), 0.0, float(frame))
        versions.append(seen(memory, 3.0).version)
    assert [memory.jpeg(DOCK, one) is not None for one in versions] == [False, True, True]
    assert memory.size == 200


def test_a_frame_that_stays_is_frozen_and_one_that_moves_again_is_not() -> None:
    memory = PictureMemory()
    memory.ask(DOCK, 0.0)
    memory.take(DOCK, *told(7), 0.0, 0.0)
    assert not seen(memory, 5.0).is_frozen
    # An app whose own clock stands still, so that the age of its frame does: the number tells.
    memory.take(DOCK, *told(7, same=True, whole=False), 0.0, 10.0)
    assert seen(memory, 10.0).is_frozen
    memory.take(DOCK, *told(7, same=True), 0.0, 20.0)
    assert seen(memory, 20.0).is_frozen, "also when it is sent again"
    memory.take(DOCK, *told(8), 0.0, 30.0)
    assert not seen(memory, 30.0).is_frozen
    # An app that was started anew counts from one, and that is a new frame.
    memory.take(DOCK, *told(1), 0.0, 40.0)
    assert not seen(memory, 40.0).is_frozen
    memory.take(DOCK, *told(2, age_ms=11_000), 0.0, 50.0)
    assert seen(memory, 50.0).is_frozen, "its app had none that was younger"


def test_a_picture_is_frozen_when_nothing_comes_any_more() -> None:
    memory = PictureMemory()
    for key, seconds in ((DOCK, 30.0), (LARGE, 10.0)):
        memory.ask(key, 0.0)
        memory.take(key, *told(1, age_ms=0), 0.0, 0.0)
        for asked_at in (5.0, 9.9, 14.0, 20.0, 25.0, 29.9):
            if asked_at < seconds:
                assert not seen(memory, asked_at, key).is_frozen
        assert seen(memory, seconds, key).is_frozen


def test_a_picture_that_nobody_asked_for_is_old_and_not_frozen() -> None:
    memory = PictureMemory()
    memory.ask(LARGE, 0.0)
    memory.take(LARGE, *told(1, age_ms=0), 0.0, 0.0)
    found = seen(memory, 40.0, LARGE)
    assert (found.age_seconds, found.is_frozen) == (40.0, False)
    assert not seen(memory, 45.0, LARGE).is_frozen
    assert seen(memory, 50.0, LARGE).is_frozen, "nothing came since somebody looks again"


def test_one_that_is_the_same_as_what_never_came_is_waited_for() -> None:
    memory = PictureMemory()
    memory.ask(DOCK, 0.0)
    memory.take(DOCK, *told(7, same=True, whole=False), 0.0, 1.0)
    assert memory.ask(DOCK, 1.0) is None
    memory.take(DOCK, *told(6), 0.0, 2.0)
    memory.take(DOCK, *told(7, same=True, whole=False), 0.0, 12.0)
    assert seen(memory, 12.0).age_seconds > 10, "what is shown is the old one, and as old as it is"


def test_why_there_is_none_takes_its_place_and_leaves_with_the_next() -> None:
    memory = PictureMemory()
    memory.ask(DOCK, 0.0)
    memory.take(DOCK, *told(1), 0.0, 0.0)
    memory.take(DOCK, PictureTold(camera="dock", none="instance door does not run"), b"", 0.0, 5.0)
    assert memory.ask(DOCK, 5.0) == NoPicture("instance door does not run")
    assert memory.jpeg(DOCK, "") is None
    memory.take(DOCK, *told(2), 0.0, 9.0)
    assert seen(memory, 9.0).frame == 2


def test_of_whom_nobody_asks_for_nothing_is_kept() -> None:
    memory = PictureMemory()
    memory.take(DOCK, *told(1), 0.0, 0.0)
    assert (len(memory), memory.size) == (0, 0)
    memory.ask(DOCK, 0.0)
    memory.take(DOCK, *told(1), 0.0, 1.0)
    memory.forget(FORGOTTEN_SECONDS - 1)
    assert memory.size == 100
    memory.forget(FORGOTTEN_SECONDS)
    assert (len(memory), memory.size, DOCK in memory) == (0, 0, False)


@dataclass(frozen=True)
class _Step:
    camera: str
    frame: int
    size: int
    what: str


steps = st.builds(
    _Step,
    st.sampled_from("abcdef"),
    st.integers(1, 4),
    st.sampled_from([5, 40, 90]),
    st.sampled_from(["ask", "ask", "take", "take", "same", "none", "forget", "wait"]),
)


@given(st.lists(steps, max_size=60))
def test_it_is_bounded_and_knows_its_size_whatever_comes(whole: list[_Step]) -> None:
    memory, now = PictureMemory(most_bytes=300, most_cameras=4), 0.0
    for one in whole:
        key = (one.camera, 320)
        match one.what:
            case "ask":
                memory.ask(key, now)
                assert key in memory
            case "take":
                memory.take(key, *told(one.frame, size=one.size), 0.0, now)
            case "same":
                memory.take(key, *told(one.frame, same=True, whole=False), 0.0, now)
            case "none":
                memory.take(key, PictureTold(camera=one.camera, none="why"), b"", 0.0, now)
            case "forget":
                memory.forget(now)
            case _:
                now += 25.0
        kept = memory._kept.values()
        assert memory.size == sum(found.size for found in kept)
        assert memory.size <= 300
        assert len(memory) <= 4
        assert [found.asked_at for found in kept] == sorted(found.asked_at for found in kept)
    memory.forget(now + FORGOTTEN_SECONDS)
    assert (len(memory), memory.size) == (0, 0)


@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 30)), min_size=1, max_size=40))
def test_no_answer_counts_as_later_than_it_was_and_a_quick_one_before_shows_how_late_it_was(
    sent: list[tuple[float, float]],
) -> None:
    known, now = Lateness(), 1000.0
    delays: list[float] = []
    for pause, delay in sent:
        now += pause
        # The clock of the machine is a thousand seconds off.
        known, late = known.after(now - 1000.0 - delay, now)
        delays.append(delay)
        assert -1e-6 <= late <= delay + 1e-6
        if now - 1000.0 < 59:
            assert abs(late - (delay - min(delays))) < 1e-6


def test_a_machine_that_slept_is_found_right_again() -> None:
    known, late = Lateness().after(10.0, 1000.0)
    known, late = known.after(20.0, 1100.0)
    assert late == 90.0
    for second in range(1, 14):
        known, late = known.after(20.0 + 10 * second, 1100.0 + 10 * second)
    assert late == 0.0
