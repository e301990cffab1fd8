"""What every driver does, whatever runs beneath it."""

import asyncio
import time

import pytest

from nodeagent.engines.fake import FakeDriver
from nodeagent.model import ObservedInstance, Permanent, Transient
from nodeagent.operations import OpKind, Stop
from tests.differ.operations import operation
from tests.engines.stands import LEAVES, LEAVES_ON_SIGINT, SLEEPS, STUBBORN, FakeStand, Session, Stand, write_secret
from tests.patience import in_time, patient


def test_each_operation_is_idempotent(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config()
        stand.prepare(config)
        for kind in (OpKind.PULL_IMAGE, OpKind.CREATE, OpKind.START):
            await session.do(kind, config)
            await session.do(kind, config)
        there = await session.find()
        assert there is not None
        assert there.running
        assert there.exit_code is None
        assert there.finished_at is None
        assert there.started_at is not None
        for _ in range(2):
            await session.do(OpKind.STOP, config, runtime_id=there.runtime_id)
        left = await session.find()
        assert left is not None
        assert (left.runtime_id, left.running) == (there.runtime_id, False)
        assert left.finished_at is not None
        assert left.finished_at >= there.started_at
        for _ in range(2):
            await session.do(OpKind.REMOVE, config, runtime_id=there.runtime_id)
        assert await session.driver.observe() == {}
        assert stand.count("lobby") == 0

    stand.run(test)


def test_created_is_observed_before_it_is_started(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config()
        stand.prepare(config)
        await session.do(OpKind.PULL_IMAGE, config)
        await session.do(OpKind.CREATE, config)
        there = await session.find()
        assert there is not None
        assert (there.running, there.started_at, there.finished_at, there.exit_code) == (False, None, None, None)

    stand.run(test)


def test_labels_tell_what_runs(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config("a.b-c")
        there = await session.begin(config, generation=42)
        assert (there.name, there.generation, there.digest, there.digests) == (
            "a.b-c",
            42,
            config.digest,
            config.digests,
        )
        assert there.applied is not None
        assert (there.applied.config, there.applied.generation) == (config, 42)
        assert there.applied.runtime_id == there.runtime_id

    stand.run(test)


def test_an_agent_that_starts_again_adopts_what_runs(stand: Stand) -> None:
    config = stand.config()
    before = stand.run(lambda session: session.begin(config, 3))

    async def test(session: Session) -> None:
        assert await session.find() == before
        await session.do(OpKind.START, config, 3)
        assert stand.count("lobby") == 1
        assert await session.find() == before
        await session.do(OpKind.REMOVE, config)
        assert stand.count("lobby") == 0

    stand.run(test)


def test_two_starts_at_once_are_one_instance(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config()
        stand.prepare(config)
        await session.do(OpKind.PULL_IMAGE, config)
        await session.do(OpKind.CREATE, config)
        other = stand.driver()
        op = operation(OpKind.START, config)
        await asyncio.gather(*(driver.perform(op) for driver in (session.driver, other) for _ in range(4)))
        assert stand.count("lobby") == 1
        assert await session.driver.observe() == await other.observe()
        await other.aclose()

    stand.run(test)


def test_what_belongs_to_others_is_neither_seen_nor_touched(stand: Stand) -> None:
    async def test(session: Session) -> None:
        still_runs = stand.foreigner("lobby")
        try:
            assert await session.driver.observe() == {}
            config = stand.config()
            await session.do(OpKind.STOP, config)
            await session.do(OpKind.REMOVE, config)
            await session.begin(config)
            await session.do(OpKind.REMOVE, config)
        finally:
            unharmed = still_runs()
        assert unharmed

    stand.run(test)


def test_what_is_killed_by_hand_is_told(stand: Stand) -> None:
    async def test(session: Session) -> None:
        told: asyncio.Queue[str] = asyncio.Queue()

        events = session.driver.events()

        async def listen() -> None:
            async for name in events:
                told.put_nowait(name)

        listener = asyncio.ensure_future(listen())
        there = await session.begin(stand.config())
        assert await told.get() == "lobby"
        stand.kill(there)
        async with in_time():
            while (left := await session.find()) is None or left.running:
                assert await told.get() == "lobby"
        assert left.runtime_id == there.runtime_id
        assert left.exit_code in {-9, 137}
        assert left.finished_at is not None
        listener.cancel()

    stand.run(test)


def test_events_end_when_the_driver_is_closed(stand: Stand) -> None:
    async def test(session: Session) -> None:
        async def listen() -> list[str]:
            return [name async for name in session.driver.events()]

        listener = asyncio.ensure_future(listen())
        await session.begin(stand.config())
        await session.driver.aclose()
        assert set(await listener) <= {"lobby"}
        assert await listen() == []
        other = stand.driver()
        there = (await other.observe())["lobby"]
        assert there.running
        await other.aclose()

    stand.run(test)


def test_a_program_that_ignores_sigterm_is_killed_after_its_time(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config(script=STUBBORN)
        await session.begin(config)
        await session.until_says("stubborn")
        began = time.monotonic()
        await session.do(OpKind.STOP, config, timeout_seconds=1)
        assert time.monotonic() - began > 0.9
        left = await session.find()
        assert left is not None
        assert (left.running, left.exit_code) in {(False, -9), (False, 137)}

    stand.run(test)


def test_a_program_is_asked_to_leave_by_the_signal_that_it_was_made_with(stand: Stand) -> None:
    async def test(session: Session) -> None:
        made = stand.config(script=LEAVES_ON_SIGINT, container={"stop_signal": "SIGINT"})
        changed = stand.config(script=LEAVES_ON_SIGINT, container={"stop_signal": "SIGTERM"})
        # Its manifest stays, is changed, or is gone: what runs is what it was.
        for desired in (made, changed, None):
            there = await session.begin(made)
            await session.until_says("waiting")
            op = (
                operation(OpKind.STOP, desired, runtime_id=there.runtime_id, timeout_seconds=30)
                if desired
                else Stop("lobby", "a test", there.runtime_id, 30)
            )
            async with in_time():
                await session.driver.perform(op)
            left = await session.find()
            assert left is not None
            assert (left.running, left.exit_code) == (False, 3)
            await session.do(OpKind.REMOVE, made)

    stand.run(test)


def test_what_leaves_by_itself_is_seen_with_its_code(stand: Stand) -> None:
    async def test(session: Session) -> None:
        await session.begin(stand.config(script=LEAVES))
        left = await session.until_left()
        assert left.exit_code == 7
        assert "leaving" in await session.driver.output("lobby", 5)

    stand.run(test)


def test_an_older_incarnation_is_not_mistaken_for_the_newer(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config()
        old = await session.begin(config)
        await session.do(OpKind.REMOVE, config)
        new = await session.begin(config)
        assert new.runtime_id != old.runtime_id
        await session.do(OpKind.STOP, config, runtime_id=old.runtime_id)
        await session.do(OpKind.REMOVE, config, runtime_id=old.runtime_id)
        assert await session.find() == new

    stand.run(test)


async def _restart(session: Session) -> tuple[ObservedInstance, ObservedInstance]:
    """Runs an instance, and then again with other files and a new generation, as a plan of class restart does."""
    config = session.stand.config()
    before = await session.begin(config, 1)
    newer = session.stand.config(files={"more.txt": "new"})
    await session.do(OpKind.STOP, config, runtime_id=before.runtime_id)
    session.stand.prepare(newer)
    await session.do(OpKind.START, newer, 2)
    after = await session.find()
    assert after is not None
    assert after.running
    assert (after.digest, after.generation, after.digests) == (newer.digest, 2, newer.digests)
    assert after.applied is not None
    assert after.applied.config == newer
    other = session.stand.driver()
    assert (await other.observe())["lobby"] == after
    await other.aclose()
    return before, after


def test_a_restart_with_other_files_is_told_apart(stand: Stand) -> None:
    stand.run(_restart)


def test_a_restart_keeps_the_container(stand: Stand) -> None:
    before, after = stand.run(_restart)
    assert before.runtime_id == after.runtime_id


def test_create_refuses_the_name_of_an_older_one(stand: Stand) -> None:
    async def test(session: Session) -> None:
        old = await session.begin(stand.config())
        with pytest.raises(Transient) as refusal:
            await session.do(OpKind.CREATE, stand.config(files={"more.txt": "new"}))
        assert str(refusal.value) == "an older container still holds the name of instance lobby"
        assert await session.find() == old

    stand.run(test)


def test_an_image_that_cannot_be_had_is_transient(stand: Stand) -> None:
    if isinstance(stand, FakeStand):
        stand.engine.registry = set()

    async def test(session: Session) -> None:
        config = stand.config(image="127.0.0.1:1/no/such:image")
        stand.prepare(config)
        for kind in (OpKind.PULL_IMAGE, OpKind.CREATE):
            with pytest.raises(Transient, match=r"127\.0\.0\.1:1/no/such:image"):
                await session.do(kind, config)
        assert await session.driver.observe() == {}

    stand.run(test)


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # the SDK's, when nobody listens
def test_an_engine_that_is_away_is_an_error_and_not_an_empty_node(stand: Stand) -> None:
    async def test(_: Session) -> None:
        driver = stand.unreachable()
        config = stand.config()
        with pytest.raises(Transient):
            await driver.observe()
        for kind in OpKind:
            if kind not in {OpKind.WRITE_FILES, OpKind.NOTE}:
                with pytest.raises(Transient):
                    await driver.perform(operation(kind, config))
        with pytest.raises(Transient):
            await driver.output("lobby", 5)
        await driver.aclose()

    stand.run(test)


def test_nothing_is_known_of_an_instance_that_is_not_there(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config()
        assert await session.driver.observe() == {}
        await session.do(OpKind.STOP, config)
        await session.do(OpKind.REMOVE, config, runtime_id="gone")
        assert await session.driver.output("lobby", 5) == ""

    stand.run(test)


def test_an_operation_that_no_driver_does_is_permanent(stand: Stand) -> None:
    async def test(session: Session) -> None:
        with pytest.raises(Permanent):
            await session.do(OpKind.WRITE_FILES, stand.config())

    stand.run(test)


def test_a_cancelled_stop_returns_at_once(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config(script=STUBBORN)
        await session.begin(config)
        if isinstance(session.driver, FakeDriver):
            session.driver.delay_next(OpKind.STOP, 30)
        else:
            await session.until_says("stubborn")
        stop = asyncio.ensure_future(session.do(OpKind.STOP, config, timeout_seconds=30))
        await asyncio.sleep(0)
        stop.cancel()
        await asyncio.wait({stop}, timeout=patient(5))
        assert stop.cancelled()
        there = await session.find()
        assert there is not None
        assert there.running

    stand.run(test)


def test_output_is_its_last_lines_and_never_a_secret(stand: Stand) -> None:
    write_secret(stand.secrets, "cam", "admin", "Geheim-4711")
    script = "\n".join(
        [
            "echo one; echo two",
            "echo opening rtsp://someone:else@10.0.0.1/live",
            "echo failed: ${secret:cam:userinfo} is refused, Geheim-4711 is wrong",
            SLEEPS.partition(";")[2],
        ]
    )

    async def test(session: Session) -> None:
        await session.begin(stand.config(script=script))
        output = await session.until_says("refused")
        assert output.splitlines() == [
            "one",
            "two",
            "opening rtsp://***@10.0.0.1/live",
            "failed: admin:***@ is refused, *** is wrong",
        ]
        assert (await session.driver.output("lobby", 3)).splitlines()[0] == "two"
        assert await session.driver.output("lobby", 0) == ""

    stand.run(test)


def test_the_image_that_runs_is_told_from_what_its_tag_means_later(stand: Stand) -> None:
    async def test(session: Session) -> None:
        config = stand.config(image=stand.an_image())
        there = await session.begin(config)
        found = await session.driver.images([config.image, "dsfleet/not-there:test", "no name of an image"])
        assert found == {config.image: there.image_id}

        moved_to = stand.move_tag(config.image)
        assert await session.driver.images([config.image]) == {config.image: moved_to}
        assert await session.find() == there

    stand.run(test)
