"""What is said of a machine: whether its agent is heard, and how far it got."""

from collections.abc import Iterable, Mapping
from typing import Any

from controller.model import NodeState, Revision
from controller.observed import ObservedNode
from controller.picture.conditions import Document, Verdict, condition, false, timestamp, true, unknown
from controller.picture.look import KEY_REFUSED, Look
from controller.picture.machine_times import CLOCK_SYNCHRONIZED, at_controller, clock_verdict
from controller.publish.generations import NOT_FOLLOWED, followed
from crds.condition import ConditionStatus
from crds.document import API_VERSION
from crds.fingerprint import fingerprint
from crds.messages import AgentConfig, AgentInfo, AgentResponse, GenerationRef
from crds.node import Node
from crds.version_skew import needs_upgrade

_READY = "Ready"
_UP_TO_DATE = "UpToDate"
VERSION_SUPPORTED = "VersionSupported"
"""Whether its agent and this controller are of neighbouring versions; an agent says the same of its controller."""
KEY_UNDISPUTED = "KeyUndisputed"
"""False while somebody greets as the node with another key than its own; it is not there otherwise."""
# A greeting is unbounded text from anybody; a document, which terminals show, is not.
_MOST_CHARACTERS = 253
_MOST_GPUS = 64
_MIB = 2**20


def node_status(node: Node, look: Look, previous: Document | None) -> Document:
    """The status of a node that has a manifest, and of which the previous document is shown until now."""
    observed = look.observed(node.node_id)
    published = look.layout.published.get(node.node_id)
    silence = look.silence(node.node_id)
    ready = silence or _ready(observed)
    wanted = look.layout.plan.nodes.get(node.node_id) if look.layout.plan else None
    up_to_date = silence or _up_to_date(observed, published, wanted)
    phase = {ConditionStatus.TRUE: "Ready", ConditionStatus.FALSE: "NotReady", ConditionStatus.UNKNOWN: "Unknown"}
    own = [
        condition(_READY, ready, previous=previous, now=look.now),
        condition(_UP_TO_DATE, up_to_date, previous=previous, now=look.now),
    ]
    clock = clock_verdict(observed)
    if clock is not None:
        own.append(condition(CLOCK_SYNCHRONIZED, silence or clock, previous=previous, now=look.now))
    if look.version and observed.info:
        own.append(condition(VERSION_SUPPORTED, _version(look.version, observed.info), previous=previous, now=look.now))
    if strange := look.strange(node.node_id):
        own.append(condition(KEY_UNDISPUTED, false(KEY_REFUSED, "; ".join(strange)), previous=previous, now=look.now))
    return {
        "phase": phase[ready.status],
        "reason": ready.reason,
        "message": ready.message,
        "conditions": own + _conditions_of_agent(observed, silence, previous, look),
        "generation": _generations(observed, published, silence),
        "instances": len(published.node_config_list) if published else 0,
        "capacity": _capacity(observed, published, node.spec.capacity),
        **_agent(observed),
        "publicKeyFingerprint": _key_of(look, node.node_id, observed),
        "lastSeen": _last_seen(look, observed, silence),
        **_orphans(observed, silence),
    }


def pending_names(node_ids: Iterable[str], revision: Revision) -> dict[str, str]:
    """The ids of agents that ask to join, by the names of their documents, which no manifest has."""
    found: dict[str, str] = {}
    for node_id in sorted(node_ids):
        name = f"pending-{node_id[:8]}"
        if name in revision.node_by_name or name in found:
            name = f"pending-{node_id}"
        found[name] = node_id
    return found


def pending_node(name: str, look: Look, node_id: str, previous: Document | None) -> Document | None:
    """A document for an agent that greeted and is in no manifest, shaped like the manifest that would admit it."""
    observed = look.observed(node_id)
    info = observed.info
    if info is None:
        return None
    silence = look.silence(observed.node_id)
    hostname = _clean(info.hostname)
    message = (
        f"An agent on {hostname} asks to join: commit a Node manifest with spec.nodeId {observed.node_id} and "
        f"spec.hostname {hostname}; give it spec.publicKey to admit no other agent under this id"
    )
    verdict = false("NotAdmitted", message)
    spec: Document = {
        "nodeId": observed.node_id,
        "hostname": hostname,
        "address": _clean(info.ip_address),
        "publicKey": _clean(info.public_key),
    }
    if info.capacity is not None:
        spec["capacity"] = info.capacity
    if info.gpulist:
        spec["gpus"] = [_clean(gpu) for gpu in info.gpulist[:_MOST_GPUS]]
    return {
        "apiVersion": API_VERSION,
        "kind": "Node",
        "metadata": {"name": name},
        "spec": spec,
        "status": {
            "phase": "Pending",
            "reason": "NotAdmitted",
            "message": message,
            "conditions": [condition(_READY, verdict, previous=previous, now=look.now)],
            "instances": 0,
            **_agent(observed),
            "lastSeen": _last_seen(look, observed, silence),
        },
    }


def _ready(observed: ObservedNode) -> Verdict:
    if observed.response is None:
        return false("NoReport", "The agent greeted and has not reported yet")
    for one in observed.response.conditions:
        if one.type == _READY and one.status is not ConditionStatus.TRUE:
            return Verdict(one.status, one.reason, one.message)
    return true("AgentConnected")


def _version(controller: str, info: AgentInfo) -> Verdict:
    far = needs_upgrade(controller, _clean(info.agent_version))
    return false("NeedsUpgrade", far) if far else true("Neighbours")


def _up_to_date(observed: ObservedNode, published: AgentConfig | None, wanted: NodeState | None) -> Verdict:
    if published is not None and wanted is not None and wanted.digest != published.digest:
        return false("NotPublished", "The manifests ask for something else, which is not published yet")
    response = observed.response
    if response is None:
        return unknown("NoReport", "The agent has not reported yet")
    if published is None:
        if response.observed is None:
            return true("NothingPublished", "Nothing was published for this node, and its agent holds nothing")
        return false("Ahead", f"The agent holds {response.observed}, and nothing is published for it")
    return _compared(response, published)


def _compared(response: AgentResponse, published: AgentConfig) -> Verdict:
    observed, wanted = response.observed, published.ref
    if observed is not None and followed(observed, published) is None:
        return false("NumbersNotFollowed", f"The agent says that it holds {observed}. {NOT_FOLLOWED}")
    if observed is None or observed.order < wanted.order:
        return false("NotObserved", f"The agent has not accepted {wanted} yet")
    if observed.order > wanted.order:
        return false("Ahead", f"The agent holds {observed}, newer than {wanted}")
    if observed.digest != wanted.digest:
        return false("Conflict", f"The agent holds another content under {wanted}")
    if response.applied != wanted:
        return false("Applying", f"The agent is converging to {wanted}")
    return true("Applied", f"Every instance of {wanted} was observed running")


def _generations(observed: ObservedNode, published: AgentConfig | None, silence: Verdict | None) -> Document:
    """Published, observed and applied; never an observed one that nobody published, nor one from an old report."""
    found: dict[str, Any] = {"published": _plain(published.ref) if published else None}
    response = None if silence else observed.response
    for name, ref in (
        ("observed", response.observed if response else None),
        ("applied", response.applied if response else None),
    ):
        is_published = ref and published and ref.is_in_range and ref.order <= published.ref.order
        found[name] = _plain(ref) if ref and is_published else None
    return found


def _plain(ref: GenerationRef) -> Document:
    return {"epoch": ref.epoch, "generation": ref.generation}


def _capacity(observed: ObservedNode, published: AgentConfig | None, limit: int | None) -> Document:
    used = sum(len(one.cameras) for one in published.node_config_list) if published else 0
    if limit is None and observed.info:
        limit = observed.info.capacity
    return {"cameras": used, "limit": limit}


def _agent(observed: ObservedNode) -> Document:
    info = observed.info
    if info is None:
        return {}
    return {
        "agentVersion": _clean(info.agent_version),
        "driver": _clean(info.driver),
        "address": _clean(info.ip_address),
        "publicKeyFingerprint": fingerprint(info.public_key),
        **({"processors": info.processors} if info.processors else {}),
        **({"memoryMib": info.memory_bytes // _MIB} if info.memory_bytes else {}),
    }


def _clean(text: str) -> str:
    return "".join(one if one.isprintable() else "?" for one in text[:_MOST_CHARACTERS])


def _key_of(look: Look, node_id: str, observed: ObservedNode) -> str | None:
    key = look.fleet.keys.get(node_id) or (observed.info.public_key if observed.info else None)
    return fingerprint(key) if key else None


def _last_seen(look: Look, observed: ObservedNode, silence: Verdict | None) -> str | None:
    """To the second for a node that is silent; for another the minute of its newest message, which comes every minute.

    The signs of life between them would make each an object that changes all the time.
    """
    if silence:
        at = look.heard_at(observed.node_id)
        return timestamp(at) if at else None
    return timestamp(observed.last_seen.replace(second=0)) if observed.last_seen else None


def _orphans(observed: ObservedNode, silence: Verdict | None) -> Document:
    """What earlier agents have left on the machine; nothing while there is none, or nobody can say so now."""
    said = observed.response.orphans if observed.response and not silence else ()
    found = [
        {
            "instance": _clean(one.instance_name),
            "nodeId": _clean(one.node_id),
            "runtimeId": _clean(one.runtime_id),
            "running": one.running,
            "ports": list(one.ports),
            "cameras": list(one.cameras),
        }
        for one in said
    ]
    return {"orphans": found} if found else {}


def _conditions_of_agent(
    observed: ObservedNode, silence: Verdict | None, previous: Mapping[str, Any] | None, look: Look
) -> list[Document]:
    said = observed.response.conditions if observed.response else ()
    return [
        condition(
            one.type,
            silence or Verdict(one.status, one.reason, one.message),
            previous=previous,
            now=look.now,
            since=None if silence else at_controller(observed, one.last_transition_time),
        )
        for one in said
        if one.type not in (_READY, _UP_TO_DATE, CLOCK_SYNCHRONIZED, KEY_UNDISPUTED)
        and not (one.type == VERSION_SUPPORTED and look.version)
    ]
