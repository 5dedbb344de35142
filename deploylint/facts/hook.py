"""Hooks: programs of the app that a buildpack runs during the build. They are read, never run.

A hook may write or remove any file that decides, so what matters is which files it speaks of, with the scripts of the
app that it starts; and, where it is nothing but plain commands up to an `exit`, whether it fails. The buildpack makes a
hook executable itself, so its mode is of no interest. Source: heroku/heroku-buildpack-python v351 lib/hooks.sh.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.text import Span

if TYPE_CHECKING:
    from deploylint.text import Text
    from deploylint.tree import Tree

_SIZE_LIMIT = 64 * 1024
_SCRIPTS = 20
_PATTERNS = 100
"""Patterns of paths; a hook with more may mean any path."""
_LONGEST_PATH = 4096
"""As on Linux; what is longer is not looked for."""

_QUOTES = str.maketrans("", "", "\"'`")
_WORD = re.compile(r"[^\s;|&<>()=]+")
# What may stand for the root in front of a path.
_ROOT = re.compile(r"(?:\./|/app/|\$[^/]*/)+")
# Commands that write files whose names the hook does not tell.
_UNSEEN = re.compile(r"\b(?:rsync|tar|unzip|make|git|gh|aws|gsutil|wget)\b")
# The same of commands that do so only with certain words behind them.
_UNSEEN_WITH = (
    (re.compile(r"\bcurl\b"), re.compile(r"\||\s-[a-zA-Z]*O")),
    (re.compile(r"\b(?:cp|mv)\b"), re.compile(r"\s-[a-zA-Z]*[rRa]|\*|\s\.{1,2}/?\s*$")),
)
_PLAIN = re.compile(r"\s*(?:#.*|(?:echo|printf|set|:)\b(?:[^`$;|&<>()]|\$\w|\$\{\w+\}|>&2)*)?")
_EXIT = re.compile(r"\s*(exit\s+(\d{1,9}))\s*(?:#.*)?")


class Failure(NamedTuple):
    """Why a hook certainly fails: `exit` (it says so itself) or `interpreter` (its first line ends with a carriage
    return, so the system looks for a program whose name does), and where.
    """

    kind: str
    span: Span


class Hook:
    """The hook at `path`, which is a file."""

    def __init__(self, tree: Tree, path: str) -> None:
        self.path = path
        self._tree = tree
        content = tree.read(path, _SIZE_LIMIT)
        self.unread = content.trouble is not None
        self.text: Text = tree.text(path)

    @cached_property
    def _sources(self) -> tuple[str, ...]:
        """The hook and the scripts of the app that it speaks of, each once."""
        found: dict[str, str] = {self.path: self.text.value[:_SIZE_LIMIT]}
        todo = [self.path]
        while todo and len(found) <= _SCRIPTS:
            for word in _words(found[todo.pop()]):
                path = word.removeprefix("./")
                if path not in found and self._is_script(path):
                    found[path] = self._tree.text(path).value[:_SIZE_LIMIT]
                    todo.append(path)
        return tuple(found.values())

    def _is_script(self, path: str) -> bool:
        if not self._tree.is_file(path) or self._tree.read(path, _SIZE_LIMIT).trouble:
            return False
        return path.endswith((".sh", ".bash", ".py")) or self._tree.read(path).data.startswith(b"#!")

    @cached_property
    def _paths(self) -> frozenset[str]:
        """The paths, or patterns of paths, that the hook may mean by its words."""
        words = (word for source in self._sources for word in _words(source))
        return frozenset(_below_root(word).rstrip("/") for word in words if len(word) <= _LONGEST_PATH)

    @cached_property
    def _patterns(self) -> tuple[str, ...]:
        return tuple(path for path in self._paths if not {"*", "?", "["}.isdisjoint(path))

    @cached_property
    def _writes_unseen(self) -> bool:
        """Whether it writes files without telling their names, or speaks of something that nobody here can see: it may
        start that.
        """
        lines = (line for source in self._sources for line in source.splitlines())
        return any(map(_is_unseen, lines)) or any(map(self._tree.is_unknown, self._paths))

    def speaks_of(self, words: str) -> bool:
        """Whether the hook, or a script of the app that it starts, holds these words."""
        return self.unread or any(words in source for source in self._sources)

    def may_change(self, path: str) -> bool:
        """Whether the hook may write or remove what lies at `path`: it speaks of it, or of a folder above it."""
        if self.unread or len(path) > _LONGEST_PATH or len(self._patterns) > _PATTERNS:
            return True
        parts = path.split("/")
        above = ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]
        return not self._paths.isdisjoint(above) or any(
            fnmatchcase(name, pattern) for name in above for pattern in self._patterns
        )

    def may_create(self, path: str) -> bool:
        """Whether the hook may write the file at `path`, where there is none."""
        return self.may_change(path) or self._writes_unseen

    @cached_property
    def failure(self) -> Failure | None:
        """Why the hook certainly fails; None where it may come through."""
        if self.unread:
            return None
        lines = self.text.value.split("\n")
        if lines[0].startswith("#!") and lines[0].endswith("\r"):
            return Failure("interpreter", self.text.line_span(1))
        for number, line in enumerate(lines, 1):
            match = _EXIT.fullmatch(line)
            if match:
                span = Span(self.path, number, match.start(1) + 1, number, match.end(1) + 1)
                return Failure("exit", span) if int(match[2]) % 256 else None
            if not _PLAIN.fullmatch(line):
                return None
        return None


def _below_root(word: str) -> str:
    root = _ROOT.match(word)
    return word[root.end() :] if root else word


def _is_unseen(line: str) -> bool:
    """Whether a line writes files whose names it does not tell."""
    if _UNSEEN.search(line):
        return True
    found = ((command.search(line), words) for command, words in _UNSEEN_WITH)
    return any(match is not None and words.search(line, match.end()) is not None for match, words in found)


def _words(source: str) -> list[str]:
    return _WORD.findall(source.translate(_QUOTES))
