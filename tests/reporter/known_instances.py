"""Instances as their engine and their app show them, and what is said of them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from crds.instance_config import InstanceConfig
from crds.messages import InstanceStatus
from nodeagent.model import (
    Applied,
    InstanceHistory,
    LoginProblem,
    Observed,
    ObservedInstance,
    Probe,
    StreamStats,
)
from nodeagent.operations import Op, OpKind, Outcome, OutcomeKind
from nodeagent.reporter.frames import AppProgress, after_probe
from nodeagent.reporter.status import Known, instance_statuses
from tests.differ.generations import NOW, generation, instance
from tests.differ.node_model import container
from tests.differ.operations import operation

YARD = instance("yard", cameras=["dock"])
OLD_FORM = instance("yard", cameras=["dock"], image="retinaface:0")
MUTE = instance("yard", cameras=["dock"], app={"kind": "retinaface"})
STRICT = instance("yard", {"dock": {"limits": {"minimumFps": 5, "notReachableAfterSeconds": 20}}}, cameras=["dock"])


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def running(config: InstanceConfig = YARD, runtime_id: str = "id-1") -> ObservedInstance:
    return replace(
        container(config, runtime_id, 2), running=True, started_at=NOW, applied=Applied(config, 2, runtime_id)
    )


LOST = LoginProblem("SecretNotFound", "secret 'dock' is missing")
EXITED = replace(running(), running=False, finished_at=NOW, exit_code=3)
CREATED = container(YARD, "id-1", 2)


def op(kind: OpKind, config: InstanceConfig = YARD) -> Op:
    return operation(kind, config, 2, cause="it is not there")


def failed(kind: OpKind, how: OutcomeKind = OutcomeKind.TRANSIENT, config: InstanceConfig = YARD) -> InstanceHistory:
    outcome = Outcome(op(kind, config), how, NOW, "the registry is away", attempt=3)
    return InstanceHistory(outcome=outcome, failed_digest=config.digest if how is OutcomeKind.PERMANENT else None)


def probed(*frames: int, runtime_id: str = "id-1", fps: float = 25.0, ready: bool = True) -> AppProgress:
    """An app that was asked once a second, from NOW on, and said these numbers of frames."""
    progress = None
    for second, number in enumerate(frames):
        streams = (StreamStats("dock", fps, number),)
        progress = after_probe(
            progress, Probe("yard", runtime_id, at(second), answered=True, ready=ready, streams=streams)
        )
    assert progress is not None
    return progress


def silent(runtime_id: str = "id-1") -> AppProgress:
    return after_probe(None, Probe("yard", runtime_id, NOW, answered=False, message="connection refused"))


def known(
    there: ObservedInstance | None,
    *,
    config: InstanceConfig = YARD,
    history: InstanceHistory | None = None,
    working_on: Op | None = None,
    waits_for: str | None = None,
    progress: AppProgress | None = None,
) -> Known:
    return Known(
        desired=generation([config], 2),
        observed=Observed({"yard": there} if there else {}),
        history={"yard": history} if history else {},
        waiting={"yard": waits_for} if waits_for else {},
        working_on={"yard": working_on} if working_on else {},
        progress={"yard": progress} if progress else {},
    )


def status(what: Known, now: datetime = NOW, previous: Mapping[str, InstanceStatus] | None = None) -> InstanceStatus:
    (one,) = instance_statuses(what, previous or {}, now)
    return one
