"""Commands that run another command given to them; `rules/wrappers.toml` holds the data and tells what each key is."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from deploylint import package
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

_FILE = "wrappers.toml"
_NUMBER = re.compile(r"-[-+]?\d+")


class Wrapper(NamedTuple):
    """One command, or one subcommand of it."""

    command: str
    subcommand: str = ""
    inner: str = "words"
    flags: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    skip: int = 0
    numbers: bool = False
    mixes: bool = False
    assignments: bool = False
    folder: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    module: str = ""
    listens: bool = False
    distribution: str = ""
    also: tuple[str, ...] = ()
    buildpack: str = ""
    system: bool = False
    managing: bool = False
    needs: str = ""
    without: str = ""
    extra: str = ""
    source: str = ""

    @property
    def title(self) -> str:
        """What it is called: `newrelic-admin run-program`."""
        return f"{self.command} {self.subcommand}".rstrip()

    def options(self, argv: Sequence[str | None], start: int) -> Options | None:
        """The options that begin at index `start`; None where one of them is not known."""
        found: dict[str, str | None] = {}
        at = start
        if self.mixes and "--" not in argv[start:]:
            return None
        while at < len(argv):
            word = argv[at]
            if word is None:
                return None
            if word == "--":
                return Options(at + 1, found)
            if not word.startswith("-") or (word == "-" and "-" not in self.flags):
                break
            taken = self._option(word, argv[at + 1] if at + 1 < len(argv) else None, found)
            if not taken:
                return None
            at += taken
        return Options(min(at, len(argv)), found)

    def _option(self, word: str, following: str | None, found: dict[str, str | None]) -> int:
        """How many words the option `word` takes, 0 where it is not known; it is put into `found`."""
        name, equals, value = word.partition("=")
        any_long = "--*" in self.values and name.startswith("--")
        if equals and (name in self.values or any_long):
            found[name] = value
            return 1
        if word in self.values or any_long:
            found[word] = following
            return 2
        if word in self.flags or (self.numbers and _NUMBER.fullmatch(word)):
            found[word] = ""
            return 1
        if word[:2] in self.values and not word.startswith("--"):
            found[word[:2]] = word[2:]
            return 1
        return int(not word.startswith("--") and all(f"-{letter}" in self.flags for letter in word[1:]))


class Options(NamedTuple):
    """Options with their values (None: not known), and the index of the word behind them."""

    end: int
    given: dict[str, str | None]

    def value(self, *names: str) -> str | None:
        """The value of the option that has one of these names."""
        return next((self.given[name] for name in names if name in self.given), None)


@lru_cache
def _text() -> str:
    return package.read(_FILE)


@lru_cache
def _all() -> tuple[Wrapper, ...]:
    from deploylint.compat import tomllib

    return tuple(_wrapper(row) for row in tomllib.loads(_text())["wrapper"])


def _wrapper(row: dict[str, Any]) -> Wrapper:
    fields: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Wrapper(**fields)


@lru_cache
def wrappers(name: str, *, module: bool = False) -> tuple[Wrapper, ...]:
    """Those of the command, or of the module, `name`, one for each subcommand that is known."""
    key = "module" if module else "command"
    # Most commands are none, and the table need not be parsed for them.
    if not re.search(rf'^{key} = "{re.escape(name)}"$', _text(), re.MULTILINE):
        return ()
    return tuple(wrapper for wrapper in _all() if (wrapper.module if module else wrapper.command) == name)
