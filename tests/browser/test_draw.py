"""A line is drawn by mouse, and becomes the one change of its camera's manifest."""

import difflib

from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.e2e.running_fleet import UpFleet

FILE = "cameras.yaml"
DRAWN = [
    "        door:",
    "          direction: [[320, 90], [320, 135]]",
    "          line: [[160, 90], [480, 90]]",
]
"""Its arrow stands across the middle of the line, an eighth of the picture's height long."""


def pull(page: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    """Pulls the mouse over the picture, from one part of its width and height to another."""
    box = page.locator("#stage").bounding_box()
    assert box is not None
    places = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in (begin, end)]
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=3)
    page.mouse.up()


def added(before: str, after: str) -> list[str]:
    """What one text has more than another; with a mark where it has less."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return [line[2:] if line.startswith("+") else line for line in lines if line[0] in "+-"]


def test_a_line_that_is_drawn_is_all_that_is_saved(visitor: Visitor, fleet: UpFleet) -> None:
    before = fleet.manifests.read(FILE)
    page = visitor.open("/#/cameras/yard-north/draw")
    page.get_by_role("button", name="New line").click()
    pull(page, (0.25, 0.25), (0.75, 0.25))
    page.get_by_label("Name").fill("gate")
    expect(page.get_by_text("Another one has this name.").first).to_be_visible()
    expect(page.get_by_role("button", name="Preview and save")).to_be_disabled()
    page.get_by_label("Name").fill("door")
    page.get_by_role("button", name="Preview and save").click()
    expect(page.locator("dialog .added").filter(has_text="door:")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Heard you")).to_be_visible()
    assert added(before, fleet.manifests.read(FILE)) == DRAWN
    page.get_by_role("button", name="Close").click()
    expect(page).to_have_url(f"{fleet.url}/#/cameras/yard-north")
    expect(page.locator(".manifest")).to_contain_text("door:")


def test_a_region_is_drawn_by_keys_alone(visitor: Visitor) -> None:
    page = visitor.open("/#/cameras/yard-north/draw")
    expect(page.locator("#stage")).to_be_visible()
    for key in ("r", "Space", "Shift+ArrowRight", "Space", "Shift+ArrowDown", "Space", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".shapes li").filter(has_text="region-1")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(page.locator(".shapes li").filter(has_text="region-1")).to_have_count(0)
