"""One browser and one fleet for all tests of this folder; each test begins with the fleet as it was at first, as somebody new."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests import workers
from tests.browser.visitor import Visitor
from tests.e2e.manifest_folder import ManifestFolder
from tests.e2e.planted_secret import PlantedSecret
from tests.e2e.running_fleet import UpFleet
from tests.patience import patient
from tools.screenshots import NO_CHROMIUM, launch

_KEPT = Path(__file__).parents[2] / "build" / "browser"
_FAILED = pytest.StashKey[bool]()


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("browser")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A test that failed shows the logs of its fleet; what was seen is kept when its visitors leave."""
    report: pytest.TestReport = yield
    if report.failed:
        item.stash[_FAILED] = True
        fleet = getattr(item, "funcargs", {}).get("fleet")
        if isinstance(fleet, UpFleet):
            report.sections.append(("logs of the fleet", fleet.logs()))
    return report


@pytest.fixture(scope="package")
def chromium(unavailable: Callable[[str, str], NoReturn]) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright, timeout_ms=1000 * patient(30))
        if browser is None:
            unavailable("browser", NO_CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def shared_fleet(tmp_path_factory: pytest.TempPathFactory, free_port: Callable[[], int]) -> Iterator[UpFleet]:
    root = tmp_path_factory.mktemp("fleet")
    secret = PlantedSecret(root / "secrets")
    fleet = UpFleet(root, ManifestFolder(root / "manifests", camera_port=free_port()), free_port(), secret.folder)
    yield fleet
    fleet.close()


@pytest.fixture
def fleet(request: pytest.FixtureRequest, shared_fleet: UpFleet) -> UpFleet:
    """`fleet up` with the cameras of the demo and one more instance; all cameras are Ready."""
    assert workers.shared_by(request.node.nodeid) == "browser", "tests/workers.py has to name this test"
    shared_fleet.begin()
    return shared_fleet


@pytest.fixture
def visit(request: pytest.FixtureRequest, chromium: Browser, fleet: UpFleet) -> Iterator[Callable[..., Visitor]]:
    """`visit(color_scheme="dark", viewport={"width": 390, "height": 844})`: somebody new; fails when the page does what it may not.

    With `base_url` he visits another controller than that of the fleet.
    """
    visitors: list[Visitor] = []
    expect.set_options(timeout=1000 * patient(20))

    def come(**options: Any) -> Visitor:
        url = options.pop("base_url", fleet.url)
        context = chromium.new_context(base_url=url, **options)
        context.set_default_timeout(1000 * patient(20))
        visitors.append(Visitor(context, url))
        return visitors[-1]

    yield come
    faults = [fault for visitor in visitors for fault in visitor.faults()]
    folder = _KEPT / re.sub(r"\W+", "_", request.node.name)
    for number, visitor in enumerate(visitors):
        if faults or request.node.stash.get(_FAILED, False):
            visitor.keep_what_is_seen(folder / str(number))
        visitor.context.close()
    assert not faults, f"{'; '.join(faults)}; what was seen is in {folder}"


@pytest.fixture
def visitor(visit: Callable[..., Visitor]) -> Visitor:
    """Somebody with a screen of 1280 by 720, in light."""
    return visit()
