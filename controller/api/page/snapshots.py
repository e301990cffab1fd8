"""Everything a page shows, in one answer, which is made once for all who see the same."""

import asyncio
import zlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

from controller.api.page.rows import ROWS, encoded, fleet_row, milliseconds
from controller.api.page.seen import WHOLE, Sights
from controller.api.pieces import AT_ONCE
from controller.picture.brief import Brief
from controller.picture.store import ObjectStore

GOOD_FOR_SECONDS: Final = 1.0
"""What changed since is told by the stream at once."""
_GZIP: Final = 31
_LEVEL: Final = 6


class Snapshots:
    """Makes them."""

    def __init__(self, objects: ObjectStore, brief: Callable[[], Brief], clock: Callable[[], datetime]) -> None:
        self._objects = objects
        self._brief = brief
        self._clock = clock
        self._busy = asyncio.Lock()
        self._newest = b""
        self._version = -1
        self._said = Brief()
        self._until = float("-inf")

    async def compressed(self, sights: Sights, least_version: int = 0) -> bytes:
        """A snapshot as JSON, by gzip.

        Args:
            sights: of whoever asks.
            least_version: the version that pages were told of already.
        """
        if not sights.whole:
            return (await self._made(sights))[1]
        async with self._busy:  # who comes while one is made takes it, too
            if not self._is_good(least_version):
                self._said = self._brief()
                self._version, self._newest = await self._made(WHOLE)
                self._until = asyncio.get_running_loop().time() + GOOD_FOR_SECONDS
            return self._newest

    def _is_good(self, least_version: int) -> bool:
        if not self._newest or self._said != self._brief():
            return False
        is_young = asyncio.get_running_loop().time() < self._until
        return self._version == self._objects.version or (is_young and self._version >= least_version)

    async def _made(self, sights: Sights) -> tuple[int, bytes]:
        held = {kind: self._objects.objects(kind) for kind in ROWS}
        version, at = self._objects.version, milliseconds(self._clock())
        fleet = encoded(fleet_row(sights.of_fleet(self._brief())))
        packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        packed = [packing.compress(b'{"version":"%d","at":%d' % (version, at))]
        for kind, objects in held.items():
            name, row_of = ROWS[kind]
            sees, before = sights.by_kind[kind], b',"%s":[' % name.encode()
            for start in range(0, len(objects), AT_ONCE):
                some = objects[start : start + AT_ONCE]
                rows = b",".join(encoded(row_of(one.document)) for one in some if sees is None or sees(one))
                if rows:
                    packed.append(packing.compress(before + rows))
                    before = b","
                await asyncio.sleep(0)  # whatever else has to be done has its turn
            packed.append(packing.compress(b"]" if before == b"," else before + b"]"))
        packed += (packing.compress(b',"fleet":%s}' % fleet), packing.flush())
        return version, b"".join(packed)
