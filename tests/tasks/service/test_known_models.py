"""Who is there to answer tasks: what workers told, how tasks and the health say that one is missing, and the list of models."""

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from confluent_kafka import TIMESTAMP_CREATE_TIME, TIMESTAMP_LOG_APPEND_TIME, TIMESTAMP_NOT_AVAILABLE

from tasks.service.known_models import HeardNotice, KnownModels
from tasks.service.result_reader import _told_s
from tasks.service.steps import AskedKind, TaskStatus
from tasks.service.task_store import ReceivedAnswer
from tasks.service.waiting import Helpers, WorkersOfKind
from tasks.wire import ModelNotice, TaskKind
from tests.tasks.service.conftest import Api
from tests.tasks.worker.small_networks import grey_png

DETECT, CLASSIFY = TaskKind.DETECTION, TaskKind.CLASSIFICATION
PEOPLE = ModelNotice(DETECT, "people", ("person",), digest="sha256:1", worker="w1", host="one.example")
WEATHER = ModelNotice(CLASSIFY, "weather", ("rain",), digest="sha256:2", worker="w1", host="one.example")
NOW_S = 10_000.0


@pytest.fixture
def at(api: Api) -> Callable[[float], Api]:
    """`at(seconds)` is the interface so many seconds later."""

    def later(seconds: float) -> Api:
        parts = replace(api.parts, unix_s=lambda: time.time() + seconds)
        api.client._app.state.parts = parts
        return replace(api, parts=parts)

    return later


def hear(models: KnownModels, *notices: ModelNotice, ago_s: float = 0) -> None:
    models.hear(HeardNotice(notice, time.time() - ago_s) for notice in notices)


def named(api: Api) -> dict[tuple[str, str], tuple[bool, list[str]]]:
    """Of each model, whether it is available, and its workers."""
    return {
        (model["name"], model["digest"]): (model["available"], [one["id"] for one in model["workers"]])
        for model in api.as_user("GET", "/models").json()
    }


def test_models_are_listed_with_their_workers(api: Api) -> None:
    hear(
        api.parts.models, PEOPLE, replace(WEATHER, labels=("snow",)), WEATHER, replace(PEOPLE, worker="w2", host="two")
    )
    people, weather = sorted(api.as_user("GET", "/models").json(), key=lambda model: str(model["kind"]), reverse=True)
    assert (weather["name"], weather["labels"], weather["available"]) == ("weather", ["rain"], True)
    assert [(one["id"], one["host"], one["kinds"]) for one in people["workers"]] == [
        ("w1", "one.example", ["classification", "detection"]),
        ("w2", "two", ["detection"]),
    ]
    assert all(one["last_seen_at"] for one in people["workers"])


def test_two_files_of_one_name_are_two_models(api: Api) -> None:
    hear(api.parts.models, PEOPLE, replace(PEOPLE, digest="sha256:9", worker="w2"))
    assert named(api) == {("people", "sha256:1"): (True, ["w1"]), ("people", "sha256:9"): (True, ["w2"])}


def test_a_model_whose_workers_are_gone_is_shown_as_such(api: Api, at: Callable[[float], Api]) -> None:
    hear(api.parts.models, PEOPLE, WEATHER)
    hear(api.parts.models, replace(PEOPLE, leaving=True))
    gone, there = (False, []), (True, ["w1"])
    assert named(api) == {("people", "sha256:1"): gone, ("weather", "sha256:2"): there}
    assert named(at(199))["weather", "sha256:2"] == there
    assert named(at(201))["weather", "sha256:2"] == gone


def test_workers_of_an_earlier_release_do_not_say_who_they_are(api: Api) -> None:
    anonymous = ModelNotice(DETECT, "people", ())
    hear(api.parts.models, anonymous, anonymous, replace(anonymous, leaving=True))
    (model,) = api.as_user("GET", "/models").json()
    assert (model["available"], model["digest"], [one["kinds"] for one in model["workers"]]) == (
        True,
        "",
        [["detection"]],
    )


def test_workers_that_were_not_heard_for_an_hour_are_not_kept(api: Api) -> None:
    hear(api.parts.models, PEOPLE, ago_s=4000)
    hear(api.parts.models, WEATHER)
    assert [one.kind for one in api.parts.models.living_workers(0)] == ["classification"]
    assert len(api.parts.models.models()) == 2


def test_a_task_says_which_worker_it_waits_for(api: Api, at: Callable[[float], Api]) -> None:
    path = api.upload(grey_png(7), kind="both").headers["location"]

    def says(later: Api) -> object:
        (listed,) = later.as_user("GET", "/tasks").json()["tasks"]
        alone = later.as_user("GET", path).json()
        assert listed == alone
        return alone["waiting_for"]

    assert says(api) == "no worker for detection has ever been heard"
    hear(api.parts.models, PEOPLE)
    assert says(api) is None
    assert says(at(300)) == "no worker for detection is there; the last one was heard 5 minutes ago"
    hear(api.parts.models, WEATHER, ago_s=7 * 3600)
    api.parts.store.answer([ReceivedAnswer(DETECT, int(path.rpartition("/")[2]), None, ())])
    assert says(at(0)) == "no worker for classification is there; the last one was heard 7 hours ago"
    hear(api.parts.models, WEATHER)
    assert says(api) is None
    hear(api.parts.models, replace(WEATHER, leaving=True))
    assert says(at(1)) == "no worker for classification is there; the last one was heard less than a minute ago"
    api.parts.store.answer([ReceivedAnswer(CLASSIFY, int(path.rpartition("/")[2]), None, ())])
    assert says(api) is None


def test_the_health_is_for_everybody_and_counts_workers(api: Api) -> None:
    hear(api.parts.models, PEOPLE, replace(PEOPLE, worker="w2"))
    assert api.client.get("/healthz").json() == {
        "status": "ok",
        "database": "ok",
        "kafka": "ok",
        "workers": {"detection": 2, "classification": 0},
        "reasons": [],
    }


def test_a_service_whose_tasks_wait_for_workers_is_degraded_and_stays_in_service(api: Api) -> None:
    hear(api.parts.models, PEOPLE)
    api.upload(grey_png(7))
    assert api.client.get("/healthz").json()["status"] == "ok"
    api.upload(grey_png(7), kind="classification")
    health = api.client.get("/healthz")
    assert (health.status_code, health.json()["status"]) == (200, "degraded")
    assert health.json()["reasons"] == ["tasks wait: no worker for classification has ever been heard"]


def test_while_kafka_is_away_nobody_is_said_to_be_missing(api: Api) -> None:
    path = api.upload(grey_png(7)).headers["location"]
    api.client._app.state.parts = replace(api.parts, is_kafka_away=lambda: True)
    assert api.as_user("GET", path).json()["waiting_for"] == "Kafka does not answer"
    health = api.client.get("/healthz")
    assert (health.status_code, health.json()["status"], health.json()["kafka"]) == (200, "degraded", "away")
    assert health.json()["reasons"] == ["Kafka does not answer"]


@pytest.mark.parametrize(
    ("kind", "told_s"),
    [(TIMESTAMP_LOG_APPEND_TIME, -500.0), (TIMESTAMP_CREATE_TIME, 0.0), (TIMESTAMP_NOT_AVAILABLE, 0.0)],
)
def test_what_the_broker_kept_is_as_old_as_the_broker_says_and_no_other_clock_is_believed(
    kind: int, told_s: float
) -> None:
    class Kept:
        def timestamp(self) -> tuple[int, int]:
            return kind, int(1000 * (time.time() - 500))

    assert _told_s(Kept()) == pytest.approx(time.time() + told_s, abs=60)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ago_s", "says"),
    [(59, "less than a minute ago"), (60, "a minute ago"), (200, "3 minutes ago"), (7199, "119 minutes ago"), (7200, "2 hours ago")],
)  # fmt: skip
def test_how_long_nobody_was_heard_is_told_in_words(ago_s: float, says: str) -> None:
    helpers = Helpers({DETECT: WorkersOfKind(0, NOW_S - ago_s)}, kafka_away=False, now_s=NOW_S)
    assert helpers.missing(DETECT) == f"no worker for detection is there; the last one was heard {says}"
    assert helpers.waiting_for(AskedKind.BOTH, TaskStatus.SENT) == helpers.missing(DETECT)
    assert helpers.waiting_for(AskedKind.BOTH, TaskStatus.DONE) is None
