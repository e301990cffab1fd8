import asyncio
from datetime import datetime

from crds.instance_config import InstanceConfig
from nodeagent.model import Probe, StreamStats
from nodeagent.reporter.app_probes import AppProbes
from ports.simulated import LoopClock
from ports.virtual_time import run_in_virtual_time
from tests.differ.generations import instance

YARD = instance("yard", cameras=["dock"])


class App:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.frame = 0
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()

    async def __call__(
        self, config: InstanceConfig, runtime_id: str, now: datetime, *, known_ready: bool = False
    ) -> Probe:
        self.frame += 10
        self.asked.set()
        await self.answers.wait()
        streams = (StreamStats("dock", 25.0, self.frame),)
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
