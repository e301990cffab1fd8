"""An answer counts for the very runtime that was asked, and for nobody else who listens on its port."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from crds.instance_config import InstanceConfig
from nodeagent.apps.probe import ProbeApp
from nodeagent.model import PortHolder, Probe, Transient

HolderOf = Callable[[int, str], Awaitable[PortHolder | None]]


def of_the_very_runtime(probe: ProbeApp, holder_of: HolderOf) -> ProbeApp:
    """The same probe; what somebody else answers is no answer, and the message says who it is.

    Asked after the answer: one sample of frames that slipped through proves nothing, two are needed. Where the kernel does
    not show who listens, the answer counts.

    Args:
        probe: asks an app.
        holder_of: who listens on a port, and who is expected to.
    """

    async def checked(config: InstanceConfig, runtime_id: str, now: datetime, *, known_ready: bool) -> Probe:
        found = await probe(config, runtime_id, now, known_ready=known_ready)
        if not config.app_kind.has_metrics:
            return found
        try:
            holder = await holder_of(config.rest_port, runtime_id)
        except Transient:
            return found
        if holder is None or holder.runtime_id == runtime_id:
            return found
        return replace(
            found, answered=False, ready=False, streams=(), message=held_by_another(config.rest_port, holder)
        )

    return checked


def held_by_another(port: int, holder: PortHolder) -> str:
    """The sentence for people."""
    return f"port {port} is held by {holder.words}, and not by this instance"
