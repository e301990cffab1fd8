"""How many requests each client may make: token buckets, as many as there are clients, and bounded."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

MOST_CLIENTS: Final = 10_000
"""Of whom the last requests are remembered. Whoever is forgotten begins with a full bucket."""


@dataclass(frozen=True)
class Rate:
    """A bucket holds `burst` requests, and gets `per_second` back."""

    per_second: float
    burst: float


class Buckets:
    """Memory of one server: what is left to each client."""

    def __init__(self, most_clients: int = MOST_CLIENTS) -> None:
        self._left: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()
        self._most_clients = most_clients

    def __len__(self) -> int:
        """How many clients are remembered."""
        return len(self._left)

    def wait_seconds(self, client: Hashable, rate: Rate, now: float) -> float:
        """Takes one request out of the bucket of a client; 0 when there was one, else how long there is none.

        Args:
            client: who asks.
            rate: of his bucket.
            now: seconds that never go back.
        """
        left, at = self._left.pop(client, (rate.burst, now))
        left = min(rate.burst, left + (now - at) * rate.per_second)
        allowed = left >= 1
        self._left[client] = (left - 1 if allowed else left, now)
        if len(self._left) > self._most_clients:
            self._left.popitem(last=False)
        return 0.0 if allowed else (1 - left) / rate.per_second
