"""`python -m deploylint`, and what the command `deploylint` calls."""

import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    try:
        from deploylint.cli import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
