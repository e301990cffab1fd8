"""Which frames of alerts go."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pipeline.alert_frames.ring import KeptFile, surplus
from pipeline.files.alert_rules import AlertSettings

DAY_S = 86400.0


def test_the_oldest_of_a_camera_goes_and_no_other_camera_loses_one_for_it() -> None:
    kept = [KeptFile(camera, f"{camera}{number}", 1, number) for number in range(3) for camera in "ab"]
    kept.append(KeptFile("a", "a3", 1, 3))
    gone = surplus(kept, AlertSettings(frames_per_camera=3), 4)
    assert [one.alert_id for one in gone] == ["a0"]


def test_what_is_too_much_for_the_disk_goes_oldest_first_whoever_it_is_of() -> None:
    kept = [KeptFile("a", "1", 600_000, 0), KeptFile("b", "2", 300_000, 1), KeptFile("b", "3", 500_000, 2)]
    assert [one.alert_id for one in surplus(kept, AlertSettings(frames_megabytes=1), 3)] == ["1"]
    larger = [*kept, KeptFile("a", "4", 1_000_001, 3)]
    assert [one.alert_id for one in surplus(larger, AlertSettings(frames_megabytes=1), 3)] == ["1", "2", "3", "4"]


def test_what_is_too_old_goes() -> None:
    kept = [KeptFile("a", "1", 1, 0), KeptFile("a", "2", 1, DAY_S)]
    assert [one.alert_id for one in surplus(kept, AlertSettings(frames_days=0.5), 1.2 * DAY_S)] == ["1"]


FILES = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 900_000), st.floats(0, 10 * DAY_S)), max_size=30)
BOUNDS = st.builds(
    AlertSettings, frames_per_camera=st.integers(1, 5), frames_megabytes=st.integers(1, 3), frames_days=st.floats(0, 9)
)


@given(FILES, BOUNDS)
def test_what_stays_is_within_its_bounds_and_newer_than_what_goes(
    files: list[tuple[str, int, float]], bounds: AlertSettings
) -> None:
    in_order = sorted(files, key=lambda one: one[2])
    kept = [KeptFile(camera, str(n), size, at_s) for n, (camera, size, at_s) in enumerate(in_order)]
    gone = list(surplus(kept, bounds, 10 * DAY_S))
    stays = [one for one in kept if one not in gone]
    assert sum(one.size for one in stays) <= bounds.frames_megabytes * 1_000_000
    assert all(count <= bounds.frames_per_camera for count in Counter(one.folder for one in stays).values())
    assert all(10 * DAY_S - one.kept_at_s <= bounds.frames_days * DAY_S for one in stays)
    for one in gone:
        assert all(one.kept_at_s <= other.kept_at_s for other in stays if other.folder == one.folder)
