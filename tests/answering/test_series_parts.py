"""Series leave the node in parts that a record can hold, and nothing is lost between them."""

from hypothesis import given
from hypothesis import strategies as st

from crds.answers import CameraSeries
from nodeagent.answering.line_texts import LARGEST_PART
from nodeagent.answering.series_parts import series_parts
from nodeagent.reporter.series import MOST_LABELS, STEPS, Series
from tests.planner.generated_fleets import QUICK


def series(lines: int, regions: int, value: int = 65534, label: str = "\U0001f4f7" * 60) -> Series:
    values = [value] * STEPS
    return Series(
        12.5,
        [655.34] * STEPS,
        values,
        {f"{label}{number}": values for number in range(lines)},
        {f"{label}{number}": values for number in range(regions)},
        counts_told=True,
        left_out=3,
    )


def joined(parts: list[CameraSeries]) -> tuple[dict[str, list[int | None]], dict[str, list[int | None]]]:
    lines = {label: list(values) for one in parts for label, values in one.lines.items()}
    return lines, {label: list(values) for one in parts for label, values in one.regions.items()}


@QUICK
@given(st.integers(0, MOST_LABELS), st.integers(0, MOST_LABELS), st.sampled_from((0, 65534)))
def test_parts_are_small_and_hold_all_of_it(lines: int, regions: int, value: int) -> None:
    whole = series(lines, regions, value)
    parts = list(series_parts(whole))
    assert all(len(one.model_dump_json()) <= LARGEST_PART + 1000 for one in parts)
    assert joined(parts) == (whole.lines, whole.regions)
    assert list(parts[0].fps) == whole.fps
    assert all(not one.fps for one in parts[1:])


def test_what_is_little_goes_at_once() -> None:
    (part,) = series_parts(series(3, 2, 0, "gate-"))
    assert (part.step_seconds, part.age_seconds, part.left_out, part.counts_told) == (60, 12.5, 3, True)
