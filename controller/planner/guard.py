"""The guard against the commit that deletes everything."""

from dataclasses import dataclass

from controller.model import FleetPlan, Previous


@dataclass(frozen=True)
class RemovalLimit:
    """How many instances a revision may take away without approval."""

    percent: float = 25.0
    """Of the instances that were published before."""
    always_allowed: int = 1
    """So many may always go, however few there are."""

    def exceeded_by(self, removed: int, before: int) -> bool:
        """True when `removed` of `before` instances are more than may go without approval."""
        return removed > self.always_allowed and removed * 100 > self.percent * before


def why_parked(plan: FleetPlan, previous: Previous, limit: RemovalLimit) -> str | None:
    """The sentence that says why a plan must be approved by a person; None when it need not be."""
    before = sum(len(config.node_config_list) for config in previous.values())
    removed = plan.removed
    if not limit.exceeded_by(len(removed), before):
        return None
    return (
        f"it removes {len(removed)} of {before} instances ({', '.join(removed)}), "
        f"more than {limit.percent:g} % and more than {limit.always_allowed}"
    )
