"""``python -m pipeline.simulator``."""

from pipeline.simulator.program import main

if __name__ == "__main__":
    raise SystemExit(main())
