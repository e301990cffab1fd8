"""The guard against the commit that deletes everything, or leaves everything there and watches nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from controller.model import FleetPlan, Previous
from crds.instance_config import cameras_of

_SHOWN = 10


@dataclass(frozen=True)
class RemovalLimit:
    """How many of a kind a revision may take away without approval."""

    percent: float = 25.0
    """Of those that were published before."""
    always_allowed: int = 1
    """So many may always go, however few there are."""

    def exceeded_by(self, removed: int, before: int) -> bool:
        """True when `removed` of `before` are more than may go without approval."""
        return removed > self.always_allowed and removed * 100 > self.percent * before

    def __str__(self) -> str:
        return f"more than {self.percent:g} % and more than {self.always_allowed}"


@dataclass(frozen=True)
class RemovalLimits:
    """What a revision may take away without approval: instances, and cameras that nobody watches then."""

    instances: RemovalLimit = field(default_factory=RemovalLimit)
    cameras: RemovalLimit = field(default_factory=RemovalLimit)
    """By name: one that gets another name counts as gone, since whoever counts by its id loses it."""


def unwatched(plan: FleetPlan, previous: Previous) -> tuple[str, ...]:
    """The cameras that some instance was to watch before, and none is afterwards, sorted. A move takes none away."""
    taken = set[str]()
    for node_id, record in previous.items():
        state = plan.nodes.get(node_id)
        if state is None or state.digest != record.digest:
            kept = {one.digest for one in state.instances} if state else frozenset()
            others = cameras_of(one for one in record.node_config_list if one.digest not in kept)
            taken |= others - cameras_of(state.instances if state and others else ())
    if not taken:
        return ()
    return tuple(sorted(taken - cameras_of(one for state in plan.nodes.values() for one in state.instances)))


def why_parked(plan: FleetPlan, previous: Previous, limits: RemovalLimits) -> str | None:
    """The sentence that says why a plan must be approved by a person; None when it need not be."""
    removed, dark = plan.removed, unwatched(plan, previous)
    if not removed and not dark:
        return None
    before, watched = sum(len(config.node_config_list) for config in previous.values()), len(_watched(previous))
    said, exceeded = [], False
    if limits.instances.exceeded_by(len(removed), before):
        exceeded = True
        said.append(f"it removes {len(removed)} of {before} instances ({', '.join(removed)}), {limits.instances}")
    if dark:
        text = f"{len(dark)} of {watched} cameras would no longer be watched ({_listed(dark)})"
        if limits.cameras.exceeded_by(len(dark), watched):
            exceeded, text = True, f"{text}, {limits.cameras}"
        said.append(text)
    return "; ".join(said) if exceeded else None


def _watched(previous: Previous) -> frozenset[str]:
    return cameras_of(one for config in previous.values() for one in config.node_config_list)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
