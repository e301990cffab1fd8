"""``python -m tasks.worker --bootstrap-servers HOST:PORT --detector people``: answers detection tasks."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str], *, program: str = "python -m tasks.worker") -> NoReturn:
    """Runs a worker and leaves with its exit code.

    Args:
        arguments: Of the command line.
        program: What the help calls it.
    """
    # Before anything slow is imported: a signal that comes early then waits until it is asked for. Every thread inherits this.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    from tasks.worker.options import read_options  # noqa: PLC0415 - see above

    options = read_options(arguments, program)
    # Our own limit says it in a sentence; this one holds for pictures that tell the decoder another size than us. OpenCV reads it
    # when it is loaded.
    os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(options.max_image_pixels)
    from tasks.worker.program import run  # noqa: PLC0415 - see above

    code = run(options)
    logging.shutdown()
    # Not sys.exit: a model may be deep inside a library, and to take the interpreter down beneath it could crash.
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
