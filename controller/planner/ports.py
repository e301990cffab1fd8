"""Loopback ports for the REST interfaces of the instances of one node."""

import zlib
from collections.abc import Iterable, Mapping

from crds.node import PortRange


def assign_ports(names: Iterable[str], ports: PortRange, previous: Mapping[str, int]) -> dict[str, int]:
    """Gives each instance of a node a port of its own.

    An instance keeps its port while that is in the range. A new one starts to look at a place that follows from its
    name, so that even a controller that lost all memory comes to the same ports in nearly every case, and the
    neighbours' ports never depend on it.

    Args:
        names: the instances of the node.
        ports: the range that the node declares.
        previous: the ports that instances have now.

    Returns:
        Port by name; instances for which no port is left are missing.
    """
    # What runs comes before what is new, so that a new instance never takes the last port from one that runs.
    wanted = sorted(names, key=lambda name: (name not in previous, name))
    size = ports.last - ports.first + 1
    assigned: dict[str, int] = {}
    taken: set[int] = set()
    for name in wanted:
        port = previous.get(name)
        if port is not None and ports.first <= port <= ports.last and port not in taken:
            assigned[name] = port
            taken.add(port)
    for name in wanted:
        if name in assigned:
            continue
        start = zlib.crc32(name.encode()) % size
        for step in range(size):
            port = ports.first + (start + step) % size
            if port not in taken:
                assigned[name] = port
                taken.add(port)
                break
    return assigned
