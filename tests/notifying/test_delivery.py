"""One endpoint in virtual time: retries, what it asks for, and what becomes of events meanwhile."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from controller.actions import Tell
from controller.notifying.backlog import MOST_WAITING
from controller.notifying.delivery import LONGEST_DELAY_SECONDS, Delivery
from controller.notifying.post import Posted, Unreachable
from controller.notifying.webhooks_file import parse_webhooks
from ports.ports import Ports
from ports.simulated import MemoryDisk, simulated_ports
from ports.virtual_time import run_in_virtual_time
from tests.notifying.happenings import FILE, ONE, Receiver, happening, until

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@dataclass
class Play:
    """A delivery at work."""

    receiver: Receiver
    delivery: Delivery
    disk: MemoryDisk
    told: list[Tell] = field(default_factory=list)

    def happen(self, *numbers: int, name: str = "dock", **other: Any) -> None:
        self.delivery.take([(happening(number, name, **other), {}) for number in numbers])

    @property
    def reasons(self) -> list[str]:
        return [one.reason for one in self.told]


def play(
    scenario: Callable[[Play], Coroutine[Any, Any, None]],
    *answers: Posted | Unreachable,
    more: str = "",
    hours: float = 1,
) -> None:
    async def run() -> None:
        receiver = Receiver(list(answers) or [Posted(204)])
        disk = MemoryDisk()
        ports: Ports = simulated_ports(7, disk)
        told: list[Tell] = []
        (endpoint,) = parse_webhooks(FILE, f"{ONE}{more}".encode()).endpoints
        delivery = Delivery(endpoint, "hq", FILE.parent, receiver, ports, told.append, lambda: None)
        task = asyncio.create_task(delivery.run())
        await scenario(Play(receiver, delivery, disk, told))
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    run_in_virtual_time(run(), limit_seconds=3600 * hours)


def test_what_happens_is_told_at_once_and_what_follows_together() -> None:
    async def scenario(play: Play) -> None:
        play.happen(1)
        await until(lambda: play.delivery.tally.delivered == 1, seconds=1)
        for number in range(2, 32):
            play.happen(number)
            await asyncio.sleep(0.1)
        await until(lambda: play.delivery.backlog.is_empty)
        assert [one["data"]["count"] for one in play.receiver.events] == [1, 30]
        assert play.receiver.got[1][0] - play.receiver.got[0][0] >= 5

    play(scenario)


def test_a_dead_endpoint_is_asked_ever_more_rarely_and_told_the_newest_when_it_is_back() -> None:
    async def scenario(play: Play) -> None:
        play.happen(1)
        await asyncio.sleep(1800)
        times = [at for at, _, _ in play.receiver.got]
        apart = [after - before for before, after in pairwise(times)]
        assert apart[0] <= 1.1
        assert max(apart) <= LONGEST_DELAY_SECONDS + 0.1
        assert apart[-1] >= LONGEST_DELAY_SECONDS / 2
        play.happen(2, 3)
        assert play.delivery.shown()["state"] == "Failing"
        assert play.delivery.shown()["message"] == "HTTP 503"
        play.receiver.answers = [Posted(200)]
        await until(lambda: play.delivery.backlog.is_empty)
        last = play.receiver.events[-1]
        assert (last["data"]["count"], last["data"]["message"]) == (3, "No frames, 3")
        assert play.reasons == ["WebhookFailing", "WebhookDelivering"]
        assert play.delivery.shown()["state"] == "Delivering"

    play(scenario, Posted(503))


def test_retry_after_is_honoured_up_to_an_hour() -> None:
    async def scenario(play: Play) -> None:
        play.happen(1)
        await until(lambda: play.delivery.backlog.is_empty, seconds=2 * 3600)
        first, second, third = (at for at, _, _ in play.receiver.got)
        assert 300 <= second - first <= 301
        assert 3600 <= third - second <= 3601

    play(scenario, Posted(429, "300"), Posted(503, "999999"), Posted(200), hours=3)


def test_an_attempt_that_failed_is_the_same_message_again() -> None:
    async def scenario(play: Play) -> None:
        play.disk.write(FILE.parent / "ops.secret", SECRET.encode())
        play.happen(1)
        await until(lambda: play.delivery.backlog.is_empty)
        (_, first, body), (_, second, again) = play.receiver.got
        assert first["webhook-id"] == second["webhook-id"]
        assert body == again
        assert first["webhook-timestamp"] != second["webhook-timestamp"]
        assert first["webhook-signature"].startswith("v1,")

    play(scenario, Posted(429, "2"), Posted(200), more="  secretFile: ops.secret\n")


def test_a_storm_while_it_is_dead_grows_no_further_than_its_bound_and_what_was_lost_is_told() -> None:
    async def scenario(play: Play) -> None:
        for number in range(3 * MOST_WAITING):
            play.happen(number, name=f"camera-{number}")
        await asyncio.sleep(60)
        assert play.delivery.shown()["waiting"] == MOST_WAITING
        assert play.delivery.shown()["lost"] == 2 * MOST_WAITING
        play.receiver.answers = [Posted(200)]
        await until(lambda: play.delivery.backlog.is_empty, seconds=600)
        lost = [one for one in play.receiver.events if one["type"].endswith("EventsLost")]
        assert lost[-1]["data"]["count"] == 2 * MOST_WAITING
        assert len({one["id"] for one in play.receiver.events if "camera" in one["type"]}) >= MOST_WAITING
        assert play.delivery.shown()["delivered"] == MOST_WAITING

    play(scenario, Unreachable("nobody is there"))


def test_a_message_that_is_refused_for_good_holds_up_no_other() -> None:
    async def scenario(play: Play) -> None:
        play.happen(1)
        await until(lambda: play.delivery.backlog.is_empty)
        play.happen(2, name="gate")
        await until(lambda: play.delivery.backlog.is_empty)
        assert (play.delivery.tally.refused, play.delivery.tally.delivered) == (1, 1)
        assert play.reasons == ["WebhookRefused"]
        assert "HTTP 422" in play.told[0].message

    play(scenario, Posted(422), Posted(200))


def test_an_endpoint_that_says_it_is_gone_is_left_alone() -> None:
    async def scenario(play: Play) -> None:
        play.happen(1)
        await until(lambda: play.delivery.tally.is_gone)
        play.happen(2)
        await asyncio.sleep(600)
        assert len(play.receiver.got) == 1
        assert play.delivery.backlog.is_empty
        assert play.delivery.shown()["state"] == "Gone"
        assert play.reasons == ["WebhookGone"]

    play(scenario, Posted(410))


@pytest.mark.parametrize("content", [None, b"hush", b"whsec_aHVzaA==", b"\xff\xfe"])
def test_nothing_is_sent_unsigned_and_a_secret_that_is_mended_is_taken(content: bytes | None) -> None:
    async def scenario(play: Play) -> None:
        if content is not None:
            play.disk.write(FILE.parent / "ops.secret", content)
        play.happen(1)
        await until(lambda: play.told)
        assert play.receiver.got == []
        assert "ops.secret" in play.told[0].message
        assert "hush" not in play.told[0].message
        play.disk.write(FILE.parent / "ops.secret", SECRET.encode())
        await until(lambda: play.delivery.backlog.is_empty)

    play(scenario, more="  secretFile: ops.secret\n")


@pytest.mark.parametrize("token", [b"two words", b"", b"a\r\nX-Evil: 1", "ä".encode()])
def test_a_token_that_is_none_is_not_sent(token: bytes) -> None:
    async def scenario(play: Play) -> None:
        play.disk.write(FILE.parent / "token", token)
        play.happen(1)
        await until(lambda: play.told)
        assert play.receiver.got == []
        play.disk.write(FILE.parent / "token", b"hush-hush\n")
        await until(lambda: play.delivery.backlog.is_empty)
        assert play.receiver.got[0][1]["Authorization"] == "Bearer hush-hush"

    play(scenario, more="  tokenFile: token\n")


def test_no_secret_is_logged_or_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def scenario(play: Play) -> None:
        play.disk.write(FILE.parent / "token", b"hush-hush\n")
        play.disk.write(FILE.parent / "ops.secret", SECRET.encode())
        play.happen(1)
        await until(lambda: play.told)
        shown = f"{caplog.text}{play.told}{play.delivery.shown()}"
        assert "hush" not in shown
        assert SECRET[6:] not in shown
        assert play.delivery.shown()["to"] == "https://hooks.example.com"

    play(scenario, Posted(302), more="  tokenFile: token\n  secretFile: ops.secret\n")
