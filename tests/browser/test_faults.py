"""What goes wrong in a fleet is seen on the page, with its reason, and goes when it is mended: without a look from anybody, without a reload."""

import contextlib
import json
import os
from collections.abc import Iterator
from signal import SIGCONT, SIGHUP, SIGKILL, SIGSTOP

from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor
from tests.e2e.running_fleet import UpFleet
from tests.patience import wait_until

FILE = "cameras.yaml"
OF_NODE_B = ("dock", "yard-north", "yard-south")


@contextlib.contextmanager
def dead(fleet: UpFleet, camera: str) -> Iterator[None]:
    """A simulated camera dies, and comes back."""
    (file,) = fleet.state_dir.glob("cameras-*.json")
    simulator, whole = fleet.part("simulator"), file.read_text(encoding="utf-8")
    try:
        file.write_text(json.dumps([one for one in json.loads(whole) if one["name"] != camera]), encoding="utf-8")
        os.kill(simulator, SIGHUP)
        yield
    finally:
        file.write_text(whole, encoding="utf-8")
        os.kill(simulator, SIGHUP)


@contextlib.contextmanager
def frozen(pid: int) -> Iterator[None]:
    """A program says nothing any more; nobody starts it again, since it is there."""
    os.kill(pid, SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, SIGCONT)


def names(page: Page) -> list[str]:
    tiles: list[str] = page.locator("[data-camera]").evaluate_all("all => all.map(one => one.dataset.camera)")
    return tiles


def test_a_dead_camera_is_first_and_those_of_a_dead_agent_are_not_ready(visitor: Visitor, fleet: UpFleet) -> None:
    page = visitor.open()
    state = page.locator(".tile-state")
    expect(state.filter(has_text="Ready")).to_have_count(5)
    with frozen(fleet.agent("node-b")):
        with dead(fleet, "lobby"):
            first = page.locator("[data-camera]").first
            expect(first).to_have_attribute("data-camera", "lobby")
            expect(first.locator(".tile-why")).to_contain_text("404")
            expect(page.get_by_role("button", name="Dark 1")).to_be_visible()
            for name in OF_NODE_B:
                tile = page.locator(f"[data-camera={name}]")
                expect(tile.locator(".state.unknown")).to_contain_text("NodeLost")
                expect(tile.locator(".tile-why")).to_contain_text("node-b")
            # What is dark, what nobody knows, and the rest.
            wait_until(lambda: names(page) == ["lobby", *OF_NODE_B, "front-door"], "the tiles are in this order")
        expect(page.locator("[data-camera=lobby]")).to_contain_text("Ready")
        wait_until(lambda: names(page) == [*OF_NODE_B, "front-door", "lobby"], "the tiles are in this order")
    expect(state.filter(has_text="Ready")).to_have_count(5)


def test_a_mistake_in_a_manifest_is_told_with_its_file_and_line(visitor: Visitor, fleet: UpFleet) -> None:
    page = visitor.open()
    expect(page.locator("header [role=status]")).to_contain_text("live")
    fleet.manifests.replace(FILE, "minimumFps: 2 #", "minimumFps: two #")
    before, _, _ = fleet.manifests.read(FILE).partition("minimumFps: two")
    place = f"{fleet.manifests.path / FILE}:{before.count(chr(10)) + 1}:17"
    banner = page.locator(".banner", has_text="A problem in the manifests")
    banner.get_by_role("link", name="Show").click()
    problem = page.locator(".problems li")
    expect(problem).to_have_count(1)
    expect(problem.locator("code")).to_have_text(place)
    expect(problem).to_contain_text("spec.limits.minimumFps")
    fleet.manifests.restore()
    expect(problem).to_have_count(0)
    expect(banner).to_have_count(0)
    expect(page.get_by_text("Nothing waits: what the manifests say is in force.")).to_be_visible()


def test_a_page_outlives_the_controller(visitor: Visitor, fleet: UpFleet) -> None:
    visitor.expect_fault("ERR_|502|503")
    page = visitor.open()
    status = page.locator("header [role=status]").first
    expect(status).to_contain_text("live")
    page.evaluate("window.isThisPage = true")
    os.kill(fleet.part("controller"), SIGKILL)
    expect(status).to_contain_text("as of")
    expect(status).to_contain_text("ago")
    expect(page.locator("[data-camera]")).to_have_count(5)
    expect(status).to_contain_text("live")
    expect(page.locator(".tile-state", has_text="Ready")).to_have_count(5)
    assert page.evaluate("window.isThisPage")
    # What happens from then on is told, too.
    fleet.manifests.replace(FILE, "name: lobby", "name: hall")
    fleet.manifests.replace("instances/entrance.yaml", "- lobby", "- hall")
    expect(page.locator("[data-camera=hall]")).to_be_visible()
