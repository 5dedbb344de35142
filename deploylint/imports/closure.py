"""What an import closure says: the modules that are reached, by which steps, and what is not found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from deploylint.facts.events import Place

PROGRAM = "__main__"
"""The name of what is started as a program."""


class Found(NamedTuple):
    """A module of the app. `path` is its file, or the folder of a `namespace` package; of an `unknown` one (compiled,
    or in a conflict) only the name is known. `package` is the one of a program that is started as a module of it.
    """

    name: str
    kind: str
    path: str
    package: str = ""

    @property
    def has_source(self) -> bool:
        """Whether there is a source to read."""
        return self.kind in ("module", "package")


class Step(NamedTuple):
    """One step of a chain: what stands at `place` in `path` led to the next."""

    path: str
    place: Place


class Missing(NamedTuple):
    """A module that is not found. `kind`: `local` (the package is the app's own, the module in it is not there),
    `name` (the module is there and binds no such name), `foreign` (nobody in the app provides it), `relative` (a
    program is in no package that `from .` could mean), `beyond` (the dots lead out of the package of a module), `lost`
    (the standard library has the name no longer), `circular` (the module is itself being imported, and binds the name
    only later).
    `steps` lead from the start to the import; `certain`: the import runs whenever the process starts.
    """

    kind: str
    module: str
    name: str
    steps: tuple[Step, ...]
    certain: bool


class Visit(NamedTuple):
    """A module of the closure, and the steps that led to it."""

    found: Found
    steps: tuple[Step, ...]
    certain: bool


class Outside(Protocol):
    """What is not the app's own: the standard library and what is installed."""

    def has(self, module: str) -> bool | None:
        """Whether something outside provides a dotted module; None where that cannot be said."""

    def is_standard(self, top: str) -> bool:
        """Whether the standard library has a module of this name."""

    def is_certain(self) -> bool:
        """Whether nothing else can be installed."""


class Closure(NamedTuple):
    """Every module that is reached, by name, in the order in which it is first reached; what is missing; the modules of
    others that are imported, with the first place that does; and whether something was left out. `links` tells what
    each module imports (those of `""` are where the walk starts), by name, with what that is: `module` (of the app),
    `foreign` or `lost` (not found in the app). A package stands under that one of its modules that brought it in.
    `bodies` are the functions that are called, by path and name, and whether they certainly are. `sure` are the steps
    to those modules of others whose import certainly runs.
    """

    visits: Mapping[str, Visit]
    missing: tuple[Missing, ...]
    foreign: Mapping[str, Step]
    cut: bool
    links: Mapping[str, Mapping[str, str]]
    bodies: AbstractSet[tuple[str, str, bool]] = frozenset()
    sure: Mapping[str, tuple[Step, ...]] = {}
