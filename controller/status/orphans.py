"""What agents tell of orphans, and the command that a person's word about them becomes."""

from datetime import datetime
from uuid import UUID

from controller.model import OrderRefused
from controller.observed import Fleet
from controller.status.fold import connected
from crds.messages import AgentCommand, AgentResponse, CommandKind, OrphanStatus
from crds.node import Node

ORDERS = (CommandKind.ADOPT, CommandKind.CLEAN)


def orphan_command(
    kind: CommandKind,
    node: Node | None,
    name: str,
    instance: str,
    *,
    fleet: Fleet,
    fleet_id: str,
    epoch: int | None,
    leads: bool,
    now: datetime,
) -> AgentCommand:
    """The command to take over or end what a node tells of now: it names the very runtimes, and nothing that comes later.

    Args:
        kind: one of `ORDERS`.
        node: the node, if a manifest declares it.
        name: the name that a person gave.
        instance: the instance that is meant; empty for every one that the node tells of.
        fleet: what the agents said.
        fleet_id: the fleet.
        epoch: the term of this controller; None before it has one.
        leads: False for a controller that only reads, since another one leads the fleet.
        now: the time, UTC.

    Raises:
        OrderRefused: with the reason.
    """
    if node is None:
        raise OrderRefused(f"no manifest in force declares node {name}")
    if epoch is None:
        raise OrderRefused("the controller is still reading what was published before: try again in a moment")
    if not leads:
        raise OrderRefused("another controller leads this fleet: ask that one")
    observed = fleet.nodes.get(node.node_id)
    pulse = fleet.pulses.get(node.node_id)
    if observed is None or observed.response is None or not connected(observed, pulse, now):
        raise OrderRefused(f"the agent of node {name} is not heard: what runs on its machine now is not known")
    meant = _meant(observed.response, instance)
    if not meant:
        of_instance = f" of instance {instance}" if instance else ""
        raise OrderRefused(f"the agent of node {name} tells of nothing{of_instance} that an earlier agent has left")
    return AgentCommand(
        fleet_id=fleet_id,
        node_id=UUID(node.node_id),
        command=kind,
        public_key=observed.info.public_key if observed.info else "",
        epoch=epoch,
        sent_at=now,
        runtimes=tuple(one.runtime_id for one in meant),
    )


def _meant(response: AgentResponse, instance: str) -> tuple[OrphanStatus, ...]:
    return tuple(one for one in response.orphans if instance in {"", one.instance_name})
