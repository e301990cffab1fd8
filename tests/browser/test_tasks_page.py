"""The page of `fleet tasks serve`, without workers: what they would answer is put into its database."""

import base64
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from tasks.kafka_settings import KafkaAddress
from tasks.service.database import open_database
from tasks.service.known_models import HeardNotice, KnownModels
from tasks.service.task_store import ReceivedAnswer, TaskStore
from tasks.wire import Answer, DetectedPrimitive, ImageClass, ModelNotice, TaskFailure, TaskKind
from tests.browser.visitor import Visitor, axe_findings
from tests.held_ports import hold_port
from tests.patience import patient
from tests.tasks.service.conftest import PASSWORDS, ServiceProcess, start_service, users_file  # noqa: F401 - fixtures
from tests.tasks.worker.small_networks import grey_png

PICTURE = grey_png(7, 64)
DROP = """([name, content]) => {
    const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
    const dropped = new DataTransfer();
    dropped.items.add(new File([bytes], name, { type: "image/png" }));
    window.dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, cancelable: true }));
}"""


@pytest.fixture
def service(start_service: Callable[..., ServiceProcess]) -> ServiceProcess:  # noqa: F811 - the fixture
    return start_service(KafkaAddress(f"127.0.0.1:{hold_port()}"))


@pytest.fixture
def answers(service: ServiceProcess, tmp_path: Path) -> Iterator[TaskStore]:
    """The tasks in the database of the service."""
    engine = open_database(None, tmp_path / "data")
    yield TaskStore(engine, id_bytes=8)
    engine.dispose()


@pytest.fixture
def page(chromium: Browser, service: ServiceProcess) -> Iterator[Page]:
    """The page for somebody who has logged in there."""
    expect.set_options(timeout=1000 * patient(20))
    visitor = Visitor(chromium.new_context(base_url=service.url, viewport={"width": 1280, "height": 800}), service.url)
    # Before the login nobody is told who he is; one picture is none, and one task is not there.
    visitor.expect_fault(r"401 \(Unauthorized\).*/me")
    visitor.expect_fault(r"415 .*/tasks")
    visitor.expect_fault(r"404 .*/tasks/9")
    page = visitor.open()
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill(PASSWORDS["alice"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("There are no tasks yet")).to_be_visible()
    yield page
    faults = visitor.faults()
    visitor.context.close()
    assert faults == []


def hear(store: TaskStore, notice: ModelNotice) -> None:
    """As if a worker had told it to the service just now."""
    KnownModels(store._engine).hear([HeardNotice(notice, time.time())])


def findings_of_axe(page: Page) -> list[str]:
    """In all views, on a phone in the dark and on a desk in the light; nothing is wider than its screen."""
    findings = []
    looks: list[tuple[Literal["dark", "light"], int]] = [("dark", 390), ("light", 1280)]
    for scheme, width in looks:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        for view in ("/#/", "/#/tasks/1", "/#/tasks/9", "/#/?status=sent"):
            page.goto(view)
            expect(page.locator("#content h1")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            findings += [f"{view} at {width} px, {scheme}: {one}" for one in axe_findings(page)]
    return findings


def test_pictures_that_are_dropped_come_back_with_boxes_over_them(page: Page, answers: TaskStore) -> None:
    page.evaluate(DROP, ["dropped.png", base64.b64encode(PICTURE).decode()])
    chosen = [("one.png", PICTURE), ("two.png", PICTURE), ("none.png", b"no picture")]
    page.locator("input[type=file]").set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": content} for name, content in chosen]
    )
    expect(page.locator(".card")).to_have_count(3)
    expect(page.get_by_role("alert")).to_contain_text("none.png: the file is neither a JPEG nor a PNG picture")
    expect(page.get_by_text("No worker looks for objects now")).to_be_visible()

    turned = DetectedPrimitive(1, 0.5, 0.25, 0.25, 0.125, 0.5, 0.82)
    hear(answers, ModelNotice(TaskKind.DETECTION, "traffic", ("person", "car")))
    given: list[tuple[int, Answer]] = [(1, (turned,)), (2, TaskFailure("the model failed")), (3, ())]
    for task_id, answer in given:
        answers.answer([ReceivedAnswer(TaskKind.DETECTION, task_id, None, answer, "traffic")])
    expect(page.locator("[data-task='1']")).to_contain_text("car")
    expect(page.locator("[data-task='2']")).to_contain_text("the model failed")
    expect(page.locator("[data-task='3']")).to_contain_text("Nothing was found")

    page.locator("[data-task='1'] a").click()
    box = page.locator(".box .line")
    expect(box).to_be_visible()
    assert [box.get_attribute(name) for name in ("x", "y", "width", "height")] == ["24", "12", "16", "8"]
    assert (page.locator(".box").get_attribute("transform") or "").startswith("rotate(28.6")
    expect(page.locator(".box-name")).to_have_text("car 82 %")
    expect(page.get_by_role("row", name="car")).to_contain_text("82 %")
    page.keyboard.press("b")
    expect(page.locator(".card")).to_have_count(3)
    assert findings_of_axe(page) == []


def test_of_both_the_boxes_are_shown_before_the_class_is_and_what_is_missing_is_told(
    page: Page, answers: TaskStore
) -> None:
    page.get_by_label("Look for").select_option("both")
    page.locator("input[type=file]").set_input_files([{"name": "a.png", "mimeType": "image/png", "buffer": PICTURE}])
    card = page.locator("[data-task='1']")
    expect(card).to_be_visible()
    expect(page.get_by_text("No worker tells classes now")).to_be_visible()
    hear(answers, ModelNotice(TaskKind.DETECTION, "traffic", ("person", "car")))
    found = DetectedPrimitive(1, 0.5, 0.5, 0.25, 0.25, 0.0, 0.82)
    answers.answer([ReceivedAnswer(TaskKind.DETECTION, 1, None, (found,), "traffic")])
    expect(card).to_contain_text("Detected")
    expect(card).to_contain_text("car")
    card.locator("a").click()
    expect(page.locator(".box .line")).to_be_visible()
    expect(page.get_by_text("Kafka does not answer.")).to_be_visible()

    hear(answers, ModelNotice(TaskKind.CLASSIFICATION, "weather", ("rain",)))
    answers.answer([ReceivedAnswer(TaskKind.CLASSIFICATION, 1, None, (ImageClass(0, 0.75),), "weather")])
    expect(page.get_by_role("row", name="rain")).to_contain_text("75 %")
    expect(page.get_by_role("row", name="car")).to_contain_text("82 %")
    expect(page.get_by_text("traffic, weather")).to_be_visible()
    page.keyboard.press("b")
    expect(card).to_contain_text("car · rain 75 %")
    assert findings_of_axe(page) == []


def test_tasks_are_filtered_by_status_and_model_and_deleted(page: Page, answers: TaskStore) -> None:
    page.get_by_label("Look for").select_option("classification")
    files = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": PICTURE} for n in range(3)]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.locator(".card")).to_have_count(3)
    for task_id, model in ((1, "weather"), (2, "season")):
        hear(answers, ModelNotice(TaskKind.CLASSIFICATION, model, (f"a {model}",)))
        answers.answer([ReceivedAnswer(TaskKind.CLASSIFICATION, task_id, None, (ImageClass(0, 0.75),), model)])
    expect(page.locator("[data-task='1']")).to_contain_text("a weather 75 %")
    page.get_by_role("button", name="Answered").click()
    expect(page.locator(".card")).to_have_count(2)
    page.get_by_label("Model").select_option("season")
    expect(page.locator(".card")).to_have_count(1)
    # The link says it all.
    page.reload()
    expect(page.locator(".card")).to_have_count(1)
    page.get_by_role("button", name="Delete task 2").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text("No task matches the filters")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".card")).to_have_count(2)
