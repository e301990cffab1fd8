"""Writes the golden files of what agents are asked for: `python -m tests.wire.write_asking FOLDER`. It was run once.

They are of format 1 as the files of `write_v1` are, with fields and a topic that the version of those did not know.
"""

import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from bus.codec import decode_self_signed, encode_signed
from crds.answers import AgentAnswer, UsageSample, Used
from crds.asking import LOGS, USAGE, Lease, LogsAsked
from crds.messages import AgentCommand, CommandKind
from tests.planner.short_manifests import NOW
from tests.wire.golden import AGENT_KEY, CONTROLLER_KEY, FLEET, NODE, golden

RUN = "19a0-7"


def asked(lease: Lease) -> bytes:
    """A lease as it lies on topic 201."""
    command = AgentCommand(
        fleet_id=FLEET,
        node_id=UUID(NODE),
        command=CommandKind.ASK,
        public_key=AGENT_KEY.public_key_hex,
        epoch=2,
        sent_at=NOW,
        lease=lease,
    )
    return encode_signed(command, CONTROLLER_KEY)


def written() -> dict[str, bytes]:
    """The files by their names, as they lie on topics."""
    logs = LogsAsked(
        instance="hall",
        tail_lines=100,
        since=NOW - timedelta(minutes=5),
        previous=True,
        follow=True,
        timestamps=True,
        limit_bytes=4096,
    )
    answer = {"fleet_id": FLEET, "node_id": UUID(NODE), "boot_id": RUN, "sent_at": NOW}
    sample = UsageSample(
        window_seconds=5.0,
        node=Used(cpu_cores=1.5, memory_bytes=2**33),
        instances={"hall": Used(cpu_cores=0.25, memory_bytes=2**28)},
    )
    return {
        "AgentInfo.can-be-asked.json": encode_signed(
            decode_self_signed(golden("AgentInfo")).model_copy(update={"boot_id": RUN, "can_be_asked": (LOGS, USAGE)}),
            AGENT_KEY,
        ),
        "AgentCommand.logs.json": asked(
            Lease(number=7, boot_id=RUN, seconds=30, credit=32, begins=True, what=LOGS, logs=logs)
        ),
        "AgentCommand.usage.json": asked(Lease(number=8, boot_id=RUN, seconds=15, credit=4, begins=True, what=USAGE)),
        "AgentAnswer.logs.json": encode_signed(
            AgentAnswer(**answer, lease=7, sequence=1, lines="2026-03-01T12:00:00Z ready\n", ends=True, problem="over"),
            AGENT_KEY,
        ),
        "AgentAnswer.usage.json": encode_signed(AgentAnswer(**answer, lease=8, sequence=0, usage=sample), AGENT_KEY),
    }


def main(folder: Path) -> None:
    """Writes what is not there yet."""
    for name, content in written().items():
        with (folder / name).open("xb") as file:
            file.write(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
