"""Writes the golden files of heartbeats and of what goes with them: `python -m tests.wire.write_heartbeats FOLDER`. It was run once.

They are of format 1 as the files of `write_v1` are, with fields that the version of those did not know.
"""

import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from bus.codec import decode_signed, encode_heartbeat, encode_signed
from crds.heartbeat import Chain, Heartbeat, digest_of
from crds.messages import AgentCommand, AgentResponse, CommandKind
from tests.planner.short_manifests import NOW
from tests.wire.golden import AGENT_KEY, CONTROLLER_KEY, FLEET, NODE, golden

LOST = 2


def written() -> dict[str, bytes]:
    """The files by their names, as they lie on topics."""
    chain = Chain(AGENT_KEY.secret_for("heartbeats"))
    response = decode_signed(AgentResponse, golden("AgentResponse"), [AGENT_KEY.public_key_hex])
    anchored = response.model_copy(
        update={"boot_id": "19a0-7", "starts": 3, "sequence": 13, "heartbeat_anchor": chain.anchor}
    )
    report = encode_signed(anchored, AGENT_KEY)
    for _ in range(LOST):
        chain.next()
    number, link = chain.next() or (0, "")
    sent_at = NOW + timedelta(seconds=16)
    heartbeat = Heartbeat(fleet_id=FLEET, report=digest_of(report), number=number, link=link, sent_at=sent_at)
    command = AgentCommand(
        fleet_id=FLEET,
        node_id=UUID(NODE),
        command=CommandKind.ADMITTED,
        epoch=2,
        sent_at=NOW,
        heartbeats_for_seconds=180,
    )
    return {
        "AgentResponse.anchored.json": report,
        "AgentCommand.heartbeats.json": encode_signed(command, CONTROLLER_KEY),
        "Heartbeat.json": encode_heartbeat(heartbeat),
    }


def main(folder: Path) -> None:
    """Writes what is not there yet."""
    for name, content in written().items():
        with (folder / name).open("xb") as file:
            file.write(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
