"""Which distribution was probably meant by a name that the index does not have.

Candidates are what brings a module of that name, and `rules/packages/popular.txt`: the names of the most downloaded
distributions, the most downloaded first. Only asked where a name is missing, which is why nothing here is kept ready.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from deploylint import package
from deploylint.knowledge.distributions import known_modules
from deploylint.spelling import distance

if TYPE_CHECKING:
    from collections.abc import Iterator

POPULAR = "packages/popular.txt"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789-"
_SHORTEST = 4
"""Letters below which every name is one edit from some other."""
_LONG = 11
"""Letters from which on two edits are taken for a misspelling."""
_LONGEST = 60
_AFFIXES = re.compile(r"(?:python3?|py3?)-?|-?(?:python3?|py3?|dev)")


def meant(name: str) -> str:
    """The likeliest distribution for the normalised `name`; the empty string where none is near."""
    if len(name) > _LONGEST:
        return ""
    rank = _rank()
    groups = (_by_module(name), _by_hyphens(name), _by_affix(name), _by_one_edit(name), _by_two_edits(name))
    for group in groups:
        found = [other for other in group if other in rank or group is groups[0]]
        if found:
            return min(found, key=lambda other: (rank.get(other, len(rank)), other))
    return ""


@lru_cache(1)
def _rank() -> dict[str, int]:
    return {name: at for at, name in enumerate(package.read(POPULAR).split())}


def _by_module(name: str) -> Iterator[str]:
    for module, names in known_modules():
        if module.lower().replace("_", "-") == name:
            yield from names


def _by_affix(name: str) -> Iterator[str]:
    """`python3-flask` as Debian calls it, `flask-python`; and what is called `python-dateutil` by its module's name."""
    for match in (_AFFIXES.match(name), re.search(rf"(?:{_AFFIXES.pattern})$", name)):
        if match and len(match[0]) < len(name):
            yield name[: match.start()] + name[match.end() :]
    if len(name) >= _SHORTEST:
        yield from (f"python-{name}", f"py-{name}", f"py{name}", f"{name}-python")


def _by_hyphens(name: str) -> Iterator[str]:
    squeezed = name.replace("-", "")
    return (other for other in _rank() if other.replace("-", "") == squeezed)


def _by_one_edit(name: str) -> Iterator[str]:
    if len(name) < _SHORTEST:
        return
    for at in range(len(name) + 1):
        head, tail = name[:at], name[at:]
        yield from (f"{head}{letter}{tail}" for letter in _ALPHABET)
        if tail:
            yield head + tail[1:]
            yield from (f"{head}{letter}{tail[1:]}" for letter in _ALPHABET)
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


def _by_two_edits(name: str) -> Iterator[str]:
    if len(name) < _LONG:
        return
    letters = set(name)
    for other in _rank():
        near = abs(len(other) - len(name)) <= 2 and len(letters.symmetric_difference(other)) <= 4
        if near and distance(name, other) <= 2:
            yield other
