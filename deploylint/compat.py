"""What the standard library lacks: Python 3.10 has no tomllib, and none of them a bound to the work that it does."""

import sys

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["is_costly_toml", "tomllib"]

_DOTS_LIMIT = 5000


def is_costly_toml(text: str) -> bool:
    """Whether tomllib may need long for `text`: a dotted key of n parts costs it n * n steps. Dots in strings are
    counted too, so the bound lies far above what a list of requirements in one line has.
    """
    return sum(line.count(".") ** 2 for line in text.split("\n")) > _DOTS_LIMIT**2
