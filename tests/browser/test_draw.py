"""A line is drawn by mouse, becomes the one change of its camera's manifest, and counts."""

import contextlib
import difflib

import httpx
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.e2e.running_fleet import UpFleet, eventually
from tests.patience import patient

FILE = "cameras.yaml"
DRAWN = [
    "        door:",
    "          direction: [[320, 180], [298, 219]]",
    "          line: [[160, 90], [480, 270]]",
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


def crossings(fleet: UpFleet, node: str, line: str) -> float:
    """How often a line was crossed, as the app says that counts at it; 0 while none does."""
    ports = fleet.documents("nodes")[node]["spec"]["instancePorts"]
    for port in range(ports["first"], ports["last"] + 1):
        with contextlib.suppress(httpx.HTTPError):
            said = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=patient(5), trust_env=False).text
            for one in said.splitlines():
                if one.startswith("pipeline_line_crossings_total") and f'line="{line}"' in one:
                    return float(one.rpartition(" ")[2])
    return 0


def test_a_line_that_is_drawn_is_all_that_is_saved_and_counts(visitor: Visitor, fleet: UpFleet) -> None:
    before = fleet.manifests.read(FILE)
    page = visitor.open("/#/cameras/yard-north/draw")
    page.get_by_role("button", name="New line").click()
    pull(page, (0.25, 0.25), (0.75, 0.75))
    page.get_by_label("Name").fill("gate")
    expect(page.get_by_text("Another one has this name.").first).to_be_visible()
    expect(page.get_by_role("button", name="Preview and save")).to_be_disabled()
    page.get_by_label("Name").fill("door")
    page.get_by_role("button", name="Preview and save").click()
    expect(page.locator("dialog .diffs .added")).to_have_text([f"+{line}\n" for line in DRAWN])
    expect(page.locator("dialog .diffs .removed")).to_have_count(0)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Heard you")).to_be_visible()
    assert added(before, fleet.manifests.read(FILE)) == DRAWN
    page.get_by_role("button", name="Close").click()
    expect(page).to_have_url(f"{fleet.url}/#/cameras/yard-north")
    expect(page.locator(".manifest")).to_contain_text("door:")
    eventually(lambda: crossings(fleet, "node-b", "door"), "the line that was drawn counts who crosses it")


def test_a_region_is_drawn_by_keys_alone(visitor: Visitor) -> None:
    page = visitor.open("/#/cameras/yard-north/draw")
    expect(page.locator("#stage")).to_be_visible()
    for key in ("r", "Space", "Shift+ArrowRight", "Space", "Shift+ArrowDown", "Space", "Enter"):
        page.keyboard.press(key)
    expect(page.locator(".shapes li").filter(has_text="region-1")).to_have_count(1)
    page.keyboard.press("Control+z")
    expect(page.locator(".shapes li").filter(has_text="region-1")).to_have_count(0)
