"""Takes the pictures of the page that the README shows, of a fleet that runs.

`make demo` in one terminal, `make screenshots` in another. A test takes them too, so that they can always be taken.
"""

import argparse
import base64
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, Playwright, expect, sync_playwright

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
NO_CHROMIUM = "no Chromium: Debian has it as chromium-headless-shell"
_PROGRAMS = ("chromium-headless-shell", "chromium")
_QUALITY = 85
_TIMEOUT_MS = 60_000.0


@dataclass(frozen=True)
class Screenshot:
    """A picture of the page.

    Attributes:
        name: of its file, without the ending.
        place: the link of what it shows.
        width, height: of the screen, in pixels.
        scheme: light or dark.
        ready: what must be seen before it is taken.
        act: what is done before that.
    """

    name: str
    place: str
    width: int
    height: int
    scheme: str
    ready: Callable[[Page], Locator]
    act: Callable[[Page], None] = lambda _: None


def _move_a_line(page: Page) -> None:
    """Moves an end of a line by the keyboard, and asks what saving that would do."""
    page.get_by_role("application").focus()
    page.keyboard.press("Tab")
    for _ in range(3):
        page.keyboard.press("Shift+ArrowDown")
    page.get_by_role("button", name="Preview and save").click()


SCREENSHOTS = (
    Screenshot("wall", "/#/cameras?group=label%3Aarea", 1280, 720, "light", lambda page: page.locator(".tile img")),
    Screenshot("wall-phone", "/#/cameras", 390, 780, "dark", lambda page: page.locator(".tile img")),
    Screenshot("camera", "/#/cameras/front-door", 1280, 860, "dark", lambda page: page.locator(".camera-picture img")),
    Screenshot("draw", "/#/cameras/yard-north/draw?shape=gate", 1280, 720, "light", lambda page: page.locator(".stage img")),
    Screenshot("save", "/#/cameras/yard-north/draw", 1280, 720, "light", lambda page: page.locator("dialog .diffs"), _move_a_line),
)  # fmt: skip


def take(browser: Browser, url: str, folder: Path, screenshots: Sequence[Screenshot] = SCREENSHOTS) -> list[Path]:
    """Takes them all of the fleet at an address; the files that were written.

    Raises:
        AssertionError, Error: of Playwright, when something is not shown in time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_taken(browser, url, folder, one) for one in screenshots]


def _taken(browser: Browser, url: str, folder: Path, one: Screenshot) -> Path:
    context = browser.new_context(
        base_url=url,
        viewport={"width": one.width, "height": one.height},
        color_scheme="dark" if one.scheme == "dark" else "light",
    )
    try:
        page = context.new_page()
        page.goto(one.place, timeout=_TIMEOUT_MS)
        expect(page.locator("header [role=status]")).to_contain_text("live", timeout=_TIMEOUT_MS)
        expect(page.locator("#content")).to_be_visible(timeout=_TIMEOUT_MS)
        page.set_default_timeout(_TIMEOUT_MS)
        one.act(page)
        expect(one.ready(page).first).to_be_visible(timeout=_TIMEOUT_MS)
        # Pictures come one after the other: each that is asked for is waited for.
        expect(page.get_by_text("Waiting for a picture")).to_have_count(0, timeout=_TIMEOUT_MS)
        page.evaluate("Promise.all([...document.images].map((one) => one.decode()))")
        path = folder / f"{one.name}.webp"
        # Half as large as the PNGs that Playwright itself takes.
        told: dict[str, Any] = context.new_cdp_session(page).send(
            "Page.captureScreenshot", {"format": "webp", "quality": _QUALITY}
        )
        path.write_bytes(base64.b64decode(told["data"]))
        return path
    finally:
        context.close()


def launch(playwright: Playwright, timeout_ms: float = _TIMEOUT_MS) -> Browser | None:
    """Debian's Chromium; None where there is none."""
    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if program is None:
        return None
    # Root has no sandbox to give.
    alone = [] if os.getuid() else ["--no-sandbox"]
    return playwright.chromium.launch(executable_path=program, args=[*alone, "--disable-gpu"], timeout=timeout_ms)


def main() -> None:
    """Writes `docs/pictures` anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8420", help="where the demo is [%(default)s]")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where they are written [docs/pictures]")
    options = parser.parse_args()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            parser.exit(1, f"{NO_CHROMIUM}\n")
        for path in take(browser, options.url, options.folder):
            sys.stdout.write(f"{path}: {path.stat().st_size / 1024:.0f} KiB\n")


if __name__ == "__main__":
    main()
