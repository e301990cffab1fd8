"""What an agent said of its instances, in little memory: a controller keeps the newest report of each node."""

import zlib
from dataclasses import dataclass
from typing import Any, Final, Self

from pydantic import TypeAdapter
from pydantic_core import from_json

from crds.messages import InstanceStatus

_STATUSES: Final = TypeAdapter(tuple[InstanceStatus, ...])


@dataclass(frozen=True)
class Reported:
    """The statuses of all instances of a report, as compressed JSON: 1 KB instead of 20 for ten instances."""

    _packed: bytes = b""

    @classmethod
    def of(cls, statuses: tuple[InstanceStatus, ...]) -> Self:
        """Packs statuses."""
        return cls(zlib.compress(_STATUSES.dump_json(statuses), level=1)) if statuses else cls()

    @property
    def statuses(self) -> tuple[InstanceStatus, ...]:
        """The statuses, made for each who asks: 15 us for an instance with five cameras."""
        return _STATUSES.validate_json(zlib.decompress(self._packed)) if self._packed else ()

    @property
    def plain(self) -> dict[str, Any]:
        """The same as plain data, by name of the instance: to compare with others, in a fifth of the time."""
        found = from_json(zlib.decompress(self._packed)) if self._packed else ()
        return {one["instance_name"]: one for one in found}
