"""What an agent hears and says."""

from typing import Any

import pytest

from bus.base import Topic
from bus.codec import encode_signed
from crds.messages import AgentCommand, CommandKind
from nodeagent.agent import Agent
from tests.agent.instances import YARD, YARD_LIMITED, YARD_NEWER, YARD_STRICTER, applied
from tests.agent.stand import Stand, WatchedDriver, command, run, until
from tests.differ.generations import generation


def test_a_refresh_lets_it_greet_and_report(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent():
            await applied(stand, 1)
            await until(
                lambda: (one := stand.status("yard")) and one.cameras[0].ready, "there is nothing more to report"
            )
            for _ in range(3):
                greetings, reports = len(stand.greetings), len(stand.reports)
                stand.refresh()
                await until(lambda count=greetings: len(stand.greetings) > count, "a greeting")  # type: ignore[misc]
                await until(lambda count=reports: len(stand.reports) > count, "a report")  # type: ignore[misc]

    run(scenario())


def test_the_controller_asks_for_a_greeting_and_says_who_is_welcome(stand: Stand) -> None:
    def say(kind: CommandKind, reason: str = "") -> None:
        message = AgentCommand.model_validate(command(kind, reason))
        stand.write(Topic.AGENT_COMMAND, encode_signed(message, stand.controller))

    async def scenario() -> None:
        async with stand.agent():
            await until(lambda: stand.greetings and stand.report, "it is there")
            count = len(stand.greetings)
            say(CommandKind.ASK_INFO)
            await until(lambda: len(stand.greetings) > count, "another greeting")
            say(CommandKind.REFUSED, "no manifest names it")
            await until(lambda: stand.condition("Admitted") == ("False", "no manifest names it"), "it is refused")
            say(CommandKind.ADMITTED)
            await until(lambda: stand.condition("Admitted")[0] == "True", "it is admitted")

    run(scenario())


@pytest.mark.parametrize("broken", ["observe", "events", "probe", "greeting", "report", "subscription"])
def test_no_unexpected_error_ends_the_agent(stand: Stand, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def breaks(*_arguments: object, **_named: object) -> Any:
        raise KeyError("State")

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        driver = WatchedDriver(stand.engine, stand.folders)
        async with stand.agent(driver=driver) as it:
            await applied(stand, 1)
            with monkeypatch.context() as patch:
                target: tuple[object, str] = {
                    "observe": (driver, "observe"),
                    "events": (driver, "events"),
                    "probe": (it.agent._probes, "_probe"),
                    "greeting": (it.agent._greeter, "_greet"),
                    "report": (it.agent._sender, "_build"),
                    "subscription": (it.bus, "subscribe"),
                }[broken]
                patch.setattr(*target, breaks)
                await driver.aclose()
                await it.bus.aclose()
                stand.refresh()
                it.agent._report_anew()
                it.agent._greeter.ask()
                await until(lambda: "KeyError" in unhealthy(it.agent), "the error is a condition")
            stand.publish(generation([YARD_STRICTER], 2))
            await applied(stand, 2)
            await until(lambda: stand.condition("AgentHealthy")[0] == "True", "it is well again")

    run(scenario())


def unhealthy(agent: Agent) -> str:
    return next((one.message for one in agent._conditions.all if one.type == "AgentHealthy"), "")


def test_a_generation_that_cannot_be_written_to_disk_is_not_acted_on_before_it_is(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await applied(stand, 1)
            before = it.driver.mutations
            stand.disk.failure = OSError(28, "No space left on device")
            stand.publish(generation([YARD_NEWER], 2))
            await until(lambda: stand.condition("LedgerWritable")[0] == "False", "it cannot be written")
            # Neither rubbish nor an old record makes it forget what it could not write.
            stand.write(Topic.AGENT_CONFIG, b"rubbish")
            await until(lambda: stand.condition("RecordsAccepted")[0] == "False", "the rubbish is refused")
            stand.publish(generation([YARD], 1))
            stand.publish(generation([YARD_NEWER], 2))
            await until(lambda: stand.condition("RecordsAccepted")[0] == "True", "it is read once more")
            assert stand.condition("LedgerWritable")[0] == "False"
            assert (it.driver.mutations, stand.applied()) == (before, 1)
            stand.disk.failure = None
            await applied(stand, 2)
            assert stand.condition("LedgerWritable")[0] == "True"

    run(scenario())


def test_reports_never_claim_more_than_was_published_and_numbers_grow(stand: Stand) -> None:
    async def scenario() -> None:
        async with stand.agent():
            for number, form in enumerate((YARD, YARD_STRICTER, YARD_LIMITED), start=1):
                stand.publish(generation([form], number))
                await applied(stand, number)
        orders = [(one.observed.generation if one.observed else 0) for one in stand.reports]
        reached = [(one.applied.generation if one.applied else 0) for one in stand.reports]
        sequences = [one.sequence for one in stand.reports]
        assert orders == sorted(orders)
        assert reached == sorted(reached)
        assert sequences == list(range(len(sequences)))
        assert all(done <= seen for done, seen in zip(reached, orders, strict=True))

    run(scenario())
