"""What the log and the usage of every driver must be."""

import contextlib
from datetime import UTC, datetime

import pytest

from nodeagent.engines.fake import FakeDriver
from nodeagent.engines.log_lines import LogLine, LogPiece, LogRange, NoLog, ns_of
from nodeagent.operations import OpKind
from tests.engines.stands import Session, Stand
from tests.patience import in_time

SPEAKS = "echo one; echo two; echo three; trap 'echo bye; exit 3' TERM; while :; do sleep 0.05; done"
SPOKEN = ["one", "two", "three"]


async def begin(session: Session, script: str = SPEAKS, said: list[str] = SPOKEN, last: str = "three") -> None:
    """An instance that has said something."""
    await session.begin(session.stand.config(script=script))
    if isinstance(session.driver, FakeDriver):
        session.driver.say("lobby", *said)
    else:
        await session.until_says(last)


async def end(session: Session) -> None:
    if isinstance(session.driver, FakeDriver):
        session.driver.say("lobby", "bye")
    await session.do(OpKind.STOP, session.stand.config(script=SPEAKS), timeout_seconds=10)


async def lines(session: Session, wanted: LogRange) -> list[str]:
    found: list[LogLine] = []
    async with contextlib.aclosing(session.driver.log("lobby", wanted)) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            found += piece.lines
    return [text for line in found if (text := line.text.decode()) != "Terminated"]  # what a shell says of a child


def test_there_are_all_lines_or_the_last_ones(stand: Stand) -> None:
    async def test(session: Session) -> None:
        await begin(session)
        assert await lines(session, LogRange()) == SPOKEN
        assert await lines(session, LogRange(tail_lines=2)) == ["two", "three"]
        assert await lines(session, LogRange(tail_lines=99)) == SPOKEN
        assert await lines(session, LogRange(tail_lines=0)) == []

    stand.run(test)


def test_what_is_followed_goes_on_until_the_run_ends(stand: Stand) -> None:
    async def test(session: Session) -> None:
        await begin(session)
        pieces = session.driver.log("lobby", LogRange(tail_lines=1, follow=True))
        found: list[bytes] = []
        async with in_time():
            while not found:
                found += [line.text for line in (await anext(pieces)).lines]
            await end(session)
            found += [line.text async for piece in pieces for line in piece.lines if line.text != b"Terminated"]
        assert found == [b"three", b"bye"]

    stand.run(test)


def test_who_follows_and_goes_leaves_nothing_behind(stand: Stand) -> None:
    async def test(session: Session) -> None:
        await begin(session)
        pieces = session.driver.log("lobby", LogRange(follow=True))
        found: tuple[LogLine, ...] = ()
        while not found:
            found = (await anext(pieces)).lines
        assert found[0].text == b"one"
        await pieces.aclose()  # type: ignore[attr-defined]
        assert await session.find()
        assert await lines(session, LogRange()) == SPOKEN

    stand.run(test)


def test_the_run_before_is_another_log(stand: Stand) -> None:
    async def test(session: Session) -> None:
        await begin(session)
        with pytest.raises(NoLog, match="no earlier run"):
            await lines(session, LogRange(previous=True))
        await end(session)
        said = ["one", "two", "four"]
        await session.do(OpKind.START, session.stand.config(script=SPEAKS), 1)
        if isinstance(session.driver, FakeDriver):
            session.driver.say("lobby", *said)

        async def has_spoken() -> bool:
            return len(await lines(session, LogRange())) == 3

        await session.until(has_spoken, "it has said all again")
        assert (await lines(session, LogRange()))[:2] == ["one", "two"]
        assert await lines(session, LogRange(previous=True)) == [*SPOKEN, "bye"]
        assert await lines(session, LogRange(previous=True, tail_lines=1)) == ["bye"]

    stand.run(test)


def test_nothing_is_said_of_an_instance_that_is_not_there(stand: Stand) -> None:
    async def test(session: Session) -> None:
        with pytest.raises(NoLog):
            await lines(session, LogRange(follow=True))

    stand.run(test)


def test_what_is_older_than_is_wanted_is_left_out(stand: Stand) -> None:
    script = SPEAKS.replace("echo three", "sleep 0.3; echo $(date -u +%Y-%m-%dT%H:%M:%SZ) three")
    began = ns_of(datetime.now(UTC))

    async def test(session: Session) -> None:
        await begin(session, script)
        found: list[LogPiece] = [piece async for piece in session.driver.log("lobby", LogRange())]
        last = [line for piece in found for line in piece.lines][-1]
        assert last.at_ns is not None
        assert abs(last.at_ns - began) < 60_000_000_000
        later = await lines(session, LogRange(since_ns=last.at_ns))
        assert later[-1].endswith("three")
        latest = await lines(session, LogRange(since_ns=last.at_ns + 1_500_000_000))
        assert latest in ([], SPOKEN[:2])  # lines whose time nobody can tell are shown

    stand.run(test)


def test_counters_of_what_runs_grow(stand: Stand) -> None:
    busy = "echo ready; while :; do :; done"

    async def test(session: Session) -> None:
        there = await session.begin(session.stand.config(script=busy))
        if isinstance(session.driver, FakeDriver):
            pytest.skip("the fake uses nothing")
        await session.until_says("ready")
        await session.driver.observe()
        before = await session.driver.usage()
        (run, first) = before.instances["lobby"]
        assert run == there.runtime_id
        assert first.memory_bytes > 10_000
        assert before.node.memory_bytes > first.memory_bytes

        async def grown() -> bool:
            now = await session.driver.usage()
            grew = now.instances["lobby"][1].cpu_seconds > first.cpu_seconds + 0.02
            return grew and now.node.cpu_seconds > before.node.cpu_seconds

        await session.until(grown, "it used the processor")

    stand.run(test)


def test_what_does_not_run_uses_nothing(stand: Stand) -> None:
    async def test(session: Session) -> None:
        assert (await session.driver.usage()).instances == {}
        await begin(session)
        await end(session)
        await session.driver.observe()
        assert (await session.driver.usage()).instances == {}

    stand.run(test)
