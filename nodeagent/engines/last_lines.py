"""The end of what an instance has written, as people may be shown it."""

TAIL_BYTES = 64 * 1024


def last_lines(content: bytes, lines: int) -> str:
    """The last lines of an output, at most 64 KiB of them and none of which the beginning is missing.

    What is left of a line that was cut could be the second half of an address, and its password not be known as one.
    """
    if len(content) > TAIL_BYTES:
        content = content[-TAIL_BYTES:].partition(b"\n")[2]
    return "\n".join(content.decode(errors="replace").splitlines()[-lines:]) if lines > 0 else ""
