"""What the standard library lacks: Python 3.10 has no tomllib, and neither that nor the parser of Python's own sources
has a bound to the work that it does.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

__all__ = ["is_costly_toml", "parse_python", "tomllib"]

_DOTS_LIMIT = 5000


def is_costly_toml(text: str) -> bool:
    """Whether tomllib may need long for `text`: a dotted key of n parts costs it n * n steps. Dots in strings are
    counted too, so the bound lies far above what a list of requirements in one line has.
    """
    return sum(line.count(".") ** 2 for line in text.split("\n")) > _DOTS_LIMIT**2


_DOTS_TIMES_SIZE = 1 << 27
# Names with dots between them, as nobody writes them; blanks and the ends of lines may stand around a dot.
_CHAIN = rb"(?:\.[\s\\]*[^\s\\.,;:()\[\]{}=\"'#+*/@0-9-][^\s\\.,;:()\[\]{}=\"'#+*/@-]*[\s\\]*){100}"


def parse_python(data: bytes) -> ast.Module:
    """What `ast.parse` gives. ValueError also where that may need much memory: for the name of a module that has n
    parts the parser makes n names, each one part longer than the one before; 50,000 parts take 2.7 GB.
    """
    if data.count(b".") * len(data) > _DOTS_TIMES_SIZE and re.search(_CHAIN, data):
        raise ValueError("a name has too many parts")
    # Who only reads configuration needs no parser of Python.
    import ast

    return ast.parse(data)
