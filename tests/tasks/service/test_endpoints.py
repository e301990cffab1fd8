import logging
import struct
import zlib
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tasks.service.task_store import ReceivedAnswer
from tasks.wire import DetectedPrimitive, ImageClass, TaskFailure, TaskKind
from tests.tasks.service.conftest import LIMITS, PASSWORDS, Api
from tests.tasks.worker.small_networks import grey_png

PICTURE = grey_png(7)
FOUND = DetectedPrimitive(1, 0.5, 0.5, 0.2, 0.1, 0.0, 0.82, "person")
# As the seed has it: the name of the class is in the database, and the rest is what it was.
BOX = {key: value for key, value in asdict(FOUND).items() if key != "class_name"}


def files_in(api: Api) -> list[Path]:
    return [file for file in api.parts.files.path("0" * 32).parents[1].rglob("*") if file.is_file()]


def answer(api: Api, task_id: int, given: object, kind: TaskKind = TaskKind.DETECTION) -> None:
    api.parts.store.answer([ReceivedAnswer(kind, task_id, None, given)])  # type: ignore[arg-type]


def large_png(width: int, height: int) -> bytes:
    content = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + content + struct.pack(">I", zlib.crc32(content))


def test_from_the_password_to_the_result_and_to_nothing(api: Api) -> None:
    given = api.client.post("/token", data={"username": "alice", "password": PASSWORDS["alice"]})
    assert given.status_code == 200
    assert given.headers["cache-control"] == "no-store"
    api.headers["alice"] = {"Authorization": f"Bearer {given.json()['access_token']}"}

    made = api.upload(PICTURE)
    assert made.status_code == 201
    path = made.headers["location"]
    assert api.woken
    assert made.json() | {"created_at": ""} == {
        "id": made.json()["id"],
        "kind": "detection",
        "status": "pending",
        "width": 16,
        "height": 16,
        "created_at": "",
        "answered_at": None,
        "error": None,
        "model": None,
        "models": [],
        "waiting_for": "no worker for detection has ever been heard",
    }
    waiting = api.as_user("GET", f"{path}/result")
    assert (waiting.status_code, waiting.headers["retry-after"], waiting.json()["result"]) == (202, "1", None)

    answer(api, made.json()["id"], (FOUND,))
    done = api.as_user("GET", f"{path}/result")
    assert (done.status_code, done.json()["status"], done.json()["result"]) == (200, "done", [BOX])
    assert api.as_user("GET", path).json()["answered_at"] is not None

    picture = api.as_user("GET", f"{path}/input")
    assert (picture.content, picture.headers["content-type"]) == (PICTURE, "image/png")
    assert picture.headers["x-content-type-options"] == "nosniff"

    assert api.as_user("DELETE", path).status_code == 204
    assert files_in(api) == []
    for gone in (path, f"{path}/result", f"{path}/input"):
        assert api.as_user("GET", gone).status_code == 404
    assert api.as_user("DELETE", path).status_code == 404
    answer(api, made.json()["id"], (FOUND,))
    assert api.as_user("GET", "/tasks").json() == {"tasks": [], "next_before": None}


def test_a_failed_task_says_why(api: Api) -> None:
    task_id = api.upload(PICTURE, kind="classification").json()["id"]
    answer(api, task_id, TaskFailure("not a picture"), TaskKind.CLASSIFICATION)
    document = api.as_user("GET", f"/tasks/{task_id}/result").json()
    assert (document["status"], document["error"], document["result"]) == ("failed", "not a picture", None)


def test_nothing_found_is_an_answer_too(api: Api) -> None:
    task_id = api.upload(PICTURE).json()["id"]
    answer(api, task_id, ())
    assert api.as_user("GET", f"/tasks/{task_id}/result").json()["result"] == []


def test_the_first_answer_stays(api: Api) -> None:
    task_id = api.upload(PICTURE, kind="classification").json()["id"]
    for class_id in (1, 2):
        answer(api, task_id, (ImageClass(class_id, 1.0),), TaskKind.CLASSIFICATION)
    assert api.as_user("GET", f"/tasks/{task_id}/result").json()["result"] == [{"class_id": 1, "probability": 1.0}]


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/tasks"), ("GET", "/tasks"), ("GET", "/models"), ("GET", "/me"), ("GET", "/tasks/{id}"), ("DELETE", "/tasks/{id}"),
     ("GET", "/tasks/{id}/input"), ("GET", "/tasks/{id}/result")],
)  # fmt: skip
def test_nothing_is_answered_without_a_good_token(api: Api, method: str, path: str) -> None:
    path = path.format(id=api.upload(PICTURE).json()["id"])
    before = len(files_in(api))
    for headers in ({}, {"Authorization": "Bearer guessed"}, {"Authorization": "Basic YTpi"}):
        refused = api.client.request(
            method, path, headers=headers, files={"image": PICTURE} if method == "POST" else None
        )
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
    assert len(files_in(api)) == before


@pytest.mark.parametrize("rest", ["", "/input", "/result"])
def test_tasks_of_others_are_not_there(api: Api, rest: str) -> None:
    task_id = api.upload(PICTURE).json()["id"]
    theirs = api.as_user("GET", f"/tasks/{task_id}{rest}", user="bob")
    nobodys = api.as_user("GET", f"/tasks/{task_id + 1000}{rest}", user="bob")
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert theirs.text.replace(str(task_id), "?") == nobodys.text.replace(str(task_id + 1000), "?")
    assert api.as_user("DELETE", f"/tasks/{task_id}", user="bob").status_code == 404
    assert api.as_user("GET", "/tasks", user="bob").json()["tasks"] == []
    assert api.as_user("GET", f"/tasks/{task_id}").status_code == 200


@pytest.mark.parametrize(
    ("image", "status", "says"),
    [
        (b"", 415, "neither a JPEG nor a PNG"),
        (b"<svg onload=alert(1)>", 415, "neither a JPEG nor a PNG"),
        (b"GIF89a" + bytes(100), 415, "neither a JPEG nor a PNG"),
        (b"\xff\xd8\xff\xd9", 422, "width and height"),
        (PICTURE[:20], 422, "width and height"),
        (large_png(0, 5), 422, "width and height"),
        (large_png(100_000, 100_000), 422, "100000 x 100000 pixels"),
        (PICTURE + bytes(LIMITS.image.image_bytes), 413, "too large"),
        (PICTURE + bytes(10 * LIMITS.image.image_bytes), 413, "too large"),
    ],
)  # fmt: skip
def test_what_is_no_picture_that_is_taken_is_refused_with_a_sentence_and_leaves_nothing(
    api: Api, image: bytes, status: int, says: str
) -> None:
    refused = api.upload(image)
    assert refused.status_code == status
    assert says in refused.json()["detail"]
    assert files_in(api) == []
    assert api.as_user("GET", "/tasks").json()["tasks"] == []


def test_a_body_that_does_not_say_how_long_it_is_is_cut_off_all_the_same(api: Api) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
        while sent < 100 * LIMITS.image.image_bytes:
            sent += 10_000
            yield bytes(10_000)

    headers = api.headers["alice"] | {"Content-Type": "multipart/form-data; boundary=x"}
    refused = api.client.post("/tasks", content=endless(), headers=headers)
    assert refused.status_code == 413
    assert files_in(api) == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"data": {"kind": "detection"}}, "a file named image"),
        ({"data": {"image": "text"}}, "a file named image"),
        ({"files": {"image": PICTURE}, "data": {"kind": "other"}}, "kind must be detection, classification or both"),
        ({"content": b"nothing"}, "a file named image"),
    ],
)
def test_a_form_that_is_not_understood_is_refused(api: Api, body: dict[str, object], says: str) -> None:
    refused = api.as_user("POST", "/tasks", **body)
    assert refused.status_code == 422
    assert says in refused.json()["detail"]


@pytest.mark.parametrize("content", [b"", b"--x\r\nContent-Disposition: form-data\r\n\r\nhm", b"\xff" * 50])
def test_a_broken_form_is_refused(api: Api, content: bytes) -> None:
    headers = api.headers["alice"] | {"Content-Type": "multipart/form-data; boundary=x"}
    refused = api.client.post("/tasks", content=content, headers=headers)
    assert refused.status_code in (400, 422)
    assert isinstance(refused.json()["detail"], str)


def test_pages_are_the_newest_first_and_new_tasks_do_not_shift_them(api: Api) -> None:
    ids = [api.upload(PICTURE).json()["id"] for _ in range(3)]
    answer(api, ids[0], (FOUND,))
    first = api.as_user("GET", "/tasks?limit=2").json()
    assert [task["id"] for task in first["tasks"]] == [ids[2], ids[1]]
    api.upload(PICTURE)
    second = api.as_user("GET", f"/tasks?limit=2&before={first['next_before']}").json()
    assert ([task["id"] for task in second["tasks"]], second["next_before"]) == ([ids[0]], None)
    done = api.as_user("GET", "/tasks?status=done").json()["tasks"]
    assert [task["id"] for task in done] == [ids[0]]


def test_tasks_are_found_by_the_model_that_answered_them(api: Api) -> None:
    by_people, by_cars, by_nobody, _waits = [api.upload(PICTURE).json()["id"] for _ in range(4)]
    for task_id, model, given in (
        (by_people, "people", (FOUND,)),
        (by_cars, "cars", TaskFailure("broken")),
        (by_nobody, None, ()),
    ):
        api.parts.store.answer([ReceivedAnswer(TaskKind.DETECTION, task_id, None, given, model)])
    for model, task_id, status in (("people", by_people, "done"), ("cars", by_cars, "failed")):
        (task,) = api.as_user("GET", f"/tasks?model={model}").json()["tasks"]
        assert (task["id"], task["status"], task["model"]) == (task_id, status, model)
    assert api.as_user("GET", "/tasks?model=people&status=failed").json()["tasks"] == []
    assert api.as_user("GET", f"/tasks/{by_nobody}").json()["model"] is None


@pytest.mark.parametrize(
    "path",
    ["/tasks?limit=0", "/tasks?limit=201", "/tasks?status=lost", "/tasks?before=x", "/tasks?model=", "/tasks?model=a%00b", f"/tasks?model={'x' * 201}", "/tasks/-1", f"/tasks/{2**63}",
     "/tasks/1%20OR%201=1", "/tasks/..%2f..%2fusers/input"],
)  # fmt: skip
def test_parameters_that_make_no_sense_are_refused_with_a_sentence(api: Api, path: str) -> None:
    refused = api.as_user("GET", path)
    assert refused.status_code in (404, 422)
    assert isinstance(refused.json()["detail"], str)


def test_too_many_unanswered_tasks_are_refused_until_some_are_answered(api: Api) -> None:
    ids = [api.upload(PICTURE).json()["id"] for _ in range(4)]
    mine = api.upload(PICTURE)
    assert (mine.status_code, mine.headers["retry-after"]) == (429, "5")
    for _ in range(2):
        assert api.upload(PICTURE, user="bob").status_code == 201
    all_of_us = api.upload(PICTURE, user="bob")
    assert (all_of_us.status_code, all_of_us.headers["retry-after"]) == (503, "5")
    assert len(files_in(api)) == 6
    answer(api, ids[0], (FOUND,))
    assert api.upload(PICTURE).status_code == 201


def test_who_guesses_passwords_has_to_wait_and_is_told_so(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "hunter2hunter2"
    answers = [api.client.post("/token", data={"username": "alice", "password": secret}) for _ in range(6)]
    assert [refused.status_code for refused in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    # The right password does not help either now.
    right = api.client.post("/token", data={"username": "alice", "password": PASSWORDS["alice"]})
    assert right.status_code == 429
    assert secret not in caplog.text + "".join(refused.text for refused in answers)


def test_guesses_at_one_user_delay_no_other_behind_the_same_proxy(api: Api) -> None:
    for _ in range(6):
        api.client.post("/token", data={"username": "bob", "password": "wrong horse"})
    given = api.client.post("/token", data={"username": "alice", "password": PASSWORDS["alice"]})
    assert given.status_code == 200


def test_an_unknown_user_is_refused_like_a_wrong_password(api: Api) -> None:
    unknown = api.client.post("/token", data={"username": "eve", "password": "wrong horse"})
    wrong = api.client.post("/token", data={"username": "alice", "password": "wrong horse"})
    assert (unknown.status_code, unknown.text) == (wrong.status_code, wrong.text)


def test_what_was_sent_to_token_is_not_sent_back(api: Api) -> None:
    for data in ({"password": "sesame open"}, {"username": "alice", "password": "sesame open" * 100}):
        refused = api.client.post("/token", data=data)
        assert refused.status_code == 422
        assert "sesame" not in refused.text
        assert isinstance(refused.json()["detail"], str)


def test_the_picture_of_a_task_is_missed_with_a_sentence(api: Api) -> None:
    task_id = api.upload(PICTURE).json()["id"]
    for file in files_in(api):
        file.unlink()
    missed = api.as_user("GET", f"/tasks/{task_id}/input")
    assert (missed.status_code, missed.json()["detail"]) == (404, f"the picture of task {task_id} is gone")


def test_the_interface_describes_itself(api: Api) -> None:
    paths = api.client.get("/openapi.json").json()["paths"]
    endpoints = {(method, path) for path, methods in paths.items() for method in methods}
    assert endpoints == {
        ("post", "/token"),
        ("post", "/login"),
        ("post", "/logout"),
        ("get", "/me"),
        ("post", "/tasks"),
        ("get", "/tasks"),
        ("get", "/tasks/{task_id}"),
        ("get", "/tasks/{task_id}/input"),
        ("get", "/tasks/{task_id}/result"),
        ("get", "/models"),
        ("delete", "/tasks/{task_id}"),
        ("get", "/healthz"),
    }
    assert "multipart/form-data" in paths["/tasks"]["post"]["requestBody"]["content"]
