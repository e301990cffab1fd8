"""Whose word counts for a node: the key that its manifest pins, that a person named, or that of its first greeting."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from controller.model import Revision, TrustRefused
from controller.observed import Fleet, ObservedNode, Stranger
from crds.fingerprint import fingerprint
from crds.messages import AgentConfig, AgentInfo
from crds.node import Node

MOST_STRANGERS = 4
"""Strangers that are remembered for one node, and answered. Whoever writes to topic 200 can make up keys without end; one
who cannot be seen for that is let in by the whole key instead of its fingerprint."""
_LONGEST_HOSTNAME = 64
_LONGEST_QUOTED = 80
_PUBLIC_KEY = re.compile(r"[0-9a-f]{64}")


def key_of(
    manifest: Node | None,
    kept: str | None,
    published: AgentConfig | None,
    observed: ObservedNode | None,
    *,
    is_caught_up: bool,
) -> str | None:
    """The key that one node is known by: see `agent_keys`. None for a node without one, or in no manifest."""
    if manifest is None:
        return None
    recorded = published.agent_key if published else ""
    known = manifest.spec.public_key or kept or recorded
    if not known and is_caught_up and observed is not None and observed.info is not None:
        known = observed.info.public_key
    return known or None


def agent_keys(
    revision: Revision, fleet: Fleet, published: Mapping[str, AgentConfig], *, is_caught_up: bool
) -> Mapping[str, str]:
    """The key of every node in a revision, as far as there is one. A node that left the manifests leaves here, too.

    Args:
        revision: pins keys: a pin counts before all else.
        fleet: what was kept until now, and who greets.
        published: the newest records: they tell which agent they were made for, whatever else was lost.
        is_caught_up: True when the topics were read to their ends, and records were found there if there are any: only
            then the key of a greeting is kept where there is none.

    Returns:
        The very mapping of before when nothing changed.
    """
    kept, wanted = fleet.keys, revision.node_by_id.keys()
    pinned_anew = {node_id for node_id, key in revision.pinned_keys.items() if kept.get(node_id) != key}
    found = {}
    for node_id in pinned_anew | (wanted - kept.keys()):
        key = key_of(
            revision.node_by_id[node_id],
            kept.get(node_id),
            published.get(node_id),
            fleet.nodes.get(node_id),
            is_caught_up=is_caught_up,
        )
        if key is not None:
            found[node_id] = key
    gone = kept.keys() - wanted
    return {key: one for key, one in {**kept, **found}.items() if key not in gone} if found or gone else kept


def with_keys(fleet: Fleet, keys: Mapping[str, str], now: datetime) -> Fleet:
    """The fleet when these keys count: what others said under the name of a node is not known any more."""
    if keys is fleet.keys:
        return fleet
    changed = {}
    for node_id, key in keys.items():
        node = fleet.nodes.get(node_id)
        if node is not None and node.info is not None and node.info.public_key != key:
            changed[node_id] = with_stranger(ObservedNode(node_id, strangers=node.strangers), node.info, now)
    if not changed:
        return replace(fleet, keys=keys)
    pulses = {key: pulse for key, pulse in fleet.pulses.items() if key not in changed}
    return replace(fleet, nodes={**fleet.nodes, **changed}, keys=keys, pulses=pulses)


def with_stranger(node: ObservedNode, info: AgentInfo, seen_at: datetime) -> ObservedNode:
    """A node as which somebody greeted with another key. The same but for a time when that one is known, or too many are."""
    for known in node.strangers:
        if known.public_key == info.public_key:
            again = replace(known, seen_at=max(known.seen_at, seen_at))
            return replace(node, strangers=tuple(again if one is known else one for one in node.strangers))
    if len(node.strangers) >= MOST_STRANGERS:
        return node
    hostname = "".join(one if one.isprintable() else "?" for one in info.hostname[:_LONGEST_HOSTNAME])
    return replace(node, strangers=(*node.strangers, Stranger(info.public_key, hostname, info.sent_at, seen_at)))


def named_key(fleet: Fleet, node: Node | None, name: str, key: str) -> str:
    """The key that a person means for a node.

    Args:
        fleet: who greets.
        node: the manifest of the node.
        name: what the person called it.
        key: 64 hexadecimal digits, or the fingerprint of an agent that greets as this node.

    Raises:
        TrustRefused: with the reason.
    """
    if node is None:
        raise TrustRefused(f"no Node manifest in force is named {name}: `fleet get nodes` lists them")
    observed = fleet.nodes.get(node.node_id) or ObservedNode(node.node_id)
    heard = [observed.info.public_key] if observed.info else []
    heard += [one.public_key for one in observed.strangers]
    named = key.strip().lower()
    found = next((one for one in heard if named == fingerprint(one)), named)
    if not _PUBLIC_KEY.fullmatch(found):
        raise TrustRefused(
            f"no agent that greeted as node {name} lately has the key {named[:_LONGEST_QUOTED]}: give the fingerprint "
            "that `fleet describe node` shows, or the whole key, 64 hexadecimal digits, which the agent logs at its start"
        )
    if node.spec.public_key not in (None, found):
        raise TrustRefused(f"the manifest of node {name} pins another key: change spec.publicKey to {found}")
    return found


def about_stranger(stranger: Stranger, name: str, key: str, *, is_pinned: bool) -> str:
    """What is said of a stranger, with what to do.

    Args:
        stranger: who greets.
        name: of the node.
        key: that the node must sign with.
        is_pinned: True when the manifest names that key.
    """
    theirs, ours = fingerprint(stranger.public_key), fingerprint(key)
    whose = "spec.publicKey of its manifest pins" if is_pinned else "this fleet keeps for it"
    remedy = (
        f"change spec.publicKey to {stranger.public_key}"
        if is_pinned
        else f"run `fleet node trust {name} --key {theirs}`"
    )
    return (
        f"An agent on {stranger.hostname} greets as node {name} with the key {theirs}, and is not believed: {whose} "
        f"{ours}. If the machine has a new key, {remedy}; if not, somebody pretends to be this node"
    )


def why_refused(node_id: str, public_key: str, fleet: Fleet, revision: Revision) -> str:
    """Why an agent that greets is refused, with what to do; empty for one that is not."""
    if (node := revision.node_by_id.get(node_id)) is None:
        return f"no Node manifest has nodeId {node_id}: commit one to admit this machine"
    observed, key = fleet.nodes.get(node_id), fleet.keys.get(node_id)
    for one in observed.strangers if observed and key else ():
        if one.public_key == public_key != key:
            return about_stranger(one, node.name, str(key), is_pinned=node.is_pinned)
    return ""
