#!/usr/bin/env python3
"""The page in Chromium before many cameras, beside a page that has all rows in its document. `page_streams.py` measures the server's part."""

import argparse
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from stand.fleet import print_verdict

from tests.browser.many_cameras import ManyCameras, many_cameras
from tests.browser.measured import MeasuredPage, measured_page, percentile

_PER_SECOND: Final = 200
_PHONE: Final = 4
"""How many times as slow a phone is."""
_TABS: Final = 20
_MOST_NODES, _MOST_HEAP_MB, _MOST_IDLE_PERCENT, _MOST_GROWTH_PERCENT = 3_000, 15, 2.0, 10.0
_MOST_KB_PER_MINUTE: Final = 120


@dataclass(frozen=True)
class Target:
    """The most that is wanted of some cameras, on a machine so many times as slow as an idle one of two cores."""

    painted_ms: float
    usable_ms: float
    changed_ms: float
    start_kb: float


_TARGETS: Final = {
    (1_000, 1): Target(150, 300, 16, 90),
    (1_000, _PHONE): Target(600, 1_000, 60, 90),
    (10_000, 1): Target(200, 500, 16, 200),
}


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's."""
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if program is None:
        sys.exit("there is no Chromium: Debian has it as chromium-headless-shell")
    alone = [] if os.getuid() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*alone, "--disable-gpu"])
        yield browser
        browser.close()


@dataclass(frozen=True)
class Seen:
    """What one page took."""

    painted_ms: float
    usable_ms: float
    start_cpu_ms: float
    changed_ms: Sequence[float]
    idle_percent: float
    nodes: int
    heap_mb: float
    start_kb: float


def seen(browser: Browser, served: ManyCameras, cameras: int, slowed: float, opened: int, *, naive: bool) -> Seen:
    """Opens a page some times, of which the best counts, and has cameras change before the last of them."""
    starts = []
    for _ in range(opened):
        with measured_page(browser, served.url, naive=naive, slowed=slowed) as page:
            starts.append((*page.milliseconds_until(), page.seconds() * 1000))
    painted, usable, cpu = (min(each) for each in zip(*starts, strict=True))
    with measured_page(browser, served.url, naive=naive, slowed=slowed) as page:
        start_kb = page.transfer.total / 1000
        page.changed(cameras, 3)
        changed = [seconds * 1000 for seconds in page.changed(cameras, 20)]
    with measured_page(browser, served.url, naive=naive, slowed=slowed) as page:
        idle = share_while_changing(page, served)
        return Seen(painted, usable, cpu, changed, idle * 100, page.nodes(), page.heap() / 1e6, start_kb)


def share_while_changing(page: MeasuredPage, served: ManyCameras, seconds: float = 8) -> float:
    """The part of a core that a page takes while cameras change that it may or may not show."""
    served.change(_PER_SECOND)
    page.wait_for_changes()
    cpu, began = page.seconds(), time.monotonic()
    page.page.wait_for_timeout(seconds * 1000)
    part = (page.seconds() - cpu) / (time.monotonic() - began)
    served.change(0)
    return part


def print_beside(browser: Browser, served: ManyCameras, cameras: int, slowed: int, opened: int) -> None:
    """Measures both pages, and says whether ours meets what is wanted."""
    ours, other = (seen(browser, served, cameras, slowed, opened, naive=naive) for naive in (False, True))
    print(f"\n{cameras:,} cameras, processor slowed {slowed} times, load {os.getloadavg()[0]:.0f}")
    p50, p95 = statistics.median(ours.changed_ms), percentile(list(ours.changed_ms), 0.95)
    other_p50, other_p95 = statistics.median(other.changed_ms), percentile(list(other.changed_ms), 0.95)
    for what, one, beside in (
        ("first painted, ms", ours.painted_ms, other.painted_ms),
        ("cameras on the screen, ms", ours.usable_ms, other.usable_ms),
        ("CPU until then, ms", ours.start_cpu_ms, other.start_cpu_ms),
        ("200 changes taken in, CPU p50, ms", p50, other_p50),
        ("200 changes taken in, CPU p95, ms", p95, other_p95),
        (f"left open at {_PER_SECOND} changes per second, % of a core", ours.idle_percent, other.idle_percent),
        ("nodes in the document", ours.nodes, other.nodes),
        ("heap, MB", ours.heap_mb, other.heap_mb),
        ("over the wire at the start, kB", ours.start_kb, other.start_kb),
    ):
        ratio = f"{beside:.1f}: {one / beside:.2f} x" if beside > 0 else "not told"
        print(f"  {what}: {one:.1f}, all rows in the document {ratio}")
    target = _TARGETS.get((cameras, slowed))
    if target is not None:
        print_verdict("first painted", ours.painted_ms, target.painted_ms, "ms")
        print_verdict("cameras on the screen", ours.usable_ms, target.usable_ms, "ms")
        print_verdict("200 changes taken in, p95", p95, target.changed_ms, "ms")
        print_verdict("over the wire at the start", ours.start_kb, target.start_kb, "kB")
    if slowed == 1:
        print_verdict("left open", ours.idle_percent, _MOST_IDLE_PERCENT, "% of a core")
    print_verdict("nodes", ours.nodes, _MOST_NODES, "")
    print_verdict("heap", ours.heap_mb, _MOST_HEAP_MB, "MB")


def print_of_a_day(browser: Browser, served: ManyCameras, cameras: int, minutes: float) -> None:
    """What comes over the wire while nothing happens, and whether memory grows while much does."""
    with measured_page(browser, served.url) as page:
        for what, per_second in (("nothing changes", 0), (f"{_PER_SECOND} cameras change in a second", _PER_SECOND)):
            served.change(per_second)
            page.page.wait_for_timeout(2_000)
            before, began = page.transfer.total, time.monotonic()
            page.page.wait_for_timeout(30_000)
            kb = (page.transfer.total - before) / 1000 * 60 / (time.monotonic() - began)
            print(f"\n{cameras:,} cameras, {what}: {kb:.1f} kB over the wire in a minute, without pictures")
            if not per_second:
                print_verdict("over the wire in an idle minute", kb, _MOST_KB_PER_MINUTE, "kB")
        # After so long every camera has changed once, and is held as it came by the stream.
        page.page.wait_for_timeout(cameras / _PER_SECOND * 1_000)
        heaps = [page.heap()]
        for _ in range(4):
            page.page.wait_for_timeout(minutes * 15_000)
            heaps.append(page.heap())
        served.change(0)
        growth = (heaps[-1] / heaps[0] - 1) * 100
        print(f"heap after each quarter of {minutes:g} minutes: {', '.join(f'{one / 1e6:.2f}' for one in heaps)} MB")
        print_verdict(f"growth in {minutes:g} minutes", growth, _MOST_GROWTH_PERCENT, "%")
        print(f"  (of that {(heaps[-1] - heaps[-2]) / 1000:.0f} kB in the last quarter; eight hours were not measured)")


def print_of_tabs(browser: Browser, served: ManyCameras) -> None:
    """Many tabs of one browser, which hold one stream."""
    session = browser.new_browser_cdp_session()

    def seconds() -> float:
        return sum(one["cpuTime"] for one in session.send("SystemInfo.getProcessInfo")["processInfo"])

    with ExitStack() as ends:
        context = browser.new_context(base_url=served.url)
        ends.callback(context.close)
        streams: list[str] = []
        context.on("request", lambda one: streams.append(one.url) if "/stream" in one.url else None)
        pages = [context.new_page() for _ in range(_TABS)]
        for page in pages:
            page.goto("/")
            page.locator("[data-camera]").first.wait_for()
        served.change(_PER_SECOND)
        pages[0].wait_for_timeout(2_000)
        cpu, began = seconds(), time.monotonic()
        pages[0].wait_for_timeout(8_000)
        part = (seconds() - cpu) / (time.monotonic() - began)
        served.change(0)
        print(
            f"\n{_TABS} tabs show cameras by {len(streams)} stream: the whole browser takes {part * 100:.1f} % of a core"
        )
        print_verdict("streams", len(streams), 1, "")


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1_000, 10_000], help="(default: 1000 10000)")
    parser.add_argument("--open", type=int, default=3, help="so many times, of which the best counts (default: 3)")
    parser.add_argument("--minutes", type=float, default=4, help="that a page is left open (default: 4)")
    given = parser.parse_args()
    with chromium() as browser:
        for cameras in given.cameras:
            with many_cameras(cameras) as served:
                measure = partial(print_beside, browser, served, cameras, opened=given.open)
                for slowed in (1, _PHONE):
                    measure(slowed=slowed)
                if cameras == given.cameras[0]:
                    print_of_a_day(browser, served, cameras, given.minutes)
                    print_of_tabs(browser, served)


if __name__ == "__main__":
    main()
