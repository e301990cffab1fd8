import asyncio
from datetime import UTC, datetime

from crds.camera_status import AlertStatus
from crds.instance_config import InstanceConfig
from nodeagent.model import Probe, StreamStats
from nodeagent.reporter.app_probes import AppProbes
from nodeagent.reporter.pace import EVERY, STEADY_LOOKS
from ports.simulated import LoopClock
from ports.virtual_time import run_in_virtual_time
from tests.differ.generations import instance

YARD = instance("yard", cameras=["dock"])
BUSY = AlertStatus(
    rule="busy",
    id="20260105T120000Z-3f9a1c",
    number=1,
    active=True,
    count=2,
    began_at=datetime(2026, 1, 5, 12, tzinfo=UTC),
)


class App:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.frame = 0
        self.fps = 25.0
        self.alerts: tuple[AlertStatus, ...] = ()
        self.asked = asyncio.Event()
        self.asked_names: list[str] = []
        self.answers = asyncio.Event()

    async def __call__(
        self, config: InstanceConfig, runtime_id: str, now: datetime, *, known_ready: bool = False
    ) -> Probe:
        self.frame = max(self.frame + 1, int(25 * asyncio.get_running_loop().time()))
        self.asked_names.append(config.instance_name)
        self.asked.set()
        await self.answers.wait()
        streams = (StreamStats("dock", self.fps, self.frame, alerts=self.alerts),)
        return Probe(config.instance_name, runtime_id, now, answered=True, ready=True, streams=streams)


def advanced(probes: AppProbes) -> bool:
    cameras = probes.progress["yard"].cameras
    return cameras is not None and cameras["dock"].advanced_at is not None


def test_two_looks_prove_frames_and_what_is_forgotten_has_to_prove_them_again() -> None:
    async def scenario() -> None:
        app = App()
        app.answers.set()
        probes = AppProbes(app, LoopClock())
        await probes.look({"yard": (YARD, "id-1")})
        assert not advanced(probes)
        await probes.look({"yard": (YARD, "id-1")})
        assert advanced(probes)

        probes.forget("yard")
        await probes.look({"yard": (YARD, "id-1")})
        assert not advanced(probes)

    run_in_virtual_time(scenario(), limit_seconds=100)


def test_an_answer_of_the_app_that_was_there_before_proves_nothing() -> None:
    async def scenario() -> None:
        app = App()
        probes = AppProbes(app, LoopClock())
        look = asyncio.create_task(probes.look({"yard": (YARD, "id-1")}))
        await app.asked.wait()
        probes.forget("yard")
        app.answers.set()
        await look

        assert "yard" not in probes.progress

    run_in_virtual_time(scenario(), limit_seconds=100)


def test_instances_that_are_gone_are_not_remembered() -> None:
    async def scenario() -> None:
        app = App()
        app.answers.set()
        probes = AppProbes(app, LoopClock())
        await probes.look({"yard": (YARD, "id-1"), "hall": (instance("hall"), "id-2")})
        probes.keep_only({"hall"})

        assert set(probes.progress) == {"hall"}

    run_in_virtual_time(scenario(), limit_seconds=100)


def test_nobody_is_looked_at_while_all_run_evenly_until_there_is_somebody_new() -> None:
    async def scenario() -> None:
        app = App()
        app.answers.set()
        probes = AppProbes(app, LoopClock())
        yard, hall = {"yard": (YARD, "id-1")}, {"hall": (instance("hall", cameras=["dock"]), "id-2")}
        for _ in range(2 * EVERY):
            await asyncio.sleep(1)
            await probes.look(yard)
        assert probes.rest == EVERY - 1
        probes.news.clear()
        await asyncio.sleep(2)
        probes.forget("hall")
        assert probes.news.is_set()
        await probes.look(yard | hall, 2)
        assert app.asked_names == [*["yard"] * 2 * EVERY, "hall"]
        assert probes.rest == 0
        await asyncio.sleep(3)
        await probes.look(yard | hall, 3)
        assert app.asked_names[-2:] == ["yard", "hall"]
        assert probes.rest == 0
        assert probes.progress["yard"].steady_looks > STEADY_LOOKS

    run_in_virtual_time(scenario(), limit_seconds=100)


def test_of_even_apps_only_frames_per_second_that_are_others_than_were_reported_are_worth_a_word() -> None:
    async def scenario() -> None:
        app = App()
        app.answers.set()
        probes = AppProbes(app, LoopClock())

        async def looks(fps: float, count: int = 1) -> list[bool]:
            app.fps = fps
            found = []
            for _ in range(count):
                await asyncio.sleep(EVERY)
                found.append(await probes.look({"yard": (YARD, "id-1")}, EVERY))
            return found

        assert all(await looks(25.0, STEADY_LOOKS))
        assert await looks(25.0) == [True], "nothing of it was reported"
        probes.said()
        assert await looks(25.0, 3) == [False] * 3
        assert await looks(21.0) == [False]
        assert await looks(19.0, 2) == [True, True]
        probes.said()
        assert await looks(19.0) == [False]

    run_in_virtual_time(scenario(), limit_seconds=200)


def test_an_alert_of_an_even_app_is_worth_a_word_when_it_begins_and_when_it_ends() -> None:
    async def scenario() -> None:
        app = App()
        app.answers.set()
        probes = AppProbes(app, LoopClock())

        async def look() -> bool:
            await asyncio.sleep(EVERY)
            return await probes.look({"yard": (YARD, "id-1")}, EVERY)

        for _ in range(STEADY_LOOKS):
            await look()
        probes.said()
        assert not await look()
        now = datetime(2026, 1, 5, 12, tzinfo=UTC)
        for alert in (BUSY, BUSY.model_copy(update={"active": False, "ended_at": now})):
            app.alerts = (alert,)
            assert await look()
            probes.said()
            # Equal ones of another answer are no news, and kept once.
            app.alerts = (alert.model_copy(),)
            assert not await look()
            cameras = probes.progress["yard"].cameras
            assert cameras is not None
            assert cameras["dock"].alerts[0] is alert

    run_in_virtual_time(scenario(), limit_seconds=200)
