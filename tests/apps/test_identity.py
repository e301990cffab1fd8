"""Frames count only for the runtime that was asked."""

import asyncio
from datetime import datetime

import pytest

from crds.instance_config import InstanceConfig
from nodeagent.apps.identity import of_the_very_runtime
from nodeagent.model import PortHolder, Probe, StreamStats, Transient
from tests.differ.generations import NOW, instance

YARD = instance("yard", cameras=["dock"])
MUTE = instance("yard", cameras=["dock"], app={"kind": "retinaface"})
ANSWER = Probe("yard", "id-1", NOW, answered=True, ready=True, streams=(StreamStats("dock", 25.0, 7),))
SILENCE = Probe("yard", "id-1", NOW, answered=False, message="connection refused")
ITSELF = PortHolder("id-1", "itself")
ORPHAN = PortHolder("id-0", "instance yard of node n (process 7)")
FOREIGN = PortHolder(None, "process 9 (nc)")


def asked(answer: Probe, holder: PortHolder | Exception | None, config: InstanceConfig = YARD) -> Probe:
    async def probe(_config: InstanceConfig, _runtime_id: str, _now: datetime, *, known_ready: bool = False) -> Probe:
        return answer

    async def holder_of(port: int, runtime_id: str) -> PortHolder | None:
        assert (port, runtime_id) == (config.rest_port, "id-1")
        if isinstance(holder, Exception):
            raise holder
        return holder

    return asyncio.run(of_the_very_runtime(probe, holder_of)(config, "id-1", NOW, known_ready=False))  # type: ignore[arg-type]  # it is a coroutine


@pytest.mark.parametrize("answer", [ANSWER, SILENCE], ids=["answer", "silence"])
@pytest.mark.parametrize("holder", [ITSELF, None, Transient("the engine is away")], ids=["itself", "unknown", "away"])
def test_what_the_runtime_itself_says_counts_and_so_does_what_nobody_can_doubt(
    answer: Probe, holder: PortHolder | Exception | None
) -> None:
    assert asked(answer, holder) == answer


@pytest.mark.parametrize("answer", [ANSWER, SILENCE], ids=["answer", "silence"])
@pytest.mark.parametrize("holder", [ORPHAN, FOREIGN], ids=["orphan", "foreign"])
def test_what_another_says_on_its_port_is_no_answer_and_the_holder_is_named(answer: Probe, holder: PortHolder) -> None:
    found = asked(answer, holder)
    assert (found.answered, found.ready, found.streams) == (False, False, ())
    assert found.message == f"port {YARD.rest_port} is held by {holder.words}, and not by this instance"


def test_an_app_without_an_interface_has_no_port_to_hold() -> None:
    assert asked(SILENCE, ORPHAN, MUTE) == SILENCE
