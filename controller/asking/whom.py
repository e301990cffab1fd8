"""Which agent a question goes to, or why it cannot be asked: pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from controller.asking.base import AgentTooOld, CannotAsk
from controller.asking.wanted import Watcher
from controller.state import State
from controller.status.fold import heard_at, is_believed
from controller.status.runs import rivals
from crds.asking import LOGS, PICTURES, SERIES, SNAPSHOT
from crds.instance_config import InstanceConfig

_WORDS: Final = {LOGS: "its logs", PICTURES: "pictures", SERIES: "how its cameras did", SNAPSHOT: "snapshots"}
_OTHER_WORDS: Final = "what it uses"


@dataclass(frozen=True)
class Whom:
    """One run of the agent of a node."""

    node: str
    """Its name."""
    node_id: str
    boot_id: str
    public_key: str
    """What its answers are signed with."""
    epoch: int
    """Of the controller that asks."""


def whom(state: State, node: str, what: str, now: datetime) -> Whom:
    """The agent of a node, that can be asked for something.

    Args:
        state: what the controller knows.
        node: name of the node.
        what: one of those of `crds.asking`.
        now: the time, UTC.

    Raises:
        CannotAsk: with the reason, for people.
    """
    if state.term is None:
        raise CannotAsk("the controller is still reading what was published before: try again in a moment")
    if not state.leads:
        raise CannotAsk("another controller leads this fleet: ask that one")
    manifest = state.gate.in_force.node_by_name.get(node) if state.gate.in_force else None
    if manifest is None:
        raise CannotAsk(f"no manifest in force declares node {node}")
    observed = state.fleet.nodes.get(manifest.node_id)
    pulse = state.fleet.pulses.get(manifest.node_id)
    if observed is None or observed.info is None:
        raise CannotAsk(f"the agent of node {node} was never heard: does it run there?")
    if rivals(observed, now):
        raise CannotAsk(f"two machines speak as node {node}: end one of their agents first")
    if not is_believed(observed, pulse, now):
        at = heard_at(observed, pulse)
        since = f" since {at:%Y-%m-%dT%H:%M:%SZ}" if at else ""
        raise CannotAsk(f"the agent of node {node} is not heard{since}: does it run, and does it reach Kafka?")
    info = observed.info
    if what not in info.can_be_asked or not info.boot_id:
        words = _WORDS.get(what, _OTHER_WORDS)
        raise AgentTooOld(
            f"the agent of node {node} is of version {info.agent_version}, which cannot be asked for {words}: upgrade it"
        )
    key = state.fleet.keys.get(manifest.node_id, info.public_key)
    return Whom(node, manifest.node_id, info.boot_id, key, state.term)


def name_at_agent(state: State, whom: Whom, instance: str) -> str:
    """The name that an agent knows an instance by: one that was renamed runs on under its first.

    Raises:
        CannotAsk: the node was not told to run it.
    """
    for at_agent, name in names_of(state, whom).items():
        if name == instance:
            return at_agent
    raise CannotAsk(
        f"node {whom.node} was not told to run instance {instance}: there is nothing to be seen of it there"
    )


def names_of(state: State, whom: Whom) -> Mapping[str, str]:
    """The names of instances for people, by those that the agent knows them by."""
    sent = state.published.by_node.get(whom.node_id)
    return {one.instance_name: one.name for one in sent.config.node_config_list} if sent else {}


def config_of(state: State, watcher: Watcher) -> InstanceConfig | None:
    """What an instance was told last on a node; None when nothing of it was published for that."""
    manifest = state.gate.in_force.node_by_name.get(watcher.node) if state.gate.in_force else None
    sent = state.published.by_node.get(manifest.node_id) if manifest else None
    return next((one for one in sent.config.node_config_list if one.name == watcher.instance), None) if sent else None


def camera_at_app(state: State, whom: Whom, instance: str, camera: str) -> str:
    """The id that the app of an instance knows a camera by.

    Raises:
        CannotAsk: the node was not told to watch it with that instance.
    """
    sent = state.published.by_node.get(whom.node_id)
    for config in sent.config.node_config_list if sent else ():
        for one in config.cameras if config.name == instance else ():
            if one.name == camera:
                return one.camera_id
    raise CannotAsk(f"node {whom.node} was not told to watch camera {camera} with instance {instance}")
