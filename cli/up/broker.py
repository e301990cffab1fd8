"""`python -m cli.up.broker FILE PREFIX`: the embedded broker as a process of its own; says in FILE where it listens."""

import signal
import sys
from pathlib import Path


def main() -> None:
    """Runs the broker until SIGTERM or SIGINT."""
    stopping = {signal.SIGTERM, signal.SIGINT}
    # Before the library starts its threads, which then leave these signals alone.
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    from bus.embedded import EmbeddedBroker

    address = Path(sys.argv[1])
    with EmbeddedBroker(topic_prefix=sys.argv[2]) as broker:
        unfinished = address.with_suffix(".new")
        unfinished.write_text(broker.bootstrap_servers, encoding="utf-8")
        unfinished.replace(address)
        signal.sigwait(stopping)


if __name__ == "__main__":
    main()
