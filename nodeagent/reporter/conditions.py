"""The conditions of the agent itself: one statement of each type, with the time since when it holds."""

from collections.abc import Callable

from crds.condition import Condition, ConditionStatus
from ports.clock import Clock

ADMITTED = "Admitted"
"""The controller knows this agent and wants it."""
AGENT_HEALTHY = "AgentHealthy"
"""No part of the agent meets errors that nobody foresaw."""
ENGINE_REACHABLE = "EngineReachable"
LEDGER_WRITABLE = "LedgerWritable"
"""A new generation can be written to disk; without that it is not acted on."""
NO_ORPHANS = "NoOrphans"
"""Nothing of this fleet runs on this machine under the id of a node that has no agent here; set once there was something."""
RECORDS_ACCEPTED = "RecordsAccepted"
"""The last record that was not merely late could be accepted, and the last command, and the ledger, could be read."""
VERSION_SUPPORTED = "VersionSupported"
"""The controller is of a neighbouring version; said once it told its own."""
TIME_ACCEPTED = "TimeAccepted"
"""The brokers take records with the time of this machine; said once they did not."""

REPORT_TRUNCATED = "ReportTruncated"
"""The report would be larger than its topic allows, so that part of it is left out."""


class Conditions:
    """What stands in the report beside the instances.

    Args:
        clock: says since when one holds.
        on_change: told when a condition changed in anything but its time.
    """

    def __init__(self, clock: Clock, on_change: Callable[[], None]) -> None:
        self._clock = clock
        self._on_change = on_change
        self._by_type: dict[str, Condition] = {}

    @property
    def all(self) -> tuple[Condition, ...]:
        """All that were ever set, in the order in which they first were."""
        return tuple(self._by_type.values())

    def set(self, kind: str, *, ok: bool, reason: str, message: str = "") -> bool:
        """Sets a condition; True when that changed anything but the time."""
        before = self._by_type.get(kind)
        condition = Condition(
            type=kind,
            status=ConditionStatus.TRUE if ok else ConditionStatus.FALSE,
            reason=reason,
            message=message,
            last_transition_time=self._clock.now(),
        ).since((before,) if before else ())
        self._by_type[kind] = condition
        if condition == before:
            return False
        self._on_change()
        return True
