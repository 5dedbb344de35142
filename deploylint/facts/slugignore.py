"""`.slugignore`: which paths Heroku removes from the source before any buildpack runs.

The file is split at white space, so each word is a pattern, a comment's words after the first `#` included unless they
hold the `#` themselves. A pattern with a slash is taken from the app root, any other one matches at every depth. The
patterns are Ruby globs: `*` stops at slashes, neither `*` nor `**` matches a leading dot, braces give alternatives,
and `!` means nothing. Source: heroku/slug-compiler lib/slug_compiler.rb, as quoted in CGA1123/slugcmplr#18.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploylint.tree import Tree

_PATTERNS = 500
_ALTERNATIVES = 64


def patterns(source: str) -> list[str]:
    """The globs of a `.slugignore`, in order; at most 500, and 64 for the braces of one word."""
    found: list[str] = []
    for word in source.split():
        pattern = word.split("#", 1)[0]
        if pattern:
            found.extend(_braces(pattern))
    return found[:_PATTERNS]


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
        choices = current[start + 1 : end].split(",")
        todo.extend(current[:start] + choice + current[end + 1 :] for choice in choices)
    return done + todo


def ignored(source: str) -> Callable[[str], bool]:
    """A function that says whether a path, relative to the app root, is removed: itself or a folder above it."""
    anchored = [pattern.strip("/").split("/") for pattern in patterns(source) if "/" in pattern]
    names = [pattern for pattern in patterns(source) if "/" not in pattern]

    @lru_cache(maxsize=4096)
    def removed(path: str) -> bool:
        parent, _, name = path.rpartition("/")
        if parent and removed(parent):
            return True
        # `**` does not descend into hidden folders.
        hidden = any(part.startswith(".") for part in parent.split("/"))
        if not hidden and any(_segment(name, pattern) for pattern in names):
            return True
        return any(_path(path.split("/"), pattern) for pattern in anchored)

    return removed


def _segment(name: str, pattern: str) -> bool:
    if name.startswith(".") and not pattern.startswith("."):
        return False
    return fnmatchcase(name, pattern.replace("[^", "[!"))


def _path(parts: list[str], pattern: list[str]) -> bool:
    reached = {0}
    for part in parts:
        reached = set(_advance(part, pattern, reached))
    return len(pattern) in reached


def _advance(part: str, pattern: list[str], reached: set[int]) -> Iterator[int]:
    for position in reached:
        place = position
        while place < len(pattern) and pattern[place] == "**":
            if not part.startswith("."):
                yield place
            place += 1
        if place < len(pattern) and _segment(part, pattern[place]):
            yield place + 1


def slug(tree: Tree, path: str) -> Tree:
    """The tree without what the file at `path` removes; the tree itself where there is none."""
    if not tree.is_file(path):
        return tree
    content = tree.read(path)
    return tree.without(ignored(content.data.decode("utf-8", "replace")))
