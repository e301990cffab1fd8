"""``python -m pipeline SOURCE_LIST [--port PORT]``."""

import logging
import os
import signal
import sys


def main() -> None:
    """Runs the pipeline and leaves with its exit code."""
    # Before anything slow is imported: a signal that comes early then waits until it is asked for. Every thread inherits this.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    from pipeline.app import run  # noqa: PLC0415 - see above

    code = run(sys.argv[1:])
    logging.shutdown()
    # Not sys.exit: a capture may be deep inside the library, and to take the interpreter down beneath it could crash.
    os._exit(code)


if __name__ == "__main__":
    main()
