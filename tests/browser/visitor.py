"""Somebody with a browser of his own: it remembers what the page did that no page of ours may do."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebError

_OUT_OF_REACH = """() => [...document.querySelectorAll("body *")].filter((one) => {
  const { overflowX, overflowY } = getComputedStyle(one);
  const scrolls = [overflowX, overflowY].some((overflow) => overflow === "auto" || overflow === "scroll");
  return scrolls && one.tabIndex < 0 && one.querySelector("a[href], button, input, select, textarea, [tabindex='0']") === null;
}).map((one) => one.outerHTML.slice(0, 120))"""
"""What scrolls when there is much in it, and can neither have the focus nor has anything that can."""


class Visitor:
    """A person with cookies, storage and tabs that no other test has.

    Args:
        context: the profile of the browser, with the address of the fleet as its base.
        url: where the fleet is.
    """

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self._host = urlsplit(url).netloc
        self._faults: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        context.on("console", self._hear)
        context.on("weberror", self._see)
        context.on("request", self._look)
        context.tracing.start(snapshots=True)

    def open(self, place: str = "/") -> Page:
        """A new tab; each view has a link, such as `/#/nodes`."""
        page = self.context.new_page()
        page.goto(place)
        return page

    def expect_fault(self, pattern: str) -> None:
        """Lets the console say what would fail the test elsewhere, such as that a controller that was stopped is not there."""
        self._expected.append(re.compile(pattern))

    def faults(self) -> list[str]:
        """Errors in the console, violations of the policy among them, and requests to other hosts than the fleet."""
        return [one for one in self._faults if not any(pattern.search(one) for pattern in self._expected)]

    def keep_what_is_seen(self, folder: Path) -> None:
        """Writes pictures of all tabs, and a trace for `playwright show-trace`."""
        folder.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(self.context.pages):
            page.screenshot(path=folder / f"{number}.png")
        self.context.tracing.stop(path=folder / "trace.zip")

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._faults.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _see(self, error: WebError) -> None:
        self._faults.append(f"not caught: {error.error}")

    def _look(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self._host:
            self._faults.append(f"a request to another host: {request.url}")


def axe_findings(page: Page) -> list[str]:
    """What axe-core finds in a page as it is now: the rule, and where.

    It looks only at what is too large for its place right now, so what may become so is looked at beside it.
    """
    found = Axe().run(page).response["violations"]
    findings = [
        f"{one['id']}: {one['help']}: {node['target']} {node['html']}" for one in found for node in one["nodes"]
    ]
    return findings + [f"would scroll by mouse alone: {one}" for one in page.evaluate(_OUT_OF_REACH)]
