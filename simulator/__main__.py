"""``python -m simulator``."""

from simulator.program import main

if __name__ == "__main__":
    raise SystemExit(main())
