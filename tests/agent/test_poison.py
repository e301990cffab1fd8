"""Nothing that anybody writes to a topic stops the agent, or lets it touch an instance (invariant S15)."""

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bus.base import Topic
from bus.codec import encode_signed
from bus.signature import SigningKey
from bus.topics import SETTINGS
from crds.messages import AgentCommand, CommandKind
from tests.agent.stand import Stand, command, run, until
from tests.differ.generations import NODE, OTHER_NODE, generation, instance

YARD = instance("yard", cameras=["dock"])
YARD_NEWER = instance("yard", cameras=["dock"], image="retinaface:2")
STRANGER = SigningKey.generate()

Write = Callable[[Stand], None]


def config(value: Callable[[Stand], bytes | None], *, key: str | None = NODE) -> Write:
    return lambda stand: stand.write(Topic.AGENT_CONFIG, value(stand), key=key)


def signed(number: int = 2, **more: str) -> Callable[[Stand], bytes]:
    return lambda stand: encode_signed(generation([YARD_NEWER], number, **more), stand.controller)  # type: ignore[arg-type]


def too_large(topic: Topic) -> bytes:
    return b"x" * (SETTINGS[topic].max_value_bytes + 1)


def said(value: Callable[[Stand], bytes | None], topic: Topic = Topic.AGENT_COMMAND, key: str | None = NODE) -> Write:
    return lambda stand: stand.write(topic, value(stand), key=key)


def order(**different: object) -> AgentCommand:
    return AgentCommand.model_validate(command(CommandKind.REFUSED, "go away", **different))


POISON = [
    pytest.param(config(lambda _: b"\xff\x00 rubbish"), True, id="210: rubbish"),
    pytest.param(config(lambda _: b""), True, id="210: empty"),
    pytest.param(config(lambda _: None), False, id="210: tombstone"),
    pytest.param(config(lambda _: too_large(Topic.AGENT_CONFIG)), True, id="210: too large"),
    pytest.param(config(lambda _: b'{"payload":' * 5000), True, id="210: deep"),
    pytest.param(config(lambda _: encode_signed(generation([YARD_NEWER], 2), STRANGER)), True, id="210: of a stranger"),
    pytest.param(config(lambda stand: signed()(stand)[:-20]), True, id="210: torn"),
    pytest.param(config(signed(node=OTHER_NODE)), True, id="210: of another node at our key"),
    pytest.param(config(signed(fleet="other")), True, id="210: of another fleet"),
    pytest.param(
        config(lambda stand: encode_signed(order(), stand.controller)), True, id="210: a command, rightly signed"
    ),
    pytest.param(config(signed(), key="somebody"), False, id="210: ours at another key"),
    pytest.param(config(signed(), key=None), False, id="210: ours without a key"),
    pytest.param(said(lambda _: b"rubbish"), False, id="201: rubbish"),
    pytest.param(said(lambda _: None), False, id="201: tombstone"),
    pytest.param(said(lambda _: too_large(Topic.AGENT_COMMAND)), False, id="201: too large"),
    pytest.param(said(lambda _: encode_signed(order(), STRANGER)), False, id="201: of a stranger"),
    pytest.param(
        said(lambda stand: encode_signed(order(node_id=UUID(OTHER_NODE)), stand.controller)),
        False,
        id="201: for another node",
    ),
    pytest.param(
        said(lambda stand: encode_signed(order(fleet_id="other"), stand.controller)), False, id="201: of another fleet"
    ),
    pytest.param(said(lambda _: b"rubbish", Topic.REFRESH, None), False, id="301: rubbish"),
    pytest.param(said(lambda _: None, Topic.REFRESH, None), False, id="301: tombstone"),
    pytest.param(said(lambda _: too_large(Topic.REFRESH), Topic.REFRESH, None), False, id="301: too large"),
]


@pytest.mark.parametrize(("write", "is_said"), POISON)
def test_poison_is_survived_said_where_it_fits_and_touches_nothing(stand: Stand, write: Write, is_said: bool) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await until(lambda: stand.applied() == 1, "generation 1 is applied")
            there, before = stand.running(), it.driver.mutations
            write(stand)
            if is_said:
                await until(lambda: stand.condition("RecordsAccepted")[0] == "False", "the refusal is said")
            # What comes after it is read.
            greetings = len(stand.greetings)
            stand.refresh()
            await until(lambda: len(stand.greetings) > greetings, "it still reads")
            assert (stand.running(), it.driver.mutations) == (there, before)
            assert stand.condition("Admitted") == ("", "")
            stand.publish(generation([YARD_NEWER], 7))
            await until(lambda: stand.applied() == 7, "the next generation is applied")
            assert stand.condition("RecordsAccepted")[0] == "True"

    run(scenario())


def test_a_conflict_is_loud_and_keeps_the_old_one(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 1))
        async with stand.agent() as it:
            await until(lambda: stand.applied() == 1, "generation 1 is applied")
            before = it.driver.mutations
            stand.publish(generation([YARD_NEWER], 1))
            await until(lambda: "two controllers" in stand.condition("RecordsAccepted")[1], "the conflict is said")
            assert it.driver.mutations == before

    run(scenario())


def test_an_older_record_is_nobodys_fault(stand: Stand) -> None:
    async def scenario() -> None:
        stand.publish(generation([YARD], 5))
        async with stand.agent() as it:
            await until(lambda: stand.applied() == 5, "generation 5 is applied")
            before = it.driver.mutations
            stand.publish(generation([YARD_NEWER], 4))
            greetings = len(stand.greetings)
            stand.refresh()
            await until(lambda: len(stand.greetings) > greetings, "it was read")
            await until(lambda: stand.condition("RecordsAccepted")[0] == "True", "all is well")
            assert it.driver.mutations == before

    run(scenario())


def test_the_past_of_a_node_is_no_warning_and_an_old_record_that_comes_later_is(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        for number in (1, 2, 3):
            stand.publish(generation([YARD], number))
        async with stand.agent():
            await until(lambda: stand.applied() == 3, "generation 3 is applied")
        async with stand.agent():  # its ledger holds what is read last
            greetings = len(stand.greetings)
            await until(lambda: len(stand.greetings) > greetings, "the topic is read again")
            await until(lambda: stand.condition("RecordsAccepted")[0] == "True", "all is well")
            assert warnings() == []
            stand.publish(generation([YARD_NEWER], 2))
            await until(warnings, "it is said")
        assert "is older than generation 3" in warnings()[0]

    def warnings() -> list[str]:
        return [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]

    run(scenario())


def test_a_record_that_nobody_foresaw_does_not_end_the_agent(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with stand.agent() as it:
            await until(lambda: stand.greetings, "it is there")

            def breaks(*_arguments: object) -> None:
                raise RecursionError

            with monkeypatch.context() as patch:
                patch.setattr(it.ledger, "consider", breaks)
                stand.publish(generation([YARD], 1))
                greetings = len(stand.greetings)
                stand.refresh()
                await until(lambda: len(stand.greetings) > greetings, "it still reads")
            stand.publish(generation([YARD], 2))
            await until(lambda: stand.applied() == 2, "the next one is applied")

    run(scenario())


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([Topic.AGENT_CONFIG, Topic.AGENT_COMMAND, Topic.REFRESH]),
            st.none() | st.just(NODE) | st.text(max_size=5),
            st.none() | st.binary(max_size=50),
        ),
        max_size=20,
    )
)
def test_no_bytes_at_any_key_stop_it(records: list[tuple[Topic, str | None, bytes | None]]) -> None:
    stand = Stand()

    async def scenario() -> None:
        async with stand.agent() as it:
            await until(lambda: stand.greetings, "it is there")
            for topic, key, value in records:
                stand.write(topic, value, key=key)
            stand.publish(generation([YARD], 1))
            await until(lambda: stand.applied() == 1, "it still reads")
            assert it.driver.changed.total() == 3

    run(scenario())
