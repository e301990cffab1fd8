"""One picture of one camera: who is asked for it, and how its parts become one again."""

from collections.abc import Callable

from controller.asking.base import AgentTooOld, CannotAsk
from controller.asking.conversation import Conversation
from controller.asking.wanted import PictureWanted, Snapshot, Watcher
from controller.asking.whom import Whom
from crds.answers import LARGEST_SNAPSHOT, PictureTold
from crds.instance_config import InstanceConfig

MOST_SNAPSHOTS = 32
"""At the same time, half a MiB each."""


def watcher_to_ask(
    wanted: PictureWanted, config_of: Callable[[Watcher], InstanceConfig | None], whom: Callable[[str], Whom]
) -> tuple[Watcher, Whom]:
    """Of those that watch a camera the first that has pictures and whose agent can be asked.

    Args:
        wanted: which camera, and who watches it.
        config_of: what an instance was told; None where it was told nothing.
        whom: the agent of a node; raises CannotAsk.

    Raises:
        CannotAsk: there is none; the message says why, of the last one.
    """
    why: CannotAsk = CannotAsk(wanted.unwatched)
    for watcher in wanted.watchers:
        config = config_of(watcher)
        if config is None:
            why = CannotAsk(f"instance {watcher.instance} is not published for node {watcher.node} yet")
        elif without := config.app_kind.why_no_pictures:
            why = AgentTooOld(f"the app of instance {watcher.instance} has no pictures: {without}")
        else:
            try:
                return watcher, whom(watcher.node)
            except CannotAsk as error:
                why = error
    raise why


async def take_snapshot(conversation: Conversation, watcher: Watcher) -> Snapshot:
    """Puts together what an agent answers.

    Raises:
        CannotAsk: it cannot say, or parts of it were lost.
    """
    first: PictureTold | None = None
    jpeg = bytearray()
    while True:
        answer = await conversation.take()
        if answer.problem:
            raise CannotAsk(answer.problem)
        if conversation.missed or len(jpeg) > LARGEST_SNAPSHOT:
            break
        if answer.picture is not None:
            first = first or answer.picture
            jpeg += conversation.attached
        if answer.ends:
            break
    if first is None or len(jpeg) != first.total_bytes:
        raise CannotAsk(f"a part of what node {conversation.whom.node} answered was lost on its way: ask again")
    return Snapshot(
        jpeg=bytes(jpeg),
        instance=watcher.instance,
        node=watcher.node,
        age_seconds=first.age_ms / 1000,
        frame=first.frame,
        width=first.width,
        height=first.height,
        alert=first.alert,
    )
