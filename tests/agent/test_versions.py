"""An agent says when its controller is of another age, and goes on as before."""

from bus.base import Topic
from bus.codec import encode_signed
from crds.messages import AgentCommand, CommandKind
from tests.agent.stand import Stand, command, run, until
from tests.differ.generations import generation, instance

YARD = instance("yard", cameras=["dock"])


def test_a_controller_of_another_age_is_told_in_both_directions(stand: Stand) -> None:
    def say(version: str) -> None:
        fields = command(CommandKind.ADMITTED, controller_version=version)
        stand.write(Topic.AGENT_COMMAND, encode_signed(AgentCommand(**fields), stand.controller))

    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent():
            await until(lambda: stand.applied() == 1, "it converges")
            say("99.0.0")
            status, message = await until(
                lambda: (one := stand.condition("VersionSupported"))[0] == "False" and one, "it is told"
            )
            assert "upgrade the agent" in message
            assert "yard" in stand.running()
            say("1.1.0")
            await until(lambda: stand.condition("VersionSupported")[0] == "True", "it is well again")
            assert status == "False"

    run(scenario())
