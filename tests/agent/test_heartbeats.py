"""An agent gives signs of life only while its controller says that it takes them."""

import asyncio

from bus.base import Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from crds.heartbeat import heartbeat_key
from crds.messages import AgentCommand, CommandKind
from tests.agent.stand import Stand, command, run, until
from tests.differ.generations import NODE, generation, instance

EVERY_S = 5.0


def test_heartbeats_are_allowed_and_ended_by_the_controller_of_this_agent_alone(stand: Stand) -> None:
    stranger = SigningKey.generate()

    def say(kind: CommandKind, seconds: int, key: SigningKey | None = None, to: str = "") -> None:
        fields = command(kind, heartbeats_for_seconds=seconds, public_key=to)
        stand.write(Topic.AGENT_COMMAND, encode_signed(AgentCommand(**fields), key or stand.controller))

    async def heartbeats_in_a_while() -> int:
        await asyncio.sleep(2 * EVERY_S)
        before = len(stand.values(Topic.AGENT_RESPONSE, heartbeat_key(NODE)))
        await asyncio.sleep(4 * EVERY_S)
        return len(stand.values(Topic.AGENT_RESPONSE, heartbeat_key(NODE))) - before

    async def scenario() -> None:
        stand.publish(generation([instance("yard", cameras=["dock"])], 1))
        async with stand.agent():
            await until(lambda: stand.applied() == 1, "it converges")
            say(CommandKind.ADMITTED, 0)
            say(CommandKind.ADMITTED, 1000, stranger)
            say(CommandKind.ADMITTED, 1000, to=stranger.public_key_hex)
            say(CommandKind.REFUSED, 1000)
            assert await heartbeats_in_a_while() == 0
            say(CommandKind.ADMITTED, 10**400)
            assert await heartbeats_in_a_while() in (3, 4, 5), "one may be the report of a minute, or be at both ends"
            stand.refresh()
            reports = len(stand.reports)
            await until(lambda: len(stand.reports) > reports, "it reports when it is asked to", EVERY_S / 2)
            say(CommandKind.ADMITTED, 0)
            assert await heartbeats_in_a_while() == 0

    run(scenario())


def test_what_is_known_of_apps_grows_old_while_a_look_at_them_does_not_come_back(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([instance("yard", cameras=["dock"])], 1))
        async with stand.agent():
            await until(lambda: stand.applied() == 1, "it converges")
            fields = command(CommandKind.ADMITTED, heartbeats_for_seconds=1000)
            stand.write(Topic.AGENT_COMMAND, encode_signed(AgentCommand(**fields), stand.controller))
            await asyncio.sleep(60 + 4 * EVERY_S)
            stand.apps.are_endless = True
            await until(lambda: stand.status("yard").reason == "NoAnswer", "it is said", 5 * EVERY_S)

    run(scenario())
