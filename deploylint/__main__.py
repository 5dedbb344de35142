"""`python -m deploylint`, and what the command `deploylint` calls."""

import gc
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Looking for garbage in circles would take a tenth of the time of a run, which makes hardly any and is soon over.
    gc.disable()
    try:
        from deploylint.cli import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
