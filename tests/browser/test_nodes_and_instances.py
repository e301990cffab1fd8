from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import Visitor, axe_findings
from tests.e2e.running_fleet import UpFleet, eventually

VIEWS = (
    "/#/nodes/node-a",
    "/#/nodes/node-b?act=cordon",
    "/#/instances/gate",
    "/#/instances/gate?tab=logs&find=camera",
    "/#/instances/gate?tab=files",
    "/#/instances/gate?tab=versions",
    "/#/instances/gate?act=hold",
)
SCREENS = {"desk, light": ("light", 1280), "phone, dark": ("dark", 390)}
LAYS_OUT = "document.querySelector('main').scrollWidth <= document.querySelector('main').clientWidth"


@pytest.mark.parametrize("screen", SCREENS)
def test_axe_finds_nothing_and_nothing_is_cut(visit: Callable[..., Visitor], screen: str) -> None:
    scheme, width = SCREENS[screen]
    page = visit(color_scheme=scheme, viewport={"width": width, "height": 844}).open()
    findings = []
    for view in VIEWS:
        page.goto(view)
        expect(page.locator("main.sheet")).to_be_visible()
        if "act=" in view:
            expect(page.locator("dialog button.primary")).to_be_enabled()
        findings += [f"{view}: {one}" for one in axe_findings(page)]
        assert page.evaluate(LAYS_OUT), view
    assert findings == []


def test_a_node_is_cordoned_by_the_line_that_was_shown(visitor: Visitor, fleet: UpFleet) -> None:
    before = fleet.manifests.read("nodes.yaml").splitlines()
    page = visitor.open("/#/nodes/node-b")
    page.get_by_role("button", name="Cordon").click()
    expect(page.locator("dialog .diffs .added")).to_have_text("+  unschedulable: true\n")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("dialog .heard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".sheet-state")).to_contain_text("Cordoned")
    expect(page.get_by_role("button", name="Uncordon")).to_be_focused()
    after = fleet.manifests.read("nodes.yaml").splitlines()
    assert [line for line in after if line not in before] == ["  unschedulable: true"]
    assert len(after) == len(before) + 1


def test_what_would_stay_when_a_node_is_drained_is_said_with_why(visitor: Visitor) -> None:
    visitor.expect_fault("409")
    page = visitor.open("/#/nodes/node-b?act=drain")
    expect(page.locator("dialog .stays")).to_contain_text("its nodeSelector finds no other node")
    expect(page.get_by_role("button", name="Cordon it first")).to_be_visible()


def test_a_log_is_followed_and_searched_by_keyboard(visitor: Visitor) -> None:
    page = visitor.open("/#/instances/gate?tab=logs")
    expect(page.get_by_role("log")).to_contain_text("camera=front-door alive")
    page.keyboard.press("/")
    page.keyboard.type("ALIVE")
    page.keyboard.press("Enter")
    expect(page.locator(".log-found")).to_have_text("1 of 1")
    expect(page.locator(".log-line.at mark")).to_have_text("alive")
    expect(page.get_by_role("button", name="Follow")).to_be_visible()
    assert page.url.endswith("?tab=logs&find=ALIVE")


def test_an_instance_is_held_with_a_reason_and_released(visitor: Visitor, fleet: UpFleet) -> None:
    page = visitor.open("/#/instances/gate?act=hold")
    page.get_by_label("Why").fill("a look at a leak")
    page.locator("dialog").get_by_role("button", name="Hold").click()
    _close(page)
    expect(page.locator(".sheet-state")).to_contain_text("Held")
    eventually(lambda: "a look at a leak" in str(fleet.documents("dsinstances")["gate"]["status"].get("held")), "held")
    page.get_by_role("button", name="Release").click()
    page.locator("dialog").get_by_role("button", name="Release").click()
    _close(page)
    expect(page.locator(".sheet-state")).not_to_contain_text("Held")


def _close(page: Page) -> None:
    expect(page.locator("dialog .heard")).to_be_visible()
    page.locator("dialog").get_by_role("button", name="Close").click()
