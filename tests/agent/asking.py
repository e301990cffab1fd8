"""What a controller asks the agent of a stand for, and what that answers."""

from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

from bus.attached import check_attached, split
from bus.base import Topic
from bus.codec import decode_signed, encode_signed
from crds.answers import AgentAnswer, PictureTold
from crds.asking import LOGS, PICTURES, USAGE, Lease, LogsAsked, PicturesAsked
from crds.messages import AgentCommand, CommandKind
from tests.agent.stand import Stand, command, until

_read: WeakKeyDictionary[Stand, list[AgentAnswer]] = WeakKeyDictionary()


def say(stand: Stand, lease: Lease) -> None:
    """Lays a lease on topic 201."""
    said = AgentCommand.model_validate(command(CommandKind.ASK, lease=lease))
    stand.write(Topic.AGENT_COMMAND, encode_signed(said, stand.controller))


async def run_of(stand: Stand) -> str:
    """The run of the agent that greeted last."""
    greetings = await until(lambda: stand.greetings, "it greets")
    return greetings[-1].boot_id


async def ask_logs(stand: Stand, number: int = 1, *, instance: str = "yard", **fields: Any) -> Lease:
    lease = {"seconds": 60, "credit": 1000, "begins": True, "boot_id": await run_of(stand)}
    lease |= {name: fields.pop(name) for name in (*lease, "number") if name in fields}
    logs = LogsAsked(instance=instance, **fields)
    said = Lease(number=number, what=LOGS, logs=logs, **lease)
    say(stand, said)
    return said


async def ask_usage(stand: Stand, number: int = 1, seconds: int = 60) -> Lease:
    said = Lease(number=number, boot_id=await run_of(stand), seconds=seconds, credit=1000, begins=True, what=USAGE)
    say(stand, said)
    return said


async def ask_pictures(
    stand: Stand, *cameras: str, number: int = 1, width: int = 320, every_seconds: float = 10.0, seconds: int = 60
) -> Lease:
    asked = PicturesAsked(cameras=cameras, width=width, every_seconds=every_seconds)
    run = await run_of(stand)
    said = Lease(number=number, boot_id=run, seconds=seconds, credit=1000, begins=True, what=PICTURES, pictures=asked)
    say(stand, said)
    return said


@dataclass(frozen=True)
class Seen:
    """A picture as it came, or what was said in its place."""

    told: PictureTold
    jpeg: bytes


def pictures(stand: Stand, number: int = 1) -> list[Seen]:
    """All that was said of pictures; what is attached is what the message names."""
    found = []
    for value in stand.values(Topic.AGENT_ANSWER):
        message, attached = split(value)
        answer = decode_signed(AgentAnswer, message, [stand.key.public_key_hex])
        assert len(value) <= 60 * 1024
        if answer.picture is not None and answer.lease == number:
            check_attached(attached, answer.picture.jpeg_sha256)
            found.append(Seen(answer.picture, attached))
    return found


def answers(stand: Stand, number: int = 1) -> list[AgentAnswer]:
    found = _read.setdefault(stand, [])
    new = stand.values(Topic.AGENT_ANSWER)[len(found) :]
    found += [decode_signed(AgentAnswer, split(value)[0], [stand.key.public_key_hex]) for value in new]
    return [one for one in found if one.lease == number]


def text(stand: Stand, number: int = 1) -> str:
    return "".join(one.lines for one in answers(stand, number))


def problem(stand: Stand, number: int = 1) -> str:
    found = answers(stand, number)
    return found[-1].problem if found and found[-1].ends else ""


async def until_over(stand: Stand, number: int = 1, within_s: float = 30) -> None:
    await until(lambda: (found := answers(stand, number)) and found[-1].ends, "all is said", within_s)
