"""`python -m cli` is `fleet`: how `fleet up` starts the parts of the fleet, wherever it is installed."""

from cli.main import main

if __name__ == "__main__":
    main()
