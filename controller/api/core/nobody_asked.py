"""Agents that nobody can ask: for tests and benches of other things."""

from collections.abc import AsyncIterator, Collection, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager

from controller.asking.base import CannotAsk
from controller.asking.wanted import (
    LogsWanted,
    NodeUsage,
    NoPicture,
    PictureAnswer,
    PictureWanted,
    Series,
    Snapshot,
    SnapshotWanted,
)


class NobodyAsked:
    """See `controller.asking.base.Asking`."""

    @asynccontextmanager
    async def logs(self, node: str, instance: str, wanted: LogsWanted) -> AsyncIterator[AsyncIterator[bytes]]:  # noqa: ARG002 - the protocol's
        """See `Asking`."""
        raise CannotAsk("no agent can be asked here")
        yield

    async def usage(self, nodes: Collection[str]) -> Mapping[str, NodeUsage]:  # noqa: ARG002 - the protocol's
        """See `Asking`."""
        return {}

    def look(self, caller: Hashable, wanted: Sequence[PictureWanted], width: int) -> Mapping[str, PictureAnswer]:  # noqa: ARG002 - the protocol's
        """See `Asking`."""
        return {one.camera: NoPicture("no agent can be asked here") for one in wanted}

    def picture(self, camera: str, width: int, version: str) -> bytes | None:  # noqa: ARG002 - the protocol's
        """See `Asking`."""
        return None

    async def snapshot(self, wanted: PictureWanted, how: SnapshotWanted) -> Snapshot:  # noqa: ARG002 - the protocol's
        """See `Asking`."""
        raise CannotAsk("no agent can be asked here")

    async def series(self, node: str, instance: str, camera: str) -> Series:  # noqa: ARG002 - the protocol's
        """See `Asking`."""
        raise CannotAsk("no agent can be asked here")
