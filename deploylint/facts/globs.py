"""Shell patterns over the parts of a path, in time that grows with the path and not with what a pattern could try."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


@lru_cache(maxsize=4096)
def compiled(pattern: str, *, hidden: bool) -> Callable[[str], bool]:
    """A function that says whether one name matches; without `hidden`, wildcards do not match a leading dot."""
    matches = re.compile(translate(pattern.replace("[^", "[!"))).match
    dotted = hidden or pattern.startswith(".")
    return lambda name: (dotted or not name.startswith(".")) and matches(name) is not None


def leads_to(parts: Sequence[str], pattern: Sequence[str], *, hidden: bool) -> bool:
    """Whether the pattern, in parts too, matches the path or a folder on the way to it; `**` stands for any folders."""
    reached = {0}
    for part in parts:
        reached = set(_advance(part, pattern, reached, hidden=hidden))
        if len(pattern) in reached:
            return True
        if not reached:
            return False
    return False


def _advance(part: str, pattern: Sequence[str], reached: set[int], *, hidden: bool) -> Iterator[int]:
    for position in reached:
        place = position
        while place < len(pattern) and pattern[place] == "**":
            if hidden or not part.startswith("."):
                yield place
            place += 1
        if place < len(pattern) and compiled(pattern[place], hidden=hidden)(part):
            yield place + 1
