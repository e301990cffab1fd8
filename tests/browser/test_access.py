"""Who may what, and what the page never lets anybody else do."""

from collections.abc import Callable, Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Locator, Page, Request, expect

from tests.browser.guarded_controller import GuardedController
from tests.browser.visitor import Visitor
from tests.e2e.manifest_folder import ManifestFolder
from tests.patience import wait_until

SCRIPT = "<script>window.ran = 1</script>"
IMAGE = "<img src=x onerror='window.ran = 1'>"
DRAWN = [
    "+        line-1:",
    "+          direction: [[370, 150], [370, 195]]",
    "+          line: [[320, 150], [420, 150]]",
]
_MOST_TABS = 60


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[GuardedController]:
    root = tmp_path_factory.mktemp("guarded")
    controller = GuardedController(
        root, ManifestFolder(root / "manifests", camera_port=free_port(), git=True), free_port()
    )
    yield controller
    controller.close()


@pytest.fixture
def stranger(visit: Callable[..., Visitor], guarded: GuardedController) -> Visitor:
    """Somebody who is not known to the controller yet."""
    visitor = visit(base_url=guarded.url)
    visitor.expect_fault("401")
    return visitor


def log_in(visitor: Visitor, token: str, place: str = "/") -> Page:
    page = visitor.open(place)
    page.get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    expect(page.locator("header [role=status]").first).to_contain_text("live")
    return page


def tab_to(page: Page, wanted: Locator) -> None:
    expect(wanted).to_be_enabled()
    for _ in range(_MOST_TABS):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{wanted} is not reached by Tab")


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_token_is_in_a_cookie_that_no_script_reads_and_nowhere_else(
    stranger: Visitor, guarded: GuardedController
) -> None:
    asked: list[Request] = []
    stranger.context.on("request", lambda one: asked.append(one))  # noqa: PLW0108 - a method of a list is not taken
    stranger.context.add_init_script(
        "window.violations = []; addEventListener('securitypolicyviolation', one => window.violations.push(one.blockedURI))"
    )
    token = guarded.tokens["admin"]
    page = stranger.open("/#/cameras")
    page.get_by_label("Token").fill("fleet_00000000_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("This token is not known here.")
    assert stranger.context.cookies() == []
    page.get_by_label("Token").fill(token)
    page.keyboard.press("Enter")
    expect(page.locator("[data-camera]")).to_have_count(5)

    (cookie,) = stranger.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("fleet-session", True, "Strict")
    assert page.evaluate("[document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]
    assert page.evaluate("indexedDB.databases()") == []
    for room in ("instances", "nodes", "changes", "events", "cameras/lobby", "cameras/lobby/draw", "new/camera"):
        page.goto(f"/#/{room}")
        expect(page.locator("#content")).to_be_visible()
    assert [one.url for one in asked if token in one.url or token in (one.headers.get("referer") or "")] == []
    assert token not in page.content()
    assert page.evaluate("window.violations") == []

    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    assert stranger.context.cookies() == []


def test_who_may_only_look_is_told_what_he_lacks(stranger: Visitor, guarded: GuardedController) -> None:
    stranger.expect_fault("403")
    # No agent says what its node uses.
    stranger.expect_fault("404.*metrics.k8s.io")
    before = guarded.manifests.git("rev-parse", "main")
    page = log_in(stranger, guarded.tokens["viewer"], "/#/cameras/lobby?act=delete")
    for place, needed in (
        ("/#/cameras/lobby?act=delete", "admin"),
        ("/#/nodes/node-b?act=cordon", "operator"),
    ):
        page.goto(place)
        expect(page.locator("dialog").get_by_role("alert")).to_contain_text(needed)
        expect(page.locator("dialog button.primary")).to_be_disabled()
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).to_have_count(0)
    assert guarded.manifests.git("rev-parse", "main") == before


def test_whoever_is_not_known_any_more_is_asked_again(stranger: Visitor, guarded: GuardedController) -> None:
    token = guarded.create_token("viewer", "vera")
    page = log_in(stranger, token)
    expect(page.locator("[data-camera]")).to_have_count(5)
    guarded.revoke(token)
    expect(page.get_by_label("Token")).to_be_visible()
    expect(page.locator("[data-camera]")).to_have_count(0)


def test_what_people_write_is_text(stranger: Visitor, guarded: GuardedController) -> None:
    camera = guarded.manifests.read("cameras.yaml").split("---\n")[1].replace("lobby", "porch")
    file = f"{IMAGE}.yaml"
    noted = camera.replace("metadata:", f'metadata:\n  annotations: {{note: "{SCRIPT}"}}')
    (guarded.manifests.path / file).write_text(noted, encoding="utf-8")
    guarded.manifests.commit(f"a porch {SCRIPT}")
    page = log_in(stranger, guarded.tokens["admin"])
    page.locator("[data-camera=porch]").click()
    expect(page.locator(".manifest")).to_contain_text(SCRIPT)
    expect(page.locator(".where")).to_contain_text(file)
    page.goto("/#/changes")
    page.get_by_role("link", name=f"a porch {SCRIPT}").click()
    expect(page.locator("h1")).to_contain_text(SCRIPT)
    expect(page.locator("figcaption").filter(has_text=file)).to_have_count(1)

    (guarded.manifests.path / file).write_text(f'{noted}  limits: {{minimumFps: "{SCRIPT}"}}\n', encoding="utf-8")
    guarded.manifests.commit("a mistake")
    page.locator(".banner").get_by_role("link", name="Show").click()
    expect(page.locator(".problems li")).to_contain_text(SCRIPT)
    expect(page.locator(".problems code")).to_contain_text(f"{file}:")
    assert page.evaluate("window.ran") is None
    expect(page.locator("main img, main script")).to_have_count(0)
    guarded.manifests.restore()


class _Elsewhere(BaseHTTPRequestHandler):
    """A page of somebody else on the same machine: a browser lets pages of the world ask nothing of a machine anyway."""

    ours: ClassVar[str] = ""

    def do_GET(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f"<iframe name='ours' src='{self.ours}'></iframe>".encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Says nothing."""


def test_a_page_of_somebody_else_holds_no_page_of_ours(stranger: Visitor, guarded: GuardedController) -> None:
    handler = type("Handler", (_Elsewhere,), {"ours": f"{guarded.url}/"})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        page = stranger.open(f"http://127.0.0.1:{server.server_port}/")
        server.shutdown()
    stranger.expect_fault("a request to another host")
    ours = page.frame("ours")
    assert ours is not None
    assert ours.url.startswith("chrome-error:")
    expect(ours.locator("#page")).to_have_count(0)
    # Events are told while something is asked of the browser.
    wait_until(lambda: page.title() == "" and "frame-ancestors" in "\n".join(stranger.faults()), "the browser says why")
    stranger.expect_fault("frame-ancestors")


def test_a_line_is_drawn_and_committed_by_keys_alone(stranger: Visitor, guarded: GuardedController) -> None:
    before = guarded.manifests.read("cameras.yaml")
    page = stranger.open()
    tab_to(page, page.get_by_label("Token"))
    page.keyboard.type(guarded.tokens["admin"])
    press(page, "Enter")
    expect(page.locator("[data-camera]")).to_have_count(5)
    press(page, "/")
    page.keyboard.type("yard-north")
    press(page, "Escape", "j", "Enter")
    expect(page.locator(".manifest")).to_contain_text("gate:")
    press(page, "w")
    expect(page.locator("#stage")).to_be_visible()
    press(page, "n", *["Shift+ArrowUp"] * 3, "Space", *["Shift+ArrowRight"] * 10, "Space")
    tab_to(page, page.get_by_role("button", name="Preview and save"))
    press(page, "Enter")
    expect(page.locator("dialog .diffs .added")).to_have_text([f"{line}\n" for line in DRAWN])
    expect(page.locator("dialog .diffs .removed")).to_have_count(0)
    tab_to(page, page.get_by_label("Why, for the commit"))
    page.keyboard.type("count who comes in")
    tab_to(page, page.get_by_role("button", name="Save", exact=True))
    press(page, "Enter")
    expect(page.get_by_text("Heard you")).to_be_visible()
    tab_to(page, page.get_by_role("button", name="Close"))
    press(page, "Enter")
    expect(page.locator(".manifest")).to_contain_text("line-1:")

    git = guarded.manifests.git
    assert git("log", "-1", "--format=%an", "main").decode().strip() == "alice"
    assert "count who comes in" in git("log", "-1", "--format=%B", "main").decode()
    diff = git("show", "--format=", "--unified=0", "main").decode().splitlines()
    assert [line for line in diff if line[0] in "+-" and line[:3] not in {"+++", "---"}] == DRAWN
    assert git("show", "--format=", "--name-only", "main").decode().split() == ["cameras.yaml"]
    # Comments among them.
    kept = [line for line in guarded.manifests.read("cameras.yaml").splitlines() if f"+{line}" not in DRAWN]
    assert kept == before.splitlines()
