"""What is known of the world that a program runs in, where a statement runs, and which exceptions are caught there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploylint.facts.python import Module

Change = dict[tuple[int, object], tuple[dict[Any, Any], object, Any]]
"""What differs between two states: the dict, the key, and the value there."""


class Exhausted(Exception):  # noqa: N818  # it is not an error of ours
    """The program is more work than is done."""


class Bail(Exception):  # noqa: N818  # it is not an error of ours
    """A loop or function cannot be followed: its effects are not known."""


@dataclass(frozen=True)
class World:
    """What is known of the world that the program runs in.

    `environ` holds the variables that certainly have a value, `unset` names those that certainly have none; of the
    others nothing is known, unless `closed` says that they are not set either, but for those in `open`. `search` lists
    the folders on Python's path, relative to the app. `root` is the absolute path of the app, `cwd` the working
    directory, `argv` the command line, `python` the version, each None where it is not known. `generated` says that
    files may lie there which are not in the tree.
    """

    environ: Mapping[str, str] = field(default_factory=dict)
    unset: frozenset[str] = frozenset()
    closed: bool = False
    open: frozenset[str] = frozenset()
    search: tuple[str, ...] = ("",)
    root: str | None = None
    cwd: str | None = None
    argv: tuple[str, ...] | None = None
    python: tuple[int, ...] | None = None
    generated: bool = False


class Frame(NamedTuple):
    """Where a statement runs: its module, the scopes that a name is looked up in (the innermost first), and what the
    innermost is: `module`, `class`, `function` or `comprehension`.
    """

    module: Module
    name: str
    scopes: tuple[str, ...]
    package: str = ""
    kind: str = "module"


class Try:
    """A `try` whose body runs: what its handlers catch, and the states that they may start from."""

    def __init__(self, mark: int, handlers: list[tuple[str, ...] | None]) -> None:
        self.mark = mark
        self.handlers = handlers
        self.starts: dict[str, Change] = {}


_KNOWN_BASES = {
    "ImproperlyConfigured": "Exception",
    "UndefinedValueError": "Exception",
    "EnvError": "ValueError",
    "ValidationError": "ValueError",
}


def catches(handler: tuple[str, ...] | None, kind: str) -> bool | None:
    """Whether `except <handler>` catches an exception of this kind; None where that is not certain."""
    if handler is None or "BaseException" in handler:
        return True
    if "Exception" in handler and kind not in ("*", "SystemExit", "KeyboardInterrupt", "GeneratorExit"):
        return True
    verdicts = [_one_catches(name, kind) for name in handler]
    if True in verdicts:
        return True
    return None if None in verdicts else False


def _one_catches(name: str, kind: str) -> bool | None:
    if kind == "*":
        return None
    if name == kind:
        return True
    caught, thrown = _exception(name), _exception(_KNOWN_BASES.get(kind, kind))
    if caught is None or thrown is None:
        return None
    if issubclass(thrown, caught):
        return True
    return None if issubclass(caught, thrown) else False


def _exception(name: str) -> type[BaseException] | None:
    import builtins

    found = getattr(builtins, name, None)
    return found if isinstance(found, type) and issubclass(found, BaseException) else None
