"""Shell patterns over the parts of a path, in time that grows with the path and not with what a pattern could try."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_EFFORT = 3_000_000
"""Names that are compared with patterns, for all paths together: thirty patterns with stars for 100,000 names."""
_GLOBS = 3000
"""Patterns with stars that would use up all of that by being compiled."""
_GLOB = frozenset("*?[")


class TooMuchError(Exception):
    """The patterns take more work than is done for them."""


class Matcher:
    """Compares names and paths with the patterns of one file, and counts; TooMuchError where it has done enough.

    Without `hidden`, wildcards do not match a leading dot, and `**` does not descend into what begins with one.
    """

    def __init__(self, *, hidden: bool) -> None:
        self._hidden = hidden
        self._compiled: dict[str, Callable[[str], object]] = {}
        self._left = _EFFORT

    def fits(self, name: str, pattern: str) -> bool:
        """Whether one name matches a pattern without a slash."""
        self.spend(1)
        if not is_glob(pattern):
            return name == pattern
        if not self._hidden and name.startswith(".") and not pattern.startswith("."):
            return False
        matches = self._compiled.get(pattern)
        if matches is None:
            self.spend(_EFFORT // _GLOBS)
            matches = self._compiled[pattern] = re.compile(translate(pattern.replace("[^", "[!"))).match
        return matches(name) is not None

    def leads_to(self, parts: Sequence[str], pattern: Sequence[str]) -> bool:
        """Whether the pattern, in parts too, matches the path or a folder on the way to it; `**` stands for any
        folders, and two of them never follow each other.
        """
        reached = {0}
        for part in parts:
            reached = set(self._advance(part, pattern, reached))
            if len(pattern) in reached:
                return True
            if not reached:
                return False
        return False

    def spend(self, effort: int) -> None:
        """Count work."""
        self._left -= effort
        if self._left < 0:
            raise TooMuchError

    def _advance(self, part: str, pattern: Sequence[str], reached: set[int]) -> Iterator[int]:
        for position in reached:
            self.spend(1)
            place = position
            if place < len(pattern) and pattern[place] == "**":
                if self._hidden or not part.startswith("."):
                    yield place
                place += 1
            if place < len(pattern) and self.fits(part, pattern[place]):
                yield place + 1


def is_glob(pattern: str) -> bool:
    """Whether a pattern has wildcards."""
    return not _GLOB.isdisjoint(pattern)


def merged(parts: Sequence[str]) -> list[str]:
    """The parts of a pattern, where several `**` in a row mean what one does."""
    return [part for at, part in enumerate(parts) if part != "**" or parts[at - 1 : at] != ["**"]]
