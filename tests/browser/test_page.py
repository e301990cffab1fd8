import re
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
    "/#/events",
    "/#/new/camera",
)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 800}
TABS = 20
# As layout-shift scores it: the part of the screen that moves, times how far. 0.1 is where people begin to be annoyed.
MOST_JUMP = 0.01
_HEAR_JUMPS = """
  window.jumps = [];
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries()) {
      if (!hadRecentInput) jumps.push({ value, what: sources.map(({ node }) => node?.className || node?.nodeName) });
    }
  }).observe({ type: "layout-shift", buffered: true });
"""


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


def test_nothing_jumps_while_a_view_is_made(visit: Callable[..., Visitor]) -> None:
    """What comes later finds its room: nothing that is seen is pushed away, where somebody was about to click."""
    jumps = []
    for size in (DESK, PHONE):
        visitor = visit(viewport=size)
        visitor.context.add_init_script(_HEAR_JUMPS)
        for view in (
            # Events come while one looks: the new ones are above the others.
            *(view for view in VIEWS if view != "/#/events"),
            "/#/nodes/node-a",
            "/#/instances/entrance",
            "/#/cameras/dock?act=delete",
        ):
            page = live(visitor.open(view))
            expect(page.locator("#content")).to_be_visible()
            expect(page.get_by_text(re.compile("Loading|Asking"))).to_have_count(0)
            page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            found = [one for one in page.evaluate("jumps") if one["value"] > MOST_JUMP]
            jumps += [f"{view} at {size['width']} px: {one}" for one in found]
            page.close()
    assert jumps == []


def test_twenty_tabs_of_one_browser_are_live(visitor: Visitor) -> None:
    """Over HTTP/1.1 a browser has six connections to a server, whatever the number of its tabs."""
    streams: list[str] = []
    visitor.context.on("request", lambda one: streams.append(one.url) if "/stream" in one.url else None)
    tabs = [visitor.open() for _ in range(TABS)]
    for tab in tabs:
        expect(live(tab).locator("[data-camera]")).to_have_count(5)
    assert len(streams) == 1, streams


def test_a_camera_that_is_added_comes_to_the_page_by_itself(visitor: Visitor, fleet: UpFleet) -> None:
    page = live(visitor.open())
    expect(page.locator("[data-camera=porch]")).to_have_count(0)
    camera = fleet.manifests.read("cameras.yaml").split("---\n")[1]
    fleet.manifests.write("porch.yaml", camera.replace("lobby-ceiling", "porch").replace("lobby", "porch"))
    expect(page.locator("[data-camera=porch]")).to_be_visible()
