"""Environment markers (`python_version < "3.11" and extra == "redis"`): what they say on the platform.

In go the text of a marker and an environment; out comes True, False, or None where the environment lacks what is asked.
The grammar is small and most markers compare plain numbers and words, so they are read here. Only what is left goes to
packaging, whose import takes longer than the rest of a run.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from deploylint.facts.releases import within
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

LIMIT = 10_000
"""Code points of a marker that is read; of a longer one nothing is known."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>'[^']*'|"[^"]*")|(?P<word>[a-zA-Z_.]+)|(?P<operator>===|[<>=!~]=|[<>])|(?P<bracket>[()]))"""
)
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_VERSIONS = frozenset({"python_version", "python_full_version", "implementation_version"})
_UNKNOWABLE = frozenset({"platform_release", "platform_version"})
_PATCH = re.compile(r"\d\.\d{1,3}\.(\d{1,3})")
_PATCHES = 20
"""Releases that a marker may name and that are tried."""
_RUNS = re.compile(r"[-_.]+")
_DEPTH = 50


class Environment(NamedTuple):
    """A CPython on Linux: `python` is a series (`3.13`) or a release (`3.13.2`), `machine` as `uname -m` prints it.
    `first` is the oldest patch of a series that it may be.
    """

    python: str
    machine: str = "x86_64"
    first: int = 0

    def values(self, patches: Iterable[int] = ()) -> tuple[Mapping[str, str], ...]:
        """The variables of PEP 508, but for the release and version of the kernel. Where only the series is known, once
        for its `first` patch, once for one that comes after all others, and once for each of `patches`.
        """
        parts = self.python.split(".")
        tried = sorted({self.first, 999, *(patch for patch in patches if patch > self.first)})
        fulls = [self.python] if len(parts) > 2 else [f"{self.python}.{patch}" for patch in tried]
        return tuple(
            {
                "extra": "",
                "implementation_name": "cpython",
                "implementation_version": full,
                "os_name": "posix",
                "platform_machine": self.machine,
                "platform_python_implementation": "CPython",
                "platform_system": "Linux",
                "python_full_version": full,
                "python_version": ".".join(parts[:2]),
                "sys_platform": "linux",
            }
            for full in fulls
        )


class _NotPlainError(Exception):
    """The marker is broken, or in a form that is left to packaging."""


@lru_cache(4096)
def decide(marker: str, environment: Environment, extra: str = "") -> bool | None:
    """Whether `marker` holds in `environment` for one requested extra; None where it cannot be known, or is broken."""
    if len(marker) > LIMIT:
        return None
    # Between the releases that a marker names it says one thing, so each of them and its neighbours stand for all.
    named = [int(patch) for patch in _PATCH.findall(marker)[:_PATCHES]]
    patches = {near for patch in named for near in (patch - 1, patch, patch + 1) if near >= 0}
    every = environment.values(patches)
    answers = {_decide(marker, {**values, "extra": _RUNS.sub("-", extra).lower()}) for values in every}
    return answers.pop() if len(answers) == 1 else None


def _decide(marker: str, values: Mapping[str, str]) -> bool | None:
    try:
        tokens = list(_tokens(marker))
        reader = _Reader(tokens, values)
        answer = reader.either(0)
    except _NotPlainError:
        return _by_packaging(marker, values)
    return answer if reader.at == len(tokens) else _by_packaging(marker, values)


def _tokens(marker: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(marker.rstrip())
    while at < end:
        match = _TOKEN.match(marker, at)
        if match is None or match.lastgroup is None:
            raise _NotPlainError
        yield match.lastgroup, match[match.lastgroup]
        at = match.end()


class _Reader:
    """Reads and answers in one go; `at` is the next token."""

    def __init__(self, tokens: list[tuple[str, str]], values: Mapping[str, str]) -> None:
        self.tokens = tokens
        self.values = values
        self.at = 0

    def either(self, depth: int) -> bool | None:
        """One or more parts joined by `or`."""
        return self._joined("or", True, lambda: self._joined("and", False, lambda: self._atom(depth)))

    def _joined(self, word: str, decisive: bool, part: Callable[[], bool | None]) -> bool | None:
        answers = [part()]
        while self._peek() == ("word", word):
            self.at += 1
            answers.append(part())
        if decisive in answers:
            return decisive
        return None if None in answers else not decisive

    def _atom(self, depth: int) -> bool | None:
        if self._peek() == ("bracket", "("):
            if depth >= _DEPTH:
                raise _NotPlainError
            self.at += 1
            answer = self.either(depth + 1)
            if self._next() != ("bracket", ")"):
                raise _NotPlainError
            return answer
        left, operator, right = self._next(), self._operator(), self._next()
        if {left[0], right[0]} != {"word", "quoted"}:
            raise _NotPlainError
        return self._compare(left, operator, right)

    def _compare(self, left: tuple[str, str], operator: str, right: tuple[str, str]) -> bool | None:
        variable = left[1] if left[0] == "word" else right[1]
        literal = (right[1] if left[0] == "word" else left[1])[1:-1]
        if variable in _UNKNOWABLE:
            return None
        value = self.values.get(variable)
        if value is None:
            raise _NotPlainError
        if operator in ("in", "not in"):
            inside = value in literal if left[0] == "word" else literal in value
            return inside == (operator == "in")
        if variable in _VERSIONS:
            if left[0] == "quoted":
                # On this side `3.*` is no pattern.
                if operator in ("~=", "===") or "*" in literal:
                    raise _NotPlainError
                operator = _MIRRORED.get(operator, operator)
            answer = within(operator + literal, value)
            if answer is None:
                raise _NotPlainError
            return answer
        if variable == "extra":
            literal = _RUNS.sub("-", literal).lower()
        if operator not in ("==", "!=") or literal[:1].isdigit():
            raise _NotPlainError
        return (value == literal) == (operator == "==")

    def _operator(self) -> str:
        kind, text = self._next()
        if (kind, text) == ("word", "not") and self._next() == ("word", "in"):
            return "not in"
        if kind == "operator" or (kind, text) == ("word", "in"):
            return text
        raise _NotPlainError

    def _peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self.at += 1
        return token


_OLD_NAMES = {
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    "python_implementation": "platform_python_implementation",
}
"""Older spellings that packaging still reads."""


def _by_packaging(marker: str, values: Mapping[str, str]) -> bool | None:
    from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

    # packaging fills what is missing from the Python it runs on, which says nothing of the platform.
    words = {match["word"] for match in _TOKEN.finditer(marker)} - {None, "and", "or", "in", "not"}
    if not {_OLD_NAMES.get(word, word) for word in words} <= values.keys():
        return None
    try:
        return Marker(marker).evaluate(dict(values))
    except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError, RecursionError):
        return None
