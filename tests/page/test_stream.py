"""What a stream tells, when, and how often it is written. Time is virtual."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from controller.access.access_file import AccessFile
from controller.api.page import seen
from controller.api.page.feed import BEAT_SECONDS, Feed
from controller.api.page.rows import encoded
from controller.api.page.seen import WHOLE, Sights
from controller.picture.brief import Brief
from controller.picture.store import Stored
from ports.virtual_time import run_in_virtual_time
from tests.page.stores import Event, Objects, camera, camera_row, events_in
from tests.picture.fleets import NOW


def is_of_hq(stored: Stored) -> bool:
    return bool(stored.document["metadata"]["labels"]["site"] == "hq")


PART = Sights({**WHOLE.by_kind, "Camera": is_of_hq}, whole=False)


@dataclass
class Stand:
    """A feed, and what becomes of what it tells of."""

    objects: Objects = field(default_factory=Objects)
    said: Brief = field(default_factory=lambda: Brief("a"))
    access: AccessFile | None = None

    def __post_init__(self) -> None:
        self.objects.put(*(camera(f"c{number}") for number in range(10)))
        self.feed = Feed(self.objects.store, lambda: self.said, lambda: NOW, lambda: self.access)

    @property
    def version(self) -> int:
        return self.objects.store.version

    async def follow(self, sights: Sights = WHOLE, after: int | None = None) -> "Follower":
        follower = Follower(self.feed.events(sights, after))
        await follower.next()
        return follower


class Follower:
    """A page that follows a stream."""

    def __init__(self, texts: AsyncIterator[bytes]) -> None:
        self._texts = texts
        self.at = asyncio.get_running_loop().time()
        """When the newest event came, in seconds."""
        self.first: Event | None = None

    async def next(self) -> Event:
        (event,) = events_in(await anext(self._texts))
        self.at = asyncio.get_running_loop().time()
        self.first = self.first or event
        return event

    async def changes(self, count: int) -> list[Event]:
        found: list[Event] = []
        while len(found) < count:
            event = await self.next()
            found += [event] if event.name == "change" else []
        return found

    async def rest(self) -> list[Event]:
        return [event async for text in self._texts for event in events_in(text)]

    async def close(self) -> None:
        await self._texts.aclose()  # type: ignore[attr-defined]


def run(scenario: Coroutine[Any, Any, None]) -> None:
    run_in_virtual_time(scenario, limit_seconds=3600)


def names(event: Event) -> list[str]:
    return [row[0] for row in event.data.get("cameras", [])]


def test_the_first_event_says_how_the_fleet_is_and_all_since_the_version_that_is_known() -> None:
    async def scenario() -> None:
        stand = Stand()
        known = stand.version
        stand.objects.put(camera("c1", ready=False), camera("new"))
        stand.objects.take("c2")
        follower = await stand.follow(after=known)
        assert follower.first is not None
        assert follower.first.id == follower.first.data["version"] == str(stand.version)
        assert follower.first.data["after"] == str(known)
        assert follower.first.data["cameras"] == [camera_row("c1", ready=0), camera_row("new")]
        assert follower.first.data["gone"] == {"cameras": ["c2"]}
        assert follower.first.data["fleet"]["revision"] == "a"
        now = await stand.follow()
        assert now.first is not None
        assert set(now.first.data) == {"after", "version", "at", "fleet"}

    run(scenario())


def test_a_change_after_a_quiet_time_is_told_at_once_and_the_next_ones_a_second_later() -> None:
    async def scenario() -> None:
        stand = Stand()
        follower = await stand.follow()
        await asyncio.sleep(5)
        begin = asyncio.get_running_loop().time()
        told = []
        for turn in range(30):
            stand.objects.put(camera("c1", ready=bool(turn % 2)), camera(f"c{turn % 10}", message=str(turn)))
            await asyncio.sleep(0.1)
        told = [(await follower.changes(1))[0]]
        assert follower.at - begin <= 3.2
        told += await follower.changes(1)
        latest = asyncio.get_running_loop().time()
        assert latest - begin <= 4.2
        assert told[-1].id == str(stand.version)
        assert {row[0]: row for one in told for row in one.data["cameras"]}["c1"] == camera_row("c1", generation=1)

    run(scenario())


async def paced(stand: Stand, follower: Follower, seconds: int) -> list[tuple[float, Event]]:
    """What came while an object changes ten times in a second."""
    found: list[tuple[float, Event]] = []

    async def reading() -> None:
        while True:
            event = await follower.next()
            found.append((follower.at, event))

    reader = asyncio.create_task(reading())
    for turn in range(seconds * 10):
        stand.objects.put(camera("c1", message=str(turn)))
        await asyncio.sleep(0.1)
    reader.cancel()
    await asyncio.gather(reader, return_exceptions=True)
    return found


@pytest.mark.parametrize("sights", [WHOLE, PART], ids=["all", "hq"])
def test_no_object_is_told_of_more_than_once_a_second(sights: Sights) -> None:
    async def scenario() -> None:
        stand = Stand()
        follower = await stand.follow(sights)
        found = await paced(stand, follower, 10)
        times = [at for at, event in found if event.name == "change"]
        assert 9 <= len(times) <= 10
        assert all(later - earlier >= 0.99 for earlier, later in pairwise(times))
        assert all(names(event) == ["c1"] for _, event in found if event.name == "change")

    run(scenario())


def test_what_is_superseded_is_not_told() -> None:
    async def scenario() -> None:
        stand = Stand()
        follower = await stand.follow()
        stand.objects.put(camera("c1", ready=False), camera("brief"))
        stand.objects.put(camera("c1", ready=None))
        stand.objects.take("brief")
        stand.objects.put(camera("c1"))
        (event,) = await follower.changes(1)
        assert event.data["cameras"] == [camera_row("c1")]
        assert event.data["gone"] == {"cameras": ["brief"]}

    run(scenario())


def test_it_beats_while_nothing_happens() -> None:
    async def scenario() -> None:
        stand = Stand()
        follower = await stand.follow()
        first = await follower.next()
        began = follower.at
        assert (first.name, first.data) == ("beat", {"at": int(NOW.timestamp() * 1000)})
        for beats in range(1, 5):
            assert (await follower.next()).name == "beat"
            assert abs(follower.at - began - beats * BEAT_SECONDS) < 1

    run(scenario())


def test_the_fleet_is_told_of_when_it_becomes_another() -> None:
    async def scenario() -> None:
        stand = Stand()
        whole, part = await stand.follow(), await stand.follow(PART)
        stand.said = Brief("a", pending="b")
        (event,) = await whole.changes(1)
        assert set(event.data) == {"after", "version", "at", "fleet"}
        assert event.data["fleet"]["pending"] == "b"
        stand.said = Brief("a", pending="b", superseded="another one leads")
        (event,) = await part.changes(1)
        assert (event.data["fleet"]["superseded"], event.data["fleet"]["pending"]) == ("another one leads", None)
        stand.objects.put(camera("c1", ready=False))
        assert "fleet" not in (await part.changes(1))[0].data

    run(scenario())


def test_who_sees_a_part_is_told_of_that_alone() -> None:
    async def scenario() -> None:
        stand = Stand()
        stand.objects.put(camera("hidden", site="yard"))
        follower = await stand.follow(PART)
        stand.objects.put(
            camera("c1", ready=False), camera("hidden", site="yard", ready=False), camera("c2", site="yard")
        )
        stand.objects.take("c3")
        (event,) = await follower.changes(1)
        assert (names(event), event.data["gone"]) == (["c1"], {"cameras": ["c2", "c3"]})
        stand.objects.take("hidden", "c2")
        (event,) = await follower.changes(1)
        assert (names(event), "gone" in event.data) == ([], False)
        assert event.id == str(stand.version)  # so that he can come back to it
        stand.objects.put(camera("late", site="yard"), camera("c4", message="x"))
        assert names((await follower.changes(1))[0]) == ["c4"]

    run(scenario())


def test_a_version_that_is_not_remembered_has_the_page_ask_again() -> None:
    async def scenario() -> None:
        stand = Stand()
        known = stand.version
        for number in range(130):
            stand.objects.put(camera("c1", message=str(number)))
        for after in (1, known, stand.version + 1):
            follower = await stand.follow(after=after)
            assert follower.first is not None
            assert (follower.first.name, follower.first.id) == ("resync", str(stand.version))
            assert await follower.rest() == []

    run(scenario())


def test_more_than_is_remembered_at_once_has_all_pages_ask_again() -> None:
    async def scenario() -> None:
        stand = Stand()
        followers = [await stand.follow(), await stand.follow(PART)]
        stand.objects.put(*(camera(f"c{number}", message="x") for number in range(200)))
        for follower in followers:
            assert [one.name for one in await follower.rest() if one.name != "beat"] == ["resync"]

    run(scenario())


def test_who_reads_slowly_is_told_how_it_is_in_the_end() -> None:
    async def scenario() -> None:
        stand = Stand()
        slow, quick = await stand.follow(), await stand.follow()
        for turn in range(5):
            stand.objects.put(camera(f"c{turn}", message="x"))
            await quick.changes(1)
        stand.said = Brief("b")
        await quick.changes(1)
        events = await slow.changes(1)
        assert [names(one) for one in events] == [["c0", "c1", "c2", "c3", "c4"]]
        assert events[0].data["fleet"]["revision"] == "b"
        assert events[0].id == str(stand.version)

    run(scenario())


class Counted:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows = 0

        def counting(value: Any) -> bytes:
            self.rows += isinstance(value, list)
            return encoded(value)

        monkeypatch.setattr(seen, "encoded", counting)


def test_an_event_is_written_once_for_all_who_see_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)

    async def scenario() -> None:
        stand = Stand()
        known = stand.version
        stand.objects.put(camera("c1", ready=False))
        followers = [await stand.follow(after=known) for _ in range(100)]
        assert counted.rows == 1
        for turn in range(5):
            stand.objects.put(*(camera(f"c{number}", message=str(turn)) for number in range(10)))
            told = {str((await one.changes(1))[0]) for one in followers}
            assert len(told) == 1
        assert counted.rows == 1 + 5 * 10

    run(scenario())


def test_a_page_whose_snapshot_is_newer_is_told_what_all_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it knows already is told once more: that costs less than a text of its own."""
    counted = Counted(monkeypatch)

    async def scenario() -> None:
        stand = Stand()
        followers = [await stand.follow()]
        await asyncio.sleep(5)
        stand.objects.put(camera("c1", ready=False), camera("brief"))
        followers.append(await stand.follow(after=stand.version))
        stand.objects.put(camera("c2", ready=False))
        stand.objects.take("brief")
        told = [(await one.changes(1))[0] for one in followers]
        assert told[0] == told[1]
        assert (names(told[0]), told[0].data["gone"]) == (["c1", "c2"], {"cameras": ["brief"]})
        assert counted.rows == 2

    run(scenario())


def test_nobody_who_follows_nothing_that_runs() -> None:
    async def scenario() -> None:
        stand = Stand()

        def tasks() -> set[str]:
            return {one.get_name() for one in asyncio.all_tasks()} & {"page-feed"}

        assert tasks() == set()
        for _ in range(2):
            followers = [await stand.follow(), await stand.follow(PART)]
            assert (tasks(), stand.feed.version) == ({"page-feed"}, stand.version)
            await close_all(followers)
            await asyncio.sleep(0)
            assert (tasks(), stand.feed.version) == (set(), 0)

    run(scenario())


async def close_all(followers: Iterable[Follower]) -> None:
    for one in followers:
        await one.close()


def test_who_comes_as_the_last_one_leaves_is_served() -> None:
    async def scenario() -> None:
        stand = Stand()
        first = await stand.follow()
        await first.close()
        second = await stand.follow()
        stand.objects.put(camera("c1", ready=False))
        assert names((await second.changes(1))[0]) == ["c1"]

    run(scenario())


def test_streams_end_with_the_server() -> None:
    async def scenario() -> None:
        stand = Stand()
        followers = [await stand.follow(), await stand.follow(PART)]
        stand.objects.store.end_watches()
        stand.feed.end_watches()
        began = asyncio.get_running_loop().time()
        assert [await one.rest() for one in followers] == [[], []]
        assert asyncio.get_running_loop().time() == began

    run(scenario())


def test_streams_are_woken_when_somebody_was_given_something_else() -> None:
    """Whose token was revoked is not told anything more: see `Authentication`."""

    async def scenario() -> None:
        stand = Stand()
        follower = await stand.follow()
        await follower.next()
        began = follower.at
        stand.access = AccessFile()
        assert (await follower.next()).name == "beat"
        assert follower.at - began < 1

    run(scenario())


def test_a_task_that_looks_ends_with_the_last_stream_also_when_streams_of_another_one_outlive_theirs() -> None:
    async def scenario() -> None:
        stand = Stand()
        slow = await stand.follow()
        await asyncio.sleep(1)
        stand.feed.end_watches()  # as a fault would
        await asyncio.sleep(0.01)
        quick = await stand.follow()
        await quick.close()
        await slow.close()
        await asyncio.sleep(1)
        assert [one for one in asyncio.all_tasks() if one.get_name() == "page-feed"] == []

    run(scenario())
