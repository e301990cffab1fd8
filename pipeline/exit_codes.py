"""What the exit codes of the programs of this package mean."""

from enum import IntEnum


class ExitCode(IntEnum):
    """Whoever starts the program decides by this number whether starting it again can help.

    Attributes:
        OK: It was asked to stop (SIGTERM or SIGINT) and did.
        BROKEN: Something that it needs is beyond repair, such as its client of Kafka; starting it again may help.
        CONFIGURATION: A file or an argument is wrong; starting it again unchanged cannot help.
        PORT: The port cannot be listened on; starting it again later may help.
        STUCK: The analysis does not move any more; starting it again may help.
    """

    OK = 0
    BROKEN = 1
    CONFIGURATION = 2
    PORT = 3
    STUCK = 4
