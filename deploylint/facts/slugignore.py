"""`.slugignore`: which paths Heroku removes from the source before any buildpack runs.

The file is split at white space, so each word is a pattern, a comment's words after the first `#` included unless they
hold the `#` themselves. A pattern with a slash is taken from the app root, any other one matches at every depth. The
patterns are Ruby globs: `*` stops at slashes, neither `*` nor `**` matches a leading dot, braces give alternatives,
and `!` means nothing. Source: heroku/slug-compiler lib/slug_compiler.rb, as quoted in CGA1123/slugcmplr#18.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from fnmatch import translate
from typing import TYPE_CHECKING

from deploylint.tree import Remark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploylint.tree import Tree

_SIZE_LIMIT = 64 * 1024
_ALTERNATIVES = 64
_DEEPEST = 200
_EFFORT = 3_000_000
"""Names that are compared with patterns, for all paths together: thirty patterns with stars for 100,000 names."""
_GLOBS = 3000
"""Patterns with stars that would use up all of that by being compiled."""
_GLOB = frozenset("*?[")


def patterns(source: str) -> list[str]:
    """The globs of a `.slugignore`, in order; of the alternatives in braces, the first 64 of each word."""
    found: list[str] = []
    for word in source.split():
        pattern = word.split("#", 1)[0]
        if pattern:
            found.extend(_braces(pattern))
    return found


def _braces(pattern: str) -> list[str]:
    todo = [pattern]
    done: list[str] = []
    while todo and len(todo) + len(done) <= _ALTERNATIVES:
        current = todo.pop(0)
        end = current.find("}")
        start = current.rfind("{", 0, end) if end >= 0 else -1
        if start < 0:
            done.append(current)
            continue
        choices = current[start + 1 : end].split(",", _ALTERNATIVES)[:_ALTERNATIVES]
        todo.extend(current[:start] + choice + current[end + 1 :] for choice in choices)
    return done + todo


class _TooMuchError(Exception):
    """The patterns take more work than is done for them."""


class _Matcher:
    """The patterns of one file, and what may still be compared with them."""

    def __init__(self, source: str) -> None:
        globs = patterns(source)
        self._anchored: dict[str, list[list[str]]] = {}
        for parts in (_parts(pattern) for pattern in globs if "/" in pattern):
            self._anchored.setdefault("" if _is_glob(parts[0]) else parts[0], []).append(parts)
        named = {pattern for pattern in globs if "/" not in pattern}
        self._literal = frozenset(pattern for pattern in named if not _is_glob(pattern))
        self._globs = sorted(named - self._literal)
        self._known: dict[str, bool] = {}
        self._compiled: dict[str, Callable[[str], object]] = {}
        self._left = _EFFORT

    def removes(self, path: str) -> bool:
        """Whether a path, relative to the app root, is removed: itself or a folder above it."""
        parts = path.split("/")[:_DEEPEST]
        for name in parts:
            if self._is_named(name):
                return True
            if name.startswith("."):
                break  # `**` does not descend into hidden folders
        anchored = (*self._anchored.get("", ()), *self._anchored.get(parts[0], ()))
        return any(self._leads_to(parts, pattern) for pattern in anchored)

    def _is_named(self, name: str) -> bool:
        known = self._known.get(name)
        if known is None:
            known = name in self._literal or any(self._fits(name, pattern) for pattern in self._globs)
            self._known[name] = known
        return known

    def _fits(self, name: str, pattern: str) -> bool:
        """Whether one name matches a pattern without a slash."""
        self._spend(1)
        if not _is_glob(pattern):
            return name == pattern
        if name.startswith(".") and not pattern.startswith("."):
            return False
        matches = self._compiled.get(pattern)
        if matches is None:
            self._spend(_EFFORT // _GLOBS)
            matches = self._compiled[pattern] = re.compile(translate(pattern.replace("[^", "[!"))).match
        return matches(name) is not None

    def _spend(self, effort: int) -> None:
        self._left -= effort
        if self._left < 0:
            raise _TooMuchError

    def _leads_to(self, parts: list[str], pattern: list[str]) -> bool:
        """Whether the pattern matches the path or a folder on the way to it."""
        reached = {0}
        for part in parts:
            reached = set(self._advance(part, pattern, reached))
            if len(pattern) in reached:
                return True
            if not reached:
                return False
        return False

    def _advance(self, part: str, pattern: list[str], reached: set[int]) -> Iterator[int]:
        for position in reached:
            self._spend(1)
            place = position
            if place < len(pattern) and pattern[place] == "**":
                if not part.startswith("."):
                    yield place
                place += 1
            if place < len(pattern) and self._fits(part, pattern[place]):
                yield place + 1


def _is_glob(pattern: str) -> bool:
    return not _GLOB.isdisjoint(pattern)


def _parts(pattern: str) -> list[str]:
    """The names of a pattern; several `**` in a row mean what one does."""
    parts = pattern.strip("/").split("/")
    return [part for at, part in enumerate(parts) if part != "**" or parts[at - 1 : at] != ["**"]]


def ignored(source: str) -> Callable[[str], bool]:
    """A function that says whether a path, relative to the app root, is removed: itself or a folder above it."""
    return _Matcher(source).removes


def slug(tree: Tree, path: str) -> Tree:
    """The tree without what the file at `path` removes; the same tree with a remark, where that is too much to read."""
    if not tree.is_file(path):
        return tree
    content = tree.read(path)
    if not content.trouble and len(content.data) <= _SIZE_LIMIT:
        with suppress(_TooMuchError):
            return tree.without(ignored(content.data.decode("utf-8", "replace")))
    return replace(tree, remarks=(*tree.remarks, Remark("unread", path)))
