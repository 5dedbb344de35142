"""`python -m deploylint`, and what the command `deploylint` calls."""

import gc
import os
import sys


def main() -> None:
    """Run the command line and leave with its exit code."""
    _forget_folder()
    # Looking for garbage in circles would take a tenth of the time of a run, which makes hardly any and is soon over.
    gc.disable()
    try:
        from deploylint.cli import run

        sys.exit(run(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)


def _forget_folder() -> None:
    """Take the current folder, and what PYTHONPATH names below it, off the module path: an app may have a `click.py` of
    its own, and nothing of an app is run. Not where deploylint itself is loaded from there.
    """
    try:
        here = os.getcwd()
    except OSError:  # somebody has removed it
        return
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    named = map(os.path.abspath, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    strange = {here, *(path for path in named if path.startswith(here + os.sep))} - {own}
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) not in strange]


if __name__ == "__main__":
    main()
