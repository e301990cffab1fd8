"""The rules across an nvdsanalytics file, and the geometry of its points."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deepstream.analytics.config import AnalyticsFile, read_analytics_file
from deepstream.analytics.geometry import scaled
from deepstream.analytics.groups import CrossingLine, DirectionDetection, LineCrossing, Overcrowding, RoiFiltering
from deepstream.analytics.rules import check_analytics_file
from deepstream.findings import Severity, errors_in
from tests.deepstream.samples import samples_of
from tests.deepstream.test_analytics import analytics_files, crowds, directions, lines, rois

_HEAD = "[property]\nenable=1\nconfig-width=1920\nconfig-height=1080\n"
_ROI = "[roi-filtering-stream-0]\nenable=1\n"
_LINE = "[line-crossing-stream-0]\nenable=1\n"
_DIRECTION = "[direction-detection-stream-0]\nenable=1\n"


def _file(text: str) -> AnalyticsFile:
    return read_analytics_file(text, "a.txt")[0]


def _told(text: str, batch_size: int | None = None) -> list[tuple[Severity, str, str]]:
    return [(one.severity, one.group, one.key) for one in check_analytics_file(_file(text), batch_size=batch_size)]


def test_a_sound_file_is_passed_over_in_silence() -> None:
    text = (
        f"{_HEAD}{_ROI}roi-a=0;0;1920;0;1920;1080;0;1080\n{_LINE}line-crossing-a=10;10;20;10;15;0;15;50\n"
        f"{_DIRECTION}direction-a=1;1;2;2\n[overcrowding-stream-0]\nenable=1\nroi-b=0;0;9;0;9;9\n"
    )
    assert _told(text, batch_size=1) == []


def test_a_file_without_settings_is_refused() -> None:
    assert _told("") == [(Severity.ERROR, "property", "")]


@pytest.mark.parametrize("key", ["enable", "config-width", "config-height"])
def test_the_settings_that_deepstream_insists_on(key: str) -> None:
    text = "".join(line for line in _HEAD.splitlines(keepends=True) if not line.startswith(key))
    assert _told(text) == [(Severity.ERROR, "property", key)]


def test_a_frame_of_no_size() -> None:
    assert _told(_HEAD.replace("1920", "0")) == [(Severity.ERROR, "property", "config-width")]


@pytest.mark.parametrize("enable", ["0", "1"])
@pytest.mark.parametrize("group", ["roi-filtering", "overcrowding", "line-crossing", "direction-detection"])
def test_a_group_without_a_shape_is_fatal_even_when_it_is_off(group: str, enable: str) -> None:
    found = _told(f"{_HEAD}[{group}-stream-0]\nenable={enable}\n")
    assert found == [(Severity.ERROR, f"{group}-stream-0", "")]


def test_a_group_that_nobody_enabled() -> None:
    found = _told(f"{_HEAD}[roi-filtering-stream-0]\nroi-a=0;0;9;0;9;9\n")
    assert found == [(Severity.WARNING, "roi-filtering-stream-0", "enable")]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"{_ROI}roi-a=0;0;9;0;9\n", "roi-a"),
        (f"{_ROI}roi-a=0;0;9;0\n", "roi-a"),
        (f"{_ROI}roi-a=0;0;9;0;9;-9\n", "roi-a"),
        (f"{_ROI}roi-a=0;0;9;0;9;x\n", "roi-a"),
        (f"{_ROI}roi-front door=0;0;9;0;9;-9\n", "roi-front door"),
        (f"{_LINE}line-crossing-a=1;2;3;4;5;6\n", "line-crossing-a"),
        (f"{_LINE}line-crossing-a=1;2;3;4;5;6;7;8;9;-10\n", "line-crossing-a"),
        (f"{_DIRECTION}direction-a=1;2\n", "direction-a"),
    ],
)
def test_shapes_that_could_not_be_read_are_errors_of_the_file_too(text: str, key: str) -> None:
    assert [(severity, name) for severity, _, name in _told(_HEAD + text)] == [(Severity.ERROR, key)]


def test_a_shape_of_another_label_counts_as_one() -> None:
    assert _told(f"{_HEAD}{_ROI}roi-front door=0;0;9;0;9;9\n") == []


@pytest.mark.parametrize(
    "text",
    [
        f"{_ROI}roi-a=0;0;1921;0;9;9\n",
        f"{_ROI}roi-a=0;0;9;0;9;1081\n",
        # No corner lies in the frame, and yet the region holds all of it but a corner.
        f"{_ROI}roi-a=0;2000;3000;2000;3000;0;1000;0\n",
        f"{_LINE}line-crossing-a=1;2;3;4;5;6;7;5000\n",
        f"{_LINE}line-crossing-a=1;2;3;5000;5;6;7;8\n",
        f"{_LINE}extended=0\nline-crossing-a=1;2;3;4;5;6;2000;2000\n",
        # Both ends beyond the right edge, on one height: the line goes on into the picture.
        f"{_LINE}line-crossing-a=0;0;0;9;2000;500;2500;500\n",
        f"{_LINE}line-crossing-a=0;0;9;0;1000;1090;1000;1200\n",
        # From above the right edge to below the lower one, through the picture.
        f"{_LINE}extended=0\nline-crossing-a=0;0;9;9;2000;900;1500;1400\n",
        f"{_DIRECTION}direction-a=1;2;5000;4\n",
        f"{_DIRECTION}direction-a=5000;5000;6000;5000\n",
        f"{_ROI}inverse-roi=1\nroi-a=2000;0;2100;0;2100;90\n",
    ],
)
def test_points_beyond_the_frame_of_what_counts_all_the_same(text: str) -> None:
    assert [severity for severity, _, _ in _told(_HEAD + text)] == [Severity.WARNING]


@pytest.mark.parametrize(
    "text",
    [
        f"{_ROI}roi-a=2000;0;2100;0;2100;90\n",
        f"{_ROI}roi-a=0;1081;1920;1081;1920;2000\n",
        # Around the lower right corner, without coming in.
        f"{_ROI}roi-a=1930;0;2500;0;2500;2500;0;2500;0;1090;1930;1090\n",
        "[overcrowding-stream-0]\nenable=1\nroi-a=2000;0;2100;0;2100;90\n",
        f"{_LINE}extended=0\nline-crossing-a=0;0;0;9;2000;500;2500;500\n",
        f"{_LINE}extended=0\nline-crossing-a=0;0;9;9;2000;1010;1000;2000\n",
        f"{_LINE}line-crossing-a=0;0;9;0;2000;0;2000;1080\n",
        f"{_LINE}line-crossing-a=0;0;9;9;2000;1100;1900;1200\n",
    ],
)
def test_points_beyond_the_frame_of_what_never_counts(text: str) -> None:
    assert [severity for severity, _, _ in _told(_HEAD + text)] == [Severity.ERROR]


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        (f"{_LINE}line-crossing-a=1;1;2;2;5;5;5;5\n", Severity.ERROR),
        (f"{_LINE}line-crossing-a=1;1;1;1;5;5;9;5\n", Severity.ERROR),
        (f"{_LINE}line-crossing-a=1;1;9;1;5;5;50;5\n", Severity.WARNING),
        (f"{_DIRECTION}direction-a=7;7;7;7\n", Severity.ERROR),
        (f"{_ROI}roi-a=1;1;2;2;1;1\n", Severity.WARNING),
        # As in a figure of eight: two corners were swapped.
        (f"{_ROI}roi-a=0;0;9;9;9;0;0;9\n", Severity.WARNING),
    ],
)
def test_shapes_that_nothing_can_ever_meet(text: str, severity: Severity) -> None:
    assert [one for one, _, _ in _told(_HEAD + text)] == [severity]


def test_a_stream_beyond_the_batch() -> None:
    text = f"{_HEAD}[roi-filtering-stream-4]\nenable=1\nroi-a=0;0;9;0;9;9\n"
    assert _told(text, batch_size=5) == []
    assert _told(text, batch_size=4) == [(Severity.WARNING, "roi-filtering-stream-4", "")]


def test_one_label_for_two_regions_of_a_stream() -> None:
    text = f"{_HEAD}{_ROI}roi-a=0;0;9;0;9;9\n[overcrowding-stream-{{}}]\nenable=1\nroi-a=0;0;9;0;9;9\n"
    assert _told(text.format(1)) == []
    assert _told(text.format(0)) == [(Severity.WARNING, "overcrowding-stream-0", "roi-a")]


@given(analytics_files, st.none() | st.integers(1, 50))
def test_checking_never_fails(file: AnalyticsFile, batch_size: int | None) -> None:
    assert all(one.message for one in check_analytics_file(file, batch_size=batch_size))


@pytest.mark.skipif(not samples_of("nvdsanalytics"), reason="the sample files of DeepStream are not on this machine")
def test_nvidias_own_files_have_no_errors() -> None:
    for path in samples_of("nvdsanalytics"):
        assert errors_in(check_analytics_file(_file(path.read_text(encoding="utf-8")))) == (), path.name


_groups = rois | crowds | lines | directions
_sizes = st.tuples(st.integers(1, 10_000), st.integers(1, 10_000))


def _points(group: RoiFiltering | Overcrowding | LineCrossing | DirectionDetection) -> list[tuple[float, float]]:
    if isinstance(group, LineCrossing):
        return [point for line in group.lines.values() for pair in (line.direction, line.line) for point in pair]
    shapes = group.directions if isinstance(group, DirectionDetection) else group.regions
    return [point for shape in shapes.values() for point in shape]


@given(_groups, _sizes)
def test_the_same_size_changes_nothing(group: RoiFiltering, size: tuple[int, int]) -> None:
    assert scaled(group, size, size) == group


@given(_groups, _sizes, _sizes)
def test_scaled_points_lie_in_the_frame_and_all_else_stays(
    group: RoiFiltering, old: tuple[int, int], new: tuple[int, int]
) -> None:
    result = scaled(group, old, new)
    assert type(result).model_validate(result.model_dump()) == result
    assert len(_points(result)) == len(_points(group))
    for before, after in zip(_points(group), _points(result), strict=True):
        for at, now, size, limit in zip(before, after, old, new, strict=True):
            # What lay in the frame or on its edge lies in the new one, what lay beyond it is not pulled in.
            assert old == new or (now < limit if at <= size else now >= min(limit, 2**31 - 1))
    shapes = {"regions", "lines", "directions"}
    assert result.model_dump(exclude=shapes) == group.model_dump(exclude=shapes)


@given(_sizes, st.integers(2, 8), st.data())
def test_a_whole_factor_and_back_is_where_it_began(size: tuple[int, int], factor: int, data: st.DataObject) -> None:
    point = st.tuples(st.integers(0, size[0] - 1), st.integers(0, size[1] - 1))
    shape = data.draw(st.lists(point, min_size=3, max_size=5).map(tuple))
    group = RoiFiltering(regions={"a": shape})
    larger = (size[0] * factor, size[1] * factor)
    assert scaled(scaled(group, size, larger), larger, size) == group


@given(_sizes, _sizes, st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_order_from_left_to_right_is_kept(old: tuple[int, int], new: tuple[int, int], one: int, other: int) -> None:
    left, right = sorted((one, other))
    group = DirectionDetection(directions={"a": ((left, left), (right, right))})
    ((x1, y1), (x2, y2)) = scaled(group, old, new).directions["a"]
    assert x1 <= x2
    assert y1 <= y2


def test_halves_are_rounded_to_the_even_number() -> None:
    group = RoiFiltering(regions={"a": ((1, 3), (5, 7), (3, 1))})
    assert scaled(group, (20, 20), (10, 10)).regions["a"] == ((0, 2), (2, 4), (2, 0))


def test_a_line_is_scaled_with_its_direction() -> None:
    group = LineCrossing(lines={"a": CrossingLine(direction=((0, 0), (10, 20)), line=((30, 40), (99, 99)))})
    moved = scaled(group, (100, 100), (200, 50)).lines["a"]
    assert moved == CrossingLine(direction=((0, 0), (20, 10)), line=((60, 20), (198, 49)))


def test_what_lies_beyond_the_frame_keeps_its_place() -> None:
    group = RoiFiltering(regions={"a": ((0, 0), (3840, 0), (0, 2160))})
    assert scaled(group, (1920, 1080), (960, 540)).regions["a"] == ((0, 0), (1920, 0), (0, 1080))


def test_fractions_become_pixels_of_any_frame() -> None:
    group = RoiFiltering(regions={"a": ((0.0, 0), (1.0, 0.25), (0.5, 1))})
    whole = ((0, 0), (959, 135), (480, 539))
    assert scaled(group, None, (960, 540)).regions["a"] == whole
    assert scaled(group, (960, 540), (960, 540)).regions["a"] == whole
    assert scaled(group, (77, 99), (960, 540)).regions["a"] == whole


@given(st.integers(0, 1919), st.integers(0, 1079), st.integers(1, 10_000), st.integers(1, 10_000))
def test_a_fraction_lies_where_its_pixel_lies(x: int, y: int, width: int, height: int) -> None:
    def lies(x: float, y: float, drawn_in: tuple[int, int] | None) -> tuple[tuple[float, float], ...]:
        group = DirectionDetection(directions={"a": ((x, y), (x, y))})
        return scaled(group, drawn_in, (width, height)).directions["a"]

    of_pixels, of_fractions = lies(x, y, (1920, 1080)), lies(x / 1920, y / 1080, None)
    for (one_x, one_y), (other_x, other_y) in zip(of_pixels, of_fractions, strict=True):
        assert abs(one_x - other_x) <= 1
        assert abs(one_y - other_y) <= 1


def test_the_edge_of_the_frame_is_pulled_inside() -> None:
    group = RoiFiltering(regions={"a": ((0, 0), (1920, 0), (1920, 1080))})
    assert scaled(group, (1920, 1080), (960, 540)).regions["a"] == ((0, 0), (959, 0), (959, 539))


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (-1, 5)])
def test_a_frame_without_a_size_has_no_scale(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="a width and a height"):
        scaled(RoiFiltering(), size, (1, 1))
    with pytest.raises(ValueError, match="a width and a height"):
        scaled(RoiFiltering(), (1, 1), size)
