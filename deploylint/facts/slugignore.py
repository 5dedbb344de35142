"""`.slugignore`: which paths Heroku removes from the source before any buildpack runs.

The file is split at white space, so each word is a pattern, a comment's words after the first `#` included unless they
hold the `#` themselves. A pattern with a slash is taken from the app root, any other one matches at every depth. The
patterns are Ruby globs: `*` stops at slashes, neither `*` nor `**` matches a leading dot, `**` at the end is no more
than `*`, a slash at the end asks for a folder, braces give alternatives, and `!` means nothing. `.*` matches `.` too,
so that it names the root, as `/` does, and all is removed. A backslash takes its meaning from the character behind it,
and means nothing at the end. Not modelled: backslashes between brackets. Source: heroku/slug-compiler
lib/slug_compiler.rb, as quoted in CGA1123/slugcmplr#18, and Ruby 3.1, observed.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from deploylint.facts.globs import Matcher, TooMuchError, is_glob, merged
from deploylint.tree import Remark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploylint.tree import Tree

_SIZE_LIMIT = 64 * 1024
_ALTERNATIVES = 64
_DEEPEST = 200
# What names the root itself; of what braces make of a word, less does.
_ROOT = re.compile(r"(?:\.?/)*(?:(?:\*\*/+)+|\.\**/*)?")
_HERE = re.compile(r"(?:\.?/)*\.?")


def patterns(source: str) -> list[str]:
    """The globs of a `.slugignore`, in order; of the alternatives in braces, the first 64 of each word."""
    words = (_ESCAPE.sub(_marked, word) if "\\" in word else word for word in _words(source))
    # Between brackets that hold nothing no character lies.
    return [_unmarked(pattern) for word in words for pattern in _braces(word) if "[]" not in pattern]


# A character behind a backslash, kept apart while braces are read.
_ESCAPE = re.compile(r"\\(.?)")
_SPECIAL = "*?[{},"
_MARKS = {0xE000 + at: f"[{letter}]" for at, letter in enumerate(_SPECIAL)}


def _marked(escape: re.Match[str]) -> str:
    at = _SPECIAL.find(escape[1]) if escape[1] else -1
    return escape[1] if at < 0 else chr(0xE000 + at)


def _unmarked(pattern: str) -> str:
    """The pattern with each mark as a set of the one character that it stands for."""
    return pattern.translate(_MARKS)


def _words(source: str) -> Iterator[str]:
    words = (word.partition("#")[0] for word in source.split())
    return (word for word in words if word)


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


class _Patterns:
    """The patterns of one file: those with a slash by what they begin with, the others by themselves."""

    def __init__(self, source: str) -> None:
        self._matcher = Matcher(hidden=False)
        self._anchored: dict[str, list[tuple[list[str], bool]]] = {}
        named = set()
        for pattern in patterns(source):
            if "/" not in pattern:
                named.add(pattern)
                continue
            parts = _segments(pattern)
            if parts:
                first = "" if is_glob(parts[0]) else parts[0]
                self._anchored.setdefault(first, []).append((parts, pattern.endswith("/")))
        self._literal = frozenset(pattern for pattern in named if not is_glob(pattern))
        self._globs = sorted(named - self._literal)
        self._known: dict[str, bool] = {}

    def remove(self, path: str) -> bool:
        """Whether a path, relative to the app root, is removed: itself or a folder above it."""
        parts = path.split("/")[:_DEEPEST]
        for name in parts:
            if self._is_named(name):
                return True
            if name.startswith("."):
                break  # `**` does not descend into hidden folders
        # What lies above the last part of a path is certainly a folder.
        return any(
            self._matcher.leads_to(parts[:-1] if folder else parts, pattern)
            for first in ("", parts[0])
            for pattern, folder in self._anchored.get(first, ())
        )

    def _is_named(self, name: str) -> bool:
        known = self._known.get(name)
        if known is None:
            known = name in self._literal or any(self._matcher.fits(name, pattern) for pattern in self._globs)
            self._known[name] = known
        return known


def _segments(pattern: str) -> list[str]:
    """The parts of a pattern with a slash. At the end `**` stands for all that is in a folder, `**/` for itself too."""
    *above, last = pattern.rstrip("/").split("/")
    parts = merged([*(part for part in above if part not in ("", ".")), last])
    if last == "**":
        return parts[:-1] if pattern.endswith("/") else [*parts[:-1], "*"]
    return parts


def ignored(source: str) -> Callable[[str], bool]:
    """A function that says whether a path, relative to the app root, is removed: itself or a folder above it;
    TooMuchError where that takes too much work.
    """
    if any(_ROOT.fullmatch(word) for word in _words(source)) or any(map(_HERE.fullmatch, patterns(source))):
        return lambda _: True
    return _Patterns(source).remove


def slug(tree: Tree, path: str) -> Tree:
    """The tree without what the file at `path` removes; the same tree with a remark, where that is too much to read."""
    if not tree.is_file(path):
        return tree
    content = tree.read(path)
    if not content.trouble and len(content.data) <= _SIZE_LIMIT:
        with suppress(TooMuchError):
            return tree.without(ignored(content.data.decode("utf-8", "replace")))
    return replace(tree, remarks=(*tree.remarks, Remark("unread", path)))
