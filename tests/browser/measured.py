"""A page in a browser, and what it costs."""

import contextlib
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.patience import wait_until

_NAIVE_PATH = "/all-rows"
_NAIVE = Path(__file__).with_name("naive_page.html")
_FIELDS_BYTES = len("id: \nevent: \ndata: \n\n")
_WATCH_FOR_THE_FIRST_CAMERA = """
globalThis.firstCameraAt = new Promise((told) => {
  new MutationObserver((_, observer) => {
    if (document.querySelector("[data-camera]") === null) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => told(performance.now())));
  }).observe(document, { childList: true, subtree: true });
});
"""
_COUNT_NODES = """() => {
  const walker = document.createTreeWalker(document, NodeFilter.SHOW_ALL);
  let nodes = 1;
  while (walker.nextNode() !== null) nodes++;
  return nodes;
}"""
_VERSION = "fetch('/fleet/v1/snapshot').then((answer) => answer.json()).then((snapshot) => snapshot.version)"
# The frames per second of all are others each time; one of them goes dark.
_MAKE_CHANGE = """([after, version, batch, each, cameras]) => {
  const digits = (number, length) => String(number).padStart(length, "0");
  const row = (one) => {
    const number = (batch * each + one) % cameras;
    const isDark = one === 0 && batch % 2 === 0;
    return [
      `camera-${digits(number, 5)}`, isDark ? 0 : 1, isDark ? "Unreachable" : "FramesProcessed", "", 1772366400000,
      20 + (batch % 5), [`instance-${digits(Math.floor(number / 10), 4)}`], [`node-${digits(Math.floor(number / 100), 3)}`],
      { site: `site-${digits(number % 40, 2)}` }, 1, null,
    ];
  };
  const rows = Array.from({ length: each }, (_, one) => row(one));
  globalThis.told = { what: "change", said: { after, version, at: Date.now(), cameras: rows } };
}"""
# Two frames later all of it is on the screen.
_TELL_ALL_TABS = """async () => {
  const others = new BroadcastChannel("fleet-stream");
  others.postMessage(globalThis.told);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));
  others.close();
}"""


@dataclass
class Transfer:
    """What came over the wire, in bytes, by path; pictures are none of it."""

    by_path: dict[str, int] = field(default_factory=dict)
    _paths: dict[str, str] = field(default_factory=dict)

    @classmethod
    def watched(cls, session: CDPSession) -> Self:
        """Counts from now on."""
        transfer = cls()
        session.on("Network.requestWillBeSent", transfer._begin)
        session.on(
            "Network.responseReceived", lambda event: transfer._add(event, event["response"]["encodedDataLength"])
        )
        session.on("Network.eventSourceMessageReceived", transfer._add_message)
        session.on("Network.dataReceived", transfer._add_data)
        session.send("Network.enable")
        return transfer

    @property
    def total(self) -> int:
        """All of it so far."""
        return sum(size for path, size in self.by_path.items() if "/pictures" not in path)

    def _begin(self, event: dict[str, Any]) -> None:
        self._paths[event["requestId"]] = event["request"]["url"].split("?")[0]

    def _add_data(self, event: dict[str, Any]) -> None:
        # Of streams that is told late: their messages are counted.
        if not self._paths.get(event["requestId"], "").endswith("/stream"):
            self._add(event, event["encodedDataLength"])

    def _add_message(self, event: dict[str, Any]) -> None:
        self._add(event, sum(len(event[each]) for each in ("eventId", "eventName", "data")) + _FIELDS_BYTES)

    def _add(self, event: dict[str, Any], size: int) -> None:
        path = self._paths.get(event["requestId"], "")
        self.by_path[path] = self.by_path.get(path, 0) + size


@dataclass
class MeasuredPage:
    """A page that is alone in its process."""

    page: Page
    session: CDPSession
    transfer: Transfer
    faults: list[str]

    def seconds(self) -> float:
        """CPU time of its main thread so far: script, style, layout, painting."""
        return self._metrics()["TaskDuration"]

    def nodes(self) -> int:
        """In its document."""
        return int(self.page.evaluate(_COUNT_NODES))

    def heap(self) -> int:
        """Bytes that its script holds, after a search for what nobody holds."""
        self.session.send("HeapProfiler.collectGarbage")
        return int(self._metrics()["JSHeapUsedSize"])

    def milliseconds_until(self) -> tuple[float, float]:
        """From the click on a link until something was painted, -1 when nobody says, and until cameras were."""
        painted = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1"
        return self.page.evaluate(painted), self.page.evaluate("globalThis.firstCameraAt")

    def changed(self, cameras: int, batches: int, each: int = 200) -> list[float]:
        """Tells it of changes, as the tab does that follows the stream.

        Args:
            cameras: how many there are.
            batches: how many times it is told.
            each: how many cameras change each time.

        Returns:
            The CPU time that its main thread took for each, in seconds.
        """
        version = int(self.page.evaluate(_VERSION))
        found = []
        for batch in range(batches):
            self.page.evaluate(_MAKE_CHANGE, [f"{version + batch}", f"{version + batch + 1}", batch, each, cameras])
            before = self.seconds()
            self.page.evaluate(_TELL_ALL_TABS)
            found.append(self.seconds() - before)
        return found

    def wait_for_changes(self) -> None:
        """Until its stream brought more."""
        got = self._of_stream()
        wait_until(lambda: self._of_stream() > got, "changes come by the stream")

    def _of_stream(self) -> int:
        self.page.evaluate("0")  # events are told while something is asked of the browser
        return sum(size for path, size in self.transfer.by_path.items() if path.endswith("/stream"))

    def _metrics(self) -> dict[str, float]:
        return {one["name"]: one["value"] for one in self.session.send("Performance.getMetrics")["metrics"]}


@contextlib.contextmanager
def measured_page(browser: Browser, url: str, *, naive: bool = False, slowed: float = 1) -> Iterator[MeasuredPage]:
    """Opens the page of a fleet as somebody new, until it shows cameras.

    Args:
        browser: that opens it.
        url: of the controller.
        naive: the page that it is measured against instead.
        slowed: how many times as slow the processor is made.
    """
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
    try:
        yield _opened(context, naive=naive, slowed=slowed)
    finally:
        context.close()


def _opened(context: BrowserContext, *, naive: bool, slowed: float) -> MeasuredPage:
    page = context.new_page()
    page.route(
        f"**{_NAIVE_PATH}", lambda route: route.fulfill(body=_NAIVE.read_text("utf-8"), content_type="text/html")
    )
    page.add_init_script(_WATCH_FOR_THE_FIRST_CAMERA)
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    session = context.new_cdp_session(page)
    transfer = Transfer.watched(session)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    if slowed != 1:
        session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
    page.goto(_NAIVE_PATH if naive else "/")
    page.evaluate("globalThis.firstCameraAt")
    return MeasuredPage(page, session, transfer, faults)


def percentile(values: list[float], part: float) -> float:
    """Such as the 0.95 of them."""
    return statistics.quantiles(values, n=100, method="inclusive")[round(part * 100) - 1]
