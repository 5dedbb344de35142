"""What Debian's packages of distributions hold and need, for distributions whose own metadata the data does not have.

`rules/packages/debian.txt` has a line for each distribution: its name, what can be imported, and after a `|` what it
needs. `debian-modules.txt` has a line for each import name. `scripts/debian.py` makes both and says how far they can be
trusted: they tell what may be there, and nothing for certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint import package
from deploylint.knowledge import tables

if TYPE_CHECKING:
    from collections.abc import Iterable

FORMAT = "# deploylint debian 1"
"""The first line of both files."""
DISTRIBUTIONS = "packages/debian.txt"
MODULES = "packages/debian-modules.txt"


def imports(name: str) -> tuple[str, ...]:
    """The modules and packages that the distribution `name`, normalised, brings; empty where that is not known."""
    return _parts(name)[0]


def providers(module: str) -> tuple[str, ...]:
    """The distributions that bring the module `module`, or the nearest one above it; empty where none is known."""
    view = package.view(MODULES)
    while module:
        found = tables.line(view, module)
        if found:
            return tuple(found)
        module = module.rpartition(".")[0]
    return ()


def reach(names: Iterable[str]) -> frozenset[str]:
    """All that the distributions `names` need, and what that needs in turn, without themselves."""
    names = tuple(names)
    found: set[str] = set()
    queue = list(names)
    while queue:
        for need in _parts(queue.pop())[1]:
            if need not in found:
                found.add(need)
                queue.append(need)
    return frozenset(found).difference(names)


def _parts(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    words = tables.line(package.view(DISTRIBUTIONS), name)
    cut = words.index("|") if "|" in words else len(words)
    return tuple(words[:cut]), tuple(words[cut + 1 :])
