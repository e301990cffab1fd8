"""What was used between two readings of the kernel's counters: pure."""

from typing import Final

from crds.answers import UsageSample, Used
from nodeagent.engines.counters import Counters, UsageCounters

_MOST_INSTANCES: Final = 400
"""So many have room in a record, however long their names are."""


def used_between(before: UsageCounters, after: UsageCounters, seconds: float) -> UsageSample:
    """What a node and its instances used on average.

    Args:
        before: the counters at the beginning.
        after: the counters at the end.
        seconds: how long that was.
    """
    instances = {}
    for name, (run, counters) in sorted(after.instances.items())[:_MOST_INSTANCES]:
        earlier = before.instances.get(name)
        # A run that began in between has used all of it in that time.
        since = earlier[1] if earlier is not None and earlier[0] == run else Counters(0.0, 0)
        instances[name] = _used(since, counters, seconds)
    return UsageSample(
        window_seconds=round(seconds, 3), node=_used(before.node, after.node, seconds), instances=instances
    )


def _used(before: Counters, after: Counters, seconds: float) -> Used:
    cores = max(0.0, after.cpu_seconds - before.cpu_seconds) / seconds
    return Used(cpu_cores=round(cores, 6), memory_bytes=max(0, after.memory_bytes))
