#!/usr/bin/env python3
"""How much faster than the clock a controller and two agents live through an hour of edits, crashes and outages."""

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.simulation.smoke import HOUR_SECONDS, digest_of_an_hour

_TARGET_TIMES = 1000.0


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=3, help="hours, of which the fastest counts (default: %(default)s)"
    )
    rounds = parser.parse_args().rounds
    found = []
    for seed in range(rounds):
        begun = time.process_time()
        digest_of_an_hour(seed)
        found.append(time.process_time() - begun)
        print(f"seed {seed}: an hour in {found[-1]:.2f} s of CPU: {HOUR_SECONDS / found[-1]:.0f} times the clock")
    best = HOUR_SECONDS / min(found)
    print(f"{best:.0f} times the clock, target {_TARGET_TIMES:g}: {'met' if best >= _TARGET_TIMES else 'MISSED'}")


if __name__ == "__main__":
    main()
