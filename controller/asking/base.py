"""How the rest of the controller asks agents."""

from collections.abc import AsyncIterator, Collection, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from controller.asking.wanted import (
    LogsWanted,
    NodeUsage,
    PictureAnswer,
    PictureWanted,
    Series,
    Snapshot,
    SnapshotWanted,
)


class CannotAsk(Exception):  # noqa: N818 - says what is the matter
    """An agent cannot be asked, or did not answer in time; the message says so to people."""


class AgentTooOld(CannotAsk):
    """It is of a version that knows no such question: it stays so until it is upgraded."""


class NoSuchLog(CannotAsk):
    """The agent answers that there is no such log, as of an instance that never ran, or ran only once."""


class Asking(Protocol):
    """Asks agents for something as long as somebody looks at it."""

    def logs(self, node: str, instance: str, wanted: LogsWanted) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The output of an instance, for as long as the context is open.

        The iterator gives chunks of whole lines, each with its line end. It ends when all is said, and with `follow` when the
        agent says that the instance is gone. What was left out, by the bounds of the agent or on the way, is a line of its own
        that says so. Secrets of the instance are masked by its agent.

        Args:
            node: the name of the node that it is on.
            instance: its name in the manifests.
            wanted: which lines.

        Raises:
            CannotAsk: on entering, and from the iterator: the node is unknown, its agent is away, too old or did not answer in
                time, the instance does not run there, or too many ask already.
        """
        ...

    async def usage(self, nodes: Collection[str]) -> Mapping[str, NodeUsage]:
        """What these nodes and their instances use, by the names of nodes: of those that answered within some seconds.

        Whoever asks again within 15 s is answered from the newest samples at once.
        """
        ...

    def look(self, caller: Hashable, wanted: Sequence[PictureWanted], width: int) -> Mapping[str, PictureAnswer]:
        """The newest pictures of cameras, by their names; asks for newer ones as long as this is called again within some seconds.

        Never waits: of a camera that nobody looked at before, the first picture comes a moment later.

        Args:
            caller: who looks. What one may look at is bounded.
            wanted: which cameras.
            width: of the pictures, one of `controller.asking.picture_memory.EVERY_SECONDS`.
        """
        ...

    def picture(self, camera: str, width: int, version: str) -> bytes | None:
        """The JPEG of a picture that `look` has told of, or the newest one for an empty version; None when it is gone."""
        ...

    async def snapshot(self, wanted: PictureWanted, how: SnapshotWanted) -> Snapshot:
        """One picture of a camera, from the first of its watchers that can give one.

        Args:
            wanted: which camera.
            how: how it shall be.

        Raises:
            CannotAsk: there is none; the message says why.
        """
        ...

    async def series(self, node: str, instance: str, camera: str) -> Series:
        """How a camera did in the last hours. Whoever asks again within some seconds gets the same.

        Args:
            node: the name of the node that watches it.
            instance: the name of the instance that does, in the manifests.
            camera: its name.

        Raises:
            CannotAsk: there are none: the node is unknown, its agent is away, too old or did not answer in time, or it knows of
                none yet.
        """
        ...
