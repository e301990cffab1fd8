"""Topic 220, key `NODE/heartbeat`: that an agent lives, and that all is as its last report said. See docs/adr/0027-heartbeats.md.

Nobody signs a heartbeat. The report that it stands for is signed, and names the anchor of a hash chain: the last of many
values, each the SHA-256 of the one before, which the agent alone knows and gives away backwards, one with each heartbeat
(Lamport, "Password authentication with insecure communication", 1981). Whoever hashes what he is given arrives at what
he was given before, and nobody else can say what comes next.
"""

import hashlib
import re
from typing import Final

from pydantic import Field

from crds.document import Message, UtcTime

MOST_HEARTBEATS: Final = 64
"""Heartbeats of one report: more than five minutes of them, while a report comes every minute."""

HEARTBEAT_BYTES: Final = 300
"""A heartbeat is shorter than this."""

_SUFFIX: Final = "/heartbeat"
_DIGEST_DIGITS: Final = 32
_LINK: Final = re.compile(r"[0-9a-f]{64}")


class Heartbeat(Message):
    """That the agent lives, and that nothing has changed but numbers since its last report."""

    fleet_id: str
    report: str = Field(pattern=rf"^[0-9a-f]{{{_DIGEST_DIGITS}}}$")
    """Which report that is: see `digest_of`. It names the node and the run of the agent."""
    number: int = Field(ge=1, le=MOST_HEARTBEATS)
    """Which one it is since that report."""
    link: str = Field(pattern=r"^[0-9a-f]{64}$")
    """Hashed `number` times it is the anchor that the report names."""
    sent_at: UtcTime
    """By the clock of the machine: see `AgentInfo.sent_at`."""


def heartbeat_key(node_id: str) -> str:
    """The key of a node's heartbeats: another than that of its reports, so that compaction keeps the newest of both."""
    return node_id + _SUFFIX


def node_of(key: str) -> str | None:
    """The node whose heartbeats have this key; None for a key that is not of heartbeats."""
    return key.removesuffix(_SUFFIX) if key.endswith(_SUFFIX) else None


def digest_of(report: bytes) -> str:
    """What a heartbeat calls a report: the beginning of the SHA-256 of the record, in hexadecimal digits."""
    return hashlib.sha256(report).hexdigest()[:_DIGEST_DIGITS]


class Chain:
    """The links of the heartbeats of one report, for the agent that gives them away."""

    def __init__(self, secret: bytes) -> None:
        """Makes all links.

        Args:
            secret: 32 bytes that nobody else knows, and that no other chain was made from.
        """
        links = [secret]
        for _ in range(MOST_HEARTBEATS):
            links.append(_next(links[-1]))
        self.anchor = links.pop().hex()
        """What the report names, 64 hexadecimal digits."""
        self._links = links

    def next(self) -> tuple[int, str] | None:
        """The number and the link of the next heartbeat; None when the chain is used up."""
        return (MOST_HEARTBEATS - len(self._links) + 1, self._links.pop().hex()) if self._links else None


def first_link(anchor: str) -> bytes:
    """What the first heartbeat after a report is verified with; empty for what is no anchor of this version."""
    return bytes.fromhex(anchor) if _LINK.fullmatch(anchor) else b""


def follows(heartbeat: Heartbeat, number: int, link: bytes) -> bool:
    """True for a heartbeat that only whoever sent the report can have sent, and that was not heard before.

    Args:
        heartbeat: what came. Those before it may have been lost.
        number: of the newest one that was heard since the report; 0 for none.
        link: the bytes of its link, or from `first_link`.
    """
    steps = heartbeat.number - number
    if steps <= 0 or not link:
        return False
    found = bytes.fromhex(heartbeat.link)
    for _ in range(steps):
        found = _next(found)
    return found == link


def _next(link: bytes) -> bytes:
    return hashlib.sha256(link).digest()
