"""The golden files, with the keys that signed them, and how a newer version would write them."""

import base64
import copy
import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.dsse import Envelope

from bus.signature import SigningKey
from tests.planner.short_manifests import node_id

V1 = Path(__file__).parent / "v1"
FLEET = "test"
NODE = node_id("gate")
CONTROLLER_KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(b"the controller of golden records"))
AGENT_KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(b"an agent that tells golden tales"))
OF_A_NEWER_VERSION = "of_a_newer_version"
_NAMES = frozenset({"env"})
"""What stands in it is no field of anything: another key is another variable of the app."""


def runtime_id(instance: str) -> str:
    """The id of the container that the golden note of an instance is about."""
    return f"v1-{instance}"


def golden(name: str) -> bytes:
    """A golden file."""
    return (V1 / f"{name}.json").read_bytes()


def payload_of(envelope: bytes) -> Any:
    """What is signed, or the message itself when it is not signed."""
    content = json.loads(envelope)
    return json.loads(base64.b64decode(content["payload"])) if "payload" in content else content


def sealed(kind: str, payload: Any, key: SigningKey) -> bytes:
    """An envelope as any version makes it."""
    envelope = Envelope(json.dumps(payload).encode(), f"application/vnd.dsfleet.{kind}+json", {})
    envelope.sign(key.signer)
    return json.dumps(envelope.to_dict()).encode()


def without_added_fields(value: Any, old: Any) -> Any:
    """The same without the fields that `old` has not, where they are at the defaults that mean nothing."""
    if isinstance(value, dict) and isinstance(old, dict):
        new = value.keys() - old.keys()
        added = {key for key in new if key == "format" or value[key] in (None, "", [], False)}
        return {key: without_added_fields(one, old.get(key)) for key, one in value.items() if key not in added}
    if isinstance(value, list) and isinstance(old, list) and len(value) == len(old):
        return [without_added_fields(one, before) for one, before in zip(value, old, strict=True)]
    return value


def with_unknown_fields(value: Any) -> Any:
    """The same with one more field in every object at every level."""
    if isinstance(value, list):
        return [with_unknown_fields(one) for one in value]
    if not isinstance(value, dict):
        return value
    added: dict[str, Any] = {OF_A_NEWER_VERSION: {"with": ["parts", {"of": 1.0}], "or": None}}
    for key, one in value.items():
        added[key] = with_unknown_fields(one)
        if key in _NAMES:
            del added[key][OF_A_NEWER_VERSION]
    return added


def with_right_digests(payload: Any) -> Any:
    """A payload of AgentConfig with the digests of its content, as the specification says."""
    right = copy.deepcopy(payload)
    for one in right["node_config_list"]:
        one["digest"] = _digest({key: value for key, value in one.items() if key != "digest"})
    right["digest"] = _digest(sorted([one["instance_name"], one["digest"]] for one in right["node_config_list"]))
    return right


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
