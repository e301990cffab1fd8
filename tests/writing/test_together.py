"""Writes that wait for one that takes long are one revision: each judged by itself, and none lost."""

import asyncio
import errno
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from controller.source.fetch.directory import DirectorySource
from controller.source.read.reader import Loaded
from controller.source.source_edit import SourceChanged, SourceEdit, Written
from tests.patience import wait_until
from tests.writing.served import CAMERAS, INSTANCES, MERGE, Served, served


class Slow(DirectorySource):
    """A directory whose first write takes until others wait."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.edits: list[SourceEdit] = []
        self.may_go_on = False
        self.is_moody = False
        self.is_full = False

    async def write(self, edit: SourceEdit) -> Written:
        self.edits.append(edit)
        while not self.may_go_on:  # noqa: ASYNC110 - it is set by another thread
            await asyncio.sleep(0.01)
        if self.is_moody:
            self.is_moody = False
            raise SourceChanged("somebody saved")
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return await super().write(edit)


class Crowd:
    """Many who write at once."""

    def __init__(self, fleet: Served, source: Slow) -> None:
        self.fleet, self.source = fleet, source
        self._pool = ThreadPoolExecutor(16)

    def patch(self, *asked: tuple[str, object]) -> list[httpx.Response]:
        """The first of them takes until all others wait."""
        first, *others = asked
        futures = [self._pool.submit(self._one, *first)]
        wait_until(lambda: self.source.edits, "the first is written")
        turns = self.fleet.controller.writer._turns
        for number, other in enumerate(others):
            futures.append(self._pool.submit(self._one, *other))
            wait_until(lambda number=number: len(turns._waiting) == number + 1, "it waits")
        self.source.may_go_on = True
        return [future.result() for future in futures]

    def _one(self, path: str, body: object) -> httpx.Response:
        return httpx.patch(f"{self.fleet.url}{path}", json=body, headers=MERGE, timeout=60)

    def close(self) -> None:
        self._pool.shutdown()


@pytest.fixture
def crowd(directory: Path) -> Iterator[Crowd]:
    source = Slow(directory)
    with served(source) as fleet:
        crowd = Crowd(fleet, source)
        try:
            yield crowd
        finally:
            crowd.close()


def label(name: str, **labels: str) -> tuple[str, object]:
    return f"{CAMERAS}/{name}", {"metadata": {"labels": labels}}


def names_in(answer: httpx.Response) -> set[str]:
    return {one.get("instance", "") for one in json.loads(answer.headers["fleet-plan"]).get("changes", [])}


def test_what_waits_is_one_revision_and_each_is_answered_for_itself(crowd: Crowd, directory: Path) -> None:
    address = {"spec": {"address": "rtsp://10.0.0.9/1"}}
    answers = crowd.patch(
        label("gate", a="1"), label("gate", b="2"), (f"{CAMERAS}/lobby", address), label("yard", c="3"),
        (f"{CAMERAS}/nobody", {}), (f"{INSTANCES}/faces", {"spec": {"cameras": ["nobody"]}}), label("gate", d="4"),
    )  # fmt: skip
    assert [one.status_code for one in answers] == [200, 200, 200, 200, 404, 422, 200]
    first, b, lobby, yard, _, _, d = answers
    assert b.headers["fleet-revision"] == lobby.headers["fleet-revision"] == yard.headers["fleet-revision"]
    assert len({one.headers["fleet-revision"] for one in (first, b, d)}) == 3
    assert [len(one.after) for one in crowd.source.edits] == [1, 1, 1]
    assert "Warning" in lobby.headers
    assert "Warning" not in yard.headers  # what happens for others is not told to him
    assert d.json()["metadata"]["labels"] == {"a": "1", "b": "2", "d": "4"}
    text = (directory / "cameras.yaml").read_text()
    assert all(
        one in text for one in ("rtsp://10.0.0.9/1 # do not change", "c: ", "d: ", "# The cameras of the house.")
    )
    reading = DirectorySource(directory).read_now()
    assert isinstance(reading, Loaded)
    assert reading.revision.id == d.headers["fleet-revision"]


def test_of_two_who_know_the_same_version_one_is_refused(crowd: Crowd) -> None:
    version = crowd.fleet.get(f"{CAMERAS}/gate")["metadata"]["resourceVersion"]

    def with_version(**labels: str) -> tuple[str, object]:
        return f"{CAMERAS}/gate", {"metadata": {"labels": labels, "resourceVersion": version}}

    answers = crowd.patch(label("yard", a="1"), with_version(a="1"), label("lobby", a="1"), with_version(b="2"))
    assert [one.status_code for one in answers] == [200, 200, 200, 409]
    assert crowd.fleet.get(f"{CAMERAS}/gate")["metadata"]["labels"] == {"a": "1"}


def test_a_full_disk_is_told_to_all_who_wanted_it_and_nothing_is_written(crowd: Crowd, directory: Path) -> None:
    before = {path: path.read_bytes() for path in directory.iterdir()}
    crowd.source.is_full = True
    answers = crowd.patch(label("gate", a="1"), label("yard", a="1"), (f"{CAMERAS}/nobody", {}), label("lobby", a="1"))
    assert [(one.status_code, one.json()["reason"]) for one in answers] == [
        (507, "InsufficientStorage"), (507, "InsufficientStorage"), (404, "NotFound"), (507, "InsufficientStorage"),
    ]  # fmt: skip
    assert {path: path.read_bytes() for path in directory.iterdir()} == before
    crowd.source.is_full = False
    assert crowd.patch(label("yard", a="2"))[0].json()["metadata"]["labels"] == {"a": "2"}


def test_each_of_those_who_write_together_has_reasons_of_his_own(crowd: Crowd) -> None:
    def because(why: str) -> dict[str, object]:
        return {"metadata": {"annotations": {"dsfleet.io/reason": why}}}

    crowd.patch(
        label("gate", a="1"),
        (f"{CAMERAS}/yard", {**because("of nobody else's business"), "spec": {"width": 640}}),
        (f"{INSTANCES}/faces", {**because("a better one"), "spec": {"image": "registry.example.com/faces:7"}}),
    )
    sets = "/apis/apps/v1/namespaces/default/replicasets?labelSelector=dsfleet.io/instance%3Dfaces"

    def causes() -> list[str]:
        notes = [one["metadata"]["annotations"] for one in crowd.fleet.get(sets)["items"]]
        return [one.get("kubernetes.io/change-cause", "") for one in notes]

    wait_until(lambda: causes()[1:] == ["a better one"], "the version is kept with its reason")


def test_what_somebody_saved_meanwhile_has_all_of_them_asked_again(crowd: Crowd, directory: Path) -> None:
    crowd.source.is_moody = True
    (directory / "gate.yaml").write_text("# empty\n")
    answers = crowd.patch(label("gate", a="1"), label("yard", a="1"), label("lobby", a="1"))
    assert [one.status_code for one in answers] == [200, 200, 200]
    labels = [crowd.fleet.get(f"{CAMERAS}/{name}")["metadata"]["labels"] for name in ("gate", "yard", "lobby")]
    assert [one["a"] for one in labels] == ["1", "1", "1"]


def test_many_who_write_at_once_lose_nothing(crowd: Crowd, directory: Path) -> None:
    asked = [label(name, **{f"l{number}": str(number)}) for number in range(8) for name in ("gate", "yard", "lobby")]
    answers = crowd.patch(*asked[:15])
    assert [one.status_code for one in answers] == [200] * 15
    for name in ("gate", "yard", "lobby"):
        labels = crowd.fleet.get(f"{CAMERAS}/{name}")["metadata"]["labels"]
        assert {f"l{number}" for number in range(5)} <= labels.keys()
    assert len(crowd.source.edits) == 6
