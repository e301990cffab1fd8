"""`python -m cli.up.broker FILE PREFIX PORT`: the embedded broker as a process of its own; says in FILE where it listens."""

import asyncio
import signal
import sys
from pathlib import Path

from cli.up.door import open_door
from ports.disk import RealDisk

_STOPPING = (signal.SIGTERM, signal.SIGINT)


def main() -> None:
    """Runs the broker, with a door to it at a port other than 0, until SIGTERM or SIGINT."""
    # Before the library starts its threads, which then leave these signals alone.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    from bus.embedded import EmbeddedBroker

    address, door = Path(sys.argv[1]), int(sys.argv[3])
    with EmbeddedBroker(topic_prefix=sys.argv[2]) as broker:
        RealDisk().write(address, broker.bootstrap_servers.encode())
        asyncio.run(_until_asked(door, broker.bootstrap_servers))


async def _until_asked(door: int, broker: str) -> None:
    asked = asyncio.Event()
    for number in _STOPPING:
        asyncio.get_running_loop().add_signal_handler(number, asked.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
    if door:
        host, _, port = broker.rpartition(":")
        try:
            await open_door(door, (host, int(port)))
        except OSError as error:
            # The fleet works without it: only messages of the cameras come here by this port.
            sys.stderr.write(f"no door to the broker at port {door}: {error.strerror}\n")
    await asked.wait()


if __name__ == "__main__":
    main()
