"""What waits, what is wrong and what was, and the way back."""

import re
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.visitor import Visitor
from tests.e2e.running_fleet import UpFleet
from tests.patience import wait_until


def edit_label(fleet: UpFleet) -> None:
    """A commit that touches nothing that runs."""
    text = fleet.manifests.read("cameras.yaml")
    fleet.manifests.write("cameras.yaml", text.replace("area: entrance", "area: door", 1))


def test_wrong_manifests_are_told_with_file_line_field_and_cause(visitor: Visitor, fleet: UpFleet) -> None:
    page = visitor.open("/#/changes")
    expect(page.get_by_text("Nothing waits")).to_be_visible()
    fleet.manifests.replace("instances/yard.yaml", "cameraSelector:", "cameraSelektor:")
    line = fleet.manifests.read("instances/yard.yaml").split("cameraSelektor:")[0].count("\n") + 1
    problem = page.locator(".problems li")
    expect(problem).to_contain_text(f"instances/yard.yaml:{line}:3")
    expect(problem).to_contain_text("spec.cameraSelektor")
    expect(problem).to_contain_text("did you mean cameraSelector?")
    fleet.manifests.replace("instances/yard.yaml", "cameraSelektor:", "cameraSelector:")
    expect(page.get_by_text("Nothing waits")).to_be_visible()


def test_what_the_guard_parked_is_approved_by_who_types_which_revision_it_is(visitor: Visitor, fleet: UpFleet) -> None:
    page = visitor.open("/#/changes")
    fleet.manifests.remove("instances/yard.yaml")
    expect(page.locator(".plan .removed")).to_contain_text("dock, yard-north, yard-south")
    page.get_by_role("button", name="Approve…").press("Enter")
    approve = page.get_by_role("button", name="Approve", exact=True)
    word = re.search(r"Type (\w{8}) ", page.get_by_role("dialog").inner_text())
    assert word
    page.keyboard.type(word[1][:-1])
    expect(approve).to_be_disabled()
    page.keyboard.type(word[1][-1])
    expect(approve).to_be_enabled()
    # What waits is another one meanwhile: it was not shown, so it is not approved.
    edit_label(fleet)
    expect(page.get_by_role("alert")).to_contain_text("another one now")
    expect(approve).to_be_disabled()
    assert fleet.documents("dsinstances").keys() >= {"yard"}


def test_one_goes_back_to_an_earlier_revision_as_it_was_shown(visitor: Visitor, fleet: UpFleet) -> None:
    before = fleet.manifests.read("cameras.yaml")
    page = visitor.open("/#/changes")
    in_force = page.locator(".revisions li", has_text="in force")
    first = in_force.locator("code").inner_text()
    edit_label(fleet)
    expect(in_force.locator("code")).not_to_have_text(first)
    page.locator(".revisions li", has_text=first).first.get_by_role("link").press("Enter")
    page.get_by_role("button", name="Go back to this one…").press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".diffs .added").first).to_contain_text("area: entrance")
    dialog.get_by_label("Why").fill("the door is none")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("status").last).to_contain_text("Heard you")
    wait_until(
        lambda: fleet.manifests.read("cameras.yaml") == before, "the manifests are as they were, to the last byte"
    )
    page.goto("/#/changes")
    expect(in_force).to_contain_text("the door is none")


def test_events_are_found_by_what_stands_in_the_link(visitor: Visitor, fleet: UpFleet) -> None:
    page = visitor.open("/#/events?q=running&kind=DsInstance")
    shown = page.locator(".event")
    expect(shown.filter(has_text="Instance yard").first).to_be_visible()
    expect(shown.filter(has_text="RevisionAccepted")).to_have_count(0)
    page.get_by_label("Labels").fill("nobody=has-it")
    expect(page.get_by_text("No event matches")).to_be_visible()
    page.get_by_role("button", name="Clear the filters").press("Enter")
    expect(shown.filter(has_text="RevisionAccepted").first).to_be_visible()
    edit_label(fleet)
    expect(shown.first).to_contain_text("RevisionAccepted")


def test_any_object_is_a_few_letters_away(visit: Callable[..., Visitor]) -> None:
    page = visit(viewport={"width": 390, "height": 844}).open("/#/events")
    expect(page.locator(".event").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("trance")
    expect(page.get_by_role("dialog").get_by_role("option")).to_contain_text("entrance")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"#/instances/entrance$"))
    page.keyboard.press("Control+k")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
