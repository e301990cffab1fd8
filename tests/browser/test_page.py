from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor, axe_findings
from tests.e2e.running_fleet import UpFleet

VIEWS = (
    "/#/cameras",
    "/#/cameras/front-door",
    "/#/cameras/front-door/draw?shape=in",
    "/#/instances",
    "/#/nodes",
    "/#/changes",
    "/#/new/camera",
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
TABS = 20


def live(page: Page) -> Page:
    """The page once it is told what happens."""
    expect(page.locator("header [role=status]")).to_contain_text("live")
    return page


def test_all_cameras_of_the_demo_are_shown_as_ready(visitor: Visitor, fleet: UpFleet) -> None:
    page = live(visitor.open())
    names = fleet.documents("cameras").keys()
    assert len(names) == 5
    for name in names:
        expect(page.locator(f"[data-camera={name}]")).to_contain_text("Ready")
    expect(page.locator("[data-camera]")).to_have_count(len(names))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(visit: Callable[..., Visitor], scheme: str) -> None:
    findings = []
    for size in (DESK, PHONE):
        page = live(visit(color_scheme=scheme, viewport=size).open())
        for view in VIEWS:
            page.goto(view)
            expect(page.locator("#content")).to_be_visible()
            findings += [f"{view} at {size['width']} px: {one}" for one in axe_findings(page)]
    assert findings == []


def test_twenty_tabs_of_one_browser_are_live(visitor: Visitor) -> None:
    """Over HTTP/1.1 a browser has six connections to a server, whatever the number of its tabs."""
    tabs = [visitor.open() for _ in range(TABS)]
    for tab in tabs:
        expect(live(tab).locator("[data-camera]")).to_have_count(5)


def test_a_camera_that_is_added_comes_to_the_page_by_itself(visitor: Visitor, fleet: UpFleet) -> None:
    page = live(visitor.open())
    expect(page.locator("[data-camera=porch]")).to_have_count(0)
    camera = fleet.manifests.read("cameras.yaml").split("---\n")[1]
    fleet.manifests.write("porch.yaml", camera.replace("lobby-ceiling", "porch").replace("lobby", "porch"))
    expect(page.locator("[data-camera=porch]")).to_be_visible()
