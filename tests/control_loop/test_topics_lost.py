"""Topics are deleted, or a broker's disk is wiped, under a running controller: it makes and fills them again."""

import asyncio
from collections.abc import Callable

import pytest

from bus.base import Topic
from bus.kafka_options import CannotStart
from controller.timings import Timings
from tests.control_loop.stand import Stand, TalkingAgent, eventually, loaded

YARD = {"node/gate": {}, "node/hut": {}, "dsinstance/yard": {"node": "gate"}, "dsinstance/hall": {"node": "hut"}}
EDITED = {**YARD, "dsinstance/yard": {"node": "gate", "image": "retinaface:2"}}
KEPT = tuple(topic for topic in Topic if topic is not Topic.AGENT_ANSWER)
DIFFERENCE = "AgentConfig: cleanup.policy is delete, must be compact"


async def begin(stand: Stand) -> dict[str, TalkingAgent]:
    agents = {name: stand.agent(name) for name in ("gate", "hut")}
    for name, agent in agents.items():
        agent.greet()
        config = await eventually(lambda name=name: stand.newest(name), "a generation")
        agent.greet(config.ref)
        agent.report(config.ref, config.ref)
    await stand.settled()
    return agents


@pytest.mark.parametrize("topics", [(), *((topic,) for topic in KEPT)], ids=["all", *KEPT])
def test_deleted_topics_are_made_and_filled_again_and_an_edit_reaches_them(
    play: Callable[..., None], topics: tuple[Topic, ...]
) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            await begin(stand)
            lost_values = {record.value for record in stand.records(Topic.AGENT_CONFIG)}
            stand.log.delete_topics(*topics)
            await stand.say(loaded(EDITED, "sha256:1"))
            await eventually(lambda: stand.newest("gate") and stand.newest("gate").generation == 2, "the edit")  # type: ignore[union-attr]
            await eventually(lambda: stand.newest("hut"), "what nobody edited")
            assert stand.newest("hut").ref.order == (1, 1)  # type: ignore[union-attr]
            hut = [record.value for record in stand.records(Topic.AGENT_CONFIG) if record.value in lost_values]
            assert hut, "the same bytes again"
            loss = await eventually(
                lambda: (one := controller.status()["topics"]["loss"]) and one["healedAt"] and one, "it is healed"
            )
            assert loss["topics"] == list(topics or KEPT)
            assert loss["missing"] == 0
            assert len(stand.told("TopicsLost")) == 1
            assert len(stand.told("TopicsHealed")) == 1
            assert len(list(stand.records(Topic.REFRESH))) == 1, "the agents are asked to greet and report"

    play(scenario)


def test_the_topic_of_answers_is_made_where_a_fleet_of_before_has_none_and_that_is_no_loss(
    play: Callable[..., None],
) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            await begin(stand)
        stand.log.delete_topics(Topic.AGENT_ANSWER)
        async with stand.controller() as controller:
            await stand.settled()
            assert stand.log.has(Topic)
            assert controller.status()["topics"]["loss"] is None
            assert not stand.told("TopicsLost")

    play(scenario)


def test_a_loss_that_nobody_stumbles_upon_is_found_within_a_minute(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.timings = Timings(topics_every_seconds=60)
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            await begin(stand)
            stand.log.delete_topics(Topic.AGENT_COMMAND)  # which it does not read
            await asyncio.sleep(61)
            assert stand.log.has(Topic)

    play(scenario)


def test_a_fleet_whose_topics_are_wiped_again_and_again_ends_whole(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            await begin(stand)
            for number in range(12):
                (stand.log.wipe if number % 3 else stand.log.delete_topics)()
                await asyncio.sleep(number * 0.7)
            await eventually(lambda: stand.count_configs() == 2, "both generations")
            await eventually(lambda: controller.status()["topics"]["loss"]["healedAt"], "it is healed")
            assert {stand.newest(name).ref.order for name in ("gate", "hut")} == {(1, 1)}  # type: ignore[union-attr]

    play(scenario)


def test_topics_that_went_while_the_controller_was_away_are_told(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.source.say_silently(loaded(YARD))
        async with stand.controller():
            await begin(stand)
            await stand.copied()
        stand.log.delete_topics()
        async with stand.controller() as controller:
            await eventually(lambda: stand.count_configs() == 2, "both generations")
            await eventually(lambda: controller.status()["topics"]["loss"]["healedAt"], "it is healed")
            assert stand.told("TopicsLost")

    play(scenario)


def test_the_topics_of_a_new_fleet_are_no_loss(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.log.delete_topics()
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            await begin(stand)
            assert controller.status()["topics"] == {"differences": [], "loss": None}
            assert stand.told("TopicsLost") == []

    play(scenario)


def test_settings_that_were_changed_while_it_runs_are_told_and_stop_nothing(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.timings = Timings(topics_every_seconds=60)
        stand.source.say_silently(loaded(YARD))
        async with stand.controller() as controller:
            await begin(stand)
            stand.log.differences = (DIFFERENCE,)
            await eventually(lambda: controller.status()["topics"]["differences"] == [DIFFERENCE], "it is shown")
            assert DIFFERENCE in (await eventually(lambda: stand.told("TopicSettingsDiffer"), "it is told"))[0]
            await stand.say(loaded(EDITED, "sha256:1"))
            await eventually(lambda: stand.orders("gate") == [(1, 1), (1, 2)], "the edit")
            stand.log.differences = ()
            await eventually(lambda: stand.told("TopicSettingsRight"), "it is told that they are right")

    play(scenario)


def test_a_controller_does_not_begin_on_topics_that_would_lose_what_it_writes(play: Callable[..., None]) -> None:
    async def scenario(stand: Stand) -> None:
        stand.log.differences = (DIFFERENCE,)
        with pytest.raises(ExceptionGroup) as failure:
            async with stand.controller():
                await asyncio.sleep(10)
        assert failure.group_contains(CannotStart, match="cleanup.policy is delete")

    play(scenario)
