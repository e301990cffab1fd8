"""Agents that nobody can ask: for tests and benches of other things."""

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from controller.asking.base import CannotAsk
from controller.asking.wanted import LogsWanted, NodeUsage, Series


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

    async def series(self, node: str, instance: str, camera: str) -> Series:  # noqa: ARG002 - the protocol's
        """See `Asking`."""
        raise CannotAsk("no agent can be asked here")
