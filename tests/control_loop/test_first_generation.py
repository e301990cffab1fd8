"""From a greeting to the first generation, and who gets none."""

import asyncio
from collections.abc import Callable

from bus.base import Topic
from bus.signature import SigningKey
from controller.source.read.reader import Reading, Unreadable
from crds.messages import CommandKind
from tests.control_loop.stand import ScriptedSource, Stand, eventually, loaded, none_published, ref
from tests.planner.short_manifests import node_id

YARD = {"node/gate": {}, "camera/dock": {}, "dsinstance/yard": {"node": "gate", "cameras": ["dock"]}}


def test_an_admitted_node_gets_generation_1(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            stand.agent("gate").greet()
            config = await eventually(lambda: stand.newest("gate"), "a generation")

            assert config.ref.order == (1, 1)
            assert (config.fleet_id, str(config.node_id), config.revision) == (
                "test",
                node_id("gate"),
                "sha256:0000000000",
            )
            assert [one.instance_name for one in config.node_config_list] == ["yard"]
            assert (config.drain, config.removals.count) == (False, 0)
            await eventually(lambda: stand.kinds("gate") == [CommandKind.ADMITTED], "the node is admitted")
            await stand.settled()
            assert stand.orders("gate") == [(1, 1)]
            assert controller.status()["epoch"] == 1
            await eventually(lambda: stand.shown("Node").get("gate"), "the node is shown")

    play(scenario)


def test_an_edit_is_the_next_generation_of_its_node_alone(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        fleet = {**YARD, "node/hut": {}, "dsinstance/hall": {"node": "hut"}}
        stand.source.say_silently(loaded(fleet))
        async with stand.controller():
            stand.agent("gate").greet()
            stand.agent("hut").greet()
            await eventually(lambda: stand.newest("gate") and stand.newest("hut"), "both have a generation")
            await stand.say(loaded({**fleet, "dsinstance/hall": {"node": "hut", "image": "retinaface:2"}}, "sha256:1"))
            await eventually(lambda: stand.orders("hut") == [(1, 1), (1, 2)], "the second generation")
            await stand.settled()
            assert stand.orders("gate") == [(1, 1)]

    play(scenario)


def test_a_node_that_never_greeted_gets_nothing_until_it_does(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded({**YARD, "node/hut": {}}))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
            await stand.settled()
            assert stand.orders("hut") == []
            # Its report alone is no greeting: its key and its numbers are not known.
            hut = stand.agent("hut")
            hut.report(None)
            await stand.settled()
            assert stand.orders("hut") == []
            hut.greet()
            config = await eventually(lambda: stand.newest("hut"), "a generation of the other node")
            assert config.drain

    play(scenario)


def test_an_unknown_node_is_pending_refused_and_gets_nothing(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            stand.agent("stray").greet()
            (command,) = await eventually(lambda: stand.commands("stray"), "the stray is answered")
            assert command.command is CommandKind.REFUSED
            assert node_id("stray") in command.reason
            name = f"pending-{node_id('stray')[:8]}"
            shown = await eventually(lambda: stand.shown("Node").get(name), "the stray is shown")
            assert shown["status"]["phase"] == "Pending"
            await stand.settled()
            assert stand.count_configs() == 0
            assert stand.kinds("stray") == [CommandKind.REFUSED]

            await stand.say(loaded({**YARD, "node/stray": {}}, "sha256:1"))
            await eventually(lambda: stand.newest("stray"), "it is admitted by its manifest")
            await eventually(lambda: stand.kinds("stray")[-1] is CommandKind.ADMITTED, "and told so")

    play(scenario)


def test_nothing_is_published_before_the_topics_were_read_to_their_ends(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            stand.agent("gate").greet()
            await eventually(lambda: stand.newest("gate"), "a generation")
        stand.lose_disk()
        edited = loaded({**YARD, "camera/dock": {"encodeType": "h265"}}, "sha256:1")
        stand.source.say_silently(edited)

        async with stand.controller(held_back=True) as controller:
            stand.agent("gate").greet(ref(1, 1))
            stand.agent("stray").greet()
            await eventually(lambda: stand.source.reads > 1, "the source is read")
            looks = stand.looks
            await eventually(lambda: stand.looks > looks + 1, "the loop went round")
            assert not stand.shown("Node")
            assert controller.status()["kafka"] == {"connected": True, "caughtUp": False}
            assert controller.status()["starting"] == "reading the topics: 1 nodes' records so far"
            assert controller.why_not_ready == controller.why_starting == controller.status()["starting"]
            assert stand.orders("gate") == [(1, 1)]
            assert stand.kinds("stray") == []

            stand.bus.may_catch_up.set()
            await eventually(lambda: stand.orders("gate") == [(1, 1), (2, 2)], "the edit is published")
            await eventually(lambda: not controller.why_starting, "the fleet is shown")
            assert (controller.status()["starting"], controller.why_not_ready) == ("", "")

    play(scenario)


def test_greetings_wait_for_the_first_revision(play: Callable[..., None]) -> None:
    """Before any manifests were read nobody can say who belongs to the fleet."""

    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(Unreadable("the repository does not answer"))
        async with stand.controller() as controller:
            stand.agent("gate").greet()
            stand.agent("stray").greet()
            await eventually(lambda: controller.status()["kafka"]["caughtUp"], "the topics are read")
            await eventually(lambda: len(stand.shown("Node")) == 2, "the loop went round")
            assert list(stand.records(Topic.AGENT_COMMAND)) == []

            await stand.say(loaded(YARD))
            await eventually(lambda: stand.kinds("gate"), "the node is answered")
            await eventually(lambda: stand.kinds("stray"), "the stray is answered")
            assert stand.kinds("gate") == [CommandKind.ADMITTED]
            assert stand.kinds("stray") == [CommandKind.REFUSED]

    play(scenario)


def test_an_agent_with_another_key_than_the_pinned_one_is_refused(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        right = SigningKey.generate()
        stand.source.say_silently(loaded({**YARD, "node/gate": {"publicKey": right.public_key_hex}}))
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            impostor = stand.agent("gate")
            with none_published(stand):
                impostor.greet()
                impostor.report(ref(9, 9))
                (message,) = await eventually(lambda: stand.told("KeyRefused"), "the impostor is told of")
                assert "spec.publicKey" in message
                await stand.settled()
                assert stand.kinds("gate") == [CommandKind.REFUSED]

            stand.agent("gate", key=right).greet()
            config = await eventually(lambda: stand.newest("gate"), "a generation")
            assert config.ref.order == (1, 1)
            impostor.greet(ref(50, 50))
            impostor.report(ref(50, 50))
            await stand.settled()
            assert stand.orders("gate") == [(1, 1)]

    play(scenario)


def test_a_key_that_is_pinned_later_counts_for_those_who_greeted_before(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        right = SigningKey.generate()
        stand.agent("gate").greet(ref(9, 9))  # before the controller knows of any manifest
        stand.source.say_silently(loaded({**YARD, "node/gate": {"publicKey": right.public_key_hex}}))
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["revision"], "a revision is in force")
            await stand.settled()
            assert stand.count_configs() == 0

            stand.agent("gate", key=right).greet()
            await eventually(lambda: stand.newest("gate"), "a generation")

    play(scenario)


def test_agents_of_another_fleet_on_the_same_topics_are_passed_by(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            neighbour = stand.agent("gate", fleet_id="neighbours")
            neighbour.greet(ref(7, 7))
            neighbour.report(ref(7, 7))
            await stand.settled()
            assert stand.count_configs() == 0
            assert stand.kinds("gate") == []
            assert stand.told("RecordRefused") == []

            stand.agent("gate").greet()
            config = await eventually(lambda: stand.newest("gate"), "a generation")
            assert config.ref.order == (1, 1)

    play(scenario)


def test_a_fleet_whose_manifests_are_not_read_yet_is_not_shown(play: Callable[..., None]) -> None:
    """A repository may take minutes to come, and the topics a second."""

    class SlowSource(ScriptedSource):
        async def read(self) -> Reading:
            await asyncio.sleep(60)
            return await super().read()

    async def scenario(stand: Stand) -> None:
        stand.source = SlowSource(loaded(YARD))
        async with stand.controller() as controller:
            await eventually(lambda: controller.status()["epoch"], "the topics are read")
            await asyncio.sleep(30)
            assert controller.why_starting == controller.why_not_ready == "reading the manifests"
            await eventually(lambda: not controller.why_starting, "the manifests are read")
            assert stand.shown("Node").keys() == {"gate"}

    play(scenario)
