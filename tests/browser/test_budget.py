"""What the page may cost. Times depend on the machine, so those are told beside a page that has all rows in its document."""

import statistics
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.many_cameras import ManyCameras, many_cameras
from tests.browser.measured import MeasuredPage, measured_page

CAMERAS = 10_000
MOST_NODES = 3_000
MOST_HEAP_BYTES = 15_000_000
MOST_BYTES_AT_THE_START = {1_000: 90_000, 10_000: 200_000}
MOST_GROWTH = 1.1
MOST_BESIDE_ALL_ROWS = 0.5
"""It is a tenth to a fifth."""


@pytest.fixture(scope="module")
def fleet_of_many() -> Iterator[ManyCameras]:
    with many_cameras(CAMERAS) as served:
        yield served


@pytest.fixture
def ours(chromium: Browser, fleet_of_many: ManyCameras) -> Iterator[MeasuredPage]:
    with measured_page(chromium, fleet_of_many.url) as page:
        yield page
        assert page.faults == []


@pytest.fixture
def all_rows(chromium: Browser, fleet_of_many: ManyCameras) -> Iterator[MeasuredPage]:
    with measured_page(chromium, fleet_of_many.url, naive=True) as page:
        yield page
        assert page.faults == []


def test_ten_thousand_cameras_take_little_of_the_browser(ours: MeasuredPage) -> None:
    assert ours.transfer.total <= MOST_BYTES_AT_THE_START[CAMERAS], ours.transfer.by_path
    ours.changed(CAMERAS, 2)
    assert ours.heap() <= MOST_HEAP_BYTES
    assert ours.nodes() <= MOST_NODES


def test_its_work_is_that_of_what_is_on_the_screen(
    ours: MeasuredPage, all_rows: MeasuredPage, fleet_of_many: ManyCameras
) -> None:
    assert ours.seconds() <= MOST_BESIDE_ALL_ROWS * all_rows.seconds(), "until cameras are shown"
    for_changes, of_all_rows = (statistics.median(one.changed(CAMERAS, 3)) for one in (ours, all_rows))
    assert for_changes <= MOST_BESIDE_ALL_ROWS * of_all_rows, "for 200 cameras that changed"

    fleet_of_many.change(per_second=200)
    all_rows.wait_for_changes()
    ours_before, before = ours.seconds(), all_rows.seconds()
    for _ in range(3):
        all_rows.wait_for_changes()
    ours.wait_for_changes()
    fleet_of_many.change(per_second=0)
    assert ours.seconds() - ours_before <= MOST_BESIDE_ALL_ROWS * (all_rows.seconds() - before), "while it is left open"


def test_a_thousand_cameras_come_in_few_bytes_and_their_changes_leave_nothing(chromium: Browser) -> None:
    with many_cameras(1_000) as served, measured_page(chromium, served.url) as page:
        assert page.transfer.total <= MOST_BYTES_AT_THE_START[1_000], page.transfer.by_path
        before, after = (_held_after_changes(page, looks) for looks in (3, 5))
        assert after <= MOST_GROWTH * before, (before, after)
        assert page.nodes() <= MOST_NODES
        assert page.faults == []


def _held_after_changes(page: MeasuredPage, looks: int) -> int:
    """The least that was held, in bytes: one look may find what goes by the next one (JSON as it came, code not thrown away yet)."""
    held = []
    for _ in range(looks):
        page.changed(1_000, 10)
        held.append(page.heap())
    return min(held[1:])
