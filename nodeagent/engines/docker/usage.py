"""What containers use, by the counters that the engine reads from their control groups. Blocks: to be called in a thread."""

from collections.abc import Mapping
from typing import Any

from docker.errors import NotFound
from docker.utils import version_lt

from nodeagent.engines.counters import Counters
from nodeagent.engines.docker.engine import DockerEngine, errors_of

_NS = 1_000_000_000
# Before it the engine takes two looks, a second apart.
_ONE_SHOT_VERSION = "1.41"


def counters_of_container(engine: DockerEngine, container_id: str, instance: str) -> Counters | None:
    """What a container used; None when it does not run any more."""
    with errors_of(f"ask what instance {instance} uses"):
        client = engine.client()
        one_shot = None if version_lt(client.api_version, _ONE_SHOT_VERSION) else True
        try:
            return counters_in(client.stats(container_id, stream=False, one_shot=one_shot))
        except NotFound:
            return None


def counters_in(stats: Mapping[str, Any]) -> Counters | None:
    """What an answer of the engine says; None for a container that does not run."""
    cpu = (stats.get("cpu_stats") or {}).get("cpu_usage") or {}
    memory = stats.get("memory_stats") or {}
    if not cpu.get("total_usage") or "usage" not in memory:
        return None
    details = memory.get("stats") or {}
    # As `docker stats` does: cgroup v1 and v2 have other names for the files that nobody used lately.
    cached = details.get("total_inactive_file", details.get("inactive_file", 0))
    return Counters(cpu["total_usage"] / _NS, max(0, int(memory["usage"]) - int(cached)))
