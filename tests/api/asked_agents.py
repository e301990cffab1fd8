"""Agents that say what a test has them say."""

from collections.abc import AsyncIterator, Collection, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

from controller.asking.base import CannotAsk
from controller.asking.wanted import (
    LogsWanted,
    NodeUsage,
    PictureAnswer,
    PictureWanted,
    Series,
    Snapshot,
    SnapshotWanted,
    Usage,
)
from tests.picture.fleets import NOW


@dataclass
class AskedAgents:
    """Fakes `controller.asking.base.Asking`: the agents of some nodes answer."""

    nodes: frozenset[str] = frozenset({"n1"})
    lines: tuple[bytes, ...] = (b"one\n", b"two\nthree\n")
    fails_with: str = ""
    """What the agent says after its lines, when it cannot go on."""
    refuses_with: CannotAsk | None = None
    """What it says at once."""
    asked: list[tuple[str, str, LogsWanted]] = field(default_factory=list)
    open_ones: int = 0
    shows: dict[str, PictureAnswer] = field(default_factory=dict)
    """What is told of cameras; of others it is waited for."""
    jpegs: dict[tuple[str, int, str], bytes] = field(default_factory=dict)
    looks: list[tuple[Hashable, tuple[PictureWanted, ...], int]] = field(default_factory=list)
    series_of: dict[tuple[str, str, str], Series] = field(default_factory=dict)
    """By node, instance and camera."""

    snapshots: dict[str, Snapshot] = field(default_factory=dict)
    """By camera."""
    wanted: list[tuple[PictureWanted, SnapshotWanted]] = field(default_factory=list)

    @asynccontextmanager
    async def logs(self, node: str, instance: str, wanted: LogsWanted) -> AsyncIterator[AsyncIterator[bytes]]:
        if node not in self.nodes:
            raise CannotAsk(f"the agent of node {node} is away")
        if self.refuses_with is not None:
            raise self.refuses_with
        self.asked.append((node, instance, wanted))
        self.open_ones += 1
        try:
            yield self._lines(wanted)
        finally:
            self.open_ones -= 1

    async def _lines(self, wanted: LogsWanted) -> AsyncIterator[bytes]:
        lines = b"".join(self.lines).splitlines(keepends=True)
        for line in lines if wanted.tail_lines is None else lines[len(lines) - wanted.tail_lines :]:
            yield line
        if self.fails_with:
            raise CannotAsk(self.fails_with)

    async def usage(self, nodes: Collection[str]) -> Mapping[str, NodeUsage]:
        used = NodeUsage(
            at=NOW - timedelta(seconds=5),
            window_seconds=5.0,
            node=Usage(1.5, 3 << 30),
            instances={"door": Usage(0.25, 512 << 20)},
        )
        return dict.fromkeys(self.nodes & set(nodes), used)

    def look(self, caller: Hashable, wanted: Sequence[PictureWanted], width: int) -> Mapping[str, PictureAnswer]:
        self.looks.append((caller, tuple(wanted), width))
        return {one.camera: self.shows.get(one.camera) for one in wanted}

    def picture(self, camera: str, width: int, version: str) -> bytes | None:
        return self.jpegs.get((camera, width, version))

    async def snapshot(self, wanted: PictureWanted, how: SnapshotWanted) -> Snapshot:
        self.wanted.append((wanted, how))
        if self.refuses_with is not None:
            raise self.refuses_with
        return self.snapshots[wanted.camera]

    async def series(self, node: str, instance: str, camera: str) -> Series:
        if (found := self.series_of.get((node, instance, camera))) is None:
            raise CannotAsk(f"the agent of node {node} is away")
        return found
