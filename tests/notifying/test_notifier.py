"""The notifier as a controller has it: events in, endpoints told; its file changes, and it is started anew."""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from controller.actions import Tell
from controller.model import ObjectRef
from controller.notifying.kept_backlogs import FILE_NAME
from controller.notifying.notifier import Notifier
from controller.notifying.post import Posted, Unreachable
from controller.notifying.webhooks_file import BadWebhooks
from ports.simulated import MemoryDisk, simulated_ports
from ports.virtual_time import run_in_virtual_time
from tests.notifying.happenings import FILE, ONE, STATE, Events, Receiver, until

DARK = ("dock", "CameraNotReady", "No frames for 3 s")


class Life:
    """A notifier that runs, with its controller's events."""

    def __init__(self, disk: MemoryDisk, receiver: Receiver, events: Events) -> None:
        self.disk, self.receiver, self.events = disk, receiver, events
        self.told: list[Tell] = []
        self.notifier = Notifier(
            FILE, fleet_id="hq", state_dir=STATE, objects=events.objects, events=events.store,
            ports=simulated_ports(7, disk), post=receiver,
        )  # fmt: skip

    @contextlib.asynccontextmanager
    async def lived(self) -> Any:
        task = asyncio.create_task(self.notifier.run(self.told.append))
        await asyncio.sleep(0.05)
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def played(scenario: Callable[[MemoryDisk, Receiver], Coroutine[Any, Any, None]], file: str = ONE) -> None:
    disk = MemoryDisk()
    disk.write(FILE, file.encode())
    run_in_virtual_time(scenario(disk, Receiver()), limit_seconds=7200)


def test_events_are_told_and_a_camera_that_flaps_is_counted() -> None:
    async def scenario(disk: MemoryDisk, receiver: Receiver) -> None:
        life = Life(disk, receiver, Events())
        life.events.happen(DARK)  # before the first endpoint is at work
        async with life.lived():
            await until(lambda: receiver.got)
            for _ in range(20):
                life.events.happen(("dock", "CameraReady", "FramesProcessed"), DARK)
                await asyncio.sleep(0.1)
            await until(lambda: life.notifier.status()["endpoints"][0]["waiting"] == 0)
        assert [(one["type"], one["data"]["count"]) for one in receiver.events] == [
            ("io.dsfleet.camera.CameraNotReady", 1),
            ("io.dsfleet.camera.CameraReady", 20),
            ("io.dsfleet.camera.CameraNotReady", 20),
        ]

    played(scenario)


def test_alerts_are_told_once_each_and_while_nobody_takes_them_are_counted_by_their_rule() -> None:
    async def scenario(disk: MemoryDisk, receiver: Receiver) -> None:
        life = Life(disk, receiver, Events())
        async with life.lived():
            for number in range(3):
                life.events.alert("dock", "zone-1", f"1 person (alert a-{number})")
                await asyncio.sleep(20)
            assert [(one["data"]["message"][-4:], one["data"]["count"]) for one in receiver.events] == [
                ("a-0)", 1), ("a-1)", 1), ("a-2)", 1),
            ]  # fmt: skip
            assert len({one["id"] for one in receiver.events}) == 3
            receiver.answers, receiver.got = [Unreachable("nobody is there")], []
            for number in range(10):
                life.events.alert("dock", "zone-1", f"1 person (alert b-{number})")
                life.events.alert("dock", "zone-2", f"2 person (alert c-{number})")
                life.events.alert("gate", "zone-1", f"1 car (alert d-{number})")
                await asyncio.sleep(6)
            assert life.notifier.status()["endpoints"][0]["waiting"] == 3
            receiver.answers, receiver.got = [Posted(204)], []
            await until(lambda: life.notifier.status()["endpoints"][0]["waiting"] == 0, seconds=120)
            await asyncio.sleep(120)
        found = [(one["subject"], one["data"]["message"], one["data"]["count"]) for one in receiver.events]
        assert found == [
            ("camera/dock", "zone-1: 1 person (alert b-9)", 10),
            ("camera/dock", "zone-2: 2 person (alert c-9)", 10),
            ("camera/gate", "zone-1: 1 car (alert d-9)", 10),
        ]

    played(scenario, f"{ONE}  events: {{reasons: [CameraAlert]}}\n")


def test_a_selector_finds_what_is_there_with_its_labels() -> None:
    async def scenario(disk: MemoryDisk, receiver: Receiver) -> None:
        life = Life(disk, receiver, Events())
        async with life.lived():
            life.events.happen(
                DARK, ("gate", "CameraNotReady", "No frames"), ("went", "Removed", "It is in no manifest")
            )
            life.events.happen_to([(ObjectRef("Fleet", "fleet"), "RevisionParked", "It removes too much")])
            await until(lambda: receiver.got)
            await asyncio.sleep(60)
        assert [one["subject"] for one in receiver.events] == ["camera/gate"]

    played(scenario, f"{ONE}  events: {{selector: site=yard}}\n")


def test_a_dead_endpoint_keeps_no_other_from_being_told() -> None:
    async def scenario(disk: MemoryDisk, receiver: Receiver) -> None:
        dead = Receiver([Unreachable("nobody is there")])

        async def post(target: Any, *given: Any, **more: Any) -> Posted:
            return await (dead if target.host == "dead" else receiver)(target, *given, **more)

        life = Life(disk, post, Events())  # type: ignore[arg-type]
        async with life.lived():
            for number in range(100):
                life.events.happen(("dock", f"Reason{number}", "x"))
                await asyncio.sleep(10)
            assert len(receiver.events) == 100
            ops, gone = life.notifier.status()["endpoints"]
            assert (ops["delivered"], gone["delivered"], gone["waiting"]) == (100, 0, 100)
            assert [one.reason for one in life.told] == ["WebhookFailing"]

    played(scenario, f"{ONE}- name: b\n  url: https://dead/\n")


def test_who_is_started_anew_tells_what_waited_and_nothing_that_was_told() -> None:
    async def scenario(disk: MemoryDisk, receiver: Receiver) -> None:
        life = Life(disk, receiver, Events())
        async with life.lived():
            life.events.happen(DARK)
            await until(lambda: life.notifier.status()["endpoints"][0]["delivered"])
            receiver.answers = [Posted(503)]
            life.events.happen(("gate", "CameraNotReady", "No frames"))
            await asyncio.sleep(100)
        assert disk.saved()[STATE / FILE_NAME]
        told = {one["id"] for one in receiver.events}
        receiver.answers, receiver.got = [Posted(200)], []
        again = Life(disk, receiver, Events(started_at_ms=1000))
        async with again.lived():
            await until(lambda: receiver.got)
            await asyncio.sleep(60)
        assert [one["subject"] for one in receiver.events] == ["camera/gate"]
        assert {one["id"] for one in receiver.events} <= told  # who heard it before can tell

    played(scenario)


def test_what_waits_is_kept_within_a_second_for_a_controller_that_is_killed() -> None:
    async def scenario(disk: MemoryDisk, receiver: Receiver) -> None:
        receiver.answers = [Posted(503)]
        life = Life(disk, receiver, Events())
        async with life.lived():
            life.events.happen(DARK)
            await asyncio.sleep(1.5)
            saved = disk.saved()
        disk.restore(saved)
        receiver.answers, receiver.got = [Posted(200)], []
        async with Life(disk, receiver, Events(started_at_ms=1000)).lived():
            await until(lambda: receiver.got)
        assert receiver.events[0]["subject"] == "camera/dock"

    played(scenario)


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"format":1,"endpoints":{"ops":{"lost":0,"waiting":[{}]}}}', b'{"format":9}']
)
def test_a_damaged_file_of_what_waits_is_nothing(content: bytes) -> None:
    async def scenario(disk: MemoryDisk, receiver: Receiver) -> None:
        disk.write(STATE / FILE_NAME, content)
        life = Life(disk, receiver, Events())
        async with life.lived():
            life.events.happen(DARK)
            await until(lambda: receiver.got)

    played(scenario)


def test_the_file_is_followed_while_it_runs_and_what_is_wrong_with_it_is_told_once() -> None:
    async def scenario(disk: MemoryDisk, receiver: Receiver) -> None:
        life = Life(disk, receiver, Events())
        receiver.answers = [Posted(503)]
        async with life.lived():
            life.events.happen(DARK)
            disk.write(FILE, b"endpoints: {}\n")
            await asyncio.sleep(30)
            assert [one.reason for one in life.told if "file" in one.message] == ["WebhooksNotFollowed"]
            assert f"{FILE}:1:12: endpoints: expected a list" in life.notifier.status()["problem"]
            disk.write(FILE, f"{ONE}  mostInABatch: 7\n- name: b\n  url: https://b/\n".encode())
            await until(lambda: len(life.notifier.status()["endpoints"]) == 2)
            assert life.notifier.status()["problem"] == ""
            assert life.notifier.status()["endpoints"][0]["waiting"] == 1  # it has what waited for it
            receiver.answers = [Posted(200)]
            await until(lambda: life.notifier.status()["endpoints"][0]["waiting"] == 0, seconds=200)
            disk.write(FILE, b"endpoints: []\n")
            await until(lambda: not life.notifier.status()["endpoints"])
            receiver.got = []
            life.events.happen(DARK)
            await asyncio.sleep(60)
            assert receiver.got == []

    played(scenario)


def test_a_bad_file_keeps_a_controller_from_starting() -> None:
    disk = MemoryDisk()
    disk.write(FILE, b"endpoints: {}\n")
    with pytest.raises(BadWebhooks, match=r"webhooks\.yaml:1:12: endpoints: expected a list"):
        Life(disk, Receiver(), Events())


def test_a_disk_that_is_full_holds_up_nothing() -> None:
    async def scenario(disk: MemoryDisk, receiver: Receiver) -> None:
        life = Life(disk, receiver, Events())
        async with life.lived():
            disk.failure = OSError(28, "No space left on device")
            for number in range(5):
                life.events.happen(("dock", f"Reason{number}", "x"))
                await asyncio.sleep(10)
            assert len(receiver.events) == 5

    played(scenario)
