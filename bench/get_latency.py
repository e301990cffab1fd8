#!/usr/bin/env python3
"""Wall time of `fleet get cameras` against a running controller, beside an interpreter that does nothing."""

import argparse
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from stand.fleet import fleet, percentile, print_row, print_verdict

from tests.e2e.running_fleet import environment

_TARGET_MS = 300.0


def wall_ms(command: Sequence[str]) -> float:
    """Milliseconds until the command has ended well."""
    begin = time.monotonic()
    subprocess.run(command, stdout=subprocess.DEVNULL, env=environment(), check=True)
    return (time.monotonic() - begin) * 1000


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=20, help="runs (default: %(default)s)")
    runs = parser.parse_args().n
    program = str(Path(sys.executable).with_name("fleet"))
    with fleet(instances=False) as running:
        get = [program, "--server", running.url, "get", "cameras"]
        bare = [sys.executable, "-c", "pass"]
        wall_ms(get), wall_ms(bare)
        pairs = [(wall_ms(get), wall_ms(bare)) for _ in range(runs)]
    ours, theirs = (list(times) for times in zip(*pairs, strict=True))
    print_row("fleet get cameras", ours)
    print_row("python -c pass", theirs)
    print(f"ratio of the medians: {percentile(ours, 50) / percentile(theirs, 50):.1f}")
    print_verdict("fleet get cameras, p50", percentile(ours, 50), _TARGET_MS, "ms")


if __name__ == "__main__":
    main()
