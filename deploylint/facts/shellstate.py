"""What is known of a shell while its commands are followed: variables, functions, working directory, and whether it
goes on.
"""

from __future__ import annotations

import re
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, TypeVar

from deploylint.facts.shell import STEADY, Literal, Unknown, Variable, made

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploylint.facts.shell import Compound, Part, Word

T = TypeVar("T")

_ARGUMENTS = 1000
"""Arguments that are followed: `set -- "$@" "$@"` doubles them."""

# How a shell goes on: `on`, `maybe` (it may have ended), `returned` (from a sourced file or a function), `ended`, or
# `lost`, where something unknown may have changed everything.
ON, MAYBE, RETURNED, ENDED, LOST = "on", "maybe", "returned", "ended", "lost"
_STOPPED = frozenset({RETURNED, ENDED, LOST})

_ZERO = r"\"?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})\"?"
_OWN_FOLDER = rf"\$\(\s*dirname(?:\s+--)?\s+{_ZERO}\s*\)"
_FOLDER = re.compile(_OWN_FOLDER)
_ABSOLUTE_FOLDER = re.compile(rf"\$\(\s*cd\s+(?:-P\s+)?\"?{_OWN_FOLDER}(/[./]*)?\"?\s*(?:&&|;)\s*pwd(?:\s+-P)?\s*\)")
_HERE = re.compile(r"\$\(\s*pwd(?:\s+-P)?\s*\)")


class State:
    """A shell. `known` holds the variables whose values are known (None: not set), `exported` those that it gives to
    its children (None: to a value that is not known, or unset), `functions` what functions are (None: not known which),
    `zero` the text of `$0`, `arguments` the words that `$@`
    stands for (None: not known). `guarded`: it would have ended where a command before had failed.
    """

    __slots__ = ("arguments", "cwd", "exported", "flow", "functions", "given", "guarded", "known", "root", "zero")

    def __init__(self, known: Mapping[str, str | None], root: str, cwd: str | None = "") -> None:
        self.cwd = cwd
        self.root = root
        self.given = frozenset(known)
        self.known = dict(known)
        self.exported: dict[str, Word | None] = {}
        self.functions: dict[str, Compound | None] = {}
        self.zero: str | None = None
        self.arguments: tuple[Word, ...] | None = None
        self.flow = ON
        self.guarded = False

    def copy(self) -> State:
        """A shell that begins as this one is now: a subshell, or a branch."""
        other = State({}, self.root, self.cwd)
        other.given = self.given
        other.known = dict(self.known)
        other.exported = dict(self.exported)
        other.functions = dict(self.functions)
        other.zero = self.zero
        other.arguments = self.arguments
        other.guarded = self.guarded
        return other

    def branch(self) -> State:
        """The same, going on as this one does."""
        other = self.copy()
        other.flow = self.flow
        return other

    def outside(self) -> State:
        """This shell as a program sees it that is not part of it: nothing the program does changes the shell."""
        other = self.copy()
        other.functions = {}
        return other

    def child(
        self, env: Mapping[str, Word | None], zero: str | None, arguments: tuple[Word, ...] | None = None
    ) -> State:
        """Another shell that this one starts with `env` set besides, and with these arguments."""
        exported = {**self.exported, **env}
        other = State({}, self.root, self.cwd)
        other.given = self.given
        other.exported = exported
        other.known = {name: value for name, value in self.known.items() if name in self.given or name in self.exported}
        for name, word in env.items():
            other.learn(name, None if word is None else self.text(word))
        other.zero = zero
        other.take(arguments)
        return other

    def take(self, arguments: tuple[Word, ...] | None) -> None:
        """The arguments are these words now."""
        self.arguments = None if arguments is None or len(arguments) > _ARGUMENTS else arguments
        self.known = {name: value for name, value in self.known.items() if not name.isdecimal()}
        for number, word in enumerate(self.arguments or (), 1):
            if word.literal is None:  # it may be several
                break
            self.learn(str(number), word.literal)

    def given_to(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """Words as arguments of another shell, which knows other variables."""
        texts = [self.text(word) for word in words]
        return tuple(word if text is None else made(text, word.span) for word, text in zip(words, texts, strict=True))

    def fields(self, words: tuple[Word, ...]) -> tuple[Word, ...]:
        """The words with the arguments in place of `"$@"`."""
        if self.arguments is None:
            return words
        found: list[Word] = []
        for word in words:
            part = word.parts[0] if len(word.parts) == 1 else None
            every = isinstance(part, Variable) and part.name in ("@", "*") and not part.operator
            found += self.arguments if every and self._is_split(part) else (word,)
            if len(found) > _ARGUMENTS + len(words):
                return words
        return tuple(found)

    def _is_split(self, part: Part | None) -> bool:
        """Whether each argument is one field where they stand."""
        quoted = isinstance(part, Variable) and part.quoted
        if quoted:
            return isinstance(part, Variable) and part.name == "@"
        return all(STEADY.fullmatch(word.literal or " ") for word in self.arguments or ())

    @property
    def stopped(self) -> bool:
        """Whether nothing that follows here is run, or can be told."""
        return self.flow in _STOPPED

    def learn(self, name: str, value: str | None) -> None:
        """The variable `name` has this value; None where that is not known."""
        if value is None:
            self.known.pop(name, None)
        else:
            self.known[name] = value

    def forget(self) -> None:
        """Nothing is known of any variable."""
        self.known = {}
        self.arguments = None
        self.exported = dict.fromkeys(self.exported)

    def join(self, branches: list[State]) -> None:
        """One of `branches` was run, and it is not known which: only what they agree on is known."""
        going = [branch for branch in branches if branch.flow not in (ENDED, RETURNED)]
        if any(branch.flow == LOST for branch in going):
            self.flow = LOST
            return
        if not going:
            self.flow = ENDED if all(branch.flow == ENDED for branch in branches) else RETURNED
            return
        if len(going) < len(branches) or any(branch.flow == MAYBE for branch in going):
            self.flow = MAYBE
        first, *others = going
        self.arguments = first.arguments if all(other.arguments == first.arguments for other in others) else None
        self.cwd = first.cwd if all(other.cwd == first.cwd for other in others) else None
        self.known = {
            name: value
            for name, value in first.known.items()
            if all(name in other.known and other.known[name] == value for other in others)
        }
        names = {name for branch in going for name in branch.exported}
        self.exported = {name: _agreed([branch.exported.get(name) for branch in going]) for name in names}
        called = {name for branch in going for name in branch.functions}
        self.functions = {name: _agreed([branch.functions.get(name) for branch in going]) for name in called}
        self.guarded = self.guarded or any(branch.guarded for branch in going)

    def resolve(self, path: str) -> str | None:
        """The path from the app root (empty for the root itself); None where it leads out of it or is not known."""
        if path.startswith("/"):
            inside = f"{normpath(path)}/".removeprefix("/").partition(f"{self.root.strip('/')}/")
            return inside[2].rstrip("/") if not inside[0] and inside[1] else None
        if self.cwd is None or not path:
            return None
        reached = normpath(join(self.cwd, path))
        if reached == ".." or reached.startswith("../"):
            return None
        return "" if reached == "." else reached

    def text(self, word: Word) -> str | None:
        """The text of a word, as one field; None where it is not known."""
        if any(isinstance(part, Unknown) and part.kind == "command" for part in word.parts):
            parts = tuple(self._computed(part) for part in word.parts)
            word = word._replace(parts=parts)
        return word.text(self.known)

    def _computed(self, part: Part) -> Part:
        """The part as a literal where it is one of the usual ways to say in which folder a script lies."""
        if not isinstance(part, Unknown) or part.kind != "command":
            return part
        written = part.written
        text = None
        match = _ABSOLUTE_FOLDER.fullmatch(written)
        if _HERE.fullmatch(written):
            text = None if self.cwd is None else normpath(join(self.root, self.cwd))
        elif self.zero is None:
            return part
        elif _FOLDER.fullmatch(written):
            text = dirname(self.zero) or "."
        elif match:
            inside = self.resolve((dirname(self.zero) or ".") + (match[1] or ""))
            text = None if inside is None else normpath(join(self.root, inside))
        return part if text is None else Literal(part.source, part.start, part.end, text, quoted=True)


def _agreed(values: list[T | None]) -> T | None:
    first = values[0]
    return first if all(value is first for value in values) else None
