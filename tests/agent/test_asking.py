"""An agent that is asked for logs and usage by leases: what it says, for how long, and what it never says."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from bus.base import Topic
from crds.asking import CAN_BE_ASKED
from crds.secret import Secret
from nodeagent.answering.leases import MOST_LEASES, MOST_OF_LOGS
from nodeagent.engines.counters import Counters, UsageCounters
from nodeagent.engines.log_lines import LogLine, ns_of
from tests.agent.asking import answers, ask_logs, ask_usage, problem, say, text, until_over
from tests.agent.stand import Running, Stand, run, until
from tests.differ.generations import NOW, generation, instance

YARD = instance("yard", cameras=["dock"], image="app:1")


async def begin(stand: Stand) -> None:
    stand.publish(generation([YARD], 1))
    await until(lambda: stand.applied() == 1, "it runs")


def idle(it: Running) -> bool:
    return it.agent._answering is None or it.agent._answering.is_idle


def test_it_says_that_it_can_be_asked_and_until_it_is_nothing_is_said_or_kept(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            assert stand.greetings[-1].can_be_asked == CAN_BE_ASKED
            await asyncio.sleep(120)
            assert idle(it)
            assert stand.values(Topic.AGENT_ANSWER) == []
            assert stand.shown.asked == []

    run(scenario())


def test_lines_are_said_whole_with_their_times_and_then_all_is_said(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            it.driver.say("yard", "one", "two", "three")
            await ask_logs(stand, tail_lines=2)
            await until_over(stand)
            assert text(stand) == "two\nthree\n"
            assert problem(stand) == ""
            await ask_logs(stand, 2, timestamps=True, tail_lines=1)
            await until_over(stand, 2)
            time, _, line = text(stand, 2).partition(" ")
            assert line == "three\n"
            assert len(time) == len("2026-01-01T00:00:00.000000000Z")
            await ask_logs(stand, 3, since=stand.clock.now() + timedelta(seconds=1))
            await until_over(stand, 3)
            assert text(stand, 3) == ""
            await ask_logs(stand, 4, limit_bytes=6)
            await until_over(stand, 4)
            assert text(stand, 4) == "one\ntw"
            assert idle(it)

    run(scenario())


def test_what_is_followed_goes_on_after_a_crash_and_nothing_is_said_twice(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            it.driver.say("yard", "first")
            lease = await ask_logs(stand, follow=True)
            await until(lambda: "first" in text(stand), "the beginning")
            it.driver.say("yard", "second")
            await until(lambda: "second" in text(stand), "what comes")
            it.driver.crash("yard")
            await until(lambda: "yard" in stand.running(), "it runs again", within_s=60)
            it.driver.say("yard", "third")
            await until(lambda: "third" in text(stand), "what the next run says", within_s=60)
            assert text(stand) == "first\nsecond\nthird\n"
            say(stand, lease.model_copy(update={"seconds": 0, "begins": False}))
            await until(lambda: idle(it), "it ends when who asked has enough")
            assert not answers(stand)[-1].ends

    run(scenario())


def test_what_is_followed_ends_when_the_instance_is_gone(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            it.driver.say("yard", "first")
            await ask_logs(stand, follow=True)
            await until(lambda: text(stand), "the beginning")
            stand.publish(generation([], 2, removed=["yard"]))
            await until_over(stand, within_s=60)
            assert (text(stand), problem(stand)) == ("first\n", "")

    run(scenario())


def test_a_lease_for_another_run_or_one_delivered_twice_does_nothing(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            it.driver.say("yard", "one")
            await ask_logs(stand, boot_id="of-before")
            lease = await ask_logs(stand, 2)
            await until_over(stand, 2)
            count = len(answers(stand, 2))
            say(stand, lease)
            say(stand, lease.model_copy(update={"begins": False}))
            await asyncio.sleep(5)
            assert answers(stand, 1) == []
            assert len(answers(stand, 2)) == count
            assert idle(it)

    run(scenario())


def test_a_lease_that_nobody_renews_ends_and_says_so_and_one_that_is_renewed_lasts(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            lease = await ask_logs(stand, follow=True, seconds=20)
            for _ in range(5):
                await asyncio.sleep(15)
                say(stand, lease.model_copy(update={"begins": False}))
            it.driver.say("yard", "still there")
            await until(lambda: text(stand), "what comes after a minute")
            await until_over(stand, within_s=30)
            assert "renewed" in problem(stand)
            await until(lambda: idle(it), "nothing is left")
            say(stand, lease.model_copy(update={"begins": False, "number": 99}))
            await until_over(stand, 99)
            assert "does not know of it" in problem(stand, 99)
            assert idle(it)

    run(scenario())


def test_what_cannot_be_said_is_said(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            await ask_logs(stand, instance="nobody")
            await until_over(stand)
            assert problem(stand) == "there is no log of instance nobody: it has no container"
            await ask_logs(stand, 2, previous=True)
            await until_over(stand, 2)
            assert "no earlier run" in problem(stand, 2)
            assert [answers(stand, number)[-1].has_no_log for number in (1, 2)] == [True, True]
            it.driver.away = "the engine is away"
            await ask_logs(stand, 3)
            await until_over(stand, 3)
            assert problem(stand, 3) == "the engine is away"
            assert not answers(stand, 3)[-1].has_no_log

    run(scenario())


def test_leases_are_bounded(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            for number in range(1, 40):
                await ask_logs(stand, number, follow=True)
            await until_over(stand, 39)
            assert sum(bool(problem(stand, number)) for number in range(1, 40)) == 39 - MOST_OF_LOGS
            for number in range(40, 60):
                await ask_usage(stand, number)
            await until_over(stand, 59)
            assert sum(bool(problem(stand, number)) for number in range(40, 60)) == 20 - (MOST_LEASES - MOST_OF_LOGS)
            await until(lambda: idle(it), "all of them end", within_s=70)

    run(scenario())


def test_no_secret_leaves_the_node_however_it_was_read_and_whatever_was_wanted(stand: Stand) -> None:
    config = instance(
        "yard",
        {"dock": {"address": "rtsp://10.0.0.7/live", "credentialsRef": {"name": "cam"}}},
        cameras=["dock"],
        image="app:1",
    )
    stand.folders.secrets["cam"] = Secret("admin", "Geheim-4711")
    whole = "opening rtsp://admin:Geheim-4711@10.0.0.7/live and Geheim-4711"

    async def scenario() -> None:
        async with stand.agent() as it:
            stand.publish(generation([config], 1))
            await until(lambda: stand.applied() == 1, "it runs")
            it.driver.say("yard", whole, "x" * (16 * 1024 - 8) + whole, whole)
            for number, limit in enumerate([None, *range(8, 70, 3)], start=1):
                await ask_logs(stand, number, limit_bytes=limit, timestamps=bool(number % 2))
                await until_over(stand, number)
                assert "Geheim" not in text(stand, number)
                assert "4711" not in text(stand, number)
            assert text(stand, 1).count("opening rtsp://***@10.0.0.7/live and ***") == 2

    run(scenario())


def test_a_flood_is_slowed_down_bounded_and_what_is_left_out_is_told(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            await ask_logs(stand, follow=True)
            container = stand.engine.containers[0].id
            line = "x" * 1000
            for _ in range(50):
                await asyncio.sleep(0.1)
                stand.engine.logs[container].say(
                    *(LogLine(line.encode(), ns_of(stand.clock.now())) for _ in range(300))
                )
            await asyncio.sleep(10)
            it.driver.say("yard", "the end")
            await until(lambda: "the end\n" in answers(stand)[-1].lines, "it has caught up", within_s=60)
            said = text(stand)
            told = [one for one in said.splitlines() if one.startswith("[fleet]")]
            shown = said.count(line)
            left_out = sum(int(one.split()[1].replace(",", "")) for one in told)
            assert told
            assert "lines of" in told[0]
            assert shown + left_out == 50 * 300
            assert len(said) < 1024 * 1024 + 25 * 512 * 1024
            assert all(len(value) <= 60 * 1024 for value in stand.values(Topic.AGENT_ANSWER))

    run(scenario())


def test_who_has_no_room_is_sent_nothing_and_then_goes_on_with_what_is_new(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            lease = await ask_logs(stand, follow=True, credit=2)
            await until(lambda: answers(stand), "it is heard")
            for number in range(10):
                it.driver.say("yard", f"line {number}")
                await asyncio.sleep(1)
            assert len(answers(stand)) == 2
            say(stand, lease.model_copy(update={"begins": False, "credit": 50}))
            await asyncio.sleep(1)
            it.driver.say("yard", "now")
            await until(lambda: "now" in text(stand), "what is new")
            assert "lines of" in text(stand)
            assert [one.sequence for one in answers(stand)] == list(range(len(answers(stand))))

    run(scenario())


def test_answers_go_on_when_the_brokers_are_back(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            await ask_logs(stand, follow=True)
            await until(lambda: answers(stand), "it is heard")
            it.bus.disconnect()
            it.driver.say("yard", "meanwhile")
            await asyncio.sleep(25)
            it.bus.reconnect()
            await until(lambda: "meanwhile" in text(stand), "what was said meanwhile")
            assert text(stand).count("meanwhile") == 1

    run(scenario())


def test_usage_is_said_soon_and_then_every_few_seconds(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            runtime = stand.running()["yard"]

            def used(seconds: float, run: str = runtime) -> UsageCounters:
                return UsageCounters(Counters(10 * seconds, 8000), {"yard": (run, Counters(seconds, 500))})

            stand.engine.used = used(100)
            began = stand.clock.monotonic()
            await ask_usage(stand)
            await until(lambda: answers(stand), "it is heard")
            stand.engine.used = used(100.5)
            sample = await until(lambda: answers(stand)[-1].usage, "a sample")
            assert stand.clock.monotonic() - began < 2
            assert sample.window_seconds == 1.0
            assert sample.node.cpu_cores == 5.0
            assert sample.instances["yard"].cpu_cores == 0.5
            assert sample.instances["yard"].memory_bytes == 500
            stand.engine.used = used(2.5, "another run")
            await until(lambda: len(answers(stand)) == 3, "the next one")
            sample = answers(stand)[-1].usage or sample
            assert sample.instances["yard"].cpu_cores == 0.5
            assert sample.node.cpu_cores == 0.0
            await until(lambda: idle(it), "it ends", within_s=70)
            assert len(answers(stand)) < 16

    run(scenario())


def test_times_of_lines_are_those_of_the_machine_and_no_line_is_late_for_a_wrong_clock(stand: Stand) -> None:
    stand.clock.ahead = timedelta(days=-400)

    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            it.driver._now = stand.clock.now
            await ask_logs(stand, follow=True, timestamps=True)
            await until(lambda: answers(stand), "it is heard")
            it.driver.say("yard", "then")
            await until(lambda: "then" in text(stand), "it is said")
            assert text(stand).startswith(f"{(NOW - timedelta(days=400)).year}-")
            assert "left out" not in text(stand)

    run(scenario())


def test_a_bug_in_it_takes_nothing_else_down(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await begin(stand)
            stand.engine.used = replace(stand.engine.used, instances={"yard": ("x",)})  # type: ignore[dict-item]
            await ask_usage(stand)
            await until_over(stand)
            assert "met an error" in problem(stand)
            assert not it.task.done()

    run(scenario())
