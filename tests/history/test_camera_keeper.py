"""What happens to cameras is remembered whatever the order of looks, writes and restarts, and never more than so much of it."""

import asyncio
import errno
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.history.camera_changes import CameraChange, Condition, camera_changes, ms_of
from controller.history.camera_file import MOST_OF_A_CAMERA, MOST_OF_AN_INSTANCE, CameraFile, Happened, after_newest
from controller.history.camera_keeper import CameraKeeper
from controller.knowledge import Knowledge
from controller.picture.conditions import Document, timestamp
from controller.picture.difference import Difference
from controller.timings import Timings
from ports.simulated import NoThreads
from tests.history.pasts import READY, conditions, rollout, status_of
from tests.planner.generated_fleets import QUICK
from tests.planner.short_manifests import revision

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CAMERAS = ("dock", "roof")
LOOKS = st.dictionaries(
    st.sampled_from(CAMERAS), st.sampled_from((READY, "NoFrames", "NodeLost", "InstanceOutdated", None))
)
Shown = dict[str, Document]


class FullFile(CameraFile):
    """Takes nothing while it is full."""

    is_full = False

    def store(self, happened: Happened) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, "no space")
        super().store(happened)


def knowledge() -> Any:
    fleet = revision({"node/gate": {}, **{f"camera/{name}": {} for name in CAMERAS}}, "r1")
    state = SimpleNamespace(published=SimpleNamespace(configs={}), gate=SimpleNamespace(in_force=fleet))
    return SimpleNamespace(state=state, become=lambda *_: None)


def keeper(file: CameraFile) -> CameraKeeper:
    return CameraKeeper(file, cast(Knowledge, knowledge()), NoThreads(), Timings())


def camera(reason: str, now: datetime, before: Document | None = None, message: str = "") -> Document:
    old = before["status"]["conditions"][0] if before else None
    stays = old is not None and old["status"] == status_of(reason)
    since = old["lastTransitionTime"] if old and stays else timestamp(now)
    said = {"type": "Ready", "status": status_of(reason), "reason": reason, "message": message}
    return {"kind": "Camera", "status": {"conditions": [{**said, "lastTransitionTime": since}]}}


def look(shown: Shown, said: dict[str, str | None], now: datetime) -> tuple[Shown, list[Difference]]:
    """What is shown after a look, and what is different: a camera of which None is said goes."""
    wanted = {name: reason_of(document) for name, document in shown.items()} | said
    after = {name: camera(reason, now, shown.get(name)) for name, reason in wanted.items() if reason is not None}
    differences = [
        Difference(("Camera", name), shown.get(name), after.get(name))
        for name in sorted(shown.keys() | after.keys())
        if shown.get(name) != after.get(name)
    ]
    return after, differences


def reason_of(document: Document) -> str:
    return str(document["status"]["conditions"][0]["reason"])


def fold(changes: Iterable[CameraChange], known: dict[str, list[Condition]]) -> None:
    """What is to be kept, from nothing."""
    for name, before, after in changes:
        if after is None:
            known.pop(name, None)
        elif name in known or before is not None:
            some = known.setdefault(name, [])
            some += after_newest(some[-1] if some else None, before, after)
            del some[:-MOST_OF_A_CAMERA]


@QUICK
@given(looks=st.lists(LOOKS, max_size=20), writes=st.sets(st.integers(0, 19)), restarts=st.sets(st.integers(0, 19)))
def test_any_order_of_looks_writes_and_restarts_keeps_what_a_fold_from_nothing_gives(
    looks: list[dict[str, str | None]], writes: set[int], restarts: set[int]
) -> None:
    async def run() -> None:
        file, expected = CameraFile(), dict[str, list[Condition]]()
        shown: Shown = {}
        found = keeper(file)
        for number, said in enumerate(looks):
            now = START + timedelta(seconds=10 * number)
            if number in restarts:
                found.finish()
                found, shown = keeper(file), {}
                await found.load()
            shown, differences = look(shown, said, now)
            found.notice(differences, now)
            fold(camera_changes(differences, now), expected)
            if number in writes:
                await found.write()
        for name in CAMERAS:
            assert list((await found.of(name, ())).conditions[name]) == expected.get(name, [])
        assert file.load() == expected.keys()

    asyncio.run(run())


def test_a_camera_that_never_changed_is_not_remembered_and_one_that_did_with_what_it_was_before() -> None:
    async def run() -> None:
        found = keeper(CameraFile())
        shown, first = look({}, {"dock": READY, "roof": READY}, START)
        found.notice(first, START)
        later = START + timedelta(minutes=5, milliseconds=250)
        _, second = look(shown, {"dock": "NoFrames"}, later)
        found.notice(second, later)
        assert (await found.of("roof", ())).conditions["roof"] == ()
        assert [(one.at_ms, one.reason) for one in (await found.of("dock", ())).conditions["dock"]] == [
            (ms_of(START), READY),
            (ms_of(later), "NoFrames"),
        ]

    asyncio.run(run())


def test_numbers_that_move_are_no_change_and_what_apps_say_is_cut() -> None:
    one = camera("NoFrames", START, message="the last frame was processed 5 s ago")
    two = camera("NoFrames", START, one, message="the last frame was processed 6 s ago")
    assert not list(camera_changes([Difference(("Camera", "dock"), one, two)], START))
    three = camera("TooFewFrames", START, one, message="x" * 1000)
    (change,) = camera_changes([Difference(("Camera", "dock"), one, three)], START)
    assert change.after is not None
    assert len(change.after.message) == 200


def test_what_the_disk_did_not_take_is_written_the_next_time() -> None:
    async def run() -> list[str]:
        file = FullFile()
        found = keeper(file)
        shown, differences = look({}, {"dock": READY}, START)
        found.notice(differences, START)
        for number, reason in enumerate(("NoFrames", READY)):
            file.is_full = number == 0
            now = START + timedelta(seconds=10 + number)
            shown, differences = look(shown, {"dock": reason}, now)
            found.notice(differences, now)
            if file.is_full:
                with pytest.raises(OSError, match="no space"):
                    await found.write()
        return [one.reason for one in (await found.of("dock", ())).conditions["dock"]]

    assert asyncio.run(run()) == [READY, "NoFrames", READY]


@pytest.mark.parametrize("where", ["disk", "memory"])
def test_so_much_is_kept_of_each_and_of_all(tmp_path: Path, where: str) -> None:
    path = tmp_path / "camera-history.sqlite3" if where == "disk" else None
    file = CameraFile(path, most=(100, 20))
    for number in range(MOST_OF_A_CAMERA):
        for name in CAMERAS:
            before, after = conditions((2 * number, READY), (2 * number + 1, "NoFrames"))
            file.store(Happened([CameraChange(name, before, after)]))
    past = file.of(CAMERAS, ()).conditions
    assert [len(past[name]) for name in CAMERAS] == [50, 50], "the latest of all"
    assert past["dock"][-1].at_ms == (2 * MOST_OF_A_CAMERA - 1) * 1000

    many = CameraFile(path)
    for number in range(MOST_OF_A_CAMERA):
        many.store(Happened([CameraChange("dock", *conditions((2 * number, READY), (2 * number + 1, "NoFrames")))]))
        rollouts = [rollout(number, None, number, instance=name) for name in ("door", "hall")]
        many.store(Happened((), rollouts))
    assert len(many.of(["dock"], ()).conditions["dock"]) == MOST_OF_A_CAMERA
    kept = many.of((), ["door"]).rollouts["door"]
    assert [one.generation for one in kept] == list(range(MOST_OF_A_CAMERA))[-MOST_OF_AN_INSTANCE:]


def test_a_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "camera-history.sqlite3"
    path.write_bytes(b"this is no database at all" * 100)
    file = CameraFile(path)
    assert file.load() == frozenset()
    file.store(Happened([CameraChange("dock", *conditions((0, READY), (1, "NoFrames")))]))
    assert CameraFile(path).load() == {"dock"}
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_damaged_while_it_is_used_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "camera-history.sqlite3"
    file, happened = CameraFile(path), Happened([CameraChange("dock", *conditions((0, READY), (1, "NoFrames")))])
    for use in (lambda: file.store(happened), lambda: file.of(["dock"], ())):
        file.store(happened)
        path.write_bytes(b"this is no database at all" * 100)
        with pytest.raises(OSError, match="not a database"):
            use()
        file.store(happened)
        assert len(file.of(["dock"], ()).conditions["dock"]) == 2
