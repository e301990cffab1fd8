"""What takes away more than the limits waits until somebody has typed what he lets go."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.visitor import Visitor
from tests.e2e.running_fleet import UpFleet, eventually


def test_to_delete_what_watches_most_cameras_its_name_is_typed(visitor: Visitor) -> None:
    page = visitor.open("/#/instances/yard/edit")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("dialog .parked")).to_contain_text("3 of 5 cameras would no longer be watched")
    expect(page.locator("dialog .diffs .removed").first).to_be_visible()
    _typed(page, "yard", "Save")


def test_a_removal_by_hand_waits_for_a_typed_yes(visitor: Visitor, fleet: UpFleet) -> None:
    page = visitor.open()
    expect(page.locator("header [role=status]").first).to_contain_text("live")
    text = fleet.manifests.read("cameras.yaml")
    kept = [one for one in text.split("---\n") if "name: yard-" not in one]
    fleet.manifests.write("cameras.yaml", "---\n".join(kept))
    page.locator(".banner", has_text="A change waits for approval").get_by_role("link", name="Show").click()
    expect(page.locator(".pending .parked")).to_contain_text("2 of 5 cameras would no longer be watched")
    # Nothing is done before.
    assert {"yard-north", "yard-south"} <= fleet.documents("cameras").keys()
    page.get_by_role("button", name="Approve…").click()
    expect(page.locator("dialog .removed-names")).to_have_text("yard-north, yard-south")
    word = page.locator(".pending code").inner_text()
    _typed(page, word, "Approve").click()
    expect(page.locator("dialog .heard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_text("Nothing waits: what the manifests say is in force.")).to_be_visible()
    eventually(lambda: len(fleet.documents("cameras")) == len(kept), "it is in force")
    page.goto("/#/cameras")
    expect(page.locator("[data-camera]")).to_have_count(len(kept))


def _typed(page: Page, word: str, act: str) -> Locator:
    """The button that does it: as long as the word is not typed, it does nothing."""
    button = page.locator("dialog").get_by_role("button", name=act, exact=True)
    field = page.locator("dialog").get_by_label(f"Type {word} to approve it")
    field.fill(word[:-1])
    expect(button).to_be_disabled()
    field.fill(word)
    expect(button).to_be_enabled()
    return button
