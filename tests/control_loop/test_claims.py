"""What an agent says that it holds, when it cannot be."""

from collections.abc import Callable

from bus.signature import SigningKey
from tests.control_loop.stand import Stand, eventually, loaded, ref

YARD = {"node/gate": {}, "dsinstance/yard": {"node": "gate"}}
EDITED = {"node/gate": {}, "dsinstance/yard": {"node": "gate", "image": "retinaface:2"}}


def test_a_forged_first_greeting_that_claims_the_end_of_the_numbers_wedges_nothing(play: Callable[..., None]) -> None:
    """An older version followed it, and signed numbers next to the end: all that came later was Stale."""

    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            await eventually(lambda: stand.status("gate"), "the node is shown, and nobody has greeted as it")
            forger = stand.agent("gate", key=SigningKey.generate())
            forger.greet(ref(2**53 - 2, 2**53 - 2))
            config = await eventually(lambda: stand.newest("gate"), "a generation")
            assert config.ref.order == (1, 1)
            forger.report(ref(2**53 - 2, 2**53 - 2))
            await eventually(lambda: reason(stand) == "NumbersNotFollowed", "it is a condition")
            (message,) = await eventually(lambda: stand.told("NumbersNotFollowed"), "it is told")
            assert "rm ledger/current.record" in message
            for generation in range(2**53 - 20, 2**53 - 2):
                forger.report(ref(2**53 - 2, generation))
            await stand.settled()
            assert len(stand.told("NumbersNotFollowed")) == 1

            machine = stand.agent("gate")
            await controller.trust("gate", machine.key.public_key_hex)
            machine.greet(config.ref)
            machine.report(config.ref, config.ref)
            await eventually(lambda: reason(stand) == "Applied", "the machine itself converges")
            await stand.say(loaded(EDITED, "sha256:1"))
            await eventually(lambda: stand.orders("gate") == [(1, 1), (1, 2)], "an edit is published")

    play(scenario)


def reason(stand: Stand) -> str:
    """Of the condition UpToDate of the node."""
    found = (one["reason"] for one in stand.status("gate").get("conditions", ()) if one["type"] == "UpToDate")
    return next(found, "")
