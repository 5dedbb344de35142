"""What a process needs that is not the app's own: which distribution brings each module that its closure imports.

Only asked when a plan is shown: no judgement rests on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.piprequirement import normalised
from deploylint.knowledge import stdlib
from deploylint.knowledge.distributions import providers
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Known, Reached

_AT_HAND = frozenset({"pip", "setuptools", "wheel"})


class Need(NamedTuple):
    """A distribution, or where none is known a module; `note` says what is to be known of it, empty for one that is
    declared.
    """

    name: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.note})" if self.note else self.name


def need(known: Known, module: str) -> Need | None:
    """What an import of a dotted module of another's needs; None for the standard library."""
    top = module.partition(".")[0]
    if known.is_standard(top):
        return None
    able = providers(module)
    names = known.names or frozenset()
    # A distribution of which nothing is known is taken to bring the module that it is called like.
    brings = next((name for name in (*able, normalised(top)) if name in names), None)
    if brings is not None:
        return installed(known, brings)
    if known.has(module) is not False:
        return Need(top, "brought by what is not known here")
    lost = stdlib.removed_in(top, known.series)
    if lost:
        return Need(top, f"not in Python since {lost}")
    if not able:
        return Need(top, "not installed, nobody is known to provide it")
    return Need(able[0], "not installed") if normalised(top) == able[0] else Need(top, f"not installed: {able[0]}")


def installed(known: Known, name: str) -> Need:
    """A distribution that the process needs, by name."""
    if known.names is None:
        return Need(name, "not known whether installed")
    if name not in known.names:
        return Need(name, "not installed")
    if known.closure is None:
        return Need(name)
    member = known.closure.members.get(name)
    if member is None:  # what a virtual environment is made with, or a repository that is declared by its address
        return Need(name, "not declared" if name in _AT_HAND else "")
    return Need(name, f"not declared, comes with {member.path[0]}" if len(member.path) > 1 else "")


def needs(reached: Reached) -> list[Need]:
    """All that a program and its closure need, each once: first what is declared, then what there is to be noted."""
    return sorted(set(_needs(reached)), key=lambda found: (bool(found.note), found))


def _needs(reached: Reached) -> Iterator[Need]:
    if reached.server is not None:
        yield installed(reached.known, reached.server)
    if reached.closure is None:
        return
    # What is imported only under a condition, or where its absence is caught, need not be there.
    spare = {lost.module for lost in reached.closure.missing if lost.kind == "foreign" and not lost.certain}
    for module in reached.closure.foreign:
        found = need(reached.known, module) if module not in spare else None
        if found is not None:
            yield found
